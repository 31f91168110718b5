"""Read the whole audit log and find the first event that is not as it was written."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from tenants.models import AuditCheck, AuditEvent, AuditTail
from tenants.models.audit import BEGINNING

CHUNK = 1000  # events that are in memory at once
NEARBY = 10_000  # how far from its place an event that was moved is looked for


@dataclass(frozen=True)
class Problem:
    """The first bad place. `kind`: changed, missing, reordered, cut-off, added or rewritten."""

    sequence: int
    kind: str
    sentence: str


@dataclass(frozen=True)
class Reading:
    events: int
    hash: str  # of the last event; whoever keeps it elsewhere can hold the log to it
    problem: Problem | None


@dataclass(frozen=True)
class Mark:
    """An event's number and hash, noted somewhere."""

    sequence: int
    hash: str


def verify(
    *, now: datetime, kept: Mark | None = None, progress: Callable[[int, int], None] | None = None
) -> Reading:
    """Read every event, in constant memory, and note what came of it.

    `kept` is a mark that the caller noted earlier, out of reach of whoever may have changed this database.
    """
    tail = _tail()  # read first: the log may grow meanwhile, and never ends before it
    chain = _Chain([tail, *([kept] if kept else [])])
    total = AuditEvent.objects.count() if progress else 0
    for event in _events():
        chain.take(event)
        if chain.problem:
            break
        if progress and (event.sequence % CHUNK == 0 or event.sequence == total):
            progress(event.sequence, max(total, event.sequence))
    problem = chain.problem or chain.end()
    AuditCheck.objects.create(at=now, events=chain.last, problem=problem.sentence[:300] if problem else "")
    return Reading(events=chain.last, hash=chain.hash, problem=problem)


def _tail() -> Mark:
    tail = AuditTail.objects.first() or AuditTail()
    return Mark(tail.sequence, tail.hash)


def _events() -> Iterator[AuditEvent]:
    """Yield every event in order, those included that are added meanwhile."""
    last = -1
    while chunk := list(AuditEvent.objects.filter(sequence__gt=last).order_by("sequence")[:CHUNK]):
        yield from chunk
        last = chunk[-1].sequence


class _Chain:
    """The events read so far: the number and hash of the last one, and what was wrong first."""

    def __init__(self, marks: list[Mark]) -> None:
        self.last = 0
        self.hash = BEGINNING
        self.problem: Problem | None = None
        self._marks = marks

    def take(self, event: AuditEvent) -> None:
        self.problem = self._flaw(event)
        if self.problem is None:
            self.last, self.hash = event.sequence, event.hash

    def _flaw(self, event: AuditEvent) -> Problem | None:
        expected = self.last + 1
        if event.sequence < expected:
            return _added(event.sequence)
        if event.sequence > expected:
            return _missing(expected, event.sequence - 1)
        if event.digest() != event.hash:
            home = _place_of(event)
            return _moved(expected, home) if home else _changed(expected)
        if event.previous_hash != self.hash:
            return _not_in_line(expected)
        if any(mark.sequence == expected and mark.hash != event.hash for mark in self._marks):
            return _rewritten(expected)
        return None

    def end(self) -> Problem | None:
        """Compare the end of the chain with where the log is said to end."""
        end = max(mark.sequence for mark in self._marks)
        if self.last < end:
            return _cut_off(self.last + 1, end)
        noted = _tail().sequence
        return _added(noted + 1) if self.last > noted else None


def _place_of(event: AuditEvent) -> int | None:
    """Return the number under which an event is as it was written, when it was moved from nearby."""
    stands_at = event.sequence
    try:
        for number in range(max(1, stands_at - NEARBY), stands_at + NEARBY):
            event.sequence = number
            if event.digest() == event.hash:
                return number
    finally:
        event.sequence = stands_at
    return None


def _changed(sequence: int) -> Problem:
    return Problem(
        sequence,
        "changed",
        f"Event {sequence} was changed: its content does not give the hash it was written with.",
    )


def _missing(first: int, last: int) -> Problem:
    which = f"Event {first} is" if first == last else f"Events {first} to {last} are"
    return Problem(first, "missing", f"{which} missing: the numbers have a gap.")


def _moved(sequence: int, home: int) -> Problem:
    return Problem(
        sequence, "reordered", f"Event {sequence} is out of order: it was written as event {home}."
    )


def _not_in_line(sequence: int) -> Problem:
    return Problem(
        sequence,
        "reordered",
        f"Event {sequence} does not follow event {sequence - 1}: it holds another hash for the one before."
        " Something between them was changed, removed or moved, and written over.",
    )


def _cut_off(first: int, last: int) -> Problem:
    which = f"Event {first} is" if first == last else f"Events {first} to {last} are"
    return Problem(first, "cut-off", f"{which} missing: the end of the log was cut off.")


def _added(sequence: int) -> Problem:
    return Problem(sequence, "added", f"Event {sequence} was added past the portal.")


def _rewritten(sequence: int) -> Problem:
    return Problem(
        sequence,
        "rewritten",
        f"Event {sequence} has another hash than the one kept for it: the log was rewritten up to there.",
    )

"""A file of failures: our own as JSON Lines, or exported MicrosoftGraphActivityLogs. Bad lines are named."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, BinaryIO, Final

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction

from consent.models import Application
from support.models import FailedRequest
from support.rules.activity_log import NotOursError, is_activity, read_activity
from support.rules.pieces import NotReadableError, Piece, pieces, records
from support.rules.report import MOST_ROWS, Problem, Report, ReportError, read
from support.services.ingest import check, span, take
from tenants.models import Person
from tenants.services.audit import Action, Target, record

SKIPPED: Final[Mapping[str, str]] = {
    "not-denied": "not denied",
    "other-application": "of other applications",
    "too-old": "more than {days} days old, longer than failures are kept",
}
SHOWN: Final = 100  # bad lines that are named; all are counted


@dataclass(frozen=True)
class BadLine:
    line: int
    field: str
    error: str


@dataclass
class Imported:
    accepted: int = 0
    new: int = 0
    skipped: Counter[str] = field(default_factory=Counter)  # by reason, see SKIPPED
    bad_lines: int = 0
    bad: list[BadLine] = field(default_factory=list)  # the first of them

    def note(self, piece: Piece, problem: Problem) -> None:
        self.bad_lines += 1
        if len(self.bad) < SHOWN:
            self.bad.append(
                BadLine(piece.number, problem.field, problem.about(f"{piece.what} {piece.number}"))
            )

    def json(self) -> dict[str, Any]:
        return {
            "accepted": self.accepted,
            "new": self.new,
            "skipped": {reason: self.skipped[reason] for reason in SKIPPED},
            "bad_lines": self.bad_lines,
            "bad": [asdict(bad) for bad in self.bad],
        }


def skipped_words(imported: Imported) -> list[tuple[str, int]]:
    """Say why rows were skipped, and how many."""
    days = settings.FAILURE_RETENTION_DAYS
    return [
        (words.format(days=days), imported.skipped[reason])
        for reason, words in SKIPPED.items()
        if imported.skipped[reason]
    ]


def import_failures(
    *,
    application: Application,
    file: BinaryIO,
    person: Person | None,
    now: datetime,
    progress: Callable[[int], None] = lambda _: None,
) -> Imported:
    """Store what a file tells, a thousand rows at a time; `progress` hears how many bytes are read.

    Raises ValidationError when it is no file of failures at all.
    """
    reading = _Reading(application, now)
    try:
        for piece in pieces(file, progress):
            reading.take(piece)
    except NotReadableError as error:
        raise ValidationError(str(error)) from error
    reading.flush()
    imported = reading.imported
    with transaction.atomic():
        record(
            Action.FAILURES_IMPORTED,
            actor=person,
            target=Target("application", str(application.client_id), application.name),
            after={
                "accepted": imported.accepted,
                "new": imported.new,
                "skipped": dict(imported.skipped),
                "bad": imported.bad_lines,
            },
            now=now,
        )
    return imported


class _Reading:
    """Sorts what is read into good, skipped and bad, and stores the good ones in batches."""

    def __init__(self, application: Application, now: datetime) -> None:
        self.application = application
        self.now = now
        self.imported = Imported()
        self._times = span(now)
        self._waiting: list[Report] = []

    def take(self, piece: Piece) -> None:
        if piece.problem:
            return self.imported.note(piece, piece.problem)
        for one in records(piece):
            try:
                self._record(one)
            except NotOursError as reason:
                self.imported.skipped[reason.reason] += 1
            except ReportError as error:
                self.imported.note(piece, error.problem)

    def _record(self, one: Any) -> None:
        if isinstance(one, Mapping) and is_activity(one):
            report = read_activity(one, client_id=self.application.client_id)
        else:
            [report] = read(one if isinstance(one, bytes) else json.dumps(one).encode())
        if self._times.is_over(report):
            raise NotOursError("too-old")
        check(report, client_id=str(self.application.client_id), row=1, times=self._times)
        self._waiting.append(report)
        if len(self._waiting) == MOST_ROWS:
            self.flush()

    def flush(self) -> None:
        source = FailedRequest.Source.FILE
        taken = take(self.application, self._waiting, source=source, key=None, now=self.now)
        self.imported.accepted += taken.accepted
        self.imported.new += taken.new
        self._waiting.clear()

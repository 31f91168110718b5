"""A tenant's denied calls among its snapshots and the revisions: what changed between one and the next."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q

from consent.models import Installation
from support.models import FailedRequest
from support.queries.facts import Past, held_words, load_past
from support.rules.labels import CAUSES, Cause, cause_of

ROWS = 50


@dataclass(frozen=True)
class Run:
    """Calls of one kind that followed each other without anything else between them, newest first."""

    calls: Sequence[FailedRequest]
    cause: Cause

    @property
    def newest(self) -> FailedRequest:
        return self.calls[0]

    @property
    def oldest(self) -> FailedRequest:
        return self.calls[-1]

    @property
    def at(self) -> datetime:
        return self.newest.occurred_at


@dataclass(frozen=True)
class Change:
    """A snapshot or a revision, where it stands among the calls."""

    at: datetime
    title: str
    detail: str
    snapshot: int = 0
    revision: int = 0


def tenant_failures(installation: Installation, *, after: str, cause: str) -> dict[str, Any]:
    """Return a page of a tenant's calls, newest first. Three statements."""
    cause = cause if cause in list(CAUSES) else ""
    denied = Q(status__gte=400) | Q(status=206)  # the portal keeps a few of its calls that worked
    rows = FailedRequest.objects.filter(
        denied, application_id=installation.application_id, tenant_id=installation.tenant_id
    )
    if cause:
        rows = rows.filter(verdict=cause)
    start = _read_place(after)
    if start:
        at, key = start
        rows = rows.filter(Q(occurred_at__lt=at) | Q(occurred_at=at, pk__lt=key))
    found = list(rows.order_by("-occurred_at", "-pk")[: ROWS + 1])
    page, more = found[:ROWS], len(found) > ROWS
    past = load_past(application_id=installation.application_id, tenant_id=installation.tenant_id)
    newest = start[0] if start else None
    changes = list(_changes(past, newest, page[-1].occurred_at if more else None)) if past else []
    return {
        "entries": _interleaved(page, changes),
        "shown": len(page),
        "next": f"{page[-1].occurred_at.isoformat()}_{page[-1].pk}" if more else "",
        "cause": cause_of(cause) if cause else None,
        "past": past,
    }


def _read_place(text: str) -> tuple[datetime, UUID] | None:
    at, _, key = text.partition("_")
    try:
        moment = datetime.fromisoformat(at)
        return (moment, UUID(key)) if moment.tzinfo else None
    except ValueError:
        return None


def _changes(past: Past, newest: datetime | None, oldest: datetime | None) -> Iterator[Change]:
    """Yield what changed in the time that a page spans; None: no end."""

    def shown(at: datetime) -> bool:
        return (newest is None or at <= newest) and (oldest is None or at > oldest)

    for seen in past.seen:
        if shown(seen.at):
            title = f"Seen granted: {len(seen.grants.granted)}"
            yield Change(seen.at, title, held_words(seen, past.history), snapshot=seen.sequence)
    for revision in past.history.revisions:
        if shown(revision.published_at):
            words = f"asks for {len(revision.required)}"
            yield Change(
                revision.published_at,
                f"Revision {revision.number} published",
                words,
                revision=revision.number,
            )


def _interleaved(calls: Sequence[FailedRequest], changes: Sequence[Change]) -> list[Run | Change]:
    entries: list[Run | Change] = []
    open_run: list[FailedRequest] = []

    def close() -> None:
        if open_run:
            entries.append(Run(tuple(open_run), cause_of(open_run[0].verdict)))
            open_run.clear()

    moments: list[tuple[datetime, FailedRequest | Change]] = [(c.at, c) for c in changes]
    moments += [(call.occurred_at, call) for call in calls]
    for _, item in sorted(moments, key=lambda one: one[0], reverse=True):
        if isinstance(item, Change):
            close()
            entries.append(item)
            continue
        if open_run and _kind(open_run[-1]) != _kind(item):
            close()
        open_run.append(item)
    close()
    return entries


def _kind(call: FailedRequest) -> tuple[object, ...]:
    return (call.verdict, call.status, call.method, call.template, call.source)

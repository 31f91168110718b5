"""Write down what reads came to: one transaction a batch, each row only while its lease is held."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction

from consent.models import Application, Installation, Revision, Snapshot
from consent.rules import pace
from consent.rules.drift import differs, fold
from consent.rules.status import Condition
from consent.services import trail
from consent.services.patterns import Place, compare_with, count_moves, intern
from consent.services.settling import settle_attempts
from entra.errors import AppDisabled, CredentialRejected, EntraError
from entra.types import Evidence, Observation

if TYPE_CHECKING:
    from consent.services.checks import Read


def record(reads: Iterable[Read], *, now: datetime) -> None:
    """Write a batch. A row whose lease was taken over meanwhile is left to the one who has it."""
    reads = list(reads)
    with transaction.atomic(durable=True):
        held = _lock_held([read.installation for read in reads])
        revisions = _Revisions()
        moves: dict[int, Counter[Place]] = defaultdict(Counter)
        settled: list[trail.Settled] = []
        for read in sorted(reads, key=lambda read: read.installation.pk):
            installation = held.get(read.installation.pk)
            if installation is None:
                continue
            before = (installation.pattern_id, installation.condition)
            if isinstance(read.result, Observation):
                settled += _record_observation(installation, read.result, revisions, now=now)
            else:
                _record_failure(installation, read.result, now=now)
            after = (installation.pattern_id, installation.condition)
            if after != before:
                installation.condition_since = now
                moves[installation.application_id].update({before: -1, after: 1})
            installation.checked_at = now
            installation.lease_token, installation.lease_until = "", None
            _answer_who_asked(installation, now=now)
            installation.save()
        for application_id in sorted(moves):
            count_moves(application_id, moves[application_id])
        _note_credentials(reads, now=now)
        trail.consents_settled(settled, now=now)


def _lock_held(installations: list[Installation]) -> dict[int, Installation]:
    """Return the rows whose lease is still the one they were taken with, locked until the commit."""
    tokens = {installation.pk: installation.lease_token for installation in installations}
    rows = (
        Installation.objects.select_for_update(of=("self",))
        .select_related("application", "pattern")
        .filter(pk__in=tokens)
        .order_by("pk")
    )
    return {row.pk: row for row in rows if row.lease_token == tokens[row.pk]}


def _answer_who_asked(installation: Installation, *, now: datetime) -> None:
    """Whoever asked before this read began has the answer; whoever asked since gets a read of their own."""
    if installation.asked_at and installation.asked_at > now:
        installation.next_check_at = installation.asked_at
    else:
        installation.asked_at = None


class _Revisions:
    """The revision that each application of a batch requires now, read once."""

    def __init__(self) -> None:
        self._current: dict[int, Revision | None] = {}
        self._locked: set[int] = set()

    def of(self, installation: Installation) -> Revision | None:
        key = installation.application_id
        if key not in self._current:
            self._current[key] = installation.application.current_revision
        return self._current[key]

    def locked(self, installation: Installation) -> Revision | None:
        """The same, with publications held off until the commit.

        A publication compares the patterns in use; a pattern that arrives meanwhile must not slip through.
        """
        key = installation.application_id
        if key not in self._locked:
            self._locked.add(key)
            self._current[key] = Application.objects.select_for_update().get(pk=key).current_revision
        return self._current[key]


def _record_observation(
    installation: Installation, seen: Observation, revisions: _Revisions, *, now: datetime
) -> list[trail.Settled]:
    known = installation.pattern.grants
    grants = fold(known, seen)
    installation.evidence = [evidence_json(item) for item in seen.evidence]
    if grants != known:
        revision = revisions.locked(installation)
        installation.pattern = intern(grants)
        if revision is not None:
            compare_with(revision, [installation.pattern])
        _take_snapshot(installation, seen, revision, now=now)
    installation.proved_at = now
    installation.some_users_only = seen.some_users_only
    installation.note = seen.note[:300]
    installation.failures, installation.last_error = 0, {}
    installation.condition = Condition.PROVED
    installation.next_check_at = pace.after_success(
        interval=timedelta(hours=settings.CHECK_INTERVAL_HOURS), now=now, spread=_spread()
    )
    return settle_attempts(
        installation, seen, revisions.of(installation), gained=bool(seen.granted - known.granted), now=now
    )


def _take_snapshot(
    installation: Installation, seen: Observation, revision: Revision | None, *, now: datetime
) -> None:
    last = installation.snapshots.order_by("-sequence").select_related("pattern").first()
    if differs(last.granted if last else frozenset(), seen):
        Snapshot.objects.create(
            installation=installation,
            sequence=(last.sequence if last else 0) + 1,
            observed_at=now,
            pattern=installation.pattern,
            revision=revision,
            evidence=installation.evidence,
        )


def _record_failure(
    installation: Installation, error: EntraError | ValidationError, *, now: datetime
) -> None:
    """A failed read proves nothing: what was proved before stays, with its age."""
    installation.failures += 1
    installation.last_error = error_json(error, now=now)
    installation.note = installation.last_error["summary"][:300]
    retry_after = error.retry_after if isinstance(error, EntraError) else None
    installation.next_check_at = pace.after_failure(
        failures=installation.failures, retry_after=retry_after, now=now, spread=_spread()
    )
    if isinstance(error, AppDisabled):
        # Microsoft's answer is definite: the service principal exists, and its sign-in is switched off.
        installation.condition = Condition.DISABLED
    elif too_old(installation.proved_at, now=now) and installation.claimed_at is None:
        installation.condition = Condition.UNREACHABLE


def too_old(proved_at: datetime | None, *, now: datetime) -> bool:
    """Whether a proof no longer counts: there is none, or it is past the freshness window."""
    return proved_at is None or now - proved_at > timedelta(hours=settings.FRESHNESS_HOURS)


def _note_credentials(reads: list[Read], *, now: datetime) -> None:
    """Keep one alarm per application whose credential Microsoft refuses, and clear it when it works."""
    for application in {read.installation.application for read in reads}:
        own = [read.result for read in reads if read.installation.application_id == application.pk]
        refused = [r for r in own if isinstance(r, CredentialRejected | ValidationError)]
        if refused:
            summary = error_json(refused[0], now=now)["summary"][:300]
            Application.objects.filter(pk=application.pk).exclude(credential_error=summary).update(
                credential_error=summary, credential_error_at=now
            )
        elif any(isinstance(r, Observation) for r in own):
            Application.objects.filter(pk=application.pk).exclude(credential_error="").update(
                credential_error="", credential_error_at=None
            )


def evidence_json(item: Evidence) -> dict[str, Any]:
    """Return evidence as it is stored: source, observed_at, both request ids, token facts."""
    return {
        "source": item.source,
        "observed_at": iso(item.observed_at),
        "request_id": item.request_id,
        "client_request_id": item.client_request_id,
        "claims": item.claims,
    }


def error_json(error: EntraError | ValidationError, *, now: datetime) -> dict[str, Any]:
    if isinstance(error, ValidationError):
        return {"summary": error.messages[0], "kind": "Credential", "at": iso(now)}
    return {
        "summary": error.summary,
        "kind": type(error).__name__,
        "code": error.code,
        "request_id": error.request_id,
        "client_request_id": error.client_request_id,
        "at": iso(now),
    }


def iso(moment: datetime) -> str:
    """Return a moment as ISO 8601 in UTC with a Z."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _spread() -> float:
    return random.random()  # noqa: S311  (only keeps a fleet's checks apart)

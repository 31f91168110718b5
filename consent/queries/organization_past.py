"""What happened in an organization: what was seen granted, by which consent, and its approval links."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from consent.models import ConsentAttempt, Installation, Invitation, Snapshot
from consent.queries.outcome import receipt_number
from consent.queries.permission_list import by_name
from consent.rules.change import change_of
from consent.rules.drift import Grants
from consent.rules.pace import CLAIM_PATIENCE
from entra.types import Permission

SNAPSHOTS = 50
INVITATIONS = 20
TRIPS = 100
Outcome = ConsentAttempt.Outcome
PROVED = frozenset({Outcome.APPROVED, Outcome.PARTLY})
# A return says nothing about these, or that nothing was granted by it.
_GRANTED_NOTHING = frozenset({Outcome.DECLINED, Outcome.REFUSED, Outcome.OTHER_TENANT, Outcome.NOT_CONFIRMED})

# What a trip came to, for the organization. Where else somebody approved is not this page's business.
OUTCOMES = {
    Outcome.STARTED: "Left for Microsoft; nothing came back",
    Outcome.CHECKING: "Came back with a yes; we are reading what was recorded",
    Outcome.APPROVED: "Approved, and proved",
    Outcome.PARTLY: "Approved in part",
    Outcome.NOT_CONFIRMED: "Came back with a yes that Microsoft never confirmed",
    Outcome.UNPROVABLE: "Came back with a yes that we can’t look up",
    Outcome.DECLINED: "Canceled at Microsoft; nothing changed",
    Outcome.REFUSED: "Refused by Microsoft; nothing changed",
    Outcome.OTHER_TENANT: "Signed in to another organization; nothing changed here",
}
STATES = {"open": "Open", "used": "Used", "expired": "Expired", "withdrawn": "Taken back by the publisher"}


@dataclass(frozen=True)
class Consent:
    """One trip to Microsoft."""

    attempt: ConsentAttempt

    @property
    def is_proved(self) -> bool:
        return self.attempt.outcome in PROVED

    @property
    def words(self) -> str:
        return OUTCOMES[Outcome(self.attempt.outcome)]

    @property
    def receipt(self) -> str:
        return receipt_number(self.attempt) if self.is_proved else ""

    def explains(self, at: datetime) -> bool:
        """Whether grants first seen at this moment came by this trip: seen after it, before its end."""
        if self.attempt.outcome in _GRANTED_NOTHING:
            return False
        until = self.attempt.settled_at or self.attempt.started_at + CLAIM_PATIENCE + timedelta(hours=1)
        return self.attempt.started_at <= at <= until


@dataclass(frozen=True)
class Invited:
    """One approval link and the trips made with it. Who made the link stays with the publisher."""

    id: Any
    created_at: datetime
    expires_at: datetime
    state: str
    declined_at: datetime | None
    trips: list[Consent]

    @property
    def words(self) -> str:
        return "Declined" if self.state == "open" and self.declined_at else STATES[self.state]


@dataclass(frozen=True)
class Seen:
    """What one proof showed, and how it differs from the one before."""

    sequence: int
    at: datetime
    grants: Grants
    added: list[Permission]
    removed: list[Permission]
    unclear: int
    how: str
    version: int | None

    @property
    def first(self) -> bool:
        return self.sequence == 1


def consents_of(installation: Installation) -> list[Consent]:
    """Return the organization's trips to Microsoft, newest first."""
    rows = (
        ConsentAttempt.objects.filter(invitation__installation=installation)
        .select_related("invitation", "revision")
        .order_by("-started_at", "-pk")[:TRIPS]
    )
    return [Consent(attempt) for attempt in rows]


def invited(installation: Installation, consents: Sequence[Consent], *, now: datetime) -> list[Invited]:
    """Return the newest approval links, with their trips."""
    trips: dict[Any, list[Consent]] = defaultdict(list)
    for consent in consents:
        trips[consent.attempt.invitation_id].append(consent)
    rows = Invitation.objects.filter(installation=installation).order_by("-created_at", "-pk")[:INVITATIONS]
    return [
        Invited(
            id=row.pk,
            created_at=row.created_at,
            expires_at=row.expires_at,
            state=row.state(now),
            declined_at=row.declined_at,
            trips=trips[row.pk],
        )
        for row in rows
    ]


def seen(installation: Installation) -> list[Seen]:
    """Return what was seen granted, newest first. One query."""
    rows = list(
        Snapshot.objects.filter(installation=installation)
        .select_related("pattern", "revision")
        .order_by("-sequence")[: SNAPSHOTS + 1]
    )
    earlier: list[Snapshot | None] = [*rows[1:], None][: len(rows)]
    return [_seen(row, before) for row, before in zip(rows, earlier, strict=True)][:SNAPSHOTS]


def _seen(row: Snapshot, before: Snapshot | None) -> Seen:
    grants = row.pattern.grants
    change = change_of(before=before.pattern.grants, after=grants) if before else None
    return Seen(
        sequence=row.sequence,
        at=row.observed_at,
        grants=grants,
        added=by_name(change.added if change else grants.granted),
        removed=by_name(change.removed if change else ()),
        unclear=len(change.unclear) if change else 0,
        how=_how(row.evidence),
        version=row.revision.number if row.revision else None,
    )


def _how(evidence: Sequence[dict[str, Any]]) -> str:
    if any((item.get("claims") or {}).get("code") for item in evidence):
        return "Microsoft said that the app isn’t in your organization"
    if any(item.get("source") == "graph" for item in evidence):
        return "Read from your directory"
    return "Read from Microsoft’s token for your organization"


def origin_of(permission: Permission, history: Sequence[Seen]) -> Seen | None:
    """Return the proof since which the permission is granted without a break; history is newest first.

    A proof that could not see the permission is no break.
    """
    origin = None
    for item in history:
        if permission in item.grants.granted:
            origin = item
        elif item.grants.covers(permission):
            break
    return origin

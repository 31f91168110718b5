"""A receipt: what one trip to Microsoft granted, as it was proved then, whatever happened since."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from consent.models import ConsentAttempt, Installation, Snapshot
from consent.models.grants import permissions_json, permissions_of
from consent.queries.approval import Place, place_of
from consent.queries.organization_past import PROVED
from consent.queries.outcome import receipt_number
from consent.queries.permission_list import by_name
from consent.queries.proof import Evidence, Row, rows_of
from consent.rules.drift import compare
from entra.types import Permission

TITLES = {"approved": "Approved", "partly": "Approved in part"}


@dataclass(frozen=True)
class Receipt:
    number: str
    place: Place
    attempt: ConsentAttempt
    snapshot: Snapshot
    read_at: datetime | None  # when the proof that settled it was read
    sources: Evidence
    rows: list[Row]
    required: list[Permission]
    missing: list[Permission]
    unknown: list[Permission]

    @property
    def title(self) -> str:
        return TITLES[self.attempt.outcome]

    @property
    def granted(self) -> int:
        return len(self.required) - len(self.missing) - len(self.unknown)

    def json(self) -> dict[str, Any]:
        """Return the proof as data: what was granted before and then, and Microsoft's request ids."""
        application, revision = self.place.application, self.attempt.revision
        return {
            "receipt": self.number,
            "outcome": self.attempt.outcome,
            "application": {"name": application.name, "client_id": str(application.client_id)},
            "organization": {"name": self.place.organization, "id": self.place.tenant_id},
            "version": revision.number if revision else None,
            "left_at": self.attempt.started_at,
            "returned_at": self.attempt.returned_at,
            "proved_at": self.read_at,
            "before": self.attempt.before,
            "granted": permissions_json(permissions_of(self.snapshot.pattern.granted)),
            "missing": [p.value for p in self.missing],
            "unknown": [p.value for p in self.unknown],
            "evidence": list(self.sources),
        }


def receipt_of(installation: Installation, invitation_id: UUID, *, number: str = "") -> Receipt | None:
    """Return the receipt of a link's last proved trip, or of the one with this number.

    None for anything else: another organization's link, a trip that proved nothing.
    """
    attempts = (
        ConsentAttempt.objects.filter(
            invitation__installation=installation, invitation_id=invitation_id, outcome__in=PROVED
        )
        .select_related("revision")
        .order_by("-started_at", "-pk")
    )
    attempt = next((a for a in attempts if number in ("", receipt_number(a))), None)
    if attempt is None:
        return None
    proved = installation.snapshots.select_related("pattern").order_by("-sequence")
    if attempt.settled_at:
        proved = proved.filter(observed_at__lte=attempt.settled_at)
    snapshot = proved.first()
    return _receipt(installation, attempt, snapshot) if snapshot else None


def _receipt(installation: Installation, attempt: ConsentAttempt, snapshot: Snapshot) -> Receipt:
    required = attempt.revision.required if attempt.revision else frozenset()
    grants = snapshot.pattern.grants
    drift = compare(required=required, grants=grants)
    return Receipt(
        number=receipt_number(attempt),
        place=place_of(installation),
        attempt=attempt,
        snapshot=snapshot,
        read_at=attempt.settled_at or snapshot.observed_at,
        sources=snapshot.evidence,
        rows=rows_of(
            required=required,
            before=permissions_of(attempt.before),
            grants=grants,
            evidence=snapshot.evidence,
            is_read=True,
        ),
        required=by_name(required),
        missing=by_name(drift.missing),
        unknown=by_name(drift.unknown),
    )

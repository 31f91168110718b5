"""A fleet to look at: a dozen grant patterns, all seven statuses, long names, and every kind of visit."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from itertools import count, cycle
from typing import Any

from django.utils import timezone

from consent.models import DailyCount, Installation, Invitation, Scan, Snapshot
from consent.queries.overview import status_counts
from consent.rules.drift import NOTHING_KNOWN, Grants
from consent.rules.status import Condition
from consent.services.invitations import invite
from consent.services.patterns import compare_with, intern, patterns_in_use
from entra import catalog
from entra.types import Permission
from tests.factories import (
    D1,
    EVERYTHING,
    P1,
    P2,
    P3,
    T1,
    T2,
    grants,
    make_application,
    make_installation,
    make_person,
    make_revision,
    make_tenant,
)

NAMES = cycle(
    [
        "Kraftfahrzeug-Haftpflichtversicherung Süddeutscher Kommunen eG",
        "Alpine Clinics",
        "The Royal Colchester Institute for Advanced Marine Hydrography",
        "Proseware Logistics",
        "Wingtip Studios",
    ]
)
REASONS = {
    P1.value: "To show your secure score and the older alerts",
    P2.value: "To show alerts from every Microsoft security product in one list, with their evidence",
    P3.value: "To show related alerts as one incident",
}
ERROR = {
    "kind": "Unavailable",
    "summary": "Microsoft did not answer in time.",
    "code": None,
    "request_id": "5b2c2a52-0000-4000-8000-000000000001",
    "client_request_id": "7d1c0a52-0000-4000-8000-000000000001",
}


def hunting() -> Permission:
    found = catalog.by_value("ThreatHunting.Read.All", "application")
    assert found is not None
    return found


class Fleet:
    """Seeds the database; `kinds` are the installations by grant pattern and condition."""

    def __init__(self) -> None:
        self.now = timezone.now()
        self.owner = make_person("Dana Okafor", "owner")
        self.viewer = make_person("Vera Lind", "viewer")
        self.stranger = make_person("Ned Strange", "")
        self.application = make_application(created_at=self.ago(days=95))
        self.empty = make_application(
            slug="threat-desk", name="Threat Desk", client_id="7d3a5e00-0000-4000-8000-0000000000d2"
        )
        self._numbers = count(1)
        self._publish()
        self._populate()
        self.story = self._northwind()
        for revision in self.application.revisions.all():
            compare_with(revision, patterns_in_use(self.application))
        self._scan_and_count()

    def ago(self, **time: float) -> datetime:
        return self.now - timedelta(**time)

    def _publish(self) -> None:
        for required, days in (
            ((P1,), 90),
            ((P1, P2), 61),
            ((P1, P2, P3, D1), 33),
            ((P2, P3, D1, hunting()), 11),
        ):
            revision = make_revision(self.application, *required, at=self.ago(days=days))
            revision.published_by = self.owner
            revision.note = "Saved hunting queries can be run from the connector." if days == 11 else ""
            revision.save()
            for row in revision.permissions.all():
                row.reason = REASONS.get(row.value, "To run the hunting queries that you saved")
                row.save()

    def _populate(self) -> None:
        now, all_of_it = Condition.PROVED, grants(P2, P3, D1, hunting(), knows=EVERYTHING)
        kinds: list[tuple[int, Grants, Condition]] = [
            (31, all_of_it, now),
            (7, grants(P2, P3), now),
            (5, grants(P1, P2, P3, D1, knows=EVERYTHING), now),
            (4, grants(P1, P2), now),
            (3, grants(P1), now),
            (5, grants(knows=EVERYTHING), now),
            (3, grants(P3, D1, hunting(), knows=EVERYTHING, withdrawn=[P2]), now),
            (6, grants(P1, P2, P3, D1, hunting(), knows=EVERYTHING), now),
            (2, grants(P2, P3, hunting()), now),
            (2, grants(P2, D1, hunting(), knows=EVERYTHING), now),
            (1, grants(knows=EVERYTHING, withdrawn=[P1, P2]), now),
            (2, NOTHING_KNOWN, Condition.CLAIMED),
            (1, NOTHING_KNOWN, Condition.UNREAD),
            (3, all_of_it, Condition.UNREACHABLE),
            (1, all_of_it, Condition.DISABLED),
        ]
        self.kinds = [[self.tenant(has, condition) for _ in range(n)] for n, has, condition in kinds]

    def tenant(self, has: Grants, condition: Condition, **values: Any) -> Installation:
        number = next(self._numbers)
        tenant = make_tenant(f"{next(NAMES)} {number}", domain=f"tenant{number}.example")
        far = condition is Condition.UNREACHABLE
        moments: dict[str, Any] = {
            "condition_since": self.ago(days=number % 9),
            "proved_at": self.ago(days=5) if far else self.ago(minutes=number) if has.knows else None,
            "checked_at": self.ago(minutes=number),
            "evidence": evidence(has, self.ago(minutes=number)),
        }
        if far:
            moments |= {"failures": 4, "last_error": {**ERROR, "at": self.ago(minutes=number).isoformat()}}
        if condition is Condition.CLAIMED:
            moments["claimed_at"] = self.ago(minutes=3)
        return make_installation(
            self.application, tenant, has=has, condition=condition, **{**moments, **values}
        )

    def _northwind(self) -> Installation:
        """The tenant of the story, with a history."""
        tenant = make_tenant("Northwind Traders", id=T1, contact="ada@northwind.example")
        last = grants(P2, P3, knows=EVERYTHING, withdrawn=[P1])
        installation = make_installation(
            self.application,
            tenant,
            has=last,
            condition_since=self.ago(days=2),
            proved_at=self.now,
            checked_at=self.now,
            evidence=evidence(last, self.now),
        )
        first = {"observed_at": self.ago(days=40), "pattern": intern(grants(P1))}
        Snapshot.objects.filter(installation=installation).update(**first)
        for sequence, has in enumerate((grants(P1, P2), grants(P1, P2, P3), last), start=2):
            Snapshot.objects.create(
                installation=installation,
                sequence=sequence,
                observed_at=self.ago(days=40 - 10 * sequence),
                pattern=intern(has),
                revision=self.application.current_revision,
                evidence=evidence(has, self.now),
            )
        make_installation(
            self.application,
            make_tenant("Fabrikam Residences", id=T2),
            has=grants(P1, P2),
            evidence=evidence(grants(P1, P2), self.now),
        )
        return installation

    def _scan_and_count(self) -> None:
        total = Installation.objects.count()
        self.broken = make_application(slug="broken", name="Broken", client_id=uuid.uuid4(), cloud="nowhere")
        self.scans = [
            Scan.objects.create(
                application=self.application,
                started_at=self.ago(hours=30),
                finished_at=self.ago(hours=29),
                started_by=self.owner,
                total=total,
                failed=3,
                changed=7,
            ),
            Scan.objects.create(application=self.application, started_at=self.ago(minutes=20), total=total),
        ]
        counts = status_counts(self.application)
        DailyCount.objects.bulk_create(
            DailyCount(
                application=self.application,
                day=self.ago(days=day).date(),
                status=status,
                installations=max(n + (day % 7 - 3 if status == "in-step" else 0), 0),
            )
            for day in range(90)
            for status, n in counts.items()
        )

    def invitation(self, installation: Installation, **values: Any) -> Invitation:
        invitation = invite(installation=installation, person=self.owner, now=self.ago(hours=2))
        Invitation.objects.filter(pk=invitation.pk).update(**values)
        return invitation


def evidence(has: Grants, at: datetime) -> list[dict[str, Any]]:
    if not has.knows:
        return []
    roles = sorted(p.value for p in has.granted if p.kind == "application")
    claims: dict[str, Any] = {"roles": roles, "aud": "00000003-0000-0000-c000-000000000000", "idtyp": "app"}
    ids = {name: ERROR[name] for name in ("request_id", "client_request_id")}
    token: dict[str, Any] = {"source": "token", "claims": claims if has.granted else {"code": 7000229}}
    graph: dict[str, Any] = {"source": "graph", "claims": {}}
    sources = [token, graph] if has.granted and "delegated" in has.knows else [token]
    return [{**source, "observed_at": at.isoformat(), **ids} for source in sources]

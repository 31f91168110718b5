"""The world that access is tested in: people of every kind, three organizations with things of their own."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from typing import Any

from django.db import transaction
from django.utils import timezone

from consent.models import Application, ConsentAttempt, Installation, Invitation, Scan, SignInEvidence
from consent.queries.patterns import load_cohorts, load_history
from consent.services.invitations import token_of
from support.models import FailedRequest, IngestKey
from support.services.keys import make_key
from tenants.models import Person, Tenant
from tenants.services.audit import Action, Target, record
from tests import factories
from tests.factories import P1, P2, P3, T1, T2, grants
from tests.support.failing import make_failure

NOBODYS = uuid.UUID(int=5)
ADMINS = {"admin of T1", "reader of T1", "admin of T2"}


@dataclass
class Home:
    """What one organization, or one application, calls its own."""

    installation: Installation
    link: Invitation
    scan: Scan
    tried: SignInEvidence
    denied: FailedRequest
    key: IngestKey

    @property
    def ids(self) -> dict[str, object]:
        revision = self.installation.application.current_revision
        last = self.installation.snapshots.order_by("-sequence").first()
        return {
            "slug": self.installation.application.slug,
            "tenant_id": self.installation.tenant_id,
            "sequence": last.sequence if last else 0,
            "number": revision.number if revision else 0,
            "before": 1,
            "after": revision.number if revision else 0,
            "invitation_id": self.link.pk,
            "scan_id": self.scan.pk,
            "digest": self.pattern,
            "token": token_of(self.link),
            "try_id": self.tried.pk,
            "event": 1,
            "failure_id": self.denied.pk,
            "key_id": self.key.pk,
        }

    @property
    def pattern(self) -> str:
        """Return the name of the installation's pattern in an address."""
        application = self.installation.application
        cohorts = load_cohorts(application, load_history(application))
        return next(c.slug for c in cohorts if c.pattern_id == self.installation.pattern_id)


@dataclass
class World:
    """T1 and T2 have one application, and T1 has yet to approve its last revision.

    A third organization has another application, with higher numbers of everything.
    """

    t1: Home
    t2: Home
    other: Home
    people: dict[str, Person | None] = field(default_factory=dict)

    def own(self, role: str) -> dict[str, object]:
        return self.t2.ids if role == "admin of T2" else self.t1.ids

    def foreign(self, role: str) -> dict[str, object]:
        """Return ids that exist, for somebody else. A link's signature belongs to one link only."""
        mine, neighbor = (self.t2, self.t1) if role == "admin of T2" else (self.t1, self.t2)
        forged = f"{neighbor.link.pk.hex}.{token_of(mine.link).rpartition('.')[2]}"
        found = {**self.other.ids, "before": self.other.ids["number"], "token": forged}
        if role in ADMINS:  # staff see every organization of an application, admins one
            found.update({key: neighbor.ids[key] for key in ("tenant_id", "invitation_id", "failure_id")})
        # The audit log is the portal's own: nobody else has another.
        return {**found, "try_id": neighbor.tried.pk, "event": nonexistent()["event"]}


def nonexistent() -> dict[str, object]:
    return {
        "slug": "no-such-application",
        "tenant_id": NOBODYS,
        "sequence": 4711,
        "number": 4711,
        "before": 4711,
        "after": 4711,
        "invitation_id": NOBODYS,
        "scan_id": 4711,
        "digest": "0" * 64,
        "token": token_of(Invitation(pk=NOBODYS)),
        "try_id": NOBODYS,
        "failure_id": NOBODYS,
        "key_id": NOBODYS,
        "event": 10**12,  # asking is recorded: what is not there must not come to be
    }


def make_world() -> World:
    watched = factories.make_application()
    factories.make_revision(watched, P1)
    factories.make_revision(watched, P1, P2)
    other = factories.make_application(slug="other", name="Other", client_id=uuid.uuid4())
    for required in ((P1,), (P2,), (P3,)):
        factories.make_revision(other, *required)
    northwind = factories.make_tenant("Northwind Traders", id=T1)
    fabrikam = factories.make_tenant("Fabrikam Residences", id=T2)
    world = World(
        t1=_home(watched, northwind, grants(P1)),
        t2=_home(watched, fabrikam, grants(P1, P2)),
        other=_home(other, factories.make_tenant("Tailspin Toys"), grants(P3), snapshots=3),
    )
    world.people = _people(northwind, fabrikam)
    with transaction.atomic():
        record(Action.SCAN_STARTED, actor=None, target=Target("scan", "1"), now=timezone.now())
    return world


def _people(northwind: Tenant, fabrikam: Tenant) -> dict[str, Person | None]:
    return {
        "anonymous": None,
        "stranger": factories.make_person("Ned Strange", ""),
        "member of T1": factories.make_tenant_admin(northwind, name="Rui"),
        "admin of T1": factories.make_tenant_admin(northwind, "Privileged Role Administrator"),
        "reader of T1": factories.make_tenant_admin(northwind, "Security Reader", name="Nora"),
        "admin of T2": factories.make_tenant_admin(fabrikam, "Global Administrator", name="Femi Adeyemi"),
        "viewer": factories.make_person("Vera Lind", "viewer"),
        "support": factories.make_person("Sam Ito", "support"),
        "owner": factories.make_person("Dana Okafor", "owner"),
        "disabled owner": factories.make_person("Olga Gone", "owner", is_active=False),
    }


def _home(application: Application, tenant: Tenant, has: Any, *, snapshots: int = 1) -> Home:
    now = timezone.now()
    installation = factories.make_installation(application, tenant, has=has)
    first = installation.snapshots.get()
    for sequence in range(2, snapshots + 1):
        first.pk, first.sequence = None, sequence
        first.save(force_insert=True)
    link = Invitation.objects.create(
        installation=installation, created_at=now, expires_at=now + timedelta(days=14), opened_at=now
    )
    ConsentAttempt.objects.create(
        invitation=link,
        state_hash=sha256(link.pk.bytes).hexdigest(),
        session_hash="",
        revision=application.current_revision,
        started_at=now,
        expires_at=now + timedelta(hours=1),
        returned_at=now,
        same_browser=True,
        outcome=ConsentAttempt.Outcome.APPROVED,
        settled_at=now,
    )
    scan = Scan.objects.create(application=application, started_at=now, finished_at=now, total=1)
    nothing: dict[str, Any] = {"scopes": [], "claims": {}, "claim_names": [], "results": []}
    refused = {"error": "Refused", "code": 700016, "request_id": "", "client_request_id": ""}
    tried = SignInEvidence.objects.create(
        installation=installation, object_id=NOBODYS, at=now, app_only=refused, **nothing
    )
    key = make_key(application=application, name=tenant.name, person=None, now=now).key
    return Home(installation, link, scan, tried, make_failure(application, installation), key)

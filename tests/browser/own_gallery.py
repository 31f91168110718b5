"""Pages beside those of staff who look after a fleet: an organization's own, the audit log, the step-up."""

from __future__ import annotations

import uuid
from typing import Any

from django.db.transaction import atomic
from django.urls import reverse

from consent.models import Application, DirectoryLookup, Installation
from consent.rules.drift import Grants
from consent.services import trail
from entra import catalog
from tenants.models import AuditCheck, AuditTail, Person, Tenant
from tenants.services.audit import (
    MICROSOFT,
    Action,
    Origin,
    Target,
    coming_from,
    record,
    record_refusal,
    record_sign_in,
)
from tests.browser.desk_gallery import deny
from tests.browser.fleet import Fleet
from tests.consent.own import proved_trip
from tests.factories import (
    D1,
    EVERYTHING,
    P1,
    P2,
    P3,
    grants,
    make_application,
    make_installation,
    make_revision,
    make_tenant,
    make_tenant_admin,
)

SECURITY_READER = "5d6b6bb7-de71-4623-b4af-96380a352509"
SECURITY_ADMINISTRATOR = "194ae4cb-b126-40b2-bd5b-6091b380977d"
GLOBAL_ADMINISTRATOR = "62e90394-69f5-4237-9190-012177145e10"
EXPLORER = {
    "present": True,
    "enabled": True,
    "everyone": ["User.Read", "openid", "profile", "SecurityEvents.Read.All"],
    "somebody": ["SecurityAlert.Read.All"],
}
AT_A_DESK = Origin(
    ip="2001:db8:0:4a1c:9c31:77ff:fe10:2ab4",
    user_agent="Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/142.0.0.0 Safari/537.36",
    request_id="1f0e8b8e-7f6a-4b57-9c58-1d3a0c1d2e3f",
)


class OwnGallery:
    """`organization` and `audit` are (person, address) by name."""

    def __init__(self, fleet: Fleet) -> None:
        self.fleet = fleet
        self.tenant: Tenant = fleet.story.tenant
        self.ada = self._admin("Privileged Role Administrator")
        self.rita = self._admin("Security Reader", name="Rita Reyes", eligible_roles=[GLOBAL_ADMINISTRATOR])
        self.organization: dict[str, tuple[Person, str]] = {}
        self._organization()
        self.audit: dict[str, tuple[Person, str]] = {}
        self._audit()

    def _admin(self, role: str, tenant: Tenant | None = None, **values: Any) -> Person:
        return make_tenant_admin(tenant or self.tenant, role, **{"roles_read_at": self.fleet.now, **values})

    def _application(self, name: str, has: Grants, *required: Any) -> Application:
        """Make another application of the same organization."""
        found = make_application(slug=name.lower().replace(" ", "-"), name=name, client_id=uuid.uuid4())
        make_revision(found, *required)
        make_installation(found, self.tenant, has=has)
        return found

    def _organization(self) -> None:
        make_installation(self.fleet.empty, self.tenant)
        reads = catalog.known_or_stand_in("Directory.Read.All", "application")
        has = grants(P1, reads, D1, knows=EVERYTHING)
        hunter = self._application("Kraftfahrzeug Incident Hunter for Northern Europe", has, P1, reads, D1)
        self._application("Posture Report", grants(P1), P1)
        trip = proved_trip(self.fleet.story, at=self.fleet.ago(days=9))
        self.fleet.invitation(self.fleet.story, opened_at=self.fleet.now)
        self.look_up(Installation.objects.get(application=hunter, tenant=self.tenant))
        own = "sentinel-connector"
        receipt = reverse("organization:receipt", args=[own, trip.invitation_id])
        self._add("home", self.ada, reverse("organization:home"))
        for slug, pages in (
            (own, ("application", "roles", "graph_explorer", "try_it", "samples")),
            (hunter.slug, ("application", "roles", "graph_explorer")),
            (self.fleet.empty.slug, ("application", "roles", "graph_explorer", "samples")),
            ("posture-report", ("application", "roles")),
        ):
            for page in pages:
                self._add(f"{page}-of-{slug[:12]}", self.ada, reverse(f"organization:{page}", args=[slug]))
        self._add("receipt", self.ada, receipt)
        denied = deny(self.fleet)[0]
        self._add("failures", self.ada, reverse("own_failures:failures", args=[own]))
        self._add("failure", self.ada, reverse("own_failures:failure", args=[own, denied.pk]))
        self._add("application-of-a-reader", self.rita, reverse("organization:application", args=[own]))
        self._add("roles-of-a-reader", self.rita, reverse("organization:roles", args=[own]))
        # Nothing but one application, which was never approved.
        late = make_installation(self.fleet.empty, make_tenant("Late Ltd"))
        lone = self._admin("Global Administrator", late.tenant, name="Lena Late")
        self._add("lone", lone, reverse("organization:application", args=[self.fleet.empty.slug]))

    def _add(self, name: str, person: Person, address: str) -> None:
        self.organization[name.replace("_", "")] = (person, address)

    def look_up(self, installation: Installation) -> None:
        """Let the directory have answered Ada."""
        reader = {"active": 4, "eligible": 2, "person_active": False, "person_eligible": True}
        administrator = {"active": 1, "eligible": 0, "person_active": False, "person_eligible": False}
        holders = {SECURITY_READER: reader, SECURITY_ADMINISTRATOR: administrator}
        DirectoryLookup.objects.create(
            installation=installation,
            person=self.ada,
            read_at=self.fleet.now,
            answer={"holders": holders, "explorer": EXPLORER},
        )

    def _audit(self) -> None:
        owner, now = self.fleet.owner, self.fleet.now
        with coming_from(AT_A_DESK), atomic():
            record_sign_in(owner, before=None, now=self.fleet.ago(days=9))
            record_sign_in(self.fleet.stranger, before=None, now=self.fleet.ago(days=9))
            path = "/sentinel-connector/revisions/draft"
            record_refusal(
                self.fleet.viewer, view="consent:revision_draft", path=path, roles=["Owner"], now=now
            )
            published = self.fleet.application.revisions.get(number=4)
            trail.published(
                published,
                before=self.fleet.application.revisions.get(number=3),
                reasons={row.permission: row.reason for row in published.permissions.all()},
                by=owner,
                now=now,
            )
        with atomic():
            event = record(
                Action.CONSENT_SETTLED,
                actor=MICROSOFT,
                target=Target("consent", "1", "Consent of Northwind Traders to Sentinel Connector"),
                tenant_id=self.tenant.pk,
                before={"outcome": "checking", "permissions": [P1.json()]},
                after={"outcome": "approved", "permissions": [p.json() for p in (P1, P2, P3)]},
                now=now,
            )
        AuditCheck.objects.create(at=now, events=AuditTail.objects.get().sequence)
        listed = reverse("tenants:audit_list")
        filters = f"actor={owner.object_id}&action=revision-published&object=revision&from=2026-01-01&to=x"
        for name, address in (
            ("", listed),
            ("-filtered", f"{listed}?{filters}"),
            ("-nothing-found", f"{listed}?actor=Nobody"),
            ("-event", reverse("tenants:audit_detail", args=[event.sequence])),
            ("-published", reverse("tenants:audit_detail", args=[event.sequence - 1])),
        ):
            self.audit[f"audit{name}"] = (owner, address)
        draft = reverse("consent:revision_draft", args=["sentinel-connector"])
        self.audit["step-up"] = (owner, f"{reverse('portal:step_up')}?next={draft}")
        for page in ("samples", "checklist"):
            self.audit[page] = (owner, reverse(f"consent:{page}", args=["sentinel-connector"]))


def strangers(fleet: Fleet) -> dict[str, Person]:
    """People who may see nothing here, one for each reason."""
    tenant, now = fleet.story.tenant, fleet.now
    eligible = {"eligible_roles": [SECURITY_READER], "roles_read_at": now}
    return {
        "no-role-guest": make_tenant_admin(tenant, "Directory Readers", name="Gus Guest", is_guest=True),
        "no-role-eligible": make_tenant_admin(tenant, "Reports Reader", name="Elio Esposito", **eligible),
        "no-role-unread": make_tenant_admin(tenant, name="Uma Unread", roles_read_at=None),
        "no-role-unknown": make_tenant_admin(
            tenant, "Global Administrator", name="Una Unknown", tenant_id=uuid.uuid4()
        ),
        "no-role-at-all": make_tenant_admin(tenant, name="Rui Costa", roles_read_at=now),
    }

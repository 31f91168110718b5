"""Fill the demo: play three months of a fleet back through the portal's own services, then set the story up.

Everything is done as it would be for real: the sandbox's directory changes, services are called with the
time of that day, checks ask the sandbox. Run by demo.py after Django is set up.
"""

from __future__ import annotations

import json
import sys
import urllib.request
import uuid
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.db.models import Q

from consent.models import Application, Installation
from consent.rules.tenant_file import Row
from consent.services import checks, consent_flow, invitations, onboarding, registration, revisions, upkeep
from consent.services.recording import record
from entra import catalog
from entra.types import Permission
from scripts import fleet
from scripts.seed_failures import seed_failures
from tenants.models import Person, Tenant

HOME = "0c0ffee0-0000-4000-8000-000000000001"
DANA = "0c0ffee0-0000-4000-8000-000000000001"
CONNECTOR = "5e471e10-0000-4000-8000-0000000000c1"
NORTHWIND = "11111111-1111-4111-8111-111111111111"
FABRIKAM = "22222222-2222-4222-8222-222222222222"
WITH_LINK = 3  # every third consent came through an approval link


@dataclass
class Organization:
    """What the directory holds of one organization."""

    id: str
    name: str
    domain: str
    granted: set[str] = field(default_factory=set)
    consented: bool = False
    enabled: bool = True

    def document(self) -> dict[str, Any]:
        app = {
            "appId": fleet.CLIENT_ID,
            "enabled": self.enabled,
            "granted": [f"{value}:application" for value in sorted(self.granted)],
        }
        user = {
            "id": str(uuid.uuid5(uuid.UUID(self.id), "admin")),
            "displayName": f"Admin of {self.name}",
            "userPrincipalName": f"admin@{self.domain}",
            "directoryRoles": ["Global Administrator"],
        }
        return {
            "id": self.id,
            "displayName": self.name,
            "domains": [self.domain],
            "users": [user],
            "apps": [app] if self.consented else [],
        }


class Playback:
    """Plays the fleet's events day by day."""

    def __init__(self, sandbox: str, *, now: datetime, size: int) -> None:
        self.sandbox, self.now = sandbox, now
        self.plan = fleet.plan(size=size)
        self.organizations = [Organization(*row) for row in self.plan.organizations]
        self.consents = 0

    def run(self) -> None:
        self._register()
        by_day = defaultdict(list)
        for event in self.plan.events:
            by_day[event.days_ago].append(event)
        for days_ago in range(fleet.DAYS, -1, -1):
            moment = self.now - timedelta(days=days_ago)
            offset = -days_ago * 24 * 3600.0  # so that tokens carry the time of that day
            control(self.sandbox, "settings", {"clock_offset": offset}, method="PATCH")
            self._publish(days_ago, moment)
            self._play(by_day[days_ago], moment)
            upkeep.sweep(now=moment)
            _progress(fleet.DAYS - days_ago + 1, fleet.DAYS + 1)
        _check(Q(application=self.application, failures=0), now=self.now)
        upkeep.sweep(now=self.now)

    def _register(self) -> None:
        start = self.now - timedelta(days=fleet.DAYS + 1)
        application = {
            "appId": fleet.CLIENT_ID,
            "displayName": fleet.NAME,
            "homeTenant": HOME,
            "redirectUris": ["http://localhost:8000/c/return"],
            "secrets": ["sandbox-desk-secret"],
            "requiredResourceAccess": [f"{value}:application" for value in fleet.REVISIONS[-1][1]],
        }
        control(self.sandbox, "load", {"applications": [application]})
        self.dana, _ = Person.objects.get_or_create(
            tenant_id=HOME, object_id=DANA, defaults={"name": "Dana Okafor", "role": Person.Role.OWNER}
        )
        self.application, _ = registration.register_application(
            name=fleet.NAME,
            client_id=fleet.CLIENT_ID,
            home_tenant=HOME,
            cloud="global",
            credential="env:DESK_SECRET",
            person=self.dana,
            now=start,
        )

    def _publish(self, days_ago: int, moment: datetime) -> None:
        for published, values, note in fleet.REVISIONS:
            if published == days_ago:
                revisions.publish(
                    application=self.application,
                    required=[(_permission(value), fleet.REASONS[value]) for value in values],
                    note=note,
                    person=self.dana,
                    now=moment,
                    based_on=None,
                )

    def _play(self, events: list[fleet.Event], moment: datetime) -> None:
        joining = [self.organizations[event.organization] for event in events if event.act == "join"]
        if joining:
            rows = [
                Row(tenant=o.id, name=o.name, contact=f"admin@{o.domain}", number=n)
                for n, o in enumerate(joining, 1)
            ]
            onboarding.add_tenants(application=self.application, rows=rows, person=self.dana, now=moment)
            for organization in joining:
                Tenant.objects.filter(pk=organization.id).update(domain=organization.domain)
        touched = {event.organization for event in events}
        trips: dict[str, str] = {}
        for event in events:
            trips |= self._act(event, moment)
        if touched:
            control(
                self.sandbox, "load", {"tenants": [self.organizations[n].document() for n in sorted(touched)]}
            )
        for state, tenant in trips.items():
            params = {"admin_consent": ["True"], "tenant": [tenant], "state": [state]}
            consent_flow.complete_return(params=params, session_key="demo", now=moment)
        ids = [self.organizations[n].id for n in touched]
        _check(Q(application=self.application, tenant_id__in=ids), now=moment)

    def _act(self, event: fleet.Event, moment: datetime) -> dict[str, str]:
        """Change the organization; return the states of trips to Microsoft that come back today."""
        organization = self.organizations[event.organization]
        if event.act == "consent":
            self.consents += 1
            organization.consented = True
            kept = organization.granted if event.organization % 11 == 0 else set()
            organization.granted = {*event.permissions, *kept}
            if self.consents % WITH_LINK == 0:
                return self._leave(organization, moment)
        elif event.act == "claim":
            return self._leave(organization, moment)
        elif event.act == "revoke":
            organization.granted -= set(event.permissions)
        elif event.act == "remove":
            organization.consented, organization.granted = False, set()
        elif event.act == "disable":
            organization.enabled = False
        elif event.act == "vanish":
            fault = {"kind": "aadsts", "code": 90002, "endpoint": "token", "tenant": organization.id}
            control(self.sandbox, "faults", fault)
        return {}

    def _leave(self, organization: Organization, moment: datetime) -> dict[str, str]:
        installation = Installation.objects.get(application=self.application, tenant_id=organization.id)
        sent = moment - timedelta(hours=26)
        invitation = invitations.invite(installation=installation, person=self.dana, now=sent)
        consent_flow.note_opened(invitation=invitation, now=moment - timedelta(minutes=4))
        url = consent_flow.start(invitation=invitation, session_key="demo", now=moment - timedelta(minutes=1))
        return {parse_qs(urlsplit(url).query)["state"][0]: organization.id}


def set_the_story_up(*, now: datetime) -> Application:
    """Register the connector with revision 1 and its two tenants, both never consented."""
    application, note = registration.register_application(
        name="Sentinel Connector",
        client_id=CONNECTOR,
        home_tenant=HOME,
        cloud="global",
        credential="env:CONNECTOR_SECRET",
        person=None,
        now=now,
    )
    if note:
        print(note, file=sys.stderr)
    revisions.publish(
        application=application,
        required=[(_permission("SecurityEvents.Read.All"), "To show your secure score and alerts")],
        note="",
        person=None,
        now=now,
        based_on=None,
    )
    for tenant, name, contact in (
        (NORTHWIND, "Northwind Traders", "ada@northwind.example"),
        (FABRIKAM, "Fabrikam Residences", "femi@fabrikam.example"),
    ):
        onboarding.add_tenant(
            application=application, tenant=tenant, name=name, contact=contact, person=None, now=now
        )
    _check(Q(application=application), now=now)
    return application


def seed(sandbox: str, *, now: datetime, size: int = 300) -> str:
    """Fill the database; return the client-request-id of a denied call to look up."""
    playback = Playback(sandbox, now=now, size=size)
    playback.run()
    set_the_story_up(now=now)
    upkeep.sweep(now=now)
    return seed_failures(playback.application, now=now)


def _permission(value: str) -> Permission:
    found = catalog.by_value(value, "application")
    if found is None:
        raise LookupError(value)
    return found


def _check(which: Q, *, now: datetime) -> None:
    while taken := checks.claim(which & (Q(checked_at=None) | Q(checked_at__lt=now)), now=now, limit=500):
        record(checks.fetch(taken, now=now), now=now)


def control(sandbox: str, what: str, document: dict[str, Any], *, method: str = "POST") -> None:
    request = urllib.request.Request(  # noqa: S310  (a loopback address that demo.py made)
        f"{sandbox}/_sandbox/{what}",
        data=json.dumps(document).encode(),
        headers={"Content-Type": "application/json"},
        method=method,
    )
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
        answer.read()


def _progress(done: int, total: int) -> None:
    if sys.stderr.isatty():
        width = 30 * done // total
        print(f"\r  [{'#' * width}{'.' * (30 - width)}] day {done} of {total}", end="", file=sys.stderr)
        if done == total:
            print(file=sys.stderr)

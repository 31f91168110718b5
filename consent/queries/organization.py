"""An organization's own place: what it approved for each application, as its administrators see it.

Everything here starts from one installation or one tenant, and shows nothing of any other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, OuterRef, Subquery

from consent.models import Application, Installation, Revision
from consent.models.grants import permissions_of
from consent.queries.approval import Request, reasons_of, request_of
from consent.queries.organization_past import Consent, Invited, Seen, consents_of, invited, origin_of, seen
from consent.queries.permission_list import Shown, by_name, show
from consent.queries.proof import how_known
from consent.rules.approvers import Power, power_of
from consent.rules.drift import compare
from consent.rules.plain_status import Plain, plain_status
from consent.rules.status import Condition, standing_of
from tenants.models import Person, Tenant


@dataclass(frozen=True)
class Watched:
    """One application on the organization's home page."""

    application: Application
    status: Plain
    since: datetime
    read_at: datetime | None


@dataclass(frozen=True)
class Held:
    """One permission that the organization granted: since when, by which consent, and how that is known."""

    shown: Shown
    since: datetime | None
    found: bool  # it was there when we first looked, so it may be older than `since`
    consent: Consent | None  # None: not by a link of ours, as far as we can tell
    receipt: str
    how: str
    read_at: datetime | None
    needed: bool


@dataclass(frozen=True)
class Page:
    """Everything on an application's page."""

    request: Request
    status: Plain
    power: Power
    held: list[Held]
    invited: list[Invited]
    seen: list[Seen]
    failing: bool
    checked_at: datetime | None


def home_page(tenant: Tenant) -> list[Watched]:
    """Return the organization's applications. A constant number of queries."""
    latest = (
        Revision.objects.filter(application=OuterRef("application")).order_by("-number").values("number")[:1]
    )
    revisions = {
        revision.application_id: revision
        for revision in Revision.objects.filter(application__installations__tenant=tenant)
        .annotate(latest=Subquery(latest))
        .filter(number=F("latest"))
        .prefetch_related("permissions")
    }
    rows = (
        Installation.objects.filter(tenant=tenant)
        .select_related("application", "tenant", "pattern")
        .order_by("application__name", "pk")
    )
    return [
        Watched(
            application=row.application,
            status=status_of(row, revisions.get(row.application_id)),
            since=row.condition_since,
            read_at=row.proved_at,
        )
        for row in rows
    ]


def status_of(installation: Installation, revision: Revision | None) -> Plain:
    """Return the status in plain words."""
    grants = installation.pattern.grants
    required = revision.required if revision else frozenset()
    drift = compare(required=required, grants=grants)
    return plain_status(
        status=installation.status(standing_of(drift=drift, grants=grants)),
        condition=Condition(installation.condition),
        drift=drift,
        asks=bool(required),
        name=installation.application.name,
        organization=installation.tenant.name,
    )


def application_page(installation: Installation, person: Person, *, now: datetime) -> Page:
    revision = installation.application.revisions.prefetch_related("permissions").order_by("-number").first()
    request = request_of(installation, revision)
    history = seen(installation)
    consents = consents_of(installation)
    return Page(
        request=request,
        status=status_of(installation, revision),
        power=power_for(request, person),
        held=_held(installation, revision, history, consents),
        invited=invited(installation, consents, now=now),
        seen=history,
        failing=installation.failures > 0,
        checked_at=installation.checked_at,
    )


def power_for(request: Request, person: Person) -> Power:
    return power_of(request.approvers, active=person.role_names, eligible=person.eligible_role_names)


def _held(
    installation: Installation, revision: Revision | None, history: Sequence[Seen], consents: list[Consent]
) -> list[Held]:
    reasons = reasons_of(revision)
    found = []
    for permission in by_name(permissions_of(installation.pattern.granted)):
        origin = origin_of(permission, history)
        consent = next((c for c in consents if origin and c.explains(origin.at)), None)
        how, read_at = how_known(permission, installation.evidence, "granted")
        found.append(
            Held(
                shown=show(permission, reason=reasons.get(permission, "")),
                since=origin.at if origin else None,
                found=bool(origin and origin.first and consent is None),
                consent=consent,
                receipt=consent.receipt if consent else "",
                how=how,
                read_at=read_at,
                needed=permission in reasons,
            )
        )
    return found

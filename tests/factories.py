"""Plain functions that make rows. Every argument has a value that a test need not care about."""

from __future__ import annotations

import uuid
from collections import Counter
from datetime import UTC, datetime
from typing import Any

from consent.models import Application, Installation, RequiredPermission, Revision, Snapshot
from consent.rules.drift import NOTHING_KNOWN, Grants
from consent.rules.status import Condition
from consent.services.patterns import compare_with, count_moves, intern, patterns_in_use
from entra.types import GRAPH, Permission
from tenants.models import Person, Tenant
from tenants.rules.directory_roles import ROLE_NAMES

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
P1 = Permission(GRAPH, "application", "bf394140-e372-4bf9-a898-299cfc7564e5", "SecurityEvents.Read.All")
P2 = Permission(GRAPH, "application", "472e4a4d-bb4a-4026-98d1-0b0d74cb74a5", "SecurityAlert.Read.All")
P3 = Permission(GRAPH, "application", "45cc0394-e837-488b-a098-1918f48d186c", "SecurityIncident.Read.All")
D1 = Permission(GRAPH, "delegated", "64733abd-851e-478a-bffb-e47a14b18235", "SecurityEvents.Read.All")
USER_READ = Permission(GRAPH, "delegated", "e1fe6dd8-ba31-4d61-89e7-88639da4683d", "User.Read")

HOME = uuid.UUID("0c0ffee0-0000-4000-8000-000000000001")
CONNECTOR = uuid.UUID("5e471e10-0000-4000-8000-0000000000c1")
T1 = uuid.UUID("11111111-1111-4111-8111-111111111111")
T2 = uuid.UUID("22222222-2222-4222-8222-222222222222")

TOKEN_KNOWS = frozenset({f"application:{GRAPH}"})
EVERYTHING = frozenset({"application", "delegated"})


def grants(*granted: Permission, knows: frozenset[str] = TOKEN_KNOWS, withdrawn: Any = ()) -> Grants:
    return Grants(granted=frozenset(granted), knows=knows, withdrawn=frozenset(withdrawn))


def make_person(name: str = "Dana Okafor", role: str = "owner", **overrides: Any) -> Person:
    values = {"tenant_id": HOME, "object_id": uuid.uuid4(), "name": name, "role": role, **overrides}
    return Person.objects.create(**values)


def make_tenant_admin(tenant: Tenant, *roles: str, name: str = "Ada Alvarez", **overrides: Any) -> Person:
    """Make a person of a customer's tenant who actively holds the directory roles of these names."""
    templates = [template for template, role in ROLE_NAMES.items() if role in roles]
    assert len(templates) == len(roles)
    values = {"role": "", "tenant_id": tenant.pk, "directory_roles": templates, "roles_read_at": NOW}
    return make_person(name, **{**values, **overrides})


def make_application(**overrides: Any) -> Application:
    values: dict[str, Any] = {
        "slug": "sentinel-connector",
        "name": "Sentinel Connector",
        "client_id": CONNECTOR,
        "home_tenant": HOME,
        "credential": "env:CONNECTOR_SECRET",
        "created_at": NOW,
        **overrides,
    }
    return Application.objects.create(**values)


def make_revision(application: Application, *required: Permission, at: datetime = NOW) -> Revision:
    """Publish the next revision as the service would, without its checks."""
    current = application.current_revision
    revision = Revision.objects.create(
        application=application, number=(current.number if current else 0) + 1, published_at=at
    )
    RequiredPermission.objects.bulk_create(
        RequiredPermission(
            revision=revision,
            resource=p.resource,
            kind=p.kind,
            permission_id=p.id,
            value=p.value,
            reason=f"We use {p.value}",
        )
        for p in required
    )
    compare_with(revision, patterns_in_use(application))
    return revision


def make_tenant(name: str = "Northwind Traders", **overrides: Any) -> Tenant:
    values: dict[str, Any] = {
        "id": uuid.uuid4(),
        "name": name,
        "domain": f"{name.split()[0].lower()}.example",
        "contact": "",
        "created_at": NOW,
        **overrides,
    }
    return Tenant.objects.create(**values)


def make_installation(
    application: Application,
    tenant: Tenant | None = None,
    *,
    has: Grants = NOTHING_KNOWN,
    condition: Condition | None = None,
    **overrides: Any,
) -> Installation:
    """Make an installation with its pattern, comparison, roll-up and (when something is granted) snapshot."""
    tenant = tenant or make_tenant()
    pattern = intern(has)
    condition = condition or (Condition.PROVED if has.knows else Condition.UNREAD)
    proved = condition is not Condition.UNREAD and bool(has.knows)
    values: dict[str, Any] = {
        "sort_name": tenant.name.lower(),
        "created_at": NOW,
        "pattern": pattern,
        "condition": condition,
        "condition_since": NOW,
        "proved_at": NOW if proved else None,
        "checked_at": NOW if proved else None,
        **overrides,
    }
    installation = Installation.objects.create(application=application, tenant=tenant, **values)
    count_moves(application.pk, Counter({(pattern.pk, str(condition)): 1}))
    revision = application.current_revision
    if revision:
        compare_with(revision, [pattern])
    if has.granted:
        Snapshot.objects.create(
            installation=installation,
            sequence=1,
            observed_at=NOW,
            pattern=pattern,
            revision=revision,
            evidence=[
                {
                    "source": "token",
                    "observed_at": NOW.isoformat().replace("+00:00", "Z"),
                    "request_id": "5b2c2a52-0000-4000-8000-000000000001",
                    "client_request_id": "7d1c0a52-0000-4000-8000-000000000001",
                    "claims": {"roles": sorted(p.value for p in has.granted)},
                }
            ],
        )
    return installation

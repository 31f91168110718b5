"""Denied calls, as rows, and tenants with a past."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from consent.models import Application, Installation, Snapshot
from consent.rules.drift import Grants
from consent.services.patterns import intern
from support.models import FailedRequest, FailureCount
from tests import factories
from tests.factories import NOW

CLIENT_REQUEST = "7d1c0a52-93f4-4f0b-8a3e-2f6f6c1f9b10"


def make_failure(application: Application, installation: Installation | None = None, **told: Any):
    """Store a 403 on alerts_v2 by an app-only token that lacks the permission, or what is told instead."""
    values: dict[str, Any] = {
        "id": uuid.uuid4(),
        "tenant_id": installation.tenant_id if installation else None,
        "occurred_at": NOW,
        "received_at": NOW,
        "source": FailedRequest.Source.API,
        "client_request_id": str(uuid.uuid4()),
        "request_id": str(uuid.uuid4()),
        "door": "graph",
        "method": "GET",
        "version": "v1.0",
        "path": "/security/alerts_v2",
        "template": "/security/alerts_v2",
        "status": 403,
        "code": "Forbidden",
        "message": "Missing application roles.",
        "token": {
            "kind": "application",
            "aud": "https://graph.microsoft.com",
            "tid": str(installation.tenant_id) if installation else "",
            "roles": ["SecurityEvents.Read.All"],
            "iat": NOW.timestamp() - 600,
            "exp": NOW.timestamp() + 3000,
        },
        "verdict": "permission-missing",
        **told,
    }
    return FailedRequest.objects.create(application=application, **values)


def count_failures(failure: FailedRequest, count: int, **other: Any) -> FailureCount:
    """Add to the roll-up what arriving would have added."""
    values: dict[str, Any] = {
        "application": failure.application,
        "hour": failure.occurred_at.replace(minute=0, second=0, microsecond=0),
        "tenant_id": failure.tenant_id or uuid.UUID(int=0),
        "method": failure.method,
        "template": failure.template,
        "verdict": failure.verdict,
        "count": count,
        **other,
    }
    return FailureCount.objects.create(**values)


def seen(installation: Installation, grants: Grants, *, at: datetime) -> Snapshot:
    """Let the installation have been read with these grants at a moment, after all that is there."""
    pattern = intern(grants)
    last = installation.snapshots.order_by("-sequence").first()
    snapshot = Snapshot.objects.create(
        installation=installation,
        sequence=last.sequence + 1 if last else 1,
        observed_at=at,
        pattern=pattern,
        revision=installation.application.current_revision,
        evidence=[],
    )
    installation.pattern, installation.condition_since, installation.proved_at = pattern, at, at
    installation.save()
    return snapshot


def make_tenant_with_gap(application: Application, **overrides: Any) -> Installation:
    """Make Northwind, which granted P1 of the two that are required by now."""
    if application.current_revision is None:
        factories.make_revision(application, factories.P1)
        factories.make_revision(application, factories.P1, factories.P2)
    tenant = factories.make_tenant("Northwind Traders", id=factories.T1, contact="ada@northwind.example")
    return factories.make_installation(application, tenant, has=factories.grants(factories.P1), **overrides)

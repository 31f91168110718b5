"""Pasts of tenants: snapshots, links and trips, written as the services would."""

from __future__ import annotations

from datetime import timedelta

from django.urls import reverse

from consent.models import ConsentAttempt, Invitation, Snapshot
from consent.services.patterns import intern
from tests.factories import (
    EVERYTHING,
    NOW,
    P1,
    T1,
    grants,
    make_installation,
    make_tenant,
)

REQUEST_ID = "5b2c2a52-0000-4000-8000-00000000000a"
CLIENT_REQUEST_ID = "7d1c0a52-0000-4000-8000-00000000000b"


def token(at=NOW, **claims):
    return {
        "source": "token",
        "observed_at": at.isoformat().replace("+00:00", "Z"),
        "request_id": REQUEST_ID,
        "client_request_id": CLIENT_REQUEST_ID,
        "claims": {"appid": "5e471e10-0000-4000-8000-0000000000c1", **claims},
    }


def northwind(application, has=None, **options):
    tenant = make_tenant("Northwind Traders", id=T1)
    return make_installation(application, tenant, has=has or grants(P1), **options)


def open_tenant(client, installation, query="", **options):
    url = reverse("consent:tenant_detail", args=[installation.application.slug, installation.tenant_id])
    return client.get(url + query, **options)


def take_snapshot(installation, *granted, knows=EVERYTHING, days=0):
    last = installation.snapshots.order_by("-sequence").first()
    return Snapshot.objects.create(
        installation=installation,
        sequence=(last.sequence if last else 0) + 1,
        observed_at=NOW + timedelta(days=days),
        pattern=intern(grants(*granted, knows=knows)),
        evidence=[token(roles=[p.value for p in granted])],
    )


def invite(installation, *, at):
    return Invitation.objects.create(
        installation=installation, created_at=at, expires_at=at + timedelta(days=7), opened_at=at
    )


def attempt(invitation, *, at, outcome="checking", settled=None, **values):
    return ConsentAttempt.objects.create(
        invitation=invitation,
        state_hash=f"{invitation.pk}{at}{outcome}"[-64:],
        session_hash="",
        started_at=at,
        expires_at=at + timedelta(hours=1),
        returned_at=at + timedelta(minutes=1),
        outcome=outcome,
        settled_at=settled,
        **values,
    )

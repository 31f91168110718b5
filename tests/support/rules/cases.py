"""Facts to judge, built short: a call at three in the morning in Northwind, which approved two of three."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from consent.rules.security_api import SECURITY_READER
from entra.catalog import by_value
from entra.types import Kind, Permission
from support.rules.facts import Facts, FailureFacts, TenantFacts, TokenFacts

AT = datetime(2026, 11, 23, 3, 10, tzinfo=UTC)
LONG_AGO = AT - timedelta(days=90)
GRAPH_ADDRESS = "https://graph.microsoft.com"
MEMBER = "b79fbf4d-3ef9-4689-8143-76b194e85509"
NORTHWIND = "11111111-1111-4111-8111-111111111111"
FABRIKAM = "22222222-2222-4222-8222-222222222222"
MISSING_ROLES = (
    "Missing application roles. API required roles: SecurityAlert.Read.All,SecurityAlert.ReadWrite.All,"
    "SecurityIncident.Read.All,SecurityIncident.ReadWrite.All, application roles: SecurityEvents.Read.All."
)
EITHER = "Auth token does not contain valid permissions or user does not have valid roles"


def minutes(number: float) -> timedelta:
    return timedelta(minutes=number)


def permission(value: str, kind: Kind = "application") -> Permission:
    found = by_value(value, kind)
    assert found is not None, value
    return found


EVENTS, ALERTS, INCIDENTS = (
    permission(value)
    for value in ("SecurityEvents.Read.All", "SecurityAlert.Read.All", "SecurityIncident.Read.All")
)
ALERTS_FOR_PEOPLE = permission("SecurityAlert.Read.All", "delegated")


def app_token(*roles: str, **more) -> TokenFacts:
    told = {
        "kind": "application",
        "aud": GRAPH_ADDRESS,
        "roles": frozenset(roles),
        "issued_at": AT - minutes(30),
        "expires_at": AT + minutes(35),
    }
    return TokenFacts(**{**told, **more})


def person_token(*scp: str, wids: frozenset[str] | None = frozenset({MEMBER}), **more) -> TokenFacts:
    return app_token(**{"kind": "delegated", "roles": None, "scp": frozenset(scp), "wids": wids, **more})


READER = frozenset({MEMBER, SECURITY_READER})


def graph(path: str = "/security/incidents", status: int | None = 403, **more) -> FailureFacts:
    told = {
        "occurred_at": AT,
        "door": "graph",
        "method": "GET",
        "path": path,
        "version": "v1.0",
        "status": status,
    }
    return FailureFacts(**{**told, **more})


def sign_in(aadsts: int | None = None, **more) -> FailureFacts:
    told = {"occurred_at": AT, "door": "token", "aadsts": aadsts, "status": 400}
    return FailureFacts(**{**told, **more})


def tenant(*granted: Permission, **more) -> TenantFacts:
    """Northwind as of revision 7, which brought incidents; without arguments it granted the two before it."""
    held = frozenset(granted or (EVENTS, ALERTS))
    told = {
        "name": "Northwind Traders",
        "status": "re-consent-needed",
        "condition": "proved",
        "proved_at": AT - minutes(10),
        "granted_then": held,
        "granted_now": held,
        "knows_then": frozenset({"application", "delegated"}),
        "knows_now": frozenset({"application", "delegated"}),
        "granted_since": dict.fromkeys(held, LONG_AGO),
        "revision_then": 7,
        "revision_now": 7,
        "required_then": frozenset({EVENTS, ALERTS, INCIDENTS}),
        "required_now": frozenset({EVENTS, ALERTS, INCIDENTS}),
        "required_since": {EVENTS: 1, ALERTS: 1, INCIDENTS: 7},
    }
    return TenantFacts(**{**told, **more})


NOTHING_GRANTED = tenant(
    status="never-consented", granted_then=frozenset(), granted_now=frozenset(), granted_since={}
)
NOBODY_LOOKED = tenant(
    status="unverified",
    condition="unread",
    proved_at=None,
    granted_then=None,
    granted_now=None,
    knows_then=frozenset(),
    knows_now=frozenset(),
    granted_since={},
)
ALL_GRANTED = tenant(EVENTS, ALERTS, INCIDENTS, status="in-step")


def approved(when: datetime) -> TenantFacts:
    """Northwind approved incidents at that time."""
    then = EVENTS, ALERTS, INCIDENTS
    before = frozenset({EVENTS, ALERTS})
    return replace(
        ALL_GRANTED,
        granted_then=frozenset(then) if when <= AT else before,
        granted_since={EVENTS: LONG_AGO, ALERTS: LONG_AGO, INCIDENTS: when},
    )


def withdrawn(when: datetime, **more) -> TenantFacts:
    """Northwind had approved incidents and took it back."""
    return tenant(status="revoked", withdrawn_at={INCIDENTS: when}, **more)


def facts(failure: FailureFacts, about: TenantFacts | None = None, **more) -> Facts:
    return Facts(failure, about, **more)

"""The shape of a labelled failure, and short ways to write one down."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from consent.rules.drift import Grants, compare
from consent.rules.status import Condition, standing_of, status_of
from entra.catalog import by_value
from entra.types import GRAPH, Permission
from support.rules.facts import Facts, FailureFacts, Slug, TenantFacts, TokenFacts, Who

AT = datetime(2026, 11, 20, 2, 58, 14, tzinfo=UTC)
BEFORE_THE_END = datetime(2026, 9, 20, 2, 58, 14, tzinfo=UTC)  # of the legacy alerts
YEAR_BEFORE = datetime(2025, 11, 20, 2, 58, 14, tzinfo=UTC)
LONG = 60 * 24 * 90  # minutes: three months

OURS = "5e471e10-0000-4000-8000-0000000000c1"
NORTHWIND = "11111111-1111-4111-8111-111111111111"
FABRIKAM = "22222222-2222-4222-8222-222222222222"
GRAPH_URL = "https://graph.microsoft.com"

# "Microsoft Entra built-in roles": template ids.
READER = "5d6b6bb7-de71-4623-b4af-96380a352509"
ADMINISTRATOR = "194ae4cb-b126-40b2-bd5b-6091b380977d"
OPERATOR = "5f2222b1-57c3-48ba-8ad5-d4759f1fde6f"
GLOBAL_READER = "f2ef992c-3afb-46b9-b7cf-a126ee74c451"
GLOBAL_ADMINISTRATOR = "62e90394-69f5-4237-9190-012177145e10"
USER_ADMINISTRATOR = "fe930be7-5e62-47db-91af-98c3a49a38b1"
CLOUD_APPLICATION_ADMINISTRATOR = "158c047a-c907-4556-b7ef-446551a6b5f7"
MEMBER = "b79fbf4d-3ef9-4689-8143-76b194e85509"
APP_MARKER = "0997a1d0-0d1d-4acb-b408-d5ca73121e90"

INSUFFICIENT = "Insufficient privileges to complete the operation."
EITHER = "Auth token does not contain valid permissions or user does not have valid roles"
NOT_PROVISIONED = "Unauthorized request - Account is not provisioned."
EXPIRED = "Access token has expired or is not yet valid."
AUDIENCE = "Access token validation failure. Invalid audience."

EVENTS, EVENTS_RW = "SecurityEvents.Read.All", "SecurityEvents.ReadWrite.All"
ALERT, ALERT_RW = "SecurityAlert.Read.All", "SecurityAlert.ReadWrite.All"
INCIDENT, INCIDENT_RW = "SecurityIncident.Read.All", "SecurityIncident.ReadWrite.All"
HUNTING = "ThreatHunting.Read.All"
ALL_KNOWN = frozenset({"application", "delegated"})
TOKEN_KNOWN = frozenset({f"application:{GRAPH}"})  # what an app-only token proves


@dataclass(frozen=True)
class Row:
    """One failure, what it is, and the fact of Microsoft's documentation that makes it so."""

    name: str
    facts: Facts
    slug: Slug
    why: str
    who: Who | None = None


def row(
    name: str,
    slug: Slug,
    failure: FailureFacts,
    tenant: TenantFacts | None = None,
    *,
    why: str,
    who=None,
) -> Row:
    return Row(name, Facts(failure, tenant), slug, why, who)


def permission(name: str) -> Permission:
    """Return a permission by its value; a delegated one ends in ":d"."""
    value, _, kind = name.partition(":")
    found = by_value(value, "delegated" if kind else "application")
    assert found is not None, name
    return found


def permissions(names: tuple[str, ...]) -> frozenset[Permission]:
    return frozenset(permission(name) for name in names)


def minutes(number: float, at: datetime = AT) -> datetime:
    return at + timedelta(minutes=number)


def needs(*needed: str, held: tuple[str, ...]) -> str:
    """Return the text of Defender's APIs to an app-only token."""
    roles = ",".join(held)
    return f"Missing application roles. API required roles: {','.join(needed)}, application roles: {roles}."


def graph(path: str, *, status=403, at=AT, **more) -> FailureFacts:
    told: dict[str, Any] = {
        "occurred_at": at,
        "door": "graph",
        "client_id": OURS,
        "tenant_id": NORTHWIND,
        "method": "GET",
        "version": "v1.0",
        **more,
    }
    return FailureFacts(path=path, status=status, **told)


def sign_in(code: int | None, error="invalid_grant", *, status=400, **more) -> FailureFacts:
    told: dict[str, Any] = {
        "occurred_at": AT,
        "door": "token",
        "client_id": OURS,
        "tenant_id": NORTHWIND,
        "message": f"AADSTS{code}: Microsoft's text." if code else "",
        **more,
    }
    return FailureFacts(aadsts=code, code=error, status=status, **told)


def app(*roles: str, issued=-17, at=AT, **more) -> TokenFacts:
    """A token of the application alone; recorded ones live 65 minutes."""
    told: dict[str, Any] = {
        "kind": "application",
        "aud": GRAPH_URL,
        "appid": OURS,
        "tid": NORTHWIND,
        "roles": frozenset(roles),
        "wids": frozenset({APP_MARKER}),
        "issued_at": minutes(issued, at),
        "expires_at": minutes(issued + 65, at),
        **more,
    }
    return TokenFacts(**told)


def person(*scp: str, wids=(), issued=-17, **more) -> TokenFacts:
    told: dict[str, Any] = {
        "kind": "delegated",
        "roles": None,
        "scp": frozenset(("openid", "profile", "User.Read", *scp)),
        "wids": None if wids is None else frozenset((MEMBER, *wids)),
        **more,
    }
    return app(issued=issued, **told)


def tenant(
    *granted: str, now=None, asks=None, asks_then=None, since=None, withdrawn=None, at=AT, **more
) -> TenantFacts:
    """Northwind Traders: what it had granted at the call, what it grants now, and what is asked for.

    `since` and `withdrawn` are minutes from the call, negative before it.
    """
    then, later = permissions(granted), permissions(granted if now is None else now)
    asked = permissions(asks) if asks is not None else later | then
    gone = {permission(name): minutes(after, at) for name, after in (withdrawn or {}).items()}
    told: dict[str, Any] = {
        "name": "Northwind Traders",
        "condition": "proved",
        "proved_at": minutes(240, at),
        "granted_then": then,
        "knows_then": ALL_KNOWN,
        "granted_now": later,
        "knows_now": ALL_KNOWN,
        "granted_since": {
            **dict.fromkeys(later, minutes(-LONG, at)),
            **{permission(name): minutes(after, at) for name, after in (since or {}).items()},
        },
        "withdrawn_at": gone,
        "revision_then": 7,
        "required_then": permissions(asks_then) if asks_then is not None else asked,
        "revision_now": 7 if asks_then is None else 8,
        "required_now": asked,
        "required_since": dict.fromkeys(asked, 1),
        **more,
    }
    told.setdefault("status", _status(told))
    return TenantFacts(**told)


def nothing(*asks: str, **more) -> TenantFacts:
    """A tenant that was added and never granted anything."""
    return tenant(asks=asks or (INCIDENT, ALERT), **more)


def unread(**more) -> TenantFacts:
    """A tenant that was added and that nobody could look at yet."""
    blank: dict[str, Any] = {
        **dict.fromkeys(("granted_then", "granted_now", "proved_at")),
        **dict.fromkeys(("knows_then", "knows_now"), frozenset()),
    }
    return tenant(asks=(INCIDENT, ALERT), status="unverified", **{**blank, "condition": "unread", **more})


def _status(told: Mapping[str, Any]) -> str:
    grants = Grants(told["granted_now"] or frozenset(), told["knows_now"], frozenset(told["withdrawn_at"]))
    drift = compare(required=told["required_now"], grants=grants)
    return status_of(
        condition=Condition(told["condition"]), standing=standing_of(drift=drift, grants=grants)
    ).value

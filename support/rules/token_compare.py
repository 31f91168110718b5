"""A token beside what its tenant granted and what is required: permission by permission."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from consent.rules.drift import OIDC_SCOPES, Grants
from entra.types import GRAPH, Kind, Permission, is_guid
from support.rules.facts import TenantFacts, TokenFacts, audience_is_graph


@dataclass(frozen=True)
class Line:
    """One permission. `token` and `tenant` are slugs of cells; `at` is the moment of the remark."""

    value: str
    token: Literal["granted", "missing", "surplus"]
    tenant: Literal["granted", "missing", "unknown"]
    remark: str = ""
    at: datetime | None = None
    too_old: bool = False  # a new token would have it


def resource_of(aud: str) -> str:
    """Return the app id of the API that an audience names; "" when it can't be told."""
    if audience_is_graph(aud):
        return GRAPH
    plain = aud.lower().removeprefix("api://")
    return plain if is_guid(plain) else ""


def compare_token(token: TokenFacts, tenant: TenantFacts) -> tuple[Line, ...]:
    """Return what is required of the token's kind and API, then what it carries beyond that."""
    resource, kind = resource_of(token.aud), token.kind
    if not resource or kind is None:
        return ()
    carried = (token.roles if kind == "application" else token.scp) or frozenset()
    required = sorted(
        (p for p in tenant.required_now if p.resource == resource and p.kind == kind),
        key=lambda p: p.value.lower(),
    )
    lines = [
        _carried(p, token, tenant) if p.value in carried else _lacking(p, token, tenant) for p in required
    ]
    beyond = carried - {p.value for p in required}
    return (*lines, *_beyond(beyond, kind, resource, tenant))


def _carried(permission: Permission, token: TokenFacts, tenant: TenantFacts) -> Line:
    name, stands = permission.value, _stands(permission, tenant)
    if stands != "missing":
        return Line(name, "granted", stands)
    gone = tenant.withdrawn_at.get(permission)
    if gone and token.issued_at and gone > token.issued_at:
        remark = "Withdrawn since: it works until the token expires. Seen"
        return Line(name, "granted", stands, remark, gone)
    remark = "Our last look saw no grant. Check the tenant again; it was read"
    return Line(name, "granted", stands, remark, tenant.proved_at)


def _lacking(permission: Permission, token: TokenFacts, tenant: TenantFacts) -> Line:
    name, stands = permission.value, _stands(permission, tenant)
    if stands == "unknown":
        return Line(name, "missing", stands, "Whether the tenant granted it, nobody could look.")
    if stands == "missing":
        return Line(name, "missing", stands, "The tenant hasn’t granted it.")
    since = tenant.granted_since.get(permission)
    if since and token.issued_at and token.issued_at < since:
        remark = "The token was issued before the consent: get a new one. Seen granted"
        return Line(name, "missing", stands, remark, since, too_old=True)
    if permission.kind == "delegated":
        return Line(name, "missing", stands, "Granted there, but not for the person of this token.")
    return Line(name, "missing", stands, "Granted before the token was issued. Get a new one and compare.")


def _beyond(values: frozenset[str], kind: Kind, resource: str, tenant: TenantFacts) -> Iterator[Line]:
    held = {p.value for p in tenant.granted_now or () if p.resource == resource and p.kind == kind}
    covers = tenant.granted_now is not None and tenant.knows_now & {kind, f"{kind}:{resource}"}
    for value in sorted(values, key=str.lower):
        if kind == "delegated" and value in OIDC_SCOPES:
            continue  # sign-in itself adds these
        stands: Literal["granted", "missing", "unknown"]
        stands = "granted" if value in held else "missing" if covers else "unknown"
        yield Line(value, "surplus", stands, "More than is asked for.")


def _stands(permission: Permission, tenant: TenantFacts) -> Literal["granted", "missing", "unknown"]:
    if tenant.granted_now is None:
        return "unknown"
    if permission in tenant.granted_now:
        return "granted"
    grants = Grants(granted=tenant.granted_now, knows=tenant.knows_now)
    return "missing" if grants.covers(permission) else "unknown"

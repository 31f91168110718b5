"""App-only tokens: one request that tells which application permissions a tenant really granted."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from entra import claims as token_claims
from entra.answers import Answer
from entra.confidential import confidential_client
from entra.errors import Unavailable
from entra.http import EntraSession
from entra.types import GRAPH, Client, Evidence, is_guid


@dataclass(frozen=True)
class AppToken:
    """`roles` is None when the token is opaque to us, as Graph's tokens are entitled to be."""

    value: str = field(repr=False)
    roles: frozenset[str] | None
    claims: dict[str, Any] = field(hash=False)
    evidence: Evidence


def app_only(
    session: EntraSession,
    client: Client,
    tenant_id: str,
    resource: str = GRAPH,
    *,
    now: datetime | None = None,
) -> AppToken:
    """Always asks Microsoft. `tenant_id` is one that we already expected, never one that a stranger sent."""
    tenant = tenant_id.lower()
    if not is_guid(tenant):
        raise ValueError("a tenant is named by its GUID")
    confidential = confidential_client(session, client, tenant)
    result = confidential.app.acquire_token_for_client([_default_scope(client, resource)])
    answer = confidential.answer
    value = str(result.get("access_token") or "")
    if not value:
        raise Unavailable("its answer held no access token", request_id=answer.request_id)
    claims = token_claims.decode(value)
    if claims is not None:
        _check(claims, client, tenant, resource, answer)
    return AppToken(
        value=value,
        roles=token_claims.strings(claims.get("roles")) if claims is not None else None,
        claims=token_claims.facts(claims or {}),
        evidence=Evidence(
            source="token",
            observed_at=now or answer.at,
            request_id=answer.request_id,
            client_request_id=answer.client_request_id,
            claims=token_claims.facts(claims or {}),
        ),
    )


def _default_scope(client: Client, resource: str) -> str:
    # "Scopes and permissions in the Microsoft identity platform": a resource is named by its
    # identifier URI or its app id. Graph's URI is its host in that cloud.
    return f"{client.cloud.graph if resource == GRAPH else resource}/.default"


def _check(claims: dict[str, Any], client: Client, tenant: str, resource: str, answer: Answer) -> None:
    """A token that speaks of another tenant, application or API is no evidence for ours."""
    app = claims.get("appid") or claims.get("azp")
    audience = str(claims.get("aud")).rstrip("/").lower()
    ours = {GRAPH, client.cloud.graph} if resource == GRAPH else {audience}
    flaws = {
        "tenant": str(claims.get("tid")).lower() != tenant,
        "application": str(app).lower() != client.client_id.lower(),
        "API": audience not in ours,
    }
    for thing, wrong in flaws.items():
        if wrong:
            raise Unavailable(f"its token was for another {thing}", request_id=answer.request_id)
    if token_claims.strings(claims.get("roles")) is None:
        raise Unavailable("the roles of its token were not readable", request_id=answer.request_id)

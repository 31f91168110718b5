"""What tokens say. "Access token claims reference", "ID token claims reference"."""

import hashlib
import json
import secrets
from dataclasses import dataclass
from typing import Any

import jwt
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from sandbox.clouds import Cloud
from sandbox.directory_roles import APP_ONLY_MARKER
from sandbox.exchange import Exchange
from sandbox.keys import b64url
from sandbox.model import JSON, Application, ServicePrincipal, Tenant, User, stable_guid
from sandbox.permissions import GRAPH, Resource

BACKDATED = 300  # tokens are valid from five minutes before they were made


@dataclass(frozen=True)
class Target:
    """The API a token is for, under the name that the client used."""

    resource: Resource
    audience: str


def _opaque(size: int = 24) -> str:
    return secrets.token_urlsafe(size)


def _sign(exchange: Exchange, claims: JSON, *, for_graph: bool) -> str:
    key = exchange.directory.keys.current
    headers: JSON = {"typ": "JWT", "kid": key.kid, "x5t": key.kid}
    if not for_graph:
        return jwt.encode(claims, key.private, algorithm="RS256", headers=headers)
    # Tokens for Microsoft Graph carry a nonce that is hashed before signing: only Graph can check them.
    header: JSON = {"alg": "RS256", "nonce": _opaque(32), **headers}
    body = _segment(claims)
    signed = f"{_segment(header | {'nonce': _hashed(header['nonce'])})}.{body}"
    signature = key.private.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
    return f"{_segment(header)}.{body}.{b64url(signature)}"


def _segment(content: JSON) -> str:
    return b64url(json.dumps(content, separators=(",", ":")).encode())


def _hashed(nonce: str) -> str:
    return b64url(hashlib.sha256(nonce.encode()).digest())


def _access_claims(exchange: Exchange, tenant: Tenant, *, target: Target, lifetime: int) -> JSON:
    now = int(exchange.now)
    return {
        "aud": target.audience,
        "iss": f"{exchange.cloud(tenant).issuer_v1}/{tenant.id}/",
        "iat": now - BACKDATED,
        "nbf": now - BACKDATED,
        "exp": now + lifetime,
        "aio": _opaque(32),
        "rh": f"1.A{_opaque(30)}.",
        "tenant_region_scope": "EU",
        "tid": tenant.id,
        "uti": _opaque(16),
        "ver": "1.0",
    }


def app_only(
    exchange: Exchange,
    principal: ServicePrincipal,
    *,
    application: Application,
    tenant: Tenant,
    target: Target,
    proof: str,
) -> str:
    """A token of the application itself. Its roles are exactly what is granted; with nothing, it has none."""
    claims = _access_claims(exchange, tenant, target=target, lifetime=3600)
    claims |= {
        "app_displayname": application.name,
        "appid": application.app_id,
        "appidacr": proof,
        "idp": claims["iss"],
        "idtyp": "app",
        "oid": principal.id,
        "sub": principal.id,
        "wids": [APP_ONLY_MARKER],
    }
    roles = [permission.value for permission in principal.roles(target.resource.app_id, exchange.now)]
    if roles:
        claims["roles"] = roles
    return _sign(exchange, claims, for_graph=target.resource.app_id == GRAPH)


def delegated(
    exchange: Exchange,
    user: User,
    *,
    application: Application,
    tenant: Tenant,
    target: Target,
    scopes: list[str],
    proof: str,
    lifetime: int,
) -> str:
    claims = _access_claims(exchange, tenant, target=target, lifetime=lifetime)
    given, _, family = user.name.partition(" ")
    claims |= {
        "acr": "1",
        "amr": ["pwd", "mfa"],
        "app_displayname": application.name,
        "appid": application.app_id,
        "appidacr": proof,
        "family_name": family,
        "given_name": given,
        "idtyp": "user",
        **_home(exchange, user),
        "ipaddr": "192.0.2.10",
        "name": user.name,
        "oid": user.id,
        "scp": " ".join(scopes),
        "sub": _pairwise(user, target.resource.app_id),
        "unique_name": user.address,
        "upn": user.username,
        "wids": user.wids,
        "xms_st": {"sub": _pairwise(user, application.app_id)},
    }
    return _sign(exchange, claims, for_graph=target.resource.app_id == GRAPH)


def _home(exchange: Exchange, user: User) -> JSON:
    """Where the account is at home. "Optional claims reference": acct is 1 for guests.

    idp is told only of accounts that are at home elsewhere ("ID token claims reference").
    """
    if not user.guest_of:
        return {"acct": 0}
    return {"acct": 1, "idp": f"{exchange.cloud().issuer_v1}/{user.guest_of}/"}


def _pairwise(user: User, app_id: str) -> str:
    return b64url(hashlib.sha256(f"{user.key}/{app_id}".encode()).digest())


def id_token(
    exchange: Exchange, user: User, *, application: Application, tenant: Tenant, nonce: str, auth_time: int
) -> str:
    claims = user.claims | {
        "aud": application.app_id,
        "iss": issuer(exchange.cloud(tenant), tenant.id),
        "iat": int(exchange.now) - BACKDATED,
        "nbf": int(exchange.now) - BACKDATED,
        "exp": int(exchange.now) + 3600,
        "aio": _opaque(32),
        "auth_time": auth_time,
        "name": user.name,
        "oid": user.id,
        "preferred_username": user.address,
        **_home(exchange, user),
        "rh": f"1.A{_opaque(30)}.",
        "sub": _pairwise(user, application.app_id),
        "tid": tenant.id,
        "uti": _opaque(16),
        "ver": "2.0",
    }
    if nonce:
        claims["nonce"] = nonce
    roles = user.app_roles.get(application.app_id)
    if roles:
        claims["roles"] = list(roles)
    if application.directory_roles_in_id_token:
        claims["wids"] = user.wids
    fault = exchange.directory.faults.take(
        kinds=("id_token",),
        endpoint="token",
        tenant=tenant.id,
        app=application.app_id,
        path=exchange.request.path,
    )
    return (
        _spoiled(exchange, claims, str(fault.options.get("how")))
        if fault
        else _sign(exchange, claims, for_graph=False)
    )


def _spoiled(exchange: Exchange, claims: JSON, how: str) -> str:
    """An id token that a careful client refuses."""
    changes: dict[str, JSON] = {
        "audience": {"aud": stable_guid("someone else")},
        "issuer": {"iss": "https://login.microsoftonline.com/" + stable_guid("elsewhere") + "/v2.0"},
        "nonce": {"nonce": "another"},
        "expired": {"iat": claims["iat"] - 9000, "nbf": claims["nbf"] - 9000, "exp": claims["exp"] - 9000},
        "tenant": {"tid": stable_guid("elsewhere")},
    }
    spoiled = claims | changes.get(how, {})
    if how == "none":
        return jwt.encode(spoiled, "", algorithm="none")
    token = _sign(exchange, spoiled, for_graph=False)
    if how == "signature":
        head, body, signature = token.split(".")
        return f"{head}.{body}.{'A' * len(signature)}"
    return token


def issuer(cloud: Cloud, tenant_id: str) -> str:
    return f"{cloud.login}/{tenant_id}/v2.0"


def client_info(user: User) -> str:
    return b64url(f'{{"uid":"{user.id}","utid":"{user.tenant_id}"}}'.encode())


class BadTokenError(Exception):
    """Not a token of this sandbox for Graph; the text is what Graph says."""


def read_for_graph(exchange: Exchange, token: str) -> dict[str, Any]:
    """The claims of an access token for Microsoft Graph, its signature checked the way only Graph can."""
    parts = token.split(".")
    try:
        header = jwt.get_unverified_header(token)
        key = exchange.directory.keys.find(str(header.get("kid")))
        signed = _segment(header | {"nonce": _hashed(str(header["nonce"]))})
        if key is None:
            raise KeyError("kid")
        claims: dict[str, Any] = jwt.decode(
            ".".join([signed, *parts[1:]]),
            key.private.public_key(),
            algorithms=["RS256"],
            options={"verify_aud": False, "verify_exp": False, "verify_nbf": False, "verify_iat": False},
        )
    except (jwt.InvalidTokenError, KeyError, ValueError):
        raise BadTokenError("CompactToken validation failed with reason code: 80049228.") from None
    if exchange.directory.resource(str(claims["aud"])) is not exchange.directory.resources[GRAPH]:
        raise BadTokenError("Access token validation failure. Invalid audience.")
    if not claims["nbf"] <= exchange.now < claims["exp"]:
        raise BadTokenError("Lifetime validation failed, the token is expired.")
    return claims

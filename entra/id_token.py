"""Validating an id token; MSAL only decodes it.

"ID tokens in the Microsoft identity platform" and "Access tokens: validate the issuer" say what to check.
"""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import jwt

from entra.claims import decode
from entra.errors import SignInFailed
from entra.http import EntraSession
from entra.types import Client, is_guid

LEEWAY: Final = 60
_REQUIRED = ("aud", "exp", "iat", "iss", "nonce", "oid", "sub", "tid")
_WEAK_KEY_BITS = 2048


def validate(
    session: EntraSession, client: Client, *, token: str, authority_tenant: str, nonce: str, now: datetime
) -> dict[str, Any]:
    """The claims, once signature, issuer, audience, time and nonce are what they must be."""
    kid = _key_id(token)
    claims = decode(token) or {}
    missing = [name for name in _REQUIRED if not claims.get(name)]
    if missing:
        raise SignInFailed(f"Microsoft's id token lacks {', '.join(missing)}")
    if not is_guid(claims["tid"]) or not is_guid(claims["oid"]):
        raise SignInFailed("Microsoft's id token names no tenant or no person")
    _check_signature(session, client, token, authority_tenant, kid, str(claims["tid"]), now)
    _check_claims(client, claims, authority_tenant, nonce)
    _check_time(claims, now)
    return claims


def _key_id(token: str) -> str:
    try:
        header = jwt.get_unverified_header(token)
    except jwt.InvalidTokenError:
        raise SignInFailed("Microsoft's id token was not readable") from None
    kid = header.get("kid")
    # One algorithm, whatever the token asks for: RFC 8725, section 3.1.
    if header.get("alg") != "RS256" or "crit" in header or not isinstance(kid, str) or not kid:
        raise SignInFailed("Microsoft's id token was not signed the way Microsoft signs")
    return kid


def _check_signature(
    session: EntraSession,
    client: Client,
    token: str,
    authority_tenant: str,
    kid: str,
    tid: str,
    now: datetime,
) -> None:
    url = f"{client.cloud.authority(authority_tenant)}/discovery/v2.0/keys"
    issuer = _issuer(client, tid)
    for key in session.keys.find(session, url=url, kid=kid, now=now):
        # A key may sign for one issuer only, or for every tenant: then its issuer is a template.
        if str(key.get("issuer")).replace("{tenantid}", tid) == issuer and _signed(token, key):
            return
    raise SignInFailed("Microsoft's id token was not signed with a key of Microsoft's for this organization")


def _signed(token: str, key: Mapping[str, Any]) -> bool:
    try:
        public = jwt.PyJWK(dict(key), algorithm="RS256")
        if public.key.key_size < _WEAK_KEY_BITS:
            return False
        jwt.PyJWS().decode(token, public.key, algorithms=["RS256"])
    except (jwt.PyJWTError, ValueError, TypeError, AttributeError):
        return False
    return True


def _check_claims(client: Client, claims: Mapping[str, Any], authority_tenant: str, nonce: str) -> None:
    tid = str(claims["tid"])
    # MSAL keeps the nonce and sends its hash, which is what comes back.
    expected = hashlib.sha256(nonce.encode()).hexdigest()
    flaws = {
        "another application": claims["aud"] != client.client_id
        or claims.get("azp", client.client_id) != client.client_id,
        "another issuer": claims["iss"] != _issuer(client, tid),
        "another organization": is_guid(authority_tenant) and tid.lower() != authority_tenant.lower(),
        "another sign-in": not hmac.compare_digest(str(claims["nonce"]).encode(), expected.encode()),
    }
    for what, wrong in flaws.items():
        if wrong:
            raise SignInFailed(f"Microsoft's id token was for {what}", error=what.replace(" ", "_"))


def _check_time(claims: Mapping[str, Any], now: datetime) -> None:
    times = {name: claims.get(name, 0) for name in ("exp", "iat", "nbf")}
    if any(isinstance(time, bool) or not isinstance(time, int | float) for time in times.values()):
        raise SignInFailed("the times in Microsoft's id token were not readable")
    moment = now.timestamp()
    if times["exp"] + LEEWAY <= moment:
        raise SignInFailed("Microsoft's id token has expired; check this computer's clock")
    if max(times["iat"], times["nbf"]) - LEEWAY > moment:
        raise SignInFailed("Microsoft's id token is not valid yet; check this computer's clock")


def _issuer(client: Client, tid: str) -> str:
    return f"{client.cloud.authority(tid)}/v2.0"

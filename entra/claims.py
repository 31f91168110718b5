"""Reading what a token says, without deciding whether to believe it."""

import base64
import json
from collections.abc import Mapping
from typing import Any

_LONGEST_TOKEN = 100_000

# "Access token claims reference" and "ID token claims reference": what is worth keeping as evidence.
_FACTS = (
    "appid",
    "app_displayname",
    "appidacr",
    "aud",
    "azp",
    "exp",
    "iat",
    "idtyp",
    "iss",
    "nbf",
    "oid",
    "roles",
    "scp",
    "tid",
    "uti",
    "ver",
    "wids",
)


def decode(token: str) -> dict[str, Any] | None:
    """The claims of a JWT, unverified; None when it is not one, which Microsoft is free to send."""
    parts = token.split(".")
    if len(parts) != 3 or len(token) > _LONGEST_TOKEN:
        return None
    claims = _json_object(parts[1])
    return claims if claims is not None and _json_object(parts[0]) is not None else None


def facts(claims: Mapping[str, Any]) -> dict[str, Any]:
    return {name: claims[name] for name in _FACTS if name in claims}


def strings(value: object) -> frozenset[str] | None:
    """A claim that lists names; an absent one lists none, one of another shape is None: unreadable."""
    if value is None:
        return frozenset()
    if isinstance(value, list) and all(isinstance(item, str) and item for item in value):
        return frozenset(value)
    return None


def is_guest(claims: Mapping[str, Any]) -> bool:
    """Whether the account of an id token is at home in another tenant than the token's.

    "Optional claims reference": acct is 0 for members and 1 for guests. "ID token claims reference": idp
    names the tenant where the account is at home. "Properties of a B2B guest user": #EXT# in the user name.
    """
    account, home = claims.get("acct"), claims.get("idp")
    if account in (0, 1) and not isinstance(account, bool):
        return bool(account)
    if isinstance(home, str) and home:
        return str(claims.get("tid")).lower() not in home.lower()
    names = (claims.get("upn"), claims.get("preferred_username"))
    return any("#ext#" in name.lower() for name in names if isinstance(name, str))


def token_answer_flaw(body: Mapping[str, Any]) -> str:
    """What is wrong with a token endpoint's 200, in words; MSAL would fail on it, or believe it."""
    access, identity = body.get("access_token"), body.get("id_token")
    if not access and not identity:
        return "its answer held no token"
    texts = ("access_token", "id_token", "refresh_token", "client_info", "scope", "token_type")
    if not all(isinstance(body.get(name, ""), str) for name in texts):
        return "its token answer was not readable"
    if identity is not None and decode(identity) is None:
        return "its id token was not readable"
    if body.get("client_info") and _json_object(body["client_info"]) is None:
        return "its token answer was not readable"
    lifetimes = (body.get(name, 0) for name in ("expires_in", "ext_expires_in", "refresh_in"))
    if not all(str(lifetime).isascii() and str(lifetime).isdigit() for lifetime in lifetimes):
        return "its token answer was not readable"
    return ""


def _json_object(part: str) -> dict[str, Any] | None:
    try:
        found = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None

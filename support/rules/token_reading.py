"""What a pasted token says: whose it is, for what, and until when. Never whether to believe it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final

from entra.claims import strings
from entra.types import Kind, is_guid
from support.rules.facts import TokenFacts, audience_is_graph
from support.rules.plain_text import visible
from support.rules.token_text import Shape, decode

LAST_SECOND: Final = 253_402_300_799  # of the year 9999


class What(StrEnum):
    """Which of the things that look alike it is."""

    ACCESS = "access"  # for an API
    IDENTITY = "identity"  # an id token: tells an application who signed in
    ASSERTION = "assertion"  # an application's own proof to Microsoft, made by itself
    NOTHING = "nothing"  # none of them can be told


@dataclass(frozen=True)
class Reading:
    """All that is known of a pasted text. There is no signature in it."""

    shape: Shape
    what: What
    facts: TokenFacts
    header: Mapping[str, Any]
    claims: Mapping[str, Any]
    not_before: datetime | None = None
    app_name: str = ""  # as the token has it
    header_flaw: bool = False
    left_out: int = 0
    others: int = 0

    @property
    def for_graph(self) -> bool:
        return audience_is_graph(self.facts.aud)


def read(text: str) -> Reading:
    """Return what the text's token says. It is not verified, and no address in it is asked."""
    decoded = decode(text)
    claims = decoded.claims
    return Reading(
        shape=decoded.shape,
        what=_what(claims),
        facts=_facts(claims),
        header=decoded.header,
        claims=claims,
        not_before=_moment(claims.get("nbf")),
        app_name=visible(_text(claims.get("app_displayname"))),
        header_flaw=decoded.header_flaw,
        left_out=decoded.left_out,
        others=decoded.others,
    )


def _what(claims: Mapping[str, Any]) -> What:
    """Tell tokens apart by what only one kind has.

    "Access token claims reference": the application is in appid or azp. "ID token claims reference": it is in
    aud. "Microsoft identity platform application authentication certificate credentials": issuer and subject
    of an assertion are the application, its audience is the token endpoint.
    """
    issuer, subject = claims.get("iss"), claims.get("sub")
    if is_guid(issuer) and issuer == subject and not claims.keys() & {"appid", "azp", "tid"}:
        return What.ASSERTION
    if claims.keys() & {"appid", "azp", "scp", "idtyp"}:
        return What.ACCESS
    if is_guid(claims.get("aud")) and (subject or claims.get("oid")):
        return What.IDENTITY
    return What.ACCESS if "roles" in claims and "aud" in claims else What.NOTHING


def _facts(claims: Mapping[str, Any]) -> TokenFacts:
    kind = _kind(claims)
    wids = strings(claims.get("wids"))
    return TokenFacts(
        kind=kind,
        aud=_text(claims.get("aud")),
        appid=_id(claims.get("appid")) or _id(claims.get("azp")),
        tid=_id(claims.get("tid")),
        oid=_id(claims.get("oid")),
        roles=strings(claims.get("roles")),
        scp=_scopes(claims.get("scp")),
        # "Access token claims reference": wids may be left out when there are too many; then nobody told.
        wids=None if kind == "delegated" and not wids else wids,
        issued_at=_moment(claims.get("iat")),
        expires_at=_moment(claims.get("exp")),
    )


def _kind(claims: Mapping[str, Any]) -> Kind | None:
    """Tell whether a person is behind the token: by idtyp, in older formats by the permissions."""
    told = claims.get("idtyp")
    if told in ("app", "user"):
        return "application" if told == "app" else "delegated"
    if claims.get("scp"):
        return "delegated"
    subject = claims.get("sub")
    if "roles" in claims or (isinstance(subject, str) and subject == claims.get("oid")):
        return "application"
    return None


def _scopes(value: object) -> frozenset[str] | None:
    return frozenset(value.split()) if isinstance(value, str) else strings(value)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _id(value: object) -> str:
    """Return an id in the one form that ids are compared in; "" for anything that is none."""
    return value.lower() if isinstance(value, str) and is_guid(value) else ""


def _moment(value: object) -> datetime | None:
    """RFC 7519, section 2: NumericDate is seconds since 1970, and may have a fraction."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return datetime.fromtimestamp(value, UTC) if 0 <= value <= LAST_SECOND else None

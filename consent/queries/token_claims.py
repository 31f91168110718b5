"""The claims of two tenants' tokens side by side: the same application, different permissions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from consent.models import Application, Installation
from consent.queries.tenant_detail import evidence_of
from consent.rules.claims import MOMENTS, in_order, meaning_of

MOST_SECONDS = 253_402_300_799  # the year 9999


@dataclass(frozen=True)
class Value:
    text: str
    words: str  # the same for people, when the claim itself is no text for people
    only_here: bool


@dataclass(frozen=True)
class Claim:
    name: str
    meaning: str
    differs: bool
    a: tuple[Value, ...]
    b: tuple[Value, ...]


@dataclass(frozen=True)
class Side:
    """One of the two tenants, as asked for and as found."""

    name: str
    asked: str
    installation: Installation | None = None
    problem: str = ""
    token: Mapping[str, Any] | None = None
    refused: Mapping[str, Any] | None = None  # what Microsoft answered instead of a token


def claims_page(application: Application, *, a: str, b: str) -> dict[str, Any]:
    """Return both sides and their claims row by row; a token that was refused has none."""
    first, second = _side(application, "a", a), _side(application, "b", b)
    sides = [first, second]
    page: dict[str, Any] = {
        "sides": sides,
        "a": first,
        "b": second,
        "claims": [],
        "refusals": [side for side in sides if side.refused],
    }
    tokens = [side.token["claims"] for side in sides if side.token]
    if tokens and all(side.token or side.refused for side in sides):
        page["claims"] = _rows(tokens[0], tokens[-1])  # a single one is compared with itself
    if first.token and second.token:
        page["verdict"], page["detail"] = _verdict(first, second)
    return page


def _side(application: Application, name: str, asked: str) -> Side:
    asked = asked.replace("\x00", "").strip()[:253]
    if not asked:
        return Side(name, asked)
    tenants = application.installations.select_related("tenant")
    try:
        installation = tenants.filter(tenant_id=UUID(asked)).first()
    except ValueError:
        installation = tenants.filter(tenant__domain=asked.lower()).order_by("pk").first()
    if installation is None:
        return Side(
            name, asked, problem="No tenant here has this ID or domain. Copy it from the tenant's page."
        )
    evidence = evidence_of(installation.evidence)
    refused = next((e for e in evidence if e["refused"]), None)
    if refused:
        return Side(name, asked, installation, refused=refused)
    token = next((e for e in evidence if e["facts"]), None)
    if token is None:
        problem = (
            f"Microsoft issued no token for {installation.tenant} at the last read: no claims."
            if installation.proved_at
            else f"No read of {installation.tenant} succeeded yet: no claims."
        )
        return Side(name, asked, installation, problem=problem)
    return Side(name, asked, installation, token=token)


def _verdict(first: Side, second: Side) -> tuple[str, str]:
    """Return what the two tokens come to, in one sentence, and which permissions only one of them has."""
    a, b = (set(texts_of((side.token or {})["claims"].get("roles"))) for side in (first, second))
    if a == b:
        return "Same application, same permissions.", "Both tokens carry the same roles."
    only = [
        f"Only {side.installation.tenant} granted {', '.join(sorted(own))}."
        for side, own in ((first, a - b), (second, b - a))
        if own and side.installation
    ]
    return "Same application, different permissions.", " ".join(only)


def _rows(a: Mapping[str, Any], b: Mapping[str, Any]) -> list[Claim]:
    return [
        Claim(
            name=name,
            meaning=meaning_of(name),
            differs=texts_of(a.get(name)) != texts_of(b.get(name)),
            a=_values(name, a.get(name), b.get(name)),
            b=_values(name, b.get(name), a.get(name)),
        )
        for name in in_order(set(a) | set(b))
    ]


def _values(name: str, own: Any, other: Any) -> tuple[Value, ...]:
    others = texts_of(other)
    is_list = isinstance(own, list)
    return tuple(
        Value(text, moment_words(text) if name in MOMENTS else "", is_list and text not in others)
        for text in texts_of(own)
    )


def texts_of(value: Any) -> list[str]:
    if value is None:
        return []
    return sorted(str(item) for item in value) if isinstance(value, list) else [str(value)]


def moment_words(text: str) -> str:
    if not (text.isascii() and text.isdigit() and int(text) <= MOST_SECONDS):
        return ""
    return f"{datetime.fromtimestamp(int(text), UTC):%Y-%m-%d %H:%M:%S} UTC"

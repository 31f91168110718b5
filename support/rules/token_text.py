"""Finding the token in pasted text. Its signature is cut off first, so that nobody can use what is left."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

import jwt

LONGEST: Final = 16_384  # characters; a token of Microsoft's has two to five thousand
MOST_CANDIDATES: Final = 12
MOST_LEVELS: Final = 6
MOST_CLAIMS: Final = 150
TOO_DEEP: Final = "… nested too deeply to show"


class Shape(StrEnum):
    """What was pasted."""

    EMPTY = "empty"
    TOO_LONG = "too-long"
    NO_TOKEN = "no-token"  # noqa: S105  (what was pasted is none)
    BROKEN = "broken"  # begins like a token, and can't be decoded
    OPAQUE = "opaque"
    ENCRYPTED = "encrypted"
    READABLE = "readable"


@dataclass(frozen=True)
class Decoded:
    """What a text held, without the text: header and claims, never a signature."""

    shape: Shape
    header: dict[str, Any] = field(default_factory=dict)
    claims: dict[str, Any] = field(default_factory=dict)
    header_flaw: bool = False  # the header breaks the rules of JWT
    left_out: int = 0  # claims beyond the most that are read
    others: int = 0  # further tokens in the same text


# What base64url may hold, and the dots between the parts (RFC 7515, section 7.1).
_RUN = re.compile(r"[A-Za-z0-9_.\-]{8,}")
# The body of a token endpoint's answer holds other tokens too, and an address's fragment as well.
_NAMED = re.compile(r"""access_token\\?["']?\s*[:=]\s*\\?["']?([A-Za-z0-9_.\-]{8,})""")
# A JSON object in base64 begins with one of these: {" or { and white space, or {}.
_START = re.compile(r"e(?:y[AIJ]|w[ok0]|30)")
_BROKEN_LINES = re.compile(r"[\s\"'`>\\\u200b\u2060\ufeff]+")
_OPAQUE = re.compile(r"[A-Za-z0-9_.~+/=!*$\-]{40,}")
_CUT_SHORT = re.compile(r"[A-Za-z0-9_.~+/=!*$\-]{1,12}…")  # what our own script leaves of an opaque token
_HEADER = re.compile(r"(?i)^(?:authorization\s*:)?\s*(?:bearer\s+)?")

_UNSIGNED = jwt.encode({}, "", algorithm="none").partition(".")[0]
_AS_IT_IS: Final = {
    f"verify_{what}": False for what in ("signature", "exp", "nbf", "iat", "aud", "iss", "sub", "jti")
}


def decode(text: str) -> Decoded:
    """Return what the first token in the text says. Nothing is fetched, verified or inflated."""
    if len(text) > LONGEST:
        return Decoded(Shape.TOO_LONG)
    if not text.strip():
        return Decoded(Shape.EMPTY)
    begun, others = False, 0
    found: Decoded | None = None
    # A terminal or a mail may have broken a token into lines: then a second look, without the breaks.
    for whole in (text, _BROKEN_LINES.sub("", text)):
        for header, payload, parts in _candidates(whole):
            begun = True
            decoded = _decode(header, payload, parts)
            if decoded and found:
                others += 1
            found = found or decoded
        if found:
            return Decoded(found.shape, found.header, found.claims, found.header_flaw, found.left_out, others)
    return Decoded(Shape.BROKEN if begun else _without_token(text))


def _candidates(text: str) -> Iterator[tuple[str, str, int]]:
    """Yield header, payload and the number of parts of all that looks like a token, the best guess first."""
    runs = dict.fromkeys([*_NAMED.findall(text), *_RUN.findall(text)])
    given = 0
    for run in runs:
        first, *rest = run.split(".")
        payload, parts = rest[0] if rest else "", len(rest) + 1
        if parts == 4 and not rest[2]:
            parts = 3  # the full stop of a sentence
        for start in list(_START.finditer(first))[:3]:
            if given == MOST_CANDIDATES:
                return
            given += 1
            yield first[start.start() :], payload, parts


def _decode(header: str, payload: str, parts: int) -> Decoded | None:
    head = _object(header)
    if head is None or parts not in (2, 3, 5):
        return None
    if parts == 5:  # RFC 7516, section 7.1: the other four are encrypted
        return Decoded(Shape.ENCRYPTED, _bounded(head, MOST_LEVELS))
    claims = _object(payload)
    if claims is None:
        return None
    kept = dict(list(claims.items())[:MOST_CLAIMS])
    return Decoded(
        shape=Shape.READABLE,
        header=_bounded(head, MOST_LEVELS),
        claims=_bounded(kept, MOST_LEVELS),
        header_flaw=_has_flaw(header),
        left_out=len(claims) - len(kept),
    )


def _object(segment: str) -> dict[str, Any] | None:
    """Return the JSON object of one part, as the payload of a token that says nothing else."""
    try:
        found: dict[str, Any] = jwt.decode(f"{_UNSIGNED}.{segment}.", options=_AS_IT_IS)  # type: ignore[arg-type]
    except (jwt.PyJWTError, ValueError, RecursionError):
        return None
    return found


def _has_flaw(header: str) -> bool:
    try:
        jwt.get_unverified_header(f"{header}.e30.")
    except (jwt.PyJWTError, ValueError, TypeError, RecursionError):
        return True
    return False


def _bounded(value: Any, levels: int) -> Any:
    if not isinstance(value, dict | list):
        return value
    if not levels:
        return TOO_DEEP
    if isinstance(value, list):
        return [_bounded(item, levels - 1) for item in value]
    return {key: _bounded(item, levels - 1) for key, item in value.items()}


def _without_token(text: str) -> Shape:
    lines = (line.strip(" \t\"'`,;") for line in _HEADER.sub("", text.strip()).splitlines())
    plain = "".join(lines)  # a space within is none of a token's
    named = re.search(r"""access_token["']?\s*[:=]\s*["']?""", text)
    if _OPAQUE.fullmatch(plain) or _CUT_SHORT.fullmatch(plain):
        return Shape.OPAQUE
    inside = named and (_OPAQUE.match(text, named.end()) or _CUT_SHORT.match(text, named.end()))
    return Shape.OPAQUE if inside else Shape.NO_TOKEN

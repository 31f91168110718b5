"""What an error body says: Microsoft Graph's, or the token endpoint's. Never raises, whatever came.

Sources: "Microsoft Graph error responses and resource types"; "Microsoft identity platform and OAuth 2.0
client credentials flow", error response; "Microsoft Entra authentication and authorization error codes".
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from entra.types import is_guid
from support.rules.facts import Door

LONGEST_MESSAGE: Final = 1000
LONGEST_CODE: Final = 120
_LONGEST_BODY: Final = 64 * 1024
_DEEPEST: Final = 8
# What an error tells beside its code and message, as services spell it.
_TOLD: Final = {
    **dict.fromkeys(("client-request-id", "clientrequestid", "client_request_id"), "client_request_id"),
    **dict.fromkeys(("request-id", "requestid", "request_id"), "request_id"),
    "date": "date",
}
_LARGEST_AADSTS: Final = 2_000_000_000

_AADSTS = re.compile(r"AADSTS(\d{4,9})(?!\d)")
_GUID = r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}"
# Older texts separate these by CR LF, newer ones by blanks; MSAL for JavaScript puts dashes between.
_TRAILING = re.compile(
    r"(?:(?<![\s-])[\s-]++)?\b(Trace ID|Correlation ID|Timestamp):[ \t]*"
    rf"({_GUID}|\d{{4}}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(?:\.\d+)?Z?)",
    re.IGNORECASE,
)
_MOMENT = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(?:\.(\d{1,6})\d*)?\s?([Zz]|[+-]\d\d:?\d\d|[+-]\d\d)?"
)


class ErrorFacts(NamedTuple):
    """Ids in lower case. The token endpoint's trace id is its request id."""

    door: Door = ""
    code: str = ""
    message: str = ""
    aadsts: int | None = None
    suberror: str = ""
    client_request_id: str = ""
    request_id: str = ""
    correlation_id: str = ""
    time: object = None  # as it came

    @property
    def occurred_at(self) -> datetime | None:
        return moment(self.time)  # read when somebody asks: a report tells its own

    @property
    def is_empty(self) -> bool:
        return not (self.code or self.message or self.aadsts)


_NOTHING: Final = ErrorFacts()


def error_facts(body: Mapping[str, Any] | str | None) -> ErrorFacts:
    """Return the facts of an error body, parsed or as text; text that is no JSON is a message."""
    if isinstance(body, str):
        parsed = _object(body)
        return text_facts(body) if parsed is None else error_facts(parsed)
    if not isinstance(body, Mapping):
        return ErrorFacts()
    error = _first(body, "error", "odata.error", "Error")
    if isinstance(error, Mapping):
        return _graph(error)
    if isinstance(error, str) or "error_description" in body or "error_codes" in body:
        return _oauth(body, error)
    if "code" in body or "message" in body:
        return _graph(body)
    return ErrorFacts(message=one_line(body.get("Message")))


def text_facts(text: str) -> ErrorFacts:
    """Return the facts of a text such as an error_description."""
    low = text.lower()
    if "aadsts" not in low and " id:" not in low and "timestamp:" not in low:  # most texts of Graph
        return ErrorFacts(message=one_line(text))
    fields = {match[1].lower(): match[2] for match in _TRAILING.finditer(text)}
    plain = _TRAILING.sub(" ", text)
    code = _AADSTS.search(text)
    return ErrorFacts(
        door="token" if code else "",
        message=one_line(plain),
        aadsts=int(code[1]) if code else None,
        request_id=_guid(fields.get("trace id")),
        correlation_id=_guid(fields.get("correlation id")),
        time=fields.get("timestamp"),
    )


def one_line(text: object, longest: int = LONGEST_MESSAGE) -> str:
    """Return foreign text as one short line without anything that moves a terminal's or reader's eye."""
    if not isinstance(text, str):
        return ""
    short = text[: longest * 4]
    if not short.isprintable():
        short = "".join(c if c.isprintable() else " " for c in short)
    return " ".join(short.split())[:longest]


def moment(text: object) -> datetime | None:
    """Return a time as Microsoft writes it. Without a zone it is UTC: that of innerError's date."""
    if not isinstance(text, str):
        return None
    found = _MOMENT.search(text[:200])
    if found is None:
        return None
    zone = "+00:00" if found[4] in (None, "Z", "z") else found[4]
    try:
        there = datetime.fromisoformat(f"{found[1]}T{found[2]}.{(found[3] or '0'):<06}{zone}")
        return there.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _oauth(body: Mapping[str, Any], error: object) -> ErrorFacts:
    description = body.get("error_description")
    told = text_facts(description if isinstance(description, str) else "")
    return told._replace(
        door="token",
        code=one_line(error, LONGEST_CODE),
        aadsts=_listed_code(body.get("error_codes")) or told.aadsts,
        suberror=one_line(_first(body, "suberror", "error_subcode"), 60),
        request_id=_guid(body.get("trace_id")) or told.request_id,
        correlation_id=_guid(body.get("correlation_id")) or told.correlation_id,
        time=body.get("timestamp") or told.time,
    )


def _graph(error: Mapping[str, Any]) -> ErrorFacts:
    message = error.get("message")
    if isinstance(message, Mapping):  # as Azure AD Graph wrote it
        message = message.get("value")
    nested = _object(message) if isinstance(message, str) else None
    if nested is not None and isinstance(nested.get("error"), Mapping):
        # Some services behind Graph pass on the body of another as their text.
        return _graph({**error, "message": ""})._replace(**_said(_graph(nested["error"]), error))
    code = ""
    told: dict[str, Any] = {}
    for level in _levels(error):
        code = code or one_line(level.get("code"), LONGEST_CODE)
        for name, value in level.items():
            if known := _TOLD.get(str(name).lower()):
                told.setdefault(known, value)
    text = text_facts(message) if isinstance(message, str) else _NOTHING
    return text._replace(
        door="graph",
        code=code,
        client_request_id=_guid(told.get("client_request_id")),
        request_id=_guid(told.get("request_id")) or text.request_id,
        time=told.get("date") or text.time,
    )


def _said(inner: ErrorFacts, outer: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the body within a body adds; an outer code that says something goes first."""
    code = one_line(outer.get("code"), LONGEST_CODE)
    vague = code.lower() in {"", "unknownerror"}
    return {"message": inner.message, "code": (inner.code or code) if vague else code}


def _levels(error: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield the error and what is nested in it as innerError, from the outside."""
    level: object = error
    for _ in range(_DEEPEST):
        if not isinstance(level, Mapping):
            return
        yield level
        level = _first(level, "innerError", "innererror", "inner_error")


def _listed_code(codes: object) -> int | None:
    first = codes[0] if isinstance(codes, list) and codes else None
    usable = isinstance(first, int) and not isinstance(first, bool) and 0 < first < _LARGEST_AADSTS
    return first if usable else None


def _object(text: str) -> Mapping[str, Any] | None:
    stripped = text.strip()
    if not stripped.startswith("{") or len(stripped) > _LONGEST_BODY:
        return None
    try:
        parsed = json.loads(stripped)
    except (ValueError, RecursionError):
        return None
    return parsed if isinstance(parsed, dict) else None


def _first(body: Mapping[str, Any], *names: str) -> Any:
    for name in names:
        value = body.get(name)
        if value is not None:
            return value
    return None


def _guid(value: object) -> str:
    return value.lower() if isinstance(value, str) and is_guid(value) else ""

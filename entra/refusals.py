"""From Microsoft's answer to one of our errors, or to none."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from entra.errors import (
    AppDisabled,
    CredentialRejected,
    EntraError,
    Forbidden,
    NotConsented,
    PolicyBlocked,
    Refused,
    TenantNotFound,
    Throttled,
    Unavailable,
    WrongCloud,
)

_LONGEST_WAIT = 3600.0
_LONGEST_DESCRIPTION = 300

# "Microsoft Entra authentication and authorization error codes" (AADSTS); 900023 is sent, though not listed.
_BY_CODE: dict[int, type[EntraError]] = {
    **dict.fromkeys((700016, 7000229), NotConsented),
    7000112: AppDisabled,
    **dict.fromkeys((7000215, 7000222, 700027, 7000218), CredentialRejected),
    **dict.fromkeys((90002, 900023), TenantNotFound),
    **dict.fromkeys((53000, 53001, 53002, 53003, 53004, 530032, 530034, 530035), PolicyBlocked),
    **dict.fromkeys((90038, 900382, 900432), WrongCloud),
    **dict.fromkeys((50196, 90055), Throttled),
}
# RFC 6749, section 4.1.2.1.
_PASSING_ERRORS = frozenset({"server_error", "temporarily_unavailable"})

_CODE = re.compile(r"AADSTS(\d{2,9})\b")
_FIELDS = {
    "trace_id": re.compile(r"Trace ID: *([0-9a-fA-F-]{36})"),
    "correlation_id": re.compile(r"Correlation ID: *([0-9a-fA-F-]{36})"),
    "timestamp": re.compile(r"Timestamp: *(\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ)"),
}


@dataclass(frozen=True)
class Description:
    """Microsoft's `error_description` as plain, short, single-line text with its fields cut out."""

    text: str
    code: int | None
    trace_id: str
    correlation_id: str
    timestamp: str


def describe(raw: str) -> Description:
    # Older texts separate the fields with CR LF, newer ones with blanks. It is foreign text either way.
    text = "".join(" " if unicodedata.category(c)[0] == "C" or c in "\u2028\u2029" else c for c in raw)
    fields = {}
    for name, pattern in _FIELDS.items():
        match = pattern.search(text)
        fields[name] = match[1] if match else ""
        text = pattern.sub(" ", text)
    code = _CODE.search(text)
    short = " ".join(text.split())[:_LONGEST_DESCRIPTION]
    return Description(text=short, code=int(code[1]) if code else None, **fields)


def retry_after(header: str | None, now: datetime) -> float | None:
    """RFC 9110, section 10.2.3: seconds or a date. Whatever else it is, we were told nothing."""
    text = (header or "").strip()
    if re.fullmatch(r"[0-9]{1,9}", text):
        return min(float(text), _LONGEST_WAIT)
    try:
        until = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return min(max((until - now).total_seconds(), 0.0), _LONGEST_WAIT)


def refusal(status: int, body: object, wait: float | None, http_request_id: str = "") -> EntraError | None:
    """The error that this answer means; `body` is parsed JSON, or None when it was not JSON."""
    if 200 <= status < 300:
        return None
    error = body.get("error") if isinstance(body, Mapping) else None
    if isinstance(body, Mapping) and isinstance(error, str) and error:
        failure = _oauth(status, error, body)
    elif isinstance(error, Mapping):
        failure = _graph(status, error)
    else:
        failure = _bare(status)
    failure.status = status
    failure.retry_after = wait
    failure.request_id = failure.request_id or http_request_id
    return failure


def _bare(status: int) -> EntraError:
    if status == 429:
        return Throttled(f"HTTP {status}")
    if 300 <= status < 400:
        return Unavailable("it redirected us elsewhere")
    return Unavailable(f"HTTP {status} without an explanation")


def _oauth(status: int, error: str, body: Mapping[str, Any]) -> EntraError:
    description = body.get("error_description")
    described = describe(description if isinstance(description, str) else "")
    codes = body.get("error_codes")
    first = codes[0] if isinstance(codes, list) and codes else None
    code = first if isinstance(first, int) and not isinstance(first, bool) else described.code
    kind = _BY_CODE.get(code or 0)
    if kind is None:
        kind = Throttled if status == 429 else Refused
        if status >= 500 or error in _PASSING_ERRORS:
            kind = Unavailable
    trace = body.get("trace_id")
    return kind(
        described.text if kind is not Unavailable else f"HTTP {status}, {_word(error)}",
        code=code,
        error=_word(error),
        request_id=trace if isinstance(trace, str) and len(trace) <= 64 else described.trace_id,
    )


def _graph(status: int, error: Mapping[str, Any]) -> EntraError:
    # "Microsoft Graph error responses and resource types": branch on code, tolerate unknown ones.
    code = _word(str(error.get("code") or ""))
    message = describe(str(error.get("message") or "")).text
    inner = error.get("innerError") or error.get("innererror")
    inner_id = inner.get("request-id") if isinstance(inner, Mapping) else None
    request_id = inner_id if isinstance(inner_id, str) and len(inner_id) <= 64 else ""
    if status == 429:
        return Throttled(message, error=code, request_id=request_id)
    if status >= 500:
        return Unavailable(f"HTTP {status}", error=code, request_id=request_id)
    if status in (401, 403):
        # Graph now and then reports a good token as expired at one of its servers.
        return Forbidden(message, error=code, request_id=request_id, retryable=status == 401)
    return Refused(message, error=code, request_id=request_id)


def _word(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9_.-]", "", text)[:64]

"""What the headers of Microsoft's answer say. Never raises, whatever came.

Sources: "Best practices for working with Microsoft Graph" (ids, Date, x-ms-ags-diagnostic); "Microsoft Graph
throttling guidance"; "Microsoft Graph security API error responses" (Warning); "How to use Continuous Access
Evaluation enabled APIs in your applications" (the challenge); RFC 9110, sections 10.2.3 and 11.6.1.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final

from entra.types import is_guid
from support.rules.errors import one_line

_LONGEST: Final = 500
_LONGEST_WAIT: Final = 86_400
_CHALLENGE = re.compile(r'\berror\s{0,3}=\s{0,3}\\?"?([A-Za-z_]{1,60})')
_KEPT: Final = {
    "warning": "warning",
    "x-ms-throttle-scope": "throttle_scope",
    "x-ms-ags-diagnostic": "diagnostic",
}
# The first that is there, where there are two.
_IDS: Final = {
    "client-request-id": "client_request_id",
    "request-id": "request_id",
    "x-ms-request-id": "request_id",
    "x-ms-correlation-id": "correlation_id",
    "x-ms-correlation-request-id": "correlation_id",
}


def header_facts(headers: Mapping[str, Any]) -> dict[str, Any]:
    """Return challenge, warning, retry_after, throttle_scope and diagnostic: those that there were."""
    return _facts(_texts(headers))


def header_facts_and_ids(headers: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the same, and client_request_id, request_id and correlation_id: those that there were.

    The token endpoint names its trace id, which is its request id, x-ms-request-id.
    """
    texts = _texts(headers)
    return _facts(texts), _ids(texts)


def _facts(texts: Mapping[str, str]) -> dict[str, Any]:
    facts: dict[str, Any] = {}
    for name, value in texts.items():
        if name in _KEPT and (text := one_line(value, _LONGEST)):
            facts[_KEPT[name]] = text
        elif name == "www-authenticate" and (found := _CHALLENGE.search(value[:4000])):
            facts["challenge"] = found[1].lower()
    if "retry-after" in texts and (wait := _wait(texts)) is not None:
        facts["retry_after"] = wait
    return facts


def _ids(texts: Mapping[str, str]) -> dict[str, str]:
    ids = {}
    for header, name in _IDS.items():
        value = texts.get(header, "").strip()
        if name not in ids and is_guid(value):
            ids[name] = value.lower()
    return ids


def header_time(headers: Mapping[str, Any]) -> datetime | None:
    return _date(_texts(headers).get("date", ""))


def _texts(headers: Mapping[str, Any]) -> dict[str, str]:
    """Return names in lower case; of a list of values, one text."""
    texts = {}
    for name, value in headers.items():
        if isinstance(value, list | tuple):
            value = ", ".join(one for one in value if isinstance(one, str))
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value) if abs(value) < _LONGEST_WAIT * 1000 else ""
        if isinstance(value, str):
            texts[name.strip().lower()] = value
    return texts


def _wait(texts: Mapping[str, str]) -> int | None:
    """Seconds, or a date that counts from the answer's own Date."""
    text = texts["retry-after"].strip()
    if re.fullmatch(r"[0-9]{1,9}(?:\.[0-9]{1,9})?", text):
        return min(int(float(text)), _LONGEST_WAIT)
    until, since = _date(text), _date(texts.get("date", ""))
    if until is None or since is None:
        return None
    return min(max(int((until - since).total_seconds()), 0), _LONGEST_WAIT)


def _date(text: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(text[:100])
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError, AttributeError):
        return None

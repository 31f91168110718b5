"""The JSON in a pasted text: error bodies, answers of a batch, reports, rows of activity logs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from entra.types import is_guid
from support.rules.activity_log import NotOursError, is_activity, read_activity
from support.rules.errors import ErrorFacts, error_facts
from support.rules.normal import Normal, normalize
from support.rules.report import Report, ReportError, checked

_MOST_STARTS: Final = 40
_MOST_NODES: Final = 3000
_DEEPEST: Final = 12
_DECODER: Final = json.JSONDecoder()


@dataclass
class Objects:
    """What the objects of a text tell, the first of each kind."""

    error: ErrorFacts = field(default_factory=ErrorFacts)
    headers: dict[str, Any] = field(default_factory=dict)
    status: int | None = None
    url: str = ""
    method: str = ""
    row: Normal | None = None  # a whole failure in one object
    is_log: bool = False


def objects_in(text: str) -> Objects:
    seen = Objects()
    for value in _values(text):
        for node in _nodes(value):
            _look_at(node, seen)
    return seen


def _values(text: str) -> Iterator[Any]:
    """Yield each JSON object that stands in the text, whatever stands around it."""
    at = 0
    for _ in range(_MOST_STARTS):
        at = text.find("{", at)
        if at < 0:
            return
        try:
            value, at = _DECODER.raw_decode(text, at)
        except (ValueError, RecursionError):
            at += 1
            continue
        yield value


def _nodes(value: Any) -> Iterator[Mapping[str, Any]]:
    """Yield the objects within, from the outside; of a batch, what failed goes first."""
    level: list[Any] = [value]
    count = 0
    for _ in range(_DEEPEST):
        below: list[Any] = []
        for node in level:
            count += 1
            if count > _MOST_NODES:
                return
            if isinstance(node, dict):
                yield node
                below.extend(node.values())
            elif isinstance(node, list):
                below.extend(sorted(node, key=_worked))
            elif isinstance(node, str) and node.lstrip().startswith("{"):
                below.extend(_values(node))
        level = below


def _worked(node: object) -> bool:
    status = _status(node) if isinstance(node, dict) else None
    return status is None or status < 400


def _look_at(node: Mapping[str, Any], seen: Objects) -> None:
    if seen.row is None:
        seen.row = _row(node)
        seen.is_log = seen.row is not None and is_activity(node)
    if seen.error.is_empty and _is_error(node):
        seen.error = error_facts(node)
    headers = node.get("headers")
    if isinstance(headers, dict) and not seen.headers:
        seen.headers = headers
    seen.status = seen.status or _denied(_status(node))
    seen.url = seen.url or _text(node, "url", "requestUri", "RequestUri", "uri")
    seen.method = seen.method or _text(node, "method", "requestMethod", "RequestMethod")


def _is_error(node: Mapping[str, Any]) -> bool:
    error = node.get("error", node.get("odata.error"))
    if isinstance(error, dict):
        return "code" in error or "message" in error
    if isinstance(error, str):
        return bool({"error_description", "error_codes", "correlation_id", "suberror"} & set(node))
    inner = node.get("innerError", node.get("innererror"))
    return isinstance(node.get("code"), str) and (isinstance(inner, dict) or "message" in node)


def _row(node: Mapping[str, Any]) -> Normal | None:
    """Return an object that is a whole failure as such: a report of ours, or a row of an activity log."""
    try:
        report = _report(node)
    except (ReportError, NotOursError):
        return None
    if report is None:
        return None
    application = report.application or (report.token.appid if report.token else None)
    return normalize(report, client_id=str(application or ""))


def _report(node: Mapping[str, Any]) -> Report | None:
    if is_activity(node):
        properties = node.get("properties")
        inner = properties if isinstance(properties, dict) else node
        client_id = _text(inner, "AppId", "appId")
        return read_activity(node, client_id=UUID(client_id)) if is_guid(client_id) else None
    return checked(node) if "occurred_at" in node and "status" in node else None


def _status(node: Mapping[str, Any]) -> int | None:
    for name in (
        "status",
        "statusCode",
        "status_code",
        "StatusCode",
        "ResponseStatusCode",
        "responseStatusCode",
    ):
        value = node.get(name)
        if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) == 3:
            value = int(value)
        if isinstance(value, int) and not isinstance(value, bool) and 200 <= value <= 599:
            return value
    return None


def _denied(status: int | None) -> int | None:
    return status if status is not None and (status >= 400 or status == 206) else None


def _text(node: Mapping[str, Any], *names: str) -> str:
    return next((node[name] for name in names if isinstance(node.get(name), str) and node[name]), "")

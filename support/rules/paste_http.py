"""The call in a pasted text: its address and method, the answer's status and headers."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from entra.types import is_guid
from support.rules.calls import split_url
from support.rules.errors import ErrorFacts, error_facts, one_line
from support.rules.facts import Door

METHODS: Final = ("GET", "POST", "PATCH", "PUT", "DELETE")
_LONGEST_PATH: Final = 500
_MOST: Final = 60

_METHOD = "|".join(METHODS)
_ADDRESS = re.compile(r"https?://[^\s\"'<>\\`{}|]{4,4000}")
# "GET /v1.0/security/incidents HTTP/1.1", or the same without a version of HTTP.
_REQUEST_LINE = re.compile(
    rf"\b({_METHOD})[ \t]{{1,4}}(https?://[^\s\"'<>\\`]{{4,4000}}|/[^\s\"'<>\\`]{{1,4000}})"
)
_PATH = re.compile(r"(?<![\w.:/])(/(?:v1\.0|beta|security)/[^\s\"'<>\\`]{1,2000})")
_METHOD_TOLD = re.compile(
    r"(?i:-X|--request|\b(?:request)?method[\"']?[ \t]{0,3}[:=])[ \t]{0,3}[\"']?"
    rf"({_METHOD})\b"
)
# A path that somebody wrote down without the version in front of it.
_ROOTS: Final = frozenset(
    {
        *("security", "me", "users", "groups", "organization", "applications", "serviceprincipals"),
        *("auditlogs", "oauth2permissiongrants", "directoryroles", "rolemanagement", "policies"),
    }
)
_CURL = re.compile(r"(?<![\w/])curl(?:\.exe)?\s")
_CURL_BODY = re.compile(r"\s(?:-d|--data(?:-raw|-binary|-urlencode)?|--json)\b")
_STATUSES: Final = (
    re.compile(r"HTTP/[0-9](?:\.[0-9])?[\"']?[ \t]{1,4}([2-5][0-9]{2})\b"),
    re.compile(r"(?i)\bstatus[-_ ]?(?:code)?[\"']?[ \t]{0,3}[:=(]?[ \t]{0,3}[\"']?([2-5][0-9]{2})\b"),
    re.compile(r"(?i)\bcode[\"']?[ \t]{0,3}[:=][ \t]{0,3}[\"']?([2-5][0-9]{2})\b(?![\w-])"),
    re.compile(r"\b([2-5][0-9]{2})[ \t]{1,2}(?:Client|Server) Error\b"),
    re.compile(
        r"(?i)\b(?:HTTP|error|returned|status|got(?: a)?|gave|answered|with)[ \t]{1,3}[\"'(]?([45][0-9]{2})\b"
    ),
    # An address and what came of it: "GET https://graph.microsoft.com/v1.0/me -> 403".
    re.compile(
        r"(?:https?://|/v1\.0/|/beta/)[^\s]{1,500}[ \t]{1,3}(?:->|=>|:|-)?"
        r"[ \t]{0,3}(206|[45][0-9]{2})(?![\w.-])"
    ),
    re.compile(
        r"(?<![\w.:-])(206|4[0-9]{2}|5[0-9]{2})[ \t]{0,2}[(]?"
        r"(?:Partial|Unauth|Forbid|Bad |Not |Too |Serv|Gate|Int)"
    ),
)
_STATUS_WORD = re.compile(r"(?i)\bstatus[-_ ]?code:[ \t]{0,3}([A-Za-z]{4,30})\b")
_WORDS: Final = {
    status.phrase.replace(" ", "").lower(): int(status) for status in HTTPStatus if status >= 400
}
# The headers of an answer that say something; a line of them, or a member of an object.
_HEADER = re.compile(
    r"(?im)(?<![\w-])(www-authenticate|warning|retry-after|x-ms-throttle-scope|x-ms-ags-diagnostic|date)"
    r"(?:[\"'][ \t]{0,3}[:=][ \t]{0,3}\[?(?:\"((?:[^\"\\]|\\.){0,4000})\"|'((?:[^'\\]|\\.){0,4000})')"
    r"|[ \t]{0,40}:[ \t]{0,4}([^\r\n]{1,4000}))"
)


@dataclass(frozen=True)
class Address:
    door: Door = ""
    version: str = ""
    path: str = ""
    method: str = ""
    tenant_id: str = ""
    client_id: str = ""
    error: ErrorFacts = field(default_factory=ErrorFacts)

    @property
    def is_call(self) -> bool:
        return bool(self.door and self.path)


def addresses_of(text: str) -> Iterator[Address]:
    """Yield what is called, requests with their method first."""
    told = _METHOD_TOLD.search(text)
    method = told[1] if told else ""
    if not method and _CURL.search(text):
        method = "POST" if _CURL_BODY.search(text) else "GET"
    for count, match in enumerate(_REQUEST_LINE.finditer(text)):
        if count < _MOST:
            yield address_of(match[2], match[1])
    for pattern in (_ADDRESS, _PATH):
        for count, match in enumerate(pattern.finditer(text)):
            before = text[max(0, match.start() - 24) : match.start()].lower()
            if count < _MOST and "authorization_uri" not in before:
                yield address_of(match[0], method)


def address_of(url: str, method: str = "") -> Address:
    url = html.unescape(url).rstrip(".,;:)]")
    door, version, path = split_url(url)
    query = _query(url)
    segment = path.strip("/").partition("/")[0].lower()
    tenant = segment if door == "token" and is_guid(segment) else _guid(query, "tenant")
    written = url.startswith("/") and not version and segment in _ROOTS
    is_call = bool(version) or written or (door == "token" and not path.rstrip("/").endswith("/error"))
    # "https://graph.microsoft.com/.default" is a scope.
    return Address(
        door="graph" if written else door if is_call else "",
        version=version,
        path=one_line(path, _LONGEST_PATH) if is_call else "",
        method=method.upper(),
        tenant_id=tenant,
        client_id=_guid(query, "client_id") or _guid(query, "appid"),
        error=_error(door, path, query),
    )


def status_of(text: str) -> int | None:
    """Return the status of the answer: with several answers, such as after a redirect, the last."""
    for pattern in _STATUSES:
        last = None
        for match in pattern.finditer(text):
            last = match
        if last is not None and int(last[1]) >= 200:
            return int(last[1])
    word = _STATUS_WORD.search(text)
    return _WORDS.get(word[1].lower()) if word else None


def headers_in(text: str) -> Mapping[str, str]:
    headers: dict[str, str] = {}
    for match in _HEADER.finditer(text):
        value = match[2] or match[3] or match[4] or ""
        headers.setdefault(match[1].lower(), value.replace('\\"', '"').strip())
    return headers


def _query(url: str) -> Mapping[str, list[str]]:
    try:
        parts = urlsplit(url)
        return parse_qs(f"{parts.query}&{parts.fragment}", max_num_fields=100)
    except ValueError:
        return {}


def _error(door: Door, path: str, query: Mapping[str, list[str]]) -> ErrorFacts:
    """Return the error of a redirect, or of Microsoft's page that explains a code."""
    told: dict[str, Any] = {
        name: query[name][0]
        for name in ("error", "error_description", "error_subcode", "suberror")
        if name in query
    }
    if "error" in told or "AADSTS" in told.get("error_description", ""):
        return error_facts(told)
    code = query.get("code", [""])[0]
    if door == "token" and path.rstrip("/").endswith("/error") and re.fullmatch(r"[0-9]{4,9}", code):
        return ErrorFacts(door="token", aadsts=int(code))
    return ErrorFacts()


def _guid(query: Mapping[str, list[str]], name: str) -> str:
    value = query.get(name, [""])[0]
    return value.lower() if is_guid(value) else ""

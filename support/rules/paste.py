"""Reads whatever somebody pastes: ids of calls, and the facts of the call that failed. Never raises.

Microsoft's own shapes come first (bodies, headers, addresses); then what the libraries of Microsoft print:
MSAL, azure-identity, the Microsoft Graph SDKs and Kiota, requests, httpx, curl; then words in free text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from support.rules.errors import LONGEST_CODE, ErrorFacts, moment, one_line, text_facts
from support.rules.facts import FailureFacts
from support.rules.headers import header_facts, header_time
from support.rules.paste_http import Address, address_of, addresses_of, headers_in, status_of
from support.rules.paste_ids import LABELS, MOST_IDS, Guids, Id, guids_of
from support.rules.paste_json import Objects, objects_in
from support.rules.redact import cut

LONGEST: Final = 64 * 1024

__all__ = ["LONGEST", "Id", "Pasted", "read"]


@dataclass(frozen=True)
class Pasted:
    """What was in a text. `found` says in words which facts were recognized; ids are not among them."""

    labelled: tuple[Id, ...] = ()  # the most useful first
    facts: FailureFacts = field(default_factory=FailureFacts)
    found: tuple[str, ...] = ()
    cut: int = 0  # how much looked like a token or a secret, and was not looked at

    @property
    def ids(self) -> tuple[str, ...]:
        return tuple(one.value for one in self.labelled)


_AADSTS = re.compile(r"AADSTS\d{4,9}(?!\d)")
_END_OF_LINE = re.compile(r"\\r|\\n|\r|\n|\"")
_QUOTED = r"(?:\"((?:[^\"\\\r\n]|\\.){1,1500})\"|'((?:[^'\\\r\n]|\\.){1,1500})'|([^\r\n\"']{1,1500}))"
_CODE_WORD = re.compile(
    r"\b((?:Authorization|Authentication|Request|Directory|Unauthorized)_[A-Za-z0-9]{3,80}"
    r"|InvalidAuthenticationToken|TooManyRequests|activityLimitReached|serviceNotAvailable|UnknownError)\b"
)
_CODE = re.compile(
    r"(?<![\w?&])(?:[Ee]rror)?[Cc]ode[\"']?[ \t]{0,3}[:=][ \t]{0,3}[\"']?"
    r"(?!None\b|null\b)([A-Za-z][\w.]{2,80})"
)
_OAUTH_ERROR = re.compile(
    r"\b(?:error(?:[_ ]?code)?[\"']?[ \t]{0,3}[:=][ \t]{0,3}[\"']?)?\b("
    r"invalid_(?:client|grant|request|scope|resource|tenant|instance)|unauthorized_client|access_denied"
    r"|interaction_required|consent_required|login_required|temporarily_unavailable|server_error"
    r"|unsupported_(?:grant|response)_type|permission_denied)\b",
    re.IGNORECASE,
)
_SUBERROR = re.compile(r"(?i)\bsub_?error[\"']?[ \t]{0,3}[:=][ \t]{0,3}[\"']?([a-z_]{3,60})")
_MESSAGE = re.compile(rf"(?<![\w-])[Mm]essage[\"']?[ \t]{{0,3}}[:=][ \t]{{0,3}}+(?!None\b|null\b){_QUOTED}")
_RAISED = re.compile(r"\b(?:GraphError|ODataError|MsGraphException|APIError):[ \t]{0,3}([^\r\n]{4,1500})")
# The beginnings of Microsoft Graph's texts: "Resolve Microsoft Graph authorization errors" and others.
_KNOWN_TEXT = re.compile(
    r"(?:Missing application |Missing (?:user )?scopes|Insufficient privileges"
    r"|(?:Bearer )?[Aa]ccess token (?:is|has)"
    r"|Access token validation failure|Lifetime validation failed|Auth token does not contain"
    r"|The principal does not have required|Neither tenant is B2C|Unauthorized request - Account is not"
    r"|Resource not found for the segment|CompactToken |IDX\d{5}:)[^\r\n\"]{0,900}"
)
_PYTHON_TIME = re.compile(
    r"datetime\.datetime\((\d{4}), (\d{1,2}), (\d{1,2}), (\d{1,2}), (\d{1,2})(?:, (\d{1,2}))?"
)
_TIME = re.compile(
    r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?\s?(?:Z|UTC|[+-]\d\d:?\d\d)?(?![\d:])",
    re.IGNORECASE,
)


def read(text: str) -> Pasted:
    """Return the ids in a text, the most useful first, and the facts of the call that it is about."""
    text, count = cut(text[:LONGEST])
    guids = guids_of(text)
    objects = objects_in(text)
    if objects.row is not None:
        return _whole(objects, guids, count)
    addresses = list(addresses_of(text))
    if objects.url:
        addresses.insert(0, address_of(objects.url, objects.method))
    error = _error(text, objects, addresses)
    facts = _facts(text, objects, addresses, error)
    facts = replace(
        facts,
        tenant_id=_first(one.tenant_id for one in addresses) or guids.tenant_id,
        client_id=_first(one.client_id for one in addresses) or guids.client_id,
    )
    return Pasted(_with_ids(guids.ids, error), facts, _found(facts), count)


def _whole(objects: Objects, guids: Guids, count: int) -> Pasted:
    """One object told everything: take it as it would be taken when reported."""
    assert objects.row is not None  # noqa: S101
    columns, facts = objects.row.columns, objects.row.facts
    ids = [
        Id(columns[name], label)
        for name, label in (
            ("client_request_id", LABELS[0]),
            ("request_id", LABELS[1]),
            ("correlation_id", LABELS[3]),
        )
        if columns[name]
    ]
    kind = (
        "a row of MicrosoftGraphActivityLogs" if objects.is_log else "a failure as an application reports it"
    )
    return Pasted(tuple(ids) or guids.ids, facts, (kind, *_found(facts)), count)


def _facts(text: str, objects: Objects, addresses: Sequence[Address], error: ErrorFacts) -> FailureFacts:
    heads: dict[str, Any] = header_facts(objects.headers) or header_facts(headers_in(text))
    call = next((one for one in addresses if one.is_call and one.door == (error.door or one.door)), Address())
    if error.aadsts and call.door == "graph":
        call = Address()  # without a token the call was never made
    return FailureFacts(
        occurred_at=_time(text, objects, error),
        door=error.door or call.door,
        method=call.method,
        path=call.path,
        version=call.version,
        status=objects.status or status_of(text),
        code=error.code,
        aadsts=error.aadsts,
        suberror=error.suberror,
        message=error.message,
        challenge=heads.get("challenge", ""),
        warning=heads.get("warning", ""),
        retry_after=heads.get("retry_after"),
        throttle_scope=heads.get("throttle_scope", ""),
    )


def _error(text: str, objects: Objects, addresses: Sequence[Address]) -> ErrorFacts:
    """Return the error by its body, else by the address that carries it, else by words."""
    told = objects.error
    carried = [one.error for one in addresses if not one.error.is_empty]
    if told.is_empty:
        told = next((one for one in carried if one.code or one.message), told)
    code = _AADSTS.search(text)
    if told.is_empty and code:
        told = _sign_in_error(text, code.start())
    if told.is_empty:
        told = next(iter(carried), None) or _graph_error(text)
    subcode = _SUBERROR.search(text)
    return told._replace(suberror=told.suberror or (subcode[1] if subcode and told.door == "token" else ""))


def _sign_in_error(text: str, at: int) -> ErrorFacts:
    """Return the facts of an AADSTS text, whatever printed it."""
    end = _END_OF_LINE.search(text, at)
    line = text[at : end.start() if end else len(text)]
    # The ids may follow on lines of their own.
    facts = text_facts(text[at : at + 2000])
    error = _OAUTH_ERROR.search(text)
    return facts._replace(
        door="token", message=text_facts(line).message, code=error[1].lower() if error else ""
    )


def _graph_error(text: str) -> ErrorFacts:
    """Return the facts of what an SDK printed of Graph's error: its code, and its message."""
    code = _CODE.search(text) or _CODE_WORD.search(text)
    message = _MESSAGE.search(text) or _RAISED.search(text) or _KNOWN_TEXT.search(text)
    silent = code is None and message is None
    oauth = _OAUTH_ERROR.search(text) if silent else _OAUTH_ERROR.fullmatch(code[1]) if code else None
    if oauth or silent:
        return ErrorFacts(door="token", code=oauth[1].lower()) if oauth else ErrorFacts()
    said = next((part for part in message.groups() if part), message[0]) if message else ""
    known = _KNOWN_TEXT.search(said)
    word = _CODE_WORD.search(text)
    is_graph = code is not None and (word is not None or known is not None or "raph" in text)
    return ErrorFacts(
        door="graph" if is_graph or known else "",
        code=one_line(code[1], LONGEST_CODE) if code and is_graph else "",
        message=one_line(known[0] if known else said) if is_graph or known else "",
    )


def _time(text: str, objects: Objects, error: ErrorFacts) -> datetime | None:
    told = error.occurred_at or header_time(objects.headers) or header_time(headers_in(text))
    if told is not None:
        return told
    python = _PYTHON_TIME.search(text)
    if python:
        year, month, day, hour, minute = python.groups()[:5]
        told = moment(f"{year}-{month:0>2}-{day:0>2}T{hour:0>2}:{minute:0>2}:{python[6] or 0:0>2}")
    found = _TIME.search(text)
    if told is None and found:
        day_and_time = found[0][:16].replace(" ", "T")
        rest = found[0][16:] if found[0][16:17] == ":" else f":00{found[0][16:]}"
        told = moment(f"{day_and_time}{rest}")
    return told


def _with_ids(ids: Sequence[Id], error: ErrorFacts) -> tuple[Id, ...]:
    """Add the ids that only a decoded address held."""
    more = (
        Id(error.client_request_id, "client-request-id"),
        Id(error.request_id, "trace" if error.door == "token" else "request-id"),
        Id(error.correlation_id, "correlation"),
    )
    known = {one.value for one in ids}
    together = [*ids, *(one for one in more if one.value and one.value not in known)]
    return tuple(sorted(together, key=lambda one: LABELS.index(one.label)))[:MOST_IDS]


def _found(facts: FailureFacts) -> tuple[str, ...]:
    """Say what was recognized, for whoever pasted it to see that it was understood."""
    server = "sign-in" if facts.door == "token" else "Microsoft Graph"
    error = f"AADSTS{facts.aadsts}" if facts.aadsts else facts.code
    words = (
        f"the call {facts.method} {facts.path}".replace("  ", " ") if facts.path else "",
        f"status {facts.status}" if facts.status else "",
        f"the error {error} of {server}" if error else "",
        "an error text" if facts.message and not error else "",
        f"the challenge {facts.challenge}" if facts.challenge else "",
        "a warning of a partial answer" if facts.warning else "",
        f"a wait of {facts.retry_after} s" if facts.retry_after is not None else "",
        f"the tenant {facts.tenant_id}" if facts.tenant_id else "",
        f"the application {facts.client_id}" if facts.client_id else "",
        f"the time {facts.occurred_at:%Y-%m-%d %H:%M:%S} UTC" if facts.occurred_at else "",
    )
    return tuple(word for word in words if word)


def _first(values: Any) -> str:
    return next((value for value in values if value), "")

"""The portal's own calls to Microsoft: the denied ones are kept as if an application had reported them.

Heard in the threads that make them, written when a batch or a request is over. A note never delays or fails
what it is about: when there are too many, the oldest are forgotten; when the database refuses, all are.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final
from zlib import crc32

from django.db import DatabaseError, transaction

from consent.models import Application
from consent.signals import Behalf
from entra.types import Call
from support.models import FailedRequest
from support.rules.report import MOST_ROWS, Report, ReportError, checked, is_denied
from support.services.ingest import store

SAMPLED: Final = 100  # of so many calls that worked, one is kept
_KINDS: Final = {"app": "application", "user": "delegated"}
_CLAIMS: Final = ("aud", "appid", "tid", "oid", "roles", "scp", "wids", "iat", "exp")

_log = logging.getLogger(__name__)
_heard: deque[tuple[Call, Behalf]] = deque(maxlen=2 * MOST_ROWS)


def hear(*, call: Call, behalf: Behalf, **_: Any) -> None:
    """Remember a call that was denied, and a few of the others. Touches no database."""
    if call.status and (is_denied(call.status) or crc32(call.client_request_id.encode()) % SAMPLED == 0):
        _heard.append((call, behalf))


def write(*, now: datetime) -> None:
    """Store what was heard so far."""
    if not _heard:
        return
    calls: dict[int, list[Report]] = {}
    while _heard:
        call, behalf = _heard.popleft()
        calls.setdefault(behalf.application_id, []).append(_report(call, behalf))
    try:
        with transaction.atomic():
            _store(calls, now=now)
    except DatabaseError:
        _log.warning("Denied calls of the portal itself could not be stored.", exc_info=True)


def _store(calls: dict[int, list[Report]], *, now: datetime) -> None:
    for application in Application.objects.filter(pk__in=calls):
        source = FailedRequest.Source.OWN
        store(application, calls[application.pk], source=source, key=None, now=now)


def _report(call: Call, behalf: Behalf) -> Report:
    values: dict[str, Any] = {
        "occurred_at": call.at,
        "tenant_id": behalf.tenant_id,
        "client_request_id": call.client_request_id,
        "request_id": call.request_id or None,
        "method": call.method,
        "url": call.url,
        "status": 400,
        "error": _error(call) if call.error else None,
    }
    try:
        report = checked({**values, "token": _token(behalf)})
    except ReportError:  # a token that says what no token should
        report = checked(values)
    # Of what worked only a sample comes, but it comes: reports take what was denied.
    return report.model_copy(update={"status": call.status})


def _error(call: Call) -> dict[str, Any]:
    if call.error.startswith("AADSTS"):
        number = call.error.removeprefix("AADSTS")
        return {"error_codes": [int(number)] if number.isdecimal() else [], "error_description": call.message}
    return {"error": {"code": call.error, "message": call.message}}


def _token(behalf: Behalf) -> dict[str, Any] | None:
    if not behalf.token:
        return None
    told = {name: behalf.token[name] for name in _present(behalf.token)}
    kind = _KINDS.get(str(behalf.token.get("idtyp")), "delegated" if "scp" in told else "application")
    return {**told, "kind": kind, **({"roles": []} if kind == "application" and "roles" not in told else {})}


def _present(token: Iterable[str]) -> list[str]:
    return [name for name in _CLAIMS if name in token]

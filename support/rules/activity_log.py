"""Rows of the table MicrosoftGraphActivityLogs, as they were exported, read as failures.

"MicrosoftGraphActivityLogs" (Azure Monitor reference) has the table's columns in PascalCase; the records of
diagnostic settings, in Event Hubs and storage accounts, have the same names in camelCase below
`properties`. There is no error text in either: why a call was denied follows from what its token carried.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from entra.types import is_guid
from support.rules.report import Problem, Report, ReportError, checked

CATEGORY: Final = "MicrosoftGraphActivityLogs"
_MARKS: Final = ("RequestUri", "ResponseStatusCode", "RequestMethod")
# Where a value of ours comes from, to name a bad one as the file does.
_COLUMNS: Final[Mapping[str, str]] = {
    "occurred_at": "TimeGenerated",
    "tenant_id": "AadTenantId",
    "client_request_id": "ClientRequestId",
    "request_id": "RequestId",
    "correlation_id": "OperationId",
    "method": "RequestMethod",
    "url": "RequestUri",
    "status": "ResponseStatusCode",
}


class NotOursError(Exception):
    """A row that tells of no failure of the application; `reason` says why."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def is_activity(record: Mapping[str, Any]) -> bool:
    """Whether an object is a row of that table and not a failure in our own spelling."""
    if record.get("Type") == CATEGORY or record.get("category") == CATEGORY:
        return True
    return any(mark in record for mark in _MARKS)


def read_activity(record: Mapping[str, Any], *, client_id: UUID) -> Report:
    """Return a row as a failure. Raises NotOursError, or ReportError with the column's name."""
    row = _flat(record)
    app_id = str(row.get("appid") or "")
    if not is_guid(app_id):
        raise ReportError(1, Problem("AppId", "has to be a GUID" if app_id else "is missing"))
    if UUID(app_id) != client_id:
        raise NotOursError("other-application")
    status = _status(row)
    if status < 400 and status != 206:
        raise NotOursError("not-denied")
    try:
        return checked(_values(row, status))
    except ReportError as error:
        column = _COLUMNS.get(error.problem.field, error.problem.field)
        raise ReportError(1, Problem(column, error.problem.says)) from None


def _flat(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return names in lower case, and the customer's tenant under one name.

    The table's column TenantId is the Log Analytics workspace. The record's tenantId is the tenant.
    """
    row = {name.lower(): value for name, value in record.items()}
    properties = record.get("properties")
    if isinstance(properties, Mapping):
        inner = {name.lower(): value for name, value in properties.items()}
        tenant = inner.get("tenantid") or row.get("tenantid")
        row = {**row, **inner, "aadtenantid": inner.get("aadtenantid") or tenant}
    row.pop("tenantid", None)
    return row


def _status(row: Mapping[str, Any]) -> int:
    """Return the status: a number or text in one place, text in the other."""
    value = row.get("responsestatuscode")
    if value in (None, ""):
        value = row.get("resultsignature")
    text = str(value).strip()
    if isinstance(value, bool) or not re.fullmatch(r"[0-9]{3}", text):
        says = "is missing" if value is None else "has to be a status of HTTP"
        raise ReportError(1, Problem("ResponseStatusCode", says))
    return int(text)


def _values(row: Mapping[str, Any], status: int) -> dict[str, Any]:
    operation = _told(row, "operationid")
    client_request = _told(row, "clientrequestid")
    if client_request == operation:
        client_request = None  # the caller sent none: what stands there is the operation's own id
    values = {
        "occurred_at": _time(row.get("timegenerated") or row.get("time")),
        "tenant_id": _told(row, "aadtenantid"),
        "client_request_id": client_request,
        "request_id": _told(row, "requestid"),
        "correlation_id": operation,
        "method": _told(row, "requestmethod"),
        "url": _told(row, "requesturi"),
        "status": status,
        "token": _token(row),
    }
    return {name: value for name, value in values.items() if value is not None}


def _token(row: Mapping[str, Any]) -> dict[str, Any]:
    kind = _kind(row)
    person, own = _told(row, "userid"), _told(row, "serviceprincipalid")
    token = {
        "kind": kind,
        "appid": _guid(row.get("appid")),
        "tid": _guid(row.get("aadtenantid")),
        "oid": _guid(person if kind == "delegated" else own),
        "roles": _names(row, "roles", even_none=kind == "application"),
        "scp": _names(row, "scopes", even_none=kind == "delegated"),
        "wids": [word for word in _names(row, "wids", even_none=False) or () if is_guid(word)] or None,
        "iat": _seconds(_time(row.get("tokenissuedat"))),
    }
    return {name: value for name, value in token.items() if value is not None}


def _kind(row: Mapping[str, Any]) -> str | None:
    """Tell by the claim idtyp where it is there, else by whose object made the call."""
    kinds = {"app": "application", "user": "delegated"}
    told = kinds.get(str(row.get("c_idtyp") or "").lower())
    if told:
        return told
    if _told(row, "userid") or _told(row, "scopes"):
        return "delegated"
    return "application" if _told(row, "serviceprincipalid") or _told(row, "roles") else None


def _told(row: Mapping[str, Any], name: str) -> str | None:
    value = row.get(name)
    return str(value).strip() or None if value is not None else None


def _names(row: Mapping[str, Any], name: str, *, even_none: bool) -> list[str] | None:
    """Return a column of names between spaces. A column that was left out tells nothing."""
    if name not in row:
        return None
    value = row[name]
    text = " ".join(map(str, value)) if isinstance(value, list) else str(value or "")
    names = text.replace(",", " ").replace(";", " ").split()
    return names if names or even_none else None


def _guid(value: Any) -> str | None:
    return str(value) if is_guid(value) else None


def _time(value: Any) -> Any:
    """Times of Azure Monitor are UTC, also where an export lost the zone."""
    text = str(value).strip() if isinstance(value, str) else value
    if isinstance(text, str) and not re.search(r"(?:[Zz]|[+-]\d\d:?\d\d)$", text):
        return f"{text}Z"
    return text


def _seconds(text: Any) -> int | None:
    try:
        # Seven digits after the point are one more than Python takes.
        moment = datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", text))
    except (TypeError, ValueError):
        return None
    return max(0, int(moment.astimezone(UTC).timestamp())) if moment.year > 1970 else None

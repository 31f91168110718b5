"""Rows of MicrosoftGraphActivityLogs as they are exported, and a file of them that is imported."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.utils import timezone

from support.models import FailedRequest
from tests.factories import CONNECTOR, T1
from tests.support.reporting import ALERTS, reported
from tests.terminal import Ran, of_connector

WORKSPACE = "99999999-9999-4999-8999-999999999999"
REQUEST = "5b2c2a52-0000-4000-8000-000000000001"
CLIENT_REQUEST = "7d1c0a52-0000-4000-8000-000000000001"
OPERATION = "0be7a710-0000-4000-8000-000000000001"
PRINCIPAL = "0c0ffee0-0000-4000-8000-00000000005e"
READER = "5d6b6bb7-de71-4623-b4af-96380a352509"


def recent(**ago: float) -> str:
    return (timezone.now() - timedelta(**(ago or {"minutes": 9}))).isoformat()


def ours(**overrides: Any) -> dict[str, Any]:
    return reported(**{"occurred_at": recent(), **overrides})


def table_row(**overrides: Any) -> dict[str, Any]:
    """Return a row as the table has it ("MicrosoftGraphActivityLogs", Azure Monitor reference)."""
    return {
        "TenantId": WORKSPACE,
        "TimeGenerated": recent().replace("+00:00", "0Z"),  # seven digits
        "AadTenantId": str(T1),
        "ApiVersion": "v1.0",
        "AppId": str(CONNECTOR),
        "ClientAuthMethod": 1,
        "ClientRequestId": CLIENT_REQUEST,
        "DurationMs": "41000",
        "OperationId": OPERATION,
        "RequestId": REQUEST,
        "RequestMethod": "GET",
        "RequestUri": f"{ALERTS}?$top=5",
        "ResponseStatusCode": "403",
        "Roles": "SecurityEvents.Read.All IdentityRiskEvent.Read.All",
        "Scopes": "",
        "ServicePrincipalId": PRINCIPAL,
        "TokenIssuedAt": recent(minutes=20),
        "UserId": "",
        "Wids": "",
        "Type": "MicrosoftGraphActivityLogs",
        **overrides,
    }


def diagnostic_record(top: dict[str, Any] | None = None, **overrides: Any) -> dict[str, Any]:
    """Return a record as diagnostic settings write it to a storage account."""
    return {
        "time": recent(),
        "operationName": "Microsoft Graph Activity",
        "category": "MicrosoftGraphActivityLogs",
        "resultSignature": "403",
        "durationMs": "41000",
        "level": "Informational",
        "tenantId": str(T1),
        "properties": {
            "timeGenerated": recent(),
            "requestId": REQUEST,
            "operationId": OPERATION,
            "clientRequestId": OPERATION,
            "requestMethod": "GET",
            "responseStatusCode": 403,
            "tenantId": str(T1),
            "roles": "",
            "appId": str(CONNECTOR),
            "scopes": "SecurityEvents.Read.All User.Read",
            "wids": READER,
            "C_Idtyp": "user",
            "requestUri": ALERTS,
            "userId": PRINCIPAL,
            "tokenIssuedAt": recent(minutes=20),
            **overrides,
        },
        **(top or {}),
    }


def stored() -> tuple[FailedRequest, Any]:
    row = FailedRequest.objects.get()
    return row, row.token


def importer(folder: Any) -> Callable[..., Ran]:
    """Return what imports a text, or objects line by line, and tells how the command ended."""

    def imported(*lines: Any, whole: bytes = b"", words: tuple[str, ...] = ("--json",)) -> Ran:
        file = folder / "failures.jsonl"
        texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
        file.write_bytes(whole or "\n".join(texts).encode())
        return of_connector("import_failures", str(file), *words)

    return imported

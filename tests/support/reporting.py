"""Failures as applications report them."""

from __future__ import annotations

import json
import uuid
from datetime import timedelta
from typing import Any

from support.rules.report import Report, read
from tests.factories import CONNECTOR, NOW, T1

ALERTS = "https://graph.microsoft.com/v1.0/security/alerts_v2"


def reported(**overrides: Any) -> dict[str, Any]:
    """Return one failure as JSON has it: T1's alerts are refused, for want of SecurityAlert.Read.All."""
    values: dict[str, Any] = {
        "occurred_at": (NOW - timedelta(minutes=5)).isoformat(),
        "tenant_id": str(T1),
        "application": str(CONNECTOR),
        "client_request_id": str(uuid.uuid4()),
        "request_id": str(uuid.uuid4()),
        "method": "GET",
        "url": f"{ALERTS}?$top=5&$filter=severity eq 'high'",
        "status": 403,
        "error": {
            "error": {
                "code": "Forbidden",
                "message": "Missing application roles. API required roles: SecurityAlert.Read.All,"
                "SecurityAlert.ReadWrite.All, application roles: SecurityEvents.Read.All.",
            }
        },
        "headers": {"x-ms-ags-diagnostic": '{"ServerInfo":{"DataCenter":"UK South"}}'},
        "token": {
            "kind": "application",
            "aud": "https://graph.microsoft.com",
            "appid": str(CONNECTOR),
            "tid": str(T1),
            "roles": ["SecurityEvents.Read.All"],
            "iat": int((NOW - timedelta(minutes=10)).timestamp()),
            "exp": int((NOW + timedelta(minutes=50)).timestamp()),
        },
        **overrides,
    }
    return {name: value for name, value in values.items() if value is not None}


def reports(count: int = 1, **overrides: Any) -> list[Report]:
    return read(json.dumps([reported(**overrides) for _ in range(count)]).encode())

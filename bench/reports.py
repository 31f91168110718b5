"""Denied calls in bulk: as applications report them, as COPY takes them, and by the million."""

from __future__ import annotations

import hashlib
import itertools
import json
import random
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection

from consent.models import Application
from support.models import IngestKey
from support.rules.normal import NULL, normalize
from support.rules.report import read

_GRAPH = "https://graph.microsoft.com"
_CALLS = (
    ("GET", "/v1.0/security/alerts_v2?$top=50&$filter=severity eq 'high'", "Forbidden"),
    ("GET", "/v1.0/security/incidents?$top=50", "Forbidden"),
    ("PATCH", "/v1.0/security/alerts_v2/da637551227677560813_{n}", "Forbidden"),
    ("GET", "/v1.0/security/secureScores?$top=1", "UnknownError"),
    ("GET", "/v1.0/auditLogs/signIns", "Authentication_MSGraphPermissionMissing"),
)
_MESSAGE = (
    "Missing application roles. API required roles: SecurityAlert.Read.All,SecurityAlert.ReadWrite.All,"
    "SecurityIncident.Read.All,SecurityIncident.ReadWrite.All, application roles: {roles}."
)
_EVENTS, _ALERTS = "SecurityEvents.Read.All", "SecurityAlert.Read.All"
_ROLES: tuple[list[str], ...] = ([_EVENTS], [_EVENTS, _ALERTS], [])
TENANTS = 50  # that a batch's failures come from: a thousand in a few minutes are rarely everybody's


class Maker:
    """Makes reports of the last minutes, no two alike."""

    def __init__(self, application: Application, *, now: datetime) -> None:
        self._application = application
        self._now = now
        self._tenants = [
            str(tenant) for tenant in application.installations.values_list("tenant_id", flat=True)[:TENANTS]
        ]
        self._numbers = itertools.count()

    def body(self, rows: int) -> bytes:
        made = [self._report(next(self._numbers)) for _ in range(rows)]
        return json.dumps(made if rows > 1 else made[0]).encode()

    def copied(self, rows: int, key: IngestKey) -> str:
        """Return other rows of the same kind, as COPY takes them in the order of `rows.COLUMNS`."""
        client_id = str(self._application.client_id)
        same = f"{self._application.pk}\tapi\t{key.pk}\t{self._now.isoformat()}"
        lines = [
            f"{normalize(report, client_id=client_id).line}\t{uuid.uuid4()}\tpermission-missing\t{same}\n"
            for report in read(self.body(rows))
        ]
        return "".join(lines).replace("\\", r"\\").replace(NULL, r"\N")

    def _report(self, number: int) -> dict[str, Any]:
        method, path, code = _CALLS[number % len(_CALLS)]
        roles = _ROLES[number % len(_ROLES)]
        at = self._now - timedelta(milliseconds=random.randrange(900_000))  # noqa: S311  (no secret)
        tenant = self._tenants[number * 389 % len(self._tenants)]
        request_id, client_request_id = str(uuid.uuid4()), str(uuid.uuid4())
        inner = {"date": f"{at:%Y-%m-%dT%H:%M:%S}", "request-id": request_id}
        return {
            "occurred_at": at.isoformat(),
            "tenant_id": tenant,
            "application": str(self._application.client_id),
            "client_request_id": client_request_id,
            "request_id": request_id,
            "method": method,
            "url": f"{_GRAPH}{path.format(n=number)}",
            "status": 403,
            "error": {
                "error": {
                    "code": code,
                    "message": _MESSAGE.format(roles=",".join(roles)),
                    "innerError": {**inner, "client-request-id": client_request_id},
                }
            },
            "headers": {"x-ms-ags-diagnostic": '{"ServerInfo":{"DataCenter":"UK South","Slice":"E"}}'},
            "token": {
                "kind": "application",
                "aud": _GRAPH,
                "appid": str(self._application.client_id),
                "tid": tenant,
                "roles": roles,
                "iat": int(at.timestamp()) - 600,
                "exp": int(at.timestamp()) + 3300,
            },
        }


def client_request_id(number: int) -> str:
    """Return the id of the nth of those that `generate` makes."""
    return str(uuid.UUID(hashlib.md5(f"c{number}".encode(), usedforsecurity=False).hexdigest()))


def generate(application: Application, size: int, *, now: datetime) -> None:
    """Let PostgreSQL make so many rows of the last month, in the shape of reported ones."""
    statement = """
        INSERT INTO support_failedrequest (
            id, application_id, tenant_id, occurred_at, received_at, source, client_request_id, request_id,
            correlation_id, door, method, version, path, template, status, code, suberror, message, headers,
            token, cut, verdict
        )
        SELECT lpad(to_hex(n), 32, '0')::uuid, %(application)s, tenants.ids[n %% tenants.count + 1],
            %(now)s - n * (interval '2400000 seconds' / %(size)s), %(now)s, 'api',
            md5('c' || n)::uuid::text, md5('r' || n)::uuid::text,
            '', 'graph', 'GET', 'v1.0', '/security/alerts_v2', '/security/alerts_v2', 403, 'Forbidden', '',
            'Missing application roles.', '{}', '{"kind": "application", "roles": []}', 0,
            'permission-missing'
        FROM generate_series(1, %(size)s) n, (
            SELECT array_agg(tenant_id) AS ids, count(*) AS count
            FROM consent_installation WHERE application_id = %(application)s
        ) tenants
    """
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        cursor.execute(statement, {"application": application.pk, "size": size, "now": now.astimezone(UTC)})

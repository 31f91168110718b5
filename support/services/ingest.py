"""Takes in failures: normalized, judged by what is known now, and each stored once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from consent.models import Application
from support.models import FailedRequest, IngestKey
from support.queries.present import Present, present_of
from support.rules.facts import Facts
from support.rules.normal import Normal, identity, normalize
from support.rules.report import OtherApplicationError, Problem, Report, ReportError, problem_of
from support.rules.verdict import slug_of
from support.services.rows import Row, write_new


@dataclass(frozen=True)
class Taken:
    accepted: int
    new: int  # the others were there before


def retention() -> timedelta:
    return timedelta(days=settings.FAILURE_RETENTION_DAYS)


def take(
    application: Application,
    reports: Sequence[Report],
    *,
    source: FailedRequest.Source,
    key: IngestKey | None,
    now: datetime,
) -> Taken:
    """Store these failures, all or none. Raises ReportError for the first that cannot be taken."""
    for number, report in enumerate(reports, 1):
        check(application, report, row=number, now=now)
    client_id = str(application.client_id)
    normals = [normalize(report, client_id=client_id) for report in reports]
    return store(application, normals, source=source, key=key, now=now)


def check(application: Application, report: Report, *, row: int, now: datetime) -> None:
    if report.application not in (None, application.client_id):
        raise OtherApplicationError(
            row, Problem("application", f"has to be {application.client_id}, or left out")
        )
    problem = problem_of(report, now=now, retention=retention())
    if problem is not None:
        raise ReportError(row, problem)


def store(
    application: Application,
    normals: Sequence[Normal],
    *,
    source: FailedRequest.Source,
    key: IngestKey | None,
    now: datetime,
) -> Taken:
    """Store what was normalized already, in one transaction."""
    tenants = present_of(application, {n.facts.tenant_id for n in normals} - {""})
    same = {
        "application_id": application.pk,
        "received_at": now.isoformat(),
        "source": source.value,
        "key_id": str(key.pk) if key else None,
    }
    rows: dict[str, Row] = {}
    for normal in normals:
        pk = identity(normal.columns, application=application.pk, source=source.value)
        if pk not in rows:
            rows[pk] = {**normal.columns, **same, "id": pk, "verdict": _verdict(normal, tenants)}
    with transaction.atomic():
        new = write_new(application.pk, rows)
    return Taken(len(normals), new)


def _verdict(normal: Normal, tenants: dict[str, Present]) -> str:
    facts = normal.facts
    present = tenants.get(facts.tenant_id)
    tenant = present.at(normal.occurred_at) if present else None
    return slug_of(Facts(failure=facts, tenant=tenant)).value

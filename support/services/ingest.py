"""Takes in failures: normalized, judged by what is known now, and each stored once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings

from consent.models import Application
from support.models import FailedRequest, IngestKey
from support.queries.present import present_of
from support.rules.facts import Facts
from support.rules.normal import Normal, normalize
from support.rules.report import OtherApplicationError, Problem, Report, ReportError, Span
from support.rules.verdict import slug_of
from support.services.rows import Origin, Row, write_new


@dataclass(frozen=True)
class Taken:
    accepted: int
    new: int  # the others were there before


def span(now: datetime) -> Span:
    """Return the times whose failures are taken."""
    return Span.until(now, days=settings.FAILURE_RETENTION_DAYS)


def take(
    application: Application,
    reports: Sequence[Report],
    *,
    source: FailedRequest.Source,
    key: IngestKey | None,
    now: datetime,
) -> Taken:
    """Store these failures, all or none. Raises ReportError for the first that cannot be taken."""
    client_id, times = str(application.client_id), span(now)
    for number, report in enumerate(reports, 1):
        check(report, client_id=client_id, row=number, times=times)
    normals = [normalize(report, client_id=client_id) for report in reports]
    return store(application, normals, source=source, key=key, now=now)


def check(report: Report, *, client_id: str, row: int, times: Span) -> None:
    if report.application is not None and report.application.lower() != client_id:
        raise OtherApplicationError(row, Problem("application", f"has to be {client_id}, or left out"))
    problem = times.problem_of(report)
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
    judging = _Judging(application, normals)
    rows: dict[str, Row] = {}
    for normal in normals:
        pk = normal.identity(application=application.pk, source=source.value)
        if pk not in rows:
            rows[pk] = Row(pk, normal, judging.slug_of)
    origin = Origin(application.pk, source.value, str(key.pk) if key else None, now.isoformat())
    return Taken(len(normals), write_new(origin, rows))


class _Judging:
    """Judges a batch by what is granted now; causes repeat, so each is judged once."""

    def __init__(self, application: Application, normals: Sequence[Normal]) -> None:
        self._tenants = present_of(application, {n.columns["tenant_id"] for n in normals} - {None})
        self._known: dict[tuple[Any, ...], str] = {}

    def slug_of(self, normal: Normal) -> str:
        present = self._tenants.get(normal.columns["tenant_id"])
        tenant = present.at(normal.occurred_at) if present else None
        alike = (id(tenant), *normal.likeness())
        slug = self._known.get(alike)
        if slug is None:
            slug = self._known[alike] = slug_of(Facts(failure=normal.facts, tenant=tenant)).value
        return slug

"""Takes in failures: normalized, judged by what is known now, and each stored once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.conf import settings

from consent.models import Application
from support.models import FailedRequest, IngestKey
from support.queries.present import Then, present_of
from support.rules.facts import Facts
from support.rules.normal import Normal, normalize, tenant_of
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
    return store(application, reports, source=source, key=key, now=now)


def check(report: Report, *, client_id: str, row: int, times: Span) -> None:
    if report.application is not None and report.application.lower() != client_id:
        raise OtherApplicationError(row, Problem("application", f"has to be {client_id}, or left out"))
    problem = times.problem_of(report)
    if problem is not None:
        raise ReportError(row, problem)


def store(
    application: Application,
    reports: Sequence[Report],
    *,
    source: FailedRequest.Source,
    key: IngestKey | None,
    now: datetime,
) -> Taken:
    """Store what was checked already, all or none of it."""
    client_id = str(application.client_id)
    judging = _Judging(application, reports)

    def rows() -> Iterator[Row]:  # one after the other: the database takes in the first meanwhile
        for report in reports:
            normal = normalize(report, client_id=client_id)
            pk = normal.identity(application=application.pk, source=source.value)
            yield Row(pk, normal, judging.slug_of(normal))

    origin = Origin(application.pk, source.value, str(key.pk) if key else None, now.isoformat())
    return Taken(len(reports), write_new(origin, rows(), size=len(reports)))


MOST_JUDGED: Final = 200  # kept of tenants alike
_NOBODY: Final = Then()


class _Judging:
    """Judges a batch by what is granted now; causes repeat, so each is judged once."""

    def __init__(self, application: Application, reports: Iterable[Report]) -> None:
        told = map(tenant_of, reports)
        self._tenants = present_of(application, {tenant for tenant in told if tenant is not None})

    def slug_of(self, normal: Normal) -> str:
        present = self._tenants.get(normal.columns["tenant_id"])
        then = present.at(normal.occurred_at) if present else _NOBODY
        alike = normal.likeness()
        slug = then.judged.get(alike)
        if slug is None:
            if len(then.judged) >= MOST_JUDGED:
                then.judged.clear()
            slug = then.judged[alike] = slug_of(Facts(failure=normal.facts, tenant=then.facts)).value
        return slug

"""Denied calls by cause, tenant and call over time: from the roll-up, so that no page ever counts calls.

Three statements, whatever was denied.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import Max, QuerySet, Sum
from django.db.models.functions import TruncDay

from consent.models import Application
from entra.types import is_guid
from support.models import FailureCount
from support.rules.labels import CAUSES, Cause, cause_of

WINDOWS = {1: "24 hours", 7: "7 days", 30: "30 days"}
GROUPS = 50
NOBODY = UUID(int=0)
METHODS = frozenset({"GET", "POST", "PATCH", "PUT", "DELETE", "HEAD"})


@dataclass(frozen=True)
class Filter:
    """What the address asks for; whatever it cannot mean is left out."""

    days: int = 7
    cause: str = ""
    tenant: UUID | None = None
    call: str = ""  # method and template

    def query(self, **changes: Any) -> str:
        new = replace(self, **changes)
        named = {"days": new.days, "cause": new.cause, "tenant": new.tenant or "", "call": new.call}
        return f"?{urlencode({name: value for name, value in named.items() if value})}"


@dataclass(frozen=True)
class Group:
    cause: Cause
    tenant_id: UUID | None  # None: nobody told
    tenant: str
    method: str
    template: str
    count: int
    last: datetime  # the hour of the newest
    installed: bool

    @property
    def call(self) -> str:
        return f"{self.method} {self.template}".strip()


def read_filter(params: Mapping[str, str]) -> Filter:
    days = params.get("days", "")
    cause, tenant = params.get("cause", ""), params.get("tenant", "")
    return Filter(
        days=int(days) if days in map(str, WINDOWS) else 7,
        cause=cause if cause in list(CAUSES) else "",
        tenant=UUID(tenant) if is_guid(tenant) else None,
        call=params.get("call", "").replace("\x00", "")[:320],  # PostgreSQL takes no NUL
    )


def groups_page(application: Application, where: Filter, *, now: datetime) -> dict[str, Any]:
    """Return the chart, the causes and the largest groups of a window."""
    hour = now.replace(minute=0, second=0, microsecond=0)
    start = (
        hour - timedelta(hours=23)
        if where.days == 1
        else hour.replace(hour=0) - timedelta(days=where.days - 1)
    )
    counts = FailureCount.objects.filter(application=application, hour__gte=start)
    cells = _cells(_narrowed(counts, where), hourly=where.days == 1)
    groups = _groups(application, _narrowed(counts, replace(where), cause=where.cause))
    chosen = [cell for cell in cells if not where.cause or cell[1] == where.cause]
    return {
        "where": where,
        "total": sum(count for _, _, count in chosen),
        "hourly": where.days == 1,
        "bars": _bars(chosen, start, hour, hourly=where.days == 1),
        "causes": _causes(cells, where),
        "groups": groups[:GROUPS],
        "more": len(groups) > GROUPS,
        "most": GROUPS,
        "windows": [(label, where.query(days=days), days == where.days) for days, label in WINDOWS.items()],
        "tenant_name": _name_of(application, where.tenant),
        "without": {
            name: where.query(**{name: None if name == "tenant" else ""})
            for name in ("cause", "tenant", "call")
        },
    }


def _narrowed(counts: QuerySet[FailureCount], where: Filter, *, cause: str = "") -> QuerySet[FailureCount]:
    if where.tenant:
        counts = counts.filter(tenant_id=where.tenant)
    if where.call:
        method, _, template = where.call.partition(" ")
        counts = counts.filter(method=method, template=template)
    return counts.filter(verdict=cause) if cause else counts


def _cells(counts: QuerySet[FailureCount], *, hourly: bool) -> list[tuple[datetime, str, int]]:
    """Return how many there were of each cause, per hour or day. One query."""
    if not hourly:
        counts = counts.annotate(bucket=TruncDay("hour"))
    bucket = "hour" if hourly else "bucket"
    rows = counts.order_by().values(bucket, "verdict").annotate(n=Sum("count"))
    return [(row[bucket], row["verdict"], row["n"]) for row in rows]


def _bars(
    cells: list[tuple[datetime, str, int]], start: datetime, end: datetime, *, hourly: bool
) -> list[tuple[datetime, int]]:
    """Return every hour or day of the window, those without any included."""
    totals: Counter[datetime] = Counter()
    for bucket, _, count in cells:
        totals[bucket] += count
    step = timedelta(hours=1) if hourly else timedelta(days=1)
    bars = []
    while start <= end:
        bars.append((start, totals[start]))
        start += step
    return bars


def _causes(cells: list[tuple[datetime, str, int]], where: Filter) -> list[dict[str, Any]]:
    totals: Counter[str] = Counter()
    for _, verdict, count in cells:
        totals[verdict] += count
    return [
        {
            "cause": cause_of(slug),
            "count": count,
            "chosen": slug == where.cause,
            "url": where.query(cause="" if slug == where.cause else slug),
        }
        for slug, count in totals.most_common()
    ]


def _groups(application: Application, counts: QuerySet[FailureCount]) -> list[Group]:
    """Return the largest groups. Two queries."""
    rows = list(
        counts.order_by()
        .values("verdict", "tenant_id", "method", "template")
        .annotate(n=Sum("count"), last=Max("hour"))
        .order_by("-n", "-last", "tenant_id", "template")[: GROUPS + 1]
    )
    installed = application.installations.filter(tenant_id__in={row["tenant_id"] for row in rows})
    names = dict(installed.values_list("tenant_id", "tenant__name"))
    return [
        Group(
            cause=cause_of(row["verdict"]),
            tenant_id=None if row["tenant_id"] == NOBODY else row["tenant_id"],
            tenant=names.get(row["tenant_id"], ""),
            method=row["method"],
            template=row["template"],
            count=row["n"],
            last=row["last"],
            installed=row["tenant_id"] in names,
        )
        for row in rows
    ]


def _name_of(application: Application, tenant_id: UUID | None) -> str:
    if tenant_id is None:
        return ""
    names = application.installations.filter(tenant_id=tenant_id).values_list("tenant__name", flat=True)
    return names.first() or str(tenant_id)

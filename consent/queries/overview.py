"""The drift overview in four statements, whatever the fleet's size, and the counts that others keep."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Q, Sum
from django.urls import reverse

from consent.models import Application, DailyCount
from consent.queries.patterns import (
    Cohort,
    by_work,
    count_by_status,
    load_cohorts,
    load_history,
    with_standing,
)
from consent.queries.tenant_filter import TenantFilter, name_of
from consent.queries.tenant_list import rows_of
from consent.queries.tenant_rows import read_rows
from consent.rules.meaning import cell_of, meaning_of
from consent.rules.requirements import History
from consent.rules.status import SEVERITY, Condition, Standing, Status, status_of
from entra.types import Permission

WINDOWS = (30, 90, 365)
PATTERNS_SHOWN = 7
ATTENTION = 8
LOW = 90  # percent in step below which the page's title and icon warn


def status_counts(application: Application) -> dict[Status, int]:
    """Return how many installations have each status, grouped in SQL and named by the pure rule."""
    current = application.current_revision
    grouped = (
        with_standing(application, current.pk if current else None)
        .values("condition", "standing")
        .annotate(n=Sum("installations"))
        .order_by()
    )
    counts = dict.fromkeys(Status, 0)
    for row in grouped:
        status = status_of(condition=Condition(row["condition"]), standing=Standing(row["standing"]))
        counts[status] += row["n"]
    return counts


def overview(application: Application, *, days: int, all_patterns: bool, now: datetime) -> dict[str, Any]:
    """Return everything that the overview shows, ready to draw."""
    history = load_history(application)
    cohorts = load_cohorts(application, history)
    counts = count_by_status(cohorts)
    total = sum(counts.values())
    pressing = [c for c in cohorts if c.status is not Status.IN_STEP]
    urgent = read_rows(application.pk, pressing, sort="work", cursor=None, limit=ATTENTION)
    percent = 100 * counts[Status.IN_STEP] / total if total else 0.0
    out_of_step = tuple(s for s in SEVERITY if s is not Status.IN_STEP)
    return {
        "history": history,
        "revision": history.current,
        "counts": counts,
        "total": total,
        "in_step": counts[Status.IN_STEP],
        "out_of_step": total - counts[Status.IN_STEP],
        "out_of_step_query": TenantFilter(statuses=out_of_step).query(),
        "unreachable": counts[Status.UNREACHABLE],
        "low": history.current is not None and total > 0 and percent < LOW,
        "percent": int(percent),
        "attention": rows_of(urgent, pressing, history, now=now),
        "days": days,
        "windows": WINDOWS,
        **_trend(application, history, days=days, today=now.date(), percent=percent if total else None),
        **_matrix(application, cohorts, history, total=total, everything=all_patterns),
    }


def _trend(
    application: Application, history: History, *, days: int, today: date, percent: float | None
) -> dict[str, Any]:
    """Return the percentage in step per day, and the revisions that explain its dips. One query."""
    first = today - timedelta(days=days)
    per_day = (
        DailyCount.objects.filter(application=application, day__gte=first, day__lt=today)
        .values("day")
        .annotate(all=Sum("installations"), good=Sum("installations", filter=Q(status=Status.IN_STEP)))
        .order_by("day")
    )
    points = [(r["day"], 100 * (r["good"] or 0) / r["all"]) for r in per_day if r["all"]]
    if percent is not None:
        points.append((today, percent))
    return {
        "points": points,
        "markers": [
            (r.published_at.date(), f"Revision {r.number}")
            for r in history.revisions
            if points and r.published_at.date() >= points[0][0]
        ],
    }


@dataclass(frozen=True)
class _Line:
    """A row of the matrix: the cohorts with the same grants and one status, whatever their condition."""

    first: Cohort
    conditions: frozenset[Condition]
    installations: int


def _matrix(
    application: Application, cohorts: Sequence[Cohort], history: History, *, total: int, everything: bool
) -> dict[str, Any]:
    lines = _lines(cohorts)
    shown = lines if everything else lines[:PATTERNS_SHOWN]
    columns = _columns(shown, history)
    base = reverse("consent:tenant_list", args=[application.slug])
    return {
        "matrix": {
            "caption": "Grant patterns and the permissions they hold",
            "row_heading": "Tenants",
            "numbers": True,
            "columns": [
                {
                    "value": p.value,
                    "kind": p.kind,
                    "url": base + _column_filter(p, history).query(),
                }
                for p in columns
            ],
            "rows": [_matrix_row(application, line, columns, history, base) for line in shown],
        },
        "patterns_shown": len(shown),
        "patterns_total": len(lines),
        "patterns_cover": sum(line.installations for line in shown),
        "all_patterns": everything,
    }


def _lines(cohorts: Sequence[Cohort]) -> list[_Line]:
    """Merge cohorts by (grants, status). Who cannot be read is one row: nothing tells them apart."""
    groups: dict[tuple[str, Status], list[Cohort]] = {}
    for cohort in by_work(cohorts):
        grants = "" if cohort.status is Status.UNREACHABLE else cohort.digest
        groups.setdefault((grants, cohort.status), []).append(cohort)
    lines = [
        _Line(
            first=group[0],
            conditions=frozenset(c.condition for c in group),
            installations=sum(c.installations for c in group),
        )
        for group in groups.values()
    ]
    return sorted(lines, key=lambda line: -line.installations)


def _columns(lines: Sequence[_Line], history: History) -> list[Permission]:
    """Return what is required and what is granted beyond it, in the order in which it was asked for."""
    surplus = {
        p for line in lines if line.first.status is not Status.UNREACHABLE for p in line.first.drift.surplus
    }
    first_asked: dict[Permission, int] = {}
    for revision in history.revisions:
        for permission in revision.required:
            first_asked.setdefault(permission, revision.number)
    return sorted(
        history.required | surplus, key=lambda p: (first_asked.get(p, 1_000_000), p.value.lower(), p.kind)
    )


def _column_filter(permission: Permission, history: History) -> TenantFilter:
    state = "missing" if permission in history.required else "extra"
    return TenantFilter(permission=name_of(permission), state=state)


def _matrix_row(
    application: Application, line: _Line, columns: Sequence[Permission], history: History, base: str
) -> dict[str, Any]:
    cohort, status = line.first, line.first.status
    if status is Status.UNREACHABLE:
        url = base + TenantFilter(statuses=(status,)).query()
    else:
        url = reverse("consent:pattern_detail", args=[application.slug, cohort.slug])
        url += TenantFilter(statuses=(status,)).query()
    return {
        "label": f"{line.installations:,}",
        "detail": "",
        "url": url,
        "status": status,
        "cells": [
            cell_of(p, drift=cohort.drift, granted=cohort.granted, required=history.required, status=status)
            for p in columns
        ],
        "meaning": meaning_of(
            status=status,
            standing=cohort.standing,
            conditions=line.conditions,
            drift=cohort.drift,
            granted=cohort.granted,
            history=history,
        ),
    }

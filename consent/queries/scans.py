"""How far a scan is, what it changed, and what it could not read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Min, Q, QuerySet, Sum
from django.db.models.fields.json import KeyTextTransform

from consent.models import Application, Installation, PatternCount, Scan
from consent.queries.patterns import load_cohorts, load_history
from consent.queries.tenant_list import rows_of
from consent.queries.tenant_rows import newest_changes
from entra import errors

CHANGES_SHOWN = 20
QUARTERS = (25, 50, 75, 100)


@dataclass(frozen=True)
class Tally:
    done: int  # read or tried since the scan started
    total: int
    failed: int
    changed: int


def tally(scan: Scan) -> Tally:
    """Count a scan. The total is of now: tenants come and go while it runs."""
    done, total = progress(scan)
    return Tally(
        done=done,
        total=total,
        failed=_tried(scan).filter(failures__gt=0).count(),
        changed=_changed(scan).count(),
    )


def progress(scan: Scan) -> tuple[int, int]:
    """Return how many installations a scan has read or tried, and of how many."""
    if scan.finished_at:
        return scan.total, scan.total
    counts = PatternCount.objects.filter(application=scan.application_id)
    total = counts.aggregate(n=Sum("installations"))["n"] or 0
    return min(_tried(scan).count(), total), total


def scan_list(application: Application) -> dict[str, Any]:
    """Return the newest scans, the running one first."""
    scans = list(application.scans.select_related("started_by").order_by("-started_at", "-pk")[:50])
    running = next((scan for scan in scans if scan.finished_at is None), None)
    done, total = progress(running) if running else (0, 0)
    return {"scans": scans, "running": running, "done": done, "total": total}


def scan_of(application: Application, scan_id: int) -> Scan | None:
    return application.scans.select_related("started_by", "application").filter(pk=scan_id).first()


def scan_page(scan: Scan, *, now: datetime) -> dict[str, Any]:
    """Return everything that a scan's page shows."""
    done, total = progress(scan)
    end = scan.finished_at or now
    elapsed = max((end - scan.started_at).total_seconds(), 0.001)
    rate = done / elapsed
    causes = list(_causes(scan, now=now)) if scan.finished_at is None or scan.failed else []
    return {
        "scan": scan,
        "done": done,
        "total": total,
        "running": scan.finished_at is None,
        "rate": f"{rate:.0f}" if rate >= 1 else f"{rate:.1f}",
        "took": _duration(timedelta(seconds=elapsed)),
        "left": _duration(timedelta(seconds=(total - done) / rate)) if done and done < total else "",
        "quarter": max((q for q in QUARTERS if total and 100 * done >= q * total), default=0),
        "causes": causes,
        "waiting": next((cause for cause in causes if cause["kind"] == "Throttled" and cause["next"]), None),
        "failed": scan.failed if scan.finished_at else sum(cause["n"] for cause in causes),
        "changed": scan.changed if scan.finished_at else _changed(scan).count(),
        "changes": _changes(scan, now=now),
    }


def _tried(scan: Scan) -> QuerySet[Installation]:
    return Installation.objects.filter(application=scan.application_id, checked_at__gte=scan.started_at)


def _changed(scan: Scan) -> QuerySet[Installation]:
    return _tried(scan).filter(condition_since__gte=scan.started_at)


def _causes(scan: Scan, *, now: datetime) -> Iterator[dict[str, Any]]:
    """Yield what keeps tenants from being read since this scan started, most frequent first."""
    rows = (
        _tried(scan)
        .filter(failures__gt=0)
        .annotate(kind=KeyTextTransform("kind", "last_error"))
        .values("kind")
        .annotate(n=Count("pk"), next=Min("next_check_at", filter=Q(next_check_at__gt=now)))
        .order_by("-n", "kind")
    )
    for row in rows:
        known = getattr(errors, row["kind"] or "", None)
        if row["kind"] == "Credential":
            words = "The application's credential could not be loaded"
        else:
            words = getattr(known, "says", "") or "Something else went wrong"
        yield {**row, "words": words}


def _changes(scan: Scan, *, now: datetime) -> list[Any]:
    if scan.finished_at and not scan.changed:
        return []
    history = load_history(scan.application)
    found = newest_changes(
        scan.application_id, since=scan.started_at, until=scan.finished_at, limit=CHANGES_SHOWN
    )
    return rows_of(found, load_cohorts(scan.application, history), history, now=now)


def _duration(length: timedelta) -> str:
    seconds = int(length.total_seconds())
    if seconds < 90:
        return f"{max(seconds, 1)} second{'' if seconds <= 1 else 's'}"
    minutes = round(seconds / 60)
    return f"{minutes} minutes" if minutes < 90 else f"{round(minutes / 60)} hours"

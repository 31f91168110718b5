"""What depends on the clock is moved here, never decided while a page is drawn."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from datetime import datetime, timedelta

from django.conf import settings
from django.db import OperationalError, connection, transaction
from django.db.models import Q

from consent.models import Application, DailyCount, Installation
from consent.queries.overview import status_counts
from consent.rules.pace import CLAIM_PATIENCE
from consent.rules.status import Condition
from consent.services.patterns import Place, count_moves
from consent.services.scans import finish_scans

CHUNK = 1000  # rows moved in one transaction


def sweep(*, now: datetime) -> None:
    while expire_proofs(now=now):
        pass
    finish_scans(now=now)
    record_day(now=now)
    if connection.vendor == "sqlite":
        # PostgreSQL keeps its planner's statistics by itself; SQLite has to be told ("PRAGMA optimize").
        # It needs the whole database for a moment; when a page is writing, the next sweep is soon enough.
        with suppress(OperationalError), connection.cursor() as cursor:
            cursor.execute("PRAGMA analysis_limit=1000")
            cursor.execute("PRAGMA optimize")


def expire_proofs(*, now: datetime) -> int:
    """Mark one chunk of installations unreachable: reading fails, and the last proof is too old."""
    oldest = now - timedelta(hours=settings.FRESHNESS_HOURS)
    with transaction.atomic(durable=True):
        rows = list(
            Installation.objects.select_for_update()
            .filter(Q(proved_at__lt=oldest) | Q(proved_at=None), failures__gt=0)
            # "Disabled" is Microsoft's own answer, as fresh as the last check.
            .exclude(condition__in=[Condition.UNREACHABLE, Condition.DISABLED])
            .exclude(claimed_at__gt=now - CLAIM_PATIENCE)
            .order_by("pk")[:CHUNK]
        )
        moves: dict[int, Counter[Place]] = {}
        for row in rows:
            counter = moves.setdefault(row.application_id, Counter())
            counter[row.pattern_id, row.condition] -= 1
            counter[row.pattern_id, Condition.UNREACHABLE.value] += 1
        Installation.objects.filter(pk__in=[row.pk for row in rows]).update(
            condition=Condition.UNREACHABLE, condition_since=now
        )
        for application_id in sorted(moves):
            count_moves(application_id, moves[application_id])
    return len(rows)


def record_day(*, now: datetime) -> None:
    """Keep today's counts per status; the last sweep of a day is what the trend shows for it."""
    rows = [
        DailyCount(application=application, day=now.date(), status=status, installations=count)
        for application in Application.objects.all()
        for status, count in status_counts(application).items()
    ]
    DailyCount.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["application", "day", "status"],
        update_fields=["installations"],
    )

"""Failures are kept for a while, then forgotten, and so are their counts."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from consent.models import Application
from support.models import FailedRequest, FailureCount

CHUNK: Final = 5000  # rows that one transaction deletes
CHUNKS: Final = 40  # of each table in one sweep; the next one goes on


def forget_old(*, now: datetime, chunk: int = CHUNK, chunks: int = CHUNKS) -> int:
    """Delete what is older than the setting says, oldest first; return how many failures that were."""
    oldest = now - timedelta(days=settings.FAILURE_RETENTION_DAYS)
    hour = oldest.replace(minute=0, second=0, microsecond=0)
    for key in Application.objects.values_list("pk", flat=True):  # which is how counts are indexed
        _delete(FailureCount.objects.filter(application=key, hour__lt=hour), chunk, chunks)
    return _delete(
        FailedRequest.objects.filter(occurred_at__lt=oldest).order_by("occurred_at"), chunk, chunks
    )


def _delete(rows: QuerySet[Any], chunk: int, chunks: int) -> int:
    total = 0
    for _ in range(chunks):
        with transaction.atomic():
            keys = list(rows.values_list("pk", flat=True)[:chunk])
            rows.model._default_manager.filter(pk__in=keys)._raw_delete(rows.db)  # no row refers to these
        total += len(keys)
        if len(keys) < chunk:
            break
    return total

"""What the worker does for the support desk. A task may come twice, late or never."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from support.services.retention import forget_old


@shared_task
def sweep() -> int:
    """Forget failures that are older than they are kept."""
    return forget_old(now=timezone.now())

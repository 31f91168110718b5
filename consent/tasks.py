"""What the worker does. Every task may come twice, late or never: the database says what is due."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from consent.services.checks import run_due
from consent.services.directory_lookups import answer_due
from consent.services.upkeep import sweep as run_sweep

BATCHES = 20  # then the next ring goes on; a task that never ends cannot be deployed away


@shared_task
def check_due() -> int:
    """Check what is due, batch by batch; return how many installations were checked."""
    checked = 0
    for _ in range(BATCHES):
        taken = run_due(now=timezone.now())
        checked += taken
        if not taken:
            break
    return checked


@shared_task
def sweep() -> None:
    """Move what depends on the clock: old proofs, scans that are done, today's counts."""
    run_sweep(now=timezone.now())


@shared_task
def look_up_directories() -> int:
    """Answer the administrators who asked about their own directory."""
    return answer_due(now=timezone.now())

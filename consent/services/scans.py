"""Scans: a row, and everything due at once. Progress is a count; the sweep says when it is complete."""

from __future__ import annotations

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q, Sum

from consent.models import Application, Installation, PatternCount, Scan
from consent.queries.scans import tally
from consent.services import trail
from consent.services.doorbell import ring
from tenants.models import Person


def start_scan(*, application: Application, person: Person | None, now: datetime) -> Scan:
    """Make every installation due now. While a scan is running, return that one instead of another."""
    with transaction.atomic():
        Application.objects.select_for_update().get(pk=application.pk)  # one start at a time
        running = application.scans.filter(finished_at=None).order_by("-started_at").first()
        if running is not None:
            return running
        counts = PatternCount.objects.filter(application=application).aggregate(n=Sum("installations"))
        if not counts["n"]:
            raise ValidationError("There are no tenants to scan yet. Add one first.")
        scan = Scan.objects.create(
            application=application, started_at=now, started_by=person, total=counts["n"]
        )
        later = Q(next_check_at__gt=now) | Q(next_check_at=None)
        Installation.objects.filter(later, application=application).update(next_check_at=now)
        ring()
        trail.scan_started(scan, by=person, now=now)
    return scan


def finish_scans(*, now: datetime) -> int:
    """Close the scans in which every installation was read or tried; return how many."""
    finished = 0
    for scan in Scan.objects.filter(finished_at=None).select_related("application"):
        count = tally(scan)
        if count.done < count.total:
            continue
        finished += Scan.objects.filter(pk=scan.pk, finished_at=None).update(
            finished_at=now, total=count.total, failed=count.failed, changed=count.changed
        )
    return finished


def request_check(*, installation: Installation, person: Person | None, now: datetime) -> None:
    """Make one installation due now and ring. Microsoft is asked by the worker, never by this call."""
    with transaction.atomic():
        Installation.objects.filter(pk=installation.pk).update(next_check_at=now, asked_at=now)
        ring()
        trail.check_asked(installation, by=person, now=now)

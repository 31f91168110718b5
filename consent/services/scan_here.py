"""Work a scan off in this process, for whoever has no worker or wants to wait."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import datetime

from django.db.models import Q

from consent.models import Scan
from consent.queries.scans import progress
from consent.services.checks import run_due
from consent.services.scans import finish_scans

PAUSE = 0.2  # seconds, while workers have all that is left
REPORT = 0.5  # seconds between two reports


def work_off(scan: Scan, *, clock: Callable[[], datetime]) -> Iterator[tuple[int, int]]:
    """Check until every tenant of the scan was read or tried; yield now and then how many of how many.

    Workers may help: a lease keeps two from asking about one tenant. The scan is read again at the end.
    """
    untried = scan.application.installations.filter(Q(checked_at__lt=scan.started_at) | Q(checked_at=None))
    reported = time.monotonic()
    yield progress(scan)
    while untried.exists():
        if not run_due(now=clock()):
            time.sleep(PAUSE)
        if time.monotonic() - reported >= REPORT:
            reported = time.monotonic()
            yield progress(scan)
    finish_scans(now=clock())
    scan.refresh_from_db()
    scan.application.refresh_from_db()
    yield progress(scan)

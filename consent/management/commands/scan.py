"""A check of every tenant."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone

from consent.management import progress
from consent.management.portal_command import Exit, PortalCommand, add_client_id, label
from consent.models import Scan
from consent.queries.export import time_json
from consent.queries.lookup import application_with
from consent.queries.overview import status_counts
from consent.rules.status import SEVERITY, Status
from consent.services.scan_here import work_off
from consent.services.scans import start_scan

CANNOT_TELL = {Status.UNVERIFIED, Status.UNREACHABLE}


class Command(PortalCommand):
    help = (
        "Have every tenant of an application checked. The workers do it; with --wait this process helps, so"
        " that none is needed, and ends with 0 when all are in step, 2 when some are not, and 3 when none is"
        " known to be out of step but some could not be read."
    )
    example = "  manage.py scan --client-id 5e471e10-0000-4000-8000-0000000000c1 --wait"

    def add_options(self, parser: ArgumentParser) -> None:
        add_client_id(parser)
        parser.add_argument("--wait", action="store_true", help="Check in this process until all are done.")

    def perform(self, options: Mapping[str, Any]) -> Exit:
        application = application_with(options["client_id"])
        scan = start_scan(application=application, person=None, now=timezone.now())
        if not options["wait"]:
            self._say_started(scan, options)
            return Exit.DONE
        self._wait(scan)
        if scan.application.credential_error:
            raise ValidationError(scan.application.credential_error)
        counts = status_counts(scan.application)
        self._say_result(scan, counts, options)
        return _exit(scan, counts)

    def _wait(self, scan: Scan) -> None:
        try:
            for done, total in work_off(scan, clock=timezone.now):
                progress.draw(self.stderr, done, total, "tenants")
        except KeyboardInterrupt:
            raise ValidationError("Interrupted. The workers go on with what is left.") from None
        finally:
            progress.leave(self.stderr)

    def _say_started(self, scan: Scan, options: Mapping[str, Any]) -> None:
        if options["json"]:
            self.print_json(_scan_json(scan, None))
        else:
            self.stdout.write(f"Scan {scan.pk} runs: {scan.total:,} tenants are due for the workers.")

    def _say_result(self, scan: Scan, counts: Mapping[Status, int], options: Mapping[str, Any]) -> None:
        if options["json"]:
            return self.print_json(_scan_json(scan, counts))
        self.stdout.write(
            f"Scan {scan.pk}: {scan.total:,} tenants, {scan.failed:,} could not be read,"
            f" {scan.changed:,} changed."
        )
        for status in SEVERITY:
            if counts[status]:
                self.stdout.write(f"  {label(status):<20}{counts[status]:>10,}")


def _exit(scan: Scan, counts: Mapping[Status, int]) -> Exit:
    if any(counts[status] for status in SEVERITY if status not in {*CANNOT_TELL, Status.IN_STEP}):
        return Exit.DRIFT
    if scan.failed or any(counts[status] for status in CANNOT_TELL):
        return Exit.CANNOT_TELL
    return Exit.DONE


def _scan_json(scan: Scan, counts: Mapping[Status, int] | None) -> dict[str, Any]:
    return {
        "application": str(scan.application.client_id),
        "scan": scan.pk,
        "started_at": time_json(scan.started_at),
        "finished_at": time_json(scan.finished_at),
        "total": scan.total,
        "failed": scan.failed,
        "changed": scan.changed,
        "statuses": {status.value: count for status, count in counts.items()} if counts else None,
    }

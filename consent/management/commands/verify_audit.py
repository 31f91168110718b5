"""Is the audit log as it was written?"""

from __future__ import annotations

import re
from argparse import ArgumentParser
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone

from consent.management import progress
from consent.management.portal_command import Exit, PortalCommand
from tenants.services.audit_check import Mark, Reading, verify


class Command(PortalCommand):
    help = (
        "Read the whole audit log and check its chain of hashes. Ends with 0 when every event is as it was"
        " written, and with 1 naming the first that is not: changed, missing, out of order, cut off at the"
        " end, added, or rewritten. The number and hash that it prints of the last event can be kept where"
        " nobody who can change this database gets at; --expect holds the log to them later."
    )
    example = "  manage.py verify_audit\n  manage.py verify_audit --expect 1204:9f86d081884c7d65…"

    def add_options(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--expect",
            metavar="EVENT:HASH",
            default="",
            help="An event's number and hash, as noted earlier. The log must still hold it.",
        )

    def perform(self, options: Mapping[str, Any]) -> Exit:
        kept = _mark(options["expect"])
        try:
            reading = verify(now=timezone.now(), kept=kept, progress=self._draw)
        finally:
            progress.leave(self.stderr)
        if options["json"]:
            self.print_json(_reading_json(reading))
        elif reading.problem is None:
            events = "1 event is" if reading.events == 1 else f"All {reading.events:,} events are"
            self.stdout.write(f"{events} as written. The log ends with {reading.events}:{reading.hash}")
        if reading.problem:
            raise ValidationError(reading.problem.sentence)
        return Exit.DONE

    def _draw(self, done: int, total: int) -> None:
        progress.draw(self.stderr, done, total, "events")


def _mark(text: str) -> Mark | None:
    if not text:
        return None
    if not re.fullmatch(r"[0-9]{1,18}:[0-9a-f]{64}", text):
        raise ValidationError("Write what to expect as EVENT:HASH, as verify_audit printed it.")
    number, _, digest = text.partition(":")
    return Mark(int(number), digest)


def _reading_json(reading: Reading) -> dict[str, Any]:
    problem = reading.problem
    return {
        "events": reading.events,
        "hash": reading.hash,
        "problem": {"event": problem.sequence, "kind": problem.kind, "sentence": problem.sentence}
        if problem
        else None,
    }

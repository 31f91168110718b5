"""Why a call was denied."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone

from consent.management.portal_command import Exit, PortalCommand
from support.queries.verdict_json import verdict_json
from support.rules.facts import Confidence, Slug
from support.rules.labels import CONFIDENCES
from support.services.explain import Explained, explained_by

MOST_TEXT = 200_000  # characters of standard input
# What a consent mends: scripts tell these from everything else by the exit code.
CONSENT_NEEDED = {
    Slug.PERMISSION_MISSING,
    Slug.PERMISSION_REVOKED,
    Slug.NEVER_CONSENTED,
    Slug.APP_DISABLED_OR_REMOVED,
}


class Command(PortalCommand):
    help = (
        "Say why a call to Microsoft was denied. ID is its client-request-id, request-id, correlation id or"
        " trace id; - reads a whole error from standard input: headers, a JSON body, a stack trace."
        " The exit code is 2 when a consent mends it, 3 when it cannot be told."
    )
    example = "  manage.py explain 7d1c0a52-93f4-4f0b-8a3e-2f6f6c1f9b10"

    def add_options(self, parser: ArgumentParser) -> None:
        parser.add_argument("id", metavar="ID", help="An id of the call, or - for standard input.")

    def perform(self, options: Mapping[str, Any]) -> Exit:
        text = sys.stdin.read(MOST_TEXT) if options["id"] == "-" else options["id"]
        if not text.strip():
            raise ValidationError(
                "There is nothing to explain: give an id, or - and an error on standard input."
            )
        explained = explained_by(text=text, person=None, now=timezone.now())
        if options["json"]:
            self.print_json(verdict_json(explained.verdict, explained.past))
        else:
            self._print(explained)
        return _exit_code(explained)

    def _print(self, explained: Explained) -> None:
        verdict = explained.verdict
        self.stdout.write(f"{verdict.headline} [{verdict.slug}, {CONFIDENCES[verdict.confidence]}]")
        self.stdout.write(f"Next: {verdict.next_step}")
        if verdict.settles:
            self.stdout.write(f"What would settle it: {verdict.settles}")
        for check in verdict.checks:
            self.stdout.write(f"  {check.result:<14} {check.check}: {check.evidence}")


def _exit_code(explained: Explained) -> Exit:
    if explained.verdict.confidence is Confidence.CANNOT_TELL:
        return Exit.CANNOT_TELL
    return Exit.DRIFT if explained.verdict.slug in CONSENT_NEEDED else Exit.DONE

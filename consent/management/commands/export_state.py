"""Everything that the portal knows, as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from consent.management.portal_command import Exit, PortalCommand
from consent.services.exports import whole_state


class Command(PortalCommand):
    help = (
        "Print everything as canonical JSON: applications, revisions, installations, snapshots, tenants,"
        " invitations, attempts, sign-ins and the roll-up. The same state gives the same text,"
        " one row a line. There is no secret in it, and nothing that opens an approval link."
    )
    example = "  manage.py export_state > state.json"

    def perform(self, options: Mapping[str, Any]) -> Exit:
        for line in whole_state(person=None, now=timezone.now()):
            self.stdout.write(line)
        return Exit.DONE

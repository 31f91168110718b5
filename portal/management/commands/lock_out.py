"""Ends somebody's access at once, without waiting for their directory."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.utils import timezone

from consent.management.portal_command import Exit, PortalCommand
from portal.services import lock_out


class Command(PortalCommand):
    help = (
        "Turn off the access of one person, whatever roles they hold: their sessions end with their next"
        " request, and signing in again opens nothing. --undo turns it on again."
    )
    example = "  manage.py lock_out 0c0ffee0-0000-4000-8000-000000000001 0c0ffee0-0000-4000-8000-000000000002"

    def add_options(self, parser: ArgumentParser) -> None:
        parser.add_argument("tenant", metavar="TENANT", help="The person's tenant id.")
        parser.add_argument("object", metavar="OBJECT", help="The person's object id, as Entra shows it.")
        parser.add_argument("--undo", action="store_true", help="Turn the access on again.")

    def perform(self, options: Mapping[str, Any]) -> Exit:
        person = lock_out(
            tenant_id=_guid(options["tenant"]),
            object_id=_guid(options["object"]),
            undo=options["undo"],
            now=timezone.now(),
        )
        if options["json"]:
            self.print_json(
                {
                    "tenant": str(person.tenant_id),
                    "object": str(person.object_id),
                    "locked_out": not person.is_active,
                }
            )
        else:
            self.stdout.write(f"{person} is {'let in again' if person.is_active else 'locked out'}.")
        return Exit.DONE


def _guid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise ValidationError(
            f"{text[:60]} is not a GUID. Take the ids from Entra, Users, the person."
        ) from None

"""What an application requires from now on."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone

from consent.management.files import read_file
from consent.management.portal_command import Exit, PortalCommand, add_client_id, label
from consent.models import Application, Revision
from consent.queries.export import revision_json
from consent.queries.lookup import application_with, shown
from consent.services.revisions import Impact, check, preview, publish
from entra.manifest import parse_permission, parse_required_access
from entra.types import Permission

LARGEST_MANIFEST = 2 * 1024 * 1024


class Command(PortalCommand):
    help = (
        "Publish the next revision of what an application requires, from its manifest or permission by"
        " permission. No tenant changes by it: the counts say how many are out of step from then on."
    )
    example = (
        "  manage.py publish_revision --client-id 5e471e10-0000-4000-8000-0000000000c1 \\\n"
        "      --permission SecurityEvents.Read.All:application \\\n"
        "      --permission SecurityAlert.Read.All:application \\\n"
        '      --reason "SecurityAlert.Read.All=To show alerts of all Defender products" --dry-run'
    )

    def add_options(self, parser: ArgumentParser) -> None:
        add_client_id(parser)
        source = parser.add_mutually_exclusive_group(required=True)
        source.add_argument(
            "--manifest",
            metavar="FILE",
            help="The manifest downloaded from Entra, or its requiredResourceAccess as JSON; at most 2 MB.",
        )
        source.add_argument(
            "--permission",
            action="extend",
            nargs="+",
            metavar="VALUE:KIND",
            help="A Microsoft Graph permission; KIND is application or delegated. One or more.",
        )
        parser.add_argument(
            "--reason",
            action="extend",
            nargs="+",
            default=[],
            metavar="VALUE=TEXT",
            help="Why the permission is needed, for the tenants' admins. One or more.",
        )
        parser.add_argument("--note", default="", metavar="TEXT", help="A note to the tenants' admins.")
        parser.add_argument(
            "--dry-run", action="store_true", help="Say what publishing would do, and change nothing."
        )

    def perform(self, options: Mapping[str, Any]) -> Exit:
        application = application_with(options["client_id"])
        if options["manifest"]:
            permissions = _of_manifest(options["manifest"])
        else:
            permissions = [parse_permission(text) for text in options["permission"]]
        required = _with_reasons(permissions, options["reason"])
        if options["dry_run"]:
            check(application=application, required=required, note=options["note"])
            self._say_impact(application, preview(application=application, required=permissions), options)
        else:
            revision = publish(
                application=application,
                required=required,
                note=options["note"],
                person=None,
                now=timezone.now(),
                based_on=None,
            )
            self._say_revision(application, revision, options)
        return Exit.DONE

    def _say_revision(self, application: Application, revision: Revision, options: Mapping[str, Any]) -> None:
        row = revision_json(revision)
        if options["json"]:
            return self.print_json(row)
        self.stdout.write(f"Published revision {revision.number} of {application.name}:")
        for permission in row["required"]:
            self.stdout.write(f"  {permission['value']} ({permission['kind']})")

    def _say_impact(self, application: Application, impact: Impact, options: Mapping[str, Any]) -> None:
        if options["json"]:
            return self.print_json(_impact_json(application, impact))
        self.stdout.write(f"Revision {impact.number} of {application.name} would:")
        for word, changes in (("add", impact.added), ("remove", impact.removed)):
            for change in changes:
                self.stdout.write(
                    f"  {word} {change.permission.value} ({change.permission.kind}),"
                    f" granted today in {_tenants(change.granted_in)}"
                )
        for move in impact.moves:
            said = "stay" if move.before is move.after else f"go from {label(move.before)} to"
            self.stdout.write(f"  {_tenants(move.tenants)}: {said} {label(move.after)}")
        self.stdout.write("Nothing was changed. Leave out --dry-run to publish it.")


def _of_manifest(name: str) -> list[Permission]:
    """Return the permissions of a file. Raises ValidationError or ManifestError with one sentence."""
    content = read_file(name, largest=LARGEST_MANIFEST, advice="Name the manifest downloaded from Entra.")
    try:
        document = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise ValidationError(
            f"The file {name} is not JSON. Name the manifest downloaded from Entra."
        ) from error
    return parse_required_access(document)


def _with_reasons(permissions: Sequence[Permission], texts: Sequence[str]) -> list[tuple[Permission, str]]:
    """Give each permission the reason written as VALUE=TEXT, or none."""
    known = {permission.value.lower() for permission in permissions}
    reasons: dict[str, str] = {}
    for text in texts:
        value, equals, reason = (part.strip() for part in text.partition("="))
        if not (value and equals and reason):
            raise ValidationError(f"{shown(text)} is not a reason. Write it as VALUE=TEXT.")
        if value.lower() not in known:
            raise ValidationError(
                f"There is a reason for {shown(value)}, but the revision does not ask for it."
                " Add the permission, or leave the reason out."
            )
        if value.lower() in reasons:
            raise ValidationError(f"There are two reasons for {shown(value)}. Give one.")
        reasons[value.lower()] = reason
    return [(permission, reasons.get(permission.value.lower(), "")) for permission in permissions]


def _impact_json(application: Application, impact: Impact) -> dict[str, Any]:
    return {
        "application": str(application.client_id),
        "revision": impact.number,
        "dry_run": True,
        "tenants": impact.tenants,
        "moves": [{"from": m.before, "to": m.after, "tenants": m.tenants} for m in impact.moves],
        "added": [{**c.permission.json(), "granted_in": c.granted_in} for c in impact.added],
        "removed": [{**c.permission.json(), "granted_in": c.granted_in} for c in impact.removed],
        "must_approve": impact.must_approve,
    }


def _tenants(number: int) -> str:
    return "1 tenant" if number == 1 else f"{number:,} tenants"

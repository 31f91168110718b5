"""Tenants of an application: one, or a file of them."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone

from consent.management.files import read_file
from consent.management.portal_command import Exit, PortalCommand, add_client_id, add_tenant_name
from consent.models import Application
from consent.queries.export import installation_json
from consent.queries.lookup import application_with
from consent.rules.tenant_file import MAX_BYTES
from consent.services.onboarding import add_tenant, import_csv


class Command(PortalCommand):
    help = (
        "Add a customer's tenant to an application, or all tenants of a CSV file with the columns tenant,"
        " name and contact. All of a file is added, or nothing. Each is checked as soon as a worker runs."
    )
    example = (
        "  manage.py add_tenant --client-id 5e471e10-0000-4000-8000-0000000000c1 northwind.example \\\n"
        '      --name "Northwind Traders" --contact admin@northwind.example\n'
        "  manage.py add_tenant --client-id 5e471e10-0000-4000-8000-0000000000c1 --csv tenants.csv"
    )

    def add_options(self, parser: ArgumentParser) -> None:
        add_client_id(parser)
        add_tenant_name(parser, nargs="?", default="")
        parser.add_argument("--name", default="", help="What to call the tenant. Default: its domain or id.")
        parser.add_argument(
            "--contact", default="", metavar="EMAIL", help="Who receives approval links for the tenant."
        )
        parser.add_argument("--csv", metavar="FILE", help="Add the tenants of this file instead.")

    def perform(self, options: Mapping[str, Any]) -> Exit:
        if options["csv"] and (options["tenant"] or options["name"] or options["contact"]):
            raise ValidationError("Name one tenant, or a file with --csv; not both.")
        if not options["csv"] and not options["tenant"]:
            raise ValidationError("Name the tenant to add by its id or domain, or a file with --csv.")
        application = application_with(options["client_id"])
        if options["csv"]:
            self._import(application, options)
        else:
            self._add(application, options)
        return Exit.DONE

    def _add(self, application: Application, options: Mapping[str, Any]) -> None:
        installation = add_tenant(
            application=application,
            tenant=options["tenant"],
            name=options["name"],
            contact=options["contact"],
            person=None,
            now=timezone.now(),
        )
        if options["json"]:
            self.print_json(installation_json(installation))
        else:
            tenant = installation.tenant
            self.stdout.write(f"Added {tenant.name} ({tenant.pk}) to {application.name}.")

    def _import(self, application: Application, options: Mapping[str, Any]) -> None:
        data = read_file(options["csv"], largest=MAX_BYTES, advice="Split it into smaller ones.")
        imported = import_csv(application=application, data=data, person=None, now=timezone.now())
        if options["json"]:
            self.print_json(
                {
                    "application": str(application.client_id),
                    "added": imported.added,
                    "domains_resolved": imported.domains_resolved,
                }
            )
        else:
            tenants = "1 tenant" if imported.added == 1 else f"{imported.added:,} tenants"
            self.stdout.write(f"Added {tenants} to {application.name}.")

"""Watch an application."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from consent.management.portal_command import Exit, PortalCommand, add_client_id
from consent.models import Application
from consent.queries.export import application_json
from consent.services.registration import register_application
from entra.types import CLOUDS


class Command(PortalCommand):
    help = (
        "Watch a multi-tenant application. Its secret or certificate is named, never entered: the portal"
        " reads it from the environment or a file each time."
    )
    example = (
        "  manage.py register_application --client-id 5e471e10-0000-4000-8000-0000000000c1 \\\n"
        '      --name "Sentinel Connector" --home-tenant 0c0ffee0-0000-4000-8000-000000000001 \\\n'
        "      --credential env:CONNECTOR_SECRET"
    )

    def add_options(self, parser: ArgumentParser) -> None:
        add_client_id(parser)
        parser.add_argument("--name", required=True, help="What tenants' admins know the application as.")
        parser.add_argument(
            "--home-tenant",
            required=True,
            metavar="GUID",
            help="The tenant that holds the registration: its id, or one of its domains.",
        )
        parser.add_argument("--cloud", default="global", help=f"{', '.join(CLOUDS)}. Default: %(default)s.")
        parser.add_argument(
            "--credential",
            required=True,
            metavar="REFERENCE",
            help="Where the client secret or the certificate's PEM is: env:VARIABLE or file:PATH.",
        )
        parser.add_argument(
            "--consent-endpoint",
            choices=Application.ConsentEndpoint.values,
            default=Application.ConsentEndpoint.V1.value,
            help="Which consent page admins are sent to. Default: %(default)s.",
        )

    def perform(self, options: Mapping[str, Any]) -> Exit:
        application, note = register_application(
            name=options["name"],
            client_id=options["client_id"],
            home_tenant=options["home_tenant"],
            cloud=options["cloud"],
            credential=options["credential"],
            consent_endpoint=options["consent_endpoint"],
            person=None,
            now=timezone.now(),
        )
        if note:
            self.stderr.write(note)
        if options["json"]:
            self.print_json(application_json(application))
        else:
            self.stdout.write(f"Watching {application.name} ({application.client_id}).")
        return Exit.DONE

"""The link for a tenant's admin."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from consent.management.portal_command import Exit, PortalCommand, add_client_id, add_tenant_name
from consent.models import Installation, Invitation
from consent.queries.export import time_json
from consent.queries.lookup import application_with
from consent.services.invitations import invite, link
from consent.services.naming import installation_named


class Command(PortalCommand):
    help = (
        "Make an approval link for a tenant and print it. Whoever has the link sees what is asked of that"
        " tenant, so send it to its admin only."
    )
    example = "  manage.py invite --client-id 5e471e10-0000-4000-8000-0000000000c1 northwind.example"

    def add_options(self, parser: ArgumentParser) -> None:
        add_client_id(parser)
        add_tenant_name(parser)

    def perform(self, options: Mapping[str, Any]) -> Exit:
        application = application_with(options["client_id"])
        installation = installation_named(application=application, tenant=options["tenant"])
        invitation = invite(installation=installation, person=None, now=timezone.now())
        if options["json"]:
            self.print_json(_invitation_json(installation, invitation))
        else:
            self.stdout.write(link(invitation))
        return Exit.DONE


def _invitation_json(installation: Installation, invitation: Invitation) -> dict[str, Any]:
    return {
        "application": str(installation.application.client_id),
        "tenant": str(installation.tenant_id),
        "id": str(invitation.pk),
        "link": link(invitation),
        "created_at": time_json(invitation.created_at),
        "expires_at": time_json(invitation.expires_at),
    }

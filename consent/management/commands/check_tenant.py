"""One check of one tenant, now."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Iterator, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone

from consent.management.portal_command import Exit, PortalCommand, add_client_id, add_tenant_name, label
from consent.models import Installation
from consent.queries.export import installation_json
from consent.queries.lookup import application_with
from consent.rules.status import Status
from consent.services.checks import check_now
from consent.services.naming import installation_named

NO_CREDENTIAL = {"Credential", "CredentialError", "CredentialRejected"}
DEFINITE = {"AppDisabled"}  # a refusal that says how things are
SETS = (
    ("granted", "granted"),
    ("missing", "missing: required, and not granted"),
    ("surplus", "extra: granted, and no longer asked for"),
    ("unknown", "unknown: required, and nobody could look"),
)


class Command(PortalCommand):
    help = (
        "Ask Microsoft now what one tenant granted, in this process and without a worker, and print what is"
        " known of it. Ends with 0 when the tenant is in step, 2 when it is not, 3 when nobody can tell."
    )
    example = "  manage.py check_tenant --client-id 5e471e10-0000-4000-8000-0000000000c1 northwind.example"

    def add_options(self, parser: ArgumentParser) -> None:
        add_client_id(parser)
        add_tenant_name(parser)

    def perform(self, options: Mapping[str, Any]) -> Exit:
        application = application_with(options["client_id"])
        installation = installation_named(application=application, tenant=options["tenant"])
        installation = check_now(installation, now=timezone.now())
        if installation.last_error.get("kind") in NO_CREDENTIAL:
            raise ValidationError(installation.last_error["summary"])
        row = installation_json(installation)
        if options["json"]:
            self.print_json(row)
        else:
            self.stdout.write("\n".join(_words(installation, row)))
        return _exit(installation, Status(row["status"]))


def _exit(installation: Installation, status: Status) -> Exit:
    """Judge this check: the last proof may say "in step", but a read that failed now says nothing."""
    kind = installation.last_error.get("kind")
    if (kind and kind not in DEFINITE) or status in {Status.UNVERIFIED, Status.UNREACHABLE}:
        return Exit.CANNOT_TELL
    return Exit.DONE if status is Status.IN_STEP else Exit.DRIFT


def _words(installation: Installation, row: dict[str, Any]) -> Iterator[str]:
    tenant, application = installation.tenant, installation.application
    yield f"{tenant.name} ({tenant.pk}), {application.name}"
    revision = f"revision {row['revision']}" if row["revision"] else "no revision published yet"
    yield f"{label(Status(row['status']))} ({revision})"
    for key, meaning in SETS:
        if row[key]:
            yield f"  {meaning}"
            yield from (f"    {permission['value']} ({permission['kind']})" for permission in row[key])
    yield f"Proved: {_when(row['proved_at'])}   Checked: {_when(row['checked_at'])}"
    for item in row["evidence"]:
        yield (
            f"  {item['source']}, {_when(item['observed_at'])}: request-id {item['request_id'] or 'none'},"
            f" client-request-id {item['client_request_id'] or 'none'}"
        )
    if row["note"]:
        yield row["note"]


def _when(moment: str | None) -> str:
    return f"{moment[:10]} {moment[11:19]} UTC" if moment else "never"

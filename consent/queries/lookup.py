"""From what a person types on a command line to the row that is meant."""

from __future__ import annotations

from uuid import UUID

from django.core.exceptions import ValidationError

from consent.models import Application, Installation
from entra.types import is_guid

SHOWN = 60  # characters of foreign text in a sentence of ours


def application_with(client_id: str) -> Application:
    """Return the watched application. Raises ValidationError when there is none."""
    if not is_guid(client_id):
        raise ValidationError(
            f"{shown(client_id)} is not a client id. It is a GUID: Entra shows it on the registration's"
            " overview as Application (client) ID."
        )
    application = Application.objects.filter(client_id=UUID(client_id)).first()
    if application is None:
        raise ValidationError(
            f"No application with the client id {client_id.lower()} is watched."
            " Add it with register_application."
        )
    return application


def installation_known_as(application: Application, tenant: str) -> Installation | None:
    """Return the application's installation in a tenant, by the tenant's GUID or the domain on record.

    Raises ValidationError when several tenants go by that domain.
    """
    installations = application.installations.select_related("application", "tenant", "pattern")
    if is_guid(tenant):
        return installations.filter(tenant_id=UUID(tenant)).first()
    found = (
        list(installations.filter(tenant__domain=tenant.lower()).order_by("tenant_id")[:2]) if tenant else []
    )
    if len(found) > 1:
        raise ValidationError(
            f"Several tenants go by {shown(tenant)}: {found[0].tenant_id} and {found[1].tenant_id}."
            " Name the one you mean by its GUID."
        )
    return found[0] if found else None


def shown(text: str) -> str:
    """Return foreign text fit for one line of ours: printable and short."""
    clean = "".join(c if c.isprintable() else " " for c in text).strip()
    return (clean if len(clean) <= SHOWN else f"{clean[:SHOWN]}…") or "Nothing"

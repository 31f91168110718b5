"""Which tenant is meant, when somebody types a GUID or a domain."""

from __future__ import annotations

from uuid import UUID

from django.core.exceptions import ValidationError

from consent.models import Application, Installation
from consent.queries.lookup import installation_known_as, shown
from consent.services.gateway import entra_session
from entra.errors import EntraError
from entra.tenants import resolve_tenant
from entra.types import CLOUDS, is_guid


def installation_named(*, application: Application, tenant: str) -> Installation:
    """Return the application's installation in a tenant; Microsoft is asked only about an unknown domain.

    Raises ValidationError with one sentence.
    """
    name = tenant.strip()
    installation = installation_known_as(application, name)
    if installation is None and not is_guid(name):
        try:
            found = resolve_tenant(entra_session(), cloud=CLOUDS[application.cloud], name=name)
        except EntraError as error:
            raise ValidationError(
                f"{error.summary} Check the domain, or name the tenant by its GUID."
            ) from error
        installation = installation_known_as(application, str(UUID(found)))
    if installation is None:
        raise ValidationError(
            f"{shown(name)} is not among the tenants of {application.name}. Add it with add_tenant."
        )
    return installation

"""What `check --deploy` must catch before a portal goes on line."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register


@register(Tags.security, deploy=True)
def production_settings(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    found: list[CheckMessage] = []
    if settings.ENTRA_SANDBOX_URL:
        found.append(
            Error("Identity traffic goes to a sandbox.", hint="Unset ENTRA_SANDBOX_URL.", id="portal.E001")
        )
    if not settings.PORTAL_IS_HTTPS:
        found.append(
            Error("PORTAL_URL is not https.", hint="Microsoft redirects only to https.", id="portal.E002")
        )
    if not settings.ENTRA_HOME_TENANT or not settings.ENTRA_CLIENT_ID:
        found.append(
            Error("Nobody can sign in.", hint="Set ENTRA_CLIENT_ID and ENTRA_HOME_TENANT.", id="portal.E003")
        )
    if bool(settings.ENTRA_CLIENT_SECRET) == bool(settings.ENTRA_CLIENT_CERTIFICATE):
        found.append(
            Error(
                "The portal's own credential is not clear.",
                hint="Set either ENTRA_CLIENT_SECRET or ENTRA_CLIENT_CERTIFICATE.",
                id="portal.E004",
            )
        )
    return found

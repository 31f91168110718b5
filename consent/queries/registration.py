"""What stands in an application's registration here, and what has to stand in the one at Entra."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.urls import reverse

from consent.models import Application
from entra.types import CLOUDS


def return_address() -> str:
    """Return the redirect address that Microsoft has to know; it compares it letter by letter."""
    return f"{settings.PORTAL_URL}{reverse('public:consent_return')}"


def registration_page(application: Application) -> dict[str, Any]:
    cloud = CLOUDS[application.cloud]
    return {
        "application": application,
        "cloud": cloud,
        "return_address": return_address(),
        "entra_url": f"https://{cloud.portal_host}/#view/Microsoft_AAD_RegisteredApps/ApplicationMenuBlade"
        f"/~/Authentication/appId/{application.client_id}",
        "credential_kind": "an environment variable"
        if application.credential.startswith("env:")
        else "a file",
        "current": application.current_revision,
    }

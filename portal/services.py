"""Sign-in of people with Microsoft."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db.models import F

from consent.services.gateway import entra_session, load_credential
from entra import sign_in
from entra.types import CLOUDS, Client
from tenants.models import Person

# App roles of the portal's own registration, as the `roles` claim spells them.
PORTAL_ROLES = {"Owner": Person.Role.OWNER, "Support": Person.Role.SUPPORT, "Viewer": Person.Role.VIEWER}


def portal_client() -> Client:
    """Return the portal's own registration. Raises ImproperlyConfigured when it is not set up."""
    if not (settings.ENTRA_CLIENT_ID and settings.ENTRA_HOME_TENANT):
        raise ImproperlyConfigured("ENTRA_CLIENT_ID and ENTRA_HOME_TENANT are not set; nobody can sign in.")
    reference = (
        f"file:{settings.ENTRA_CLIENT_CERTIFICATE}"
        if settings.ENTRA_CLIENT_CERTIFICATE
        else "env:ENTRA_CLIENT_SECRET"
    )
    return Client(
        client_id=settings.ENTRA_CLIENT_ID, cloud=CLOUDS["global"], credential=load_credential(reference)
    )


def begin_sign_in(*, prompt: str | None = None) -> tuple[dict[str, Any], str]:
    """Return the flow to keep in the session until the person is back, and where to send the browser."""
    session = entra_session()
    flow, url = sign_in.begin(
        session,
        portal_client(),
        authority_tenant="organizations",
        redirect_uri=f"{settings.PORTAL_URL}/sign-in/return",
        prompt=prompt,
    )
    return flow, session.browser_url(url)


def complete_sign_in(*, flow: dict[str, Any], params: dict[str, str], now: datetime) -> Person:
    """Return the person that Microsoft vouches for, with the portal role they hold now.

    Portal roles count only in the publisher's home tenant: an app role that a customer's tenant assigned
    opens nothing. Raises SignInFailed.
    """
    identity = sign_in.complete(entra_session(), portal_client(), flow=flow, params=params, now=now)
    at_home = identity.tid.lower() == settings.ENTRA_HOME_TENANT
    held = [PORTAL_ROLES[role] for role in PORTAL_ROLES if at_home and role in identity.roles]
    person, _ = Person.objects.update_or_create(
        tenant_id=identity.tid,
        object_id=identity.oid,
        defaults={
            "name": identity.name[:200],
            "username": identity.username[:320],
            "role": held[0] if held else Person.Role.NONE,
            "last_login": now,
        },
    )
    return person


def end_sessions(person: Person) -> None:
    """End every session of this person, in every browser, on its next request."""
    Person.objects.filter(pk=person.pk).update(session_epoch=F("session_epoch") + 1)

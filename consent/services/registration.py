"""Watch an application: check what was entered, try its credential with Microsoft, write it down."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.text import slugify

from consent.models import Application
from consent.services import trail
from consent.services.gateway import entra_session, load_credential
from entra.errors import (
    CredentialError,
    CredentialRejected,
    EntraError,
    NotConsented,
    TenantNotFound,
    WrongCloud,
)
from entra.tenants import resolve_tenant
from entra.tokens import app_only
from entra.types import CLOUDS, Client, Cloud, Credential, is_guid
from tenants.models import Person

# First segments of the portal's own addresses, and words that may become one.
RESERVED = frozenset(
    (
        "about",
        "accessibility",
        "account",
        "admin",
        "api",
        "applications",
        "audit",
        "c",
        "csp",
        "favicon",
        "healthz",
        "help",
        "home",
        "login",
        "logout",
        "organization",
        "me",
        "metrics",
        "new",
        "readyz",
        "register",
        "robots",
        "scans",
        "search",
        "settings",
        "sign-in",
        "sign-out",
        "static",
        "status",
        "support",
        "tenants",
        "theme",
        "token",
        "user",
        "users",
        "well-known",
    )
)
NOT_FOUND_IN_TENANT = 700016  # AADSTS: no application with this client id in this directory


def register_application(
    *,
    name: str,
    client_id: str,
    home_tenant: str,
    cloud: str,
    credential: str,
    person: Person | None,
    now: datetime,
    consent_endpoint: str = Application.ConsentEndpoint.V1,
) -> tuple[Application, str]:
    """Register an application and return it with a note about its credential; an empty note is good news.

    Raises ValidationError, one sentence per field, and stores nothing then.
    """
    name = _checked_name(name)
    key = _checked_client_id(client_id)
    if cloud not in CLOUDS:
        raise ValidationError({"cloud": f"Unknown cloud {cloud[:20]}. Choose one of {', '.join(CLOUDS)}."})
    if consent_endpoint not in Application.ConsentEndpoint.values:
        raise ValidationError({"consent_endpoint": "Unknown consent endpoint. Choose v1 or v2."})
    loaded = _loaded(credential.strip())
    tenant = _home_tenant(home_tenant, CLOUDS[cloud])
    note = _try_credential(Client(client_id=str(key), cloud=CLOUDS[cloud], credential=loaded), tenant)
    application = Application(
        name=name,
        client_id=key,
        home_tenant=UUID(tenant),
        cloud=cloud,
        credential=credential.strip(),
        consent_endpoint=consent_endpoint,
        created_at=now,
    )
    return _stored(application, person=person, now=now), note


def _checked_name(name: str) -> str:
    name = " ".join(name.split())
    if not name:
        raise ValidationError({"name": "Give the application a name; every tenant's admin reads it."})
    if len(name) > 120 or not name.isprintable():
        raise ValidationError({"name": "A name has at most 120 printable characters. Shorten it."})
    return name


def _checked_client_id(client_id: str) -> UUID:
    client_id = client_id.strip()
    if not is_guid(client_id):
        raise ValidationError(
            {
                "client_id": "This is not a GUID. Copy the Application (client) ID from Entra, "
                "App registrations, Overview."
            }
        )
    known = Application.objects.filter(client_id=client_id).first()
    if known:
        raise ValidationError({"client_id": f"{known.name} is already registered with this client id."})
    return UUID(client_id)


def _loaded(reference: str) -> Credential:
    try:
        if not 0 < len(reference) <= 300:
            raise ValidationError("Name the credential in 1 to 300 characters, as env:VARIABLE or file:PATH.")
        return load_credential(reference)
    except ValidationError as error:
        raise ValidationError({"credential": error.messages[0]}) from error


def _home_tenant(text: str, cloud: Cloud) -> str:
    """Return the tenant id of a GUID or domain."""
    try:
        return resolve_tenant(entra_session(), cloud=cloud, name=text)
    except (TenantNotFound, WrongCloud) as error:
        raise ValidationError({"home_tenant": f"{error.summary} Check the home tenant."}) from error
    except EntraError as error:
        raise ValidationError(
            {"home_tenant": f"{error.summary} Enter the tenant's GUID, or try again later."}
        ) from error


def _try_credential(client: Client, tenant: str) -> str:
    """Ask for one token in the home tenant. Return why it could not be told, or nothing when it works."""
    try:
        app_only(entra_session(), client, tenant)
    except CredentialError as error:
        raise ValidationError({"credential": f"{error} Mend it, then register again."}) from error
    except CredentialRejected as error:
        raise ValidationError(
            {"credential": f"{error.summary} Put a valid one there, then register again."}
        ) from error
    except TenantNotFound as error:
        raise ValidationError({"home_tenant": f"{error.summary} Check the home tenant."}) from error
    except WrongCloud as error:
        raise ValidationError({"cloud": f"{error.summary} Check the cloud."}) from error
    except NotConsented as error:
        if error.code != NOT_FOUND_IN_TENANT:
            return _untested("the application has no service principal in its home tenant")
        raise ValidationError(
            {
                "client_id": "The home tenant has no application with this client id (AADSTS700016)."
                " Check the client id, the home tenant and the cloud."
            }
        ) from error
    except EntraError as error:
        return _untested(error.summary.rstrip("."))
    return ""


def _untested(why: str) -> str:
    return f"Registered, but the credential could not be tested: {why}. The next check tries it again."


def _stored(application: Application, *, person: Person | None, now: datetime) -> Application:
    """Write it under the first free address."""
    for slug in _slugs(application.name):
        if Application.objects.filter(slug=slug).exists():
            continue
        application.slug = slug
        try:
            with transaction.atomic():
                application.save(force_insert=True)
                trail.registered(application, by=person, now=now)
        except IntegrityError:
            # Somebody registered at the same moment: the client id is taken now, or only the address.
            _checked_client_id(str(application.client_id))
            continue
        return application
    raise ValidationError({"name": "Too many applications have this name. Choose another."})


def _slugs(name: str) -> Iterator[str]:
    base = slugify(name)[:50].strip("-") or "application"
    if base in RESERVED:
        base = f"{base}-app"
    yield base
    yield from (f"{base}-{number}" for number in range(2, 1000))

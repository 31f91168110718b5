"""Sign-in of people with Microsoft: staff of the publisher, and people of customers' tenants."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.db import transaction
from django.db.models import F

from consent.services.directory_roles import eligible_roles
from consent.services.gateway import entra_session, load_credential
from entra import sign_in
from entra.errors import SignInFailed
from entra.sign_in import Identity
from entra.tenants import resolve_tenant
from entra.types import CLOUDS, Client
from tenants.models import Person
from tenants.rules.directory_roles import is_admin, roles_among
from tenants.rules.freshness import is_fresh
from tenants.services.audit import Action, person_target, record, record_sign_in, record_step_up

# App roles of the portal's own registration, as the `roles` claim spells them.
PORTAL_ROLES = {"Owner": Person.Role.OWNER, "Support": Person.Role.SUPPORT, "Viewer": Person.Role.VIEWER}
# Lets the portal read the person's own directory roles where the id token does not carry them.
READS_OWN_ROLES = "User.Read"


@dataclass(frozen=True)
class SignedIn:
    """A person whom Microsoft vouches for, and when they proved themselves to it (None: it did not say)."""

    person: Person
    proved_at: int | None


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


def begin_sign_in(
    *,
    prompt: str | None = None,
    organization: str = "",
    reading_roles: bool = False,
    login_hint: str | None = None,
) -> tuple[dict[str, Any], str]:
    """Return the flow to keep in the session until the person is back, and where to send the browser.

    `organization` is for guests: a tenant's id or domain, to sign in there instead of at home.
    """
    session, client = entra_session(), portal_client()
    authority = resolve_tenant(session, cloud=client.cloud, name=organization) if organization else ""
    flow, url = sign_in.begin(
        session,
        client,
        authority_tenant=authority or "organizations",
        redirect_uri=_return_address(),
        scopes=[READS_OWN_ROLES] if reading_roles else [],
        prompt=prompt,
        login_hint=login_hint,
    )
    return flow, session.browser_url(url)


def begin_step_up(person: Person) -> tuple[dict[str, Any], str]:
    """Like a sign-in, but this person has to prove themselves to Microsoft again."""
    session = entra_session()
    flow, url = sign_in.begin(
        session,
        portal_client(),
        authority_tenant=str(person.tenant_id),
        redirect_uri=_return_address(),
        login_hint=person.username or None,
        anew=True,
    )
    return flow, session.browser_url(url)


def _return_address() -> str:
    return f"{settings.PORTAL_URL}/sign-in/return"


def complete_sign_in(*, flow: dict[str, Any], params: dict[str, str], now: datetime) -> SignedIn | None:
    """Return the person that Microsoft vouches for, with the roles they hold now. Raises SignInFailed.

    None means that the id token was silent about directory roles: the person has to be sent once more,
    with `reading_roles`. Then nothing is written yet.
    """
    identity = sign_in.complete(entra_session(), portal_client(), flow=flow, params=params, now=now)
    asked = READS_OWN_ROLES in (flow.get("scope") or ())
    if not (_at_home(identity) or identity.wids_known or asked):
        return None
    return SignedIn(person=_remember(identity, now=now), proved_at=_proved_at(identity))


def complete_step_up(*, person: Person, flow: dict[str, Any], params: dict[str, str], now: datetime) -> int:
    """Return when this very person proved themselves, minutes ago at most. Raises SignInFailed."""
    identity = sign_in.complete(entra_session(), portal_client(), flow=flow, params=params, now=now)
    if (UUID(identity.tid), UUID(identity.oid)) != (person.tenant_id, person.object_id):
        raise SignInFailed("This was another account than the one you work with here; choose that one")
    proved_at = _proved_at(identity)
    if proved_at is None:
        raise SignInFailed(
            "Microsoft did not say when you proved who you are; whoever runs this portal has to add the "
            "optional claim auth_time to the ID tokens of its registration"
        )
    if not is_fresh(proved_at, now=now):
        raise SignInFailed("Microsoft did not ask you to prove who you are; start again")
    with transaction.atomic():
        held = Person.objects.select_for_update().get(pk=person.pk)
        before = copy(held)
        if _at_home(identity):
            _write(held, identity, eligible=None, now=now)
        record_step_up(held, before=before, now=now)
    return proved_at


def _proved_at(identity: Identity) -> int | None:
    return int(identity.auth_time.timestamp()) if identity.auth_time else None


def _at_home(identity: Identity) -> bool:
    return bool(identity.tid == settings.ENTRA_HOME_TENANT)


def _remember(identity: Identity, *, now: datetime) -> Person:
    """Write who this is, by (tid, oid), and what they hold now."""
    key: dict[str, Any] = {"tenant_id": UUID(identity.tid), "object_id": UUID(identity.oid)}
    eligible = None
    if not _at_home(identity) and not is_admin(identity.wids):
        eligible = eligible_roles(**key, now=now)
    with transaction.atomic():
        person, made = Person.objects.select_for_update().get_or_create(**key)
        before = None if made else copy(person)
        _write(person, identity, eligible=eligible, now=now)
        record_sign_in(person, before=before, now=now)
    return person


def _write(person: Person, identity: Identity, *, eligible: list[str] | None, now: datetime) -> None:
    """Write what a person holds now. The sessions of somebody who lost a role end.

    Portal roles count only in the publisher's home tenant: an app role that a customer's tenant assigned
    opens nothing.
    """
    held = [PORTAL_ROLES[role] for role in PORTAL_ROLES if _at_home(identity) and role in identity.roles]
    before = (person.role, person.is_tenant_admin)
    person.name = identity.name[:200]
    person.username = identity.username[:320]
    person.role = held[0] if held else Person.Role.NONE
    person.directory_roles = roles_among(identity.wids)
    person.eligible_roles = eligible
    person.roles_read_at = now if identity.wids_known else None
    person.is_guest = identity.guest
    person.signed_in_at = now
    if (before[0] and before[0] != person.role) or (before[1] and not person.is_tenant_admin):
        person.session_epoch += 1
    person.save()


def end_sessions(person: Person, *, now: datetime) -> None:
    """End every session of this person, in every browser, on its next request."""
    with transaction.atomic():
        Person.objects.filter(pk=person.pk).update(session_epoch=F("session_epoch") + 1)
        record(
            Action.SIGNED_OUT,
            actor=person,
            target=person_target(person),
            tenant_id=person.tenant_id,
            now=now,
        )


def lock_out(*, tenant_id: UUID, object_id: UUID, undo: bool, now: datetime) -> Person:
    """Turn somebody's access off, or on again. Raises ValidationError for who never signed in."""
    with transaction.atomic():
        found = Person.objects.select_for_update().filter(tenant_id=tenant_id, object_id=object_id)
        person = found.first()
        if person is None:
            raise ValidationError(
                "Nobody with these ids ever signed in here. Check the tenant and object id."
            )
        before, person.is_active = person.is_active, undo
        person.session_epoch += 1
        person.save()
        record(
            Action.SETTINGS_CHANGED,
            actor=None,
            target=person_target(person),
            tenant_id=tenant_id,
            before={"locked out": not before},
            after={"locked out": not undo},
            now=now,
        )
    return person

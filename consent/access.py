"""The only ways from an address to an object. What is not there and what is not yours answer alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import Http404

from consent.models import Application, Installation, Invitation, SignInEvidence
from consent.services.invitations import by_token
from tenants.access import tenant_of
from tenants.models import Person

if TYPE_CHECKING:
    from uuid import UUID


def application_for(person: Person, slug: str) -> Application:
    """Return the application at this slug for a member of staff, or 404."""
    if not person.role:
        raise Http404
    application = Application.objects.filter(slug=slug).first()
    if application is None:
        raise Http404
    return application


def installation_for(person: Person, slug: str, tenant_id: UUID) -> Installation:
    """Return the application's installation in this tenant for a member of staff, or 404."""
    application = application_for(person, slug)
    installation = (
        application.installations.select_related("application", "tenant", "pattern")
        .filter(tenant_id=tenant_id)
        .first()
    )
    if installation is None:
        raise Http404
    return installation


def own_installation(person: Person, slug: str) -> Installation:
    """Return the application's installation in the person's own tenant for an admin of it, or 404.

    There is no argument for a tenant: nobody can ask for another one's.
    """
    tenant = tenant_of(person)
    installation = (
        Installation.objects.select_related("application", "tenant", "pattern")
        .filter(tenant=tenant, application__slug=slug)
        .first()
    )
    if installation is None:
        raise Http404
    return installation


def invitation_for(token: str) -> Invitation:
    """Return what an approval link opens, whatever its state, or 404. The link is the whole key."""
    invitation = by_token(token)
    if invitation is None:
        raise Http404
    return invitation


def tried_in(installation: Installation, try_id: UUID) -> SignInEvidence:
    """Return what a person's try showed, for the application and organization where it was made, or 404."""
    evidence = SignInEvidence.objects.filter(installation=installation, pk=try_id).first()
    if evidence is None:
        raise Http404
    evidence.installation = installation
    return evidence

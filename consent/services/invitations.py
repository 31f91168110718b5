"""Invitations: the link that an admin receives, made, withdrawn, and found again by its token.

A token is the invitation's id with a signature, so the database holds nothing that opens a link.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from urllib.parse import quote, urlencode
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse

from consent.models import Installation, Invitation
from consent.services import trail
from tenants.models import Person
from tenants.services.audit import Action

LIFETIME = timedelta(days=14)


def invite(*, installation: Installation, person: Person | None, now: datetime) -> Invitation:
    """Make an approval link for a tenant. Earlier links of the tenant stay as they are."""
    application = installation.application
    if application.current_revision is None:
        raise ValidationError(
            f"{application.name} has no revision yet, so there is nothing to approve."
            " Publish revision 1 first."
        )
    with transaction.atomic():
        invitation = Invitation.objects.create(
            installation=installation, created_by=person, created_at=now, expires_at=now + LIFETIME
        )
        trail.invitation(
            Action.INVITATION_MADE, invitation, by=person, after={"expires": invitation.expires_at}, now=now
        )
    return invitation


def withdraw(*, invitation: Invitation, person: Person | None, now: datetime) -> Invitation:
    """Make the link useless. Withdrawing twice keeps the first time; a used link has nothing to withdraw."""
    unused = Invitation.objects.filter(pk=invitation.pk, withdrawn_at=None, used_at=None)
    with transaction.atomic():
        if unused.update(withdrawn_at=now):
            trail.invitation(Action.INVITATION_WITHDRAWN, invitation, by=person, now=now)
    invitation.refresh_from_db(fields=["withdrawn_at", "used_at"])
    if invitation.used_at:
        raise ValidationError(
            "This link was used and its approval is proved. To take the approval back, the tenant's admin"
            " removes the application at Entra."
        )
    return invitation


def link(invitation: Invitation) -> str:
    """Return the full address to send to the tenant's admin."""
    return str(settings.PORTAL_URL) + reverse("public:invitation", args=[token_of(invitation)])


def mailto(invitation: Invitation) -> str:
    """Return an address that opens a finished letter to the tenant's contact; empty without a contact."""
    tenant, application = invitation.installation.tenant, invitation.installation.application
    if not tenant.contact:
        return ""
    subject = f"{tenant.name}: permissions to approve for {application.name}"
    body = (
        f"{application.name} asks {tenant.name} to approve permissions at Microsoft.\n\n"
        f"What is asked, why, and who can approve it: {link(invitation)}\n\n"
        f"The link works until {invitation.expires_at:%Y-%m-%d}. What you use today keeps working until then"
        " and afterwards. If you are not the right person, please forward this to an administrator."
    )
    query = urlencode({"subject": subject, "body": body}, quote_via=quote)
    return f"mailto:{quote(tenant.contact, safe='@')}?{query}"


def token_of(invitation: Invitation) -> str:
    """Return the token: URL-safe, the same each time, and worthless without the portal's secret key."""
    return _signer().sign(invitation.pk.hex)


def by_token(token: str) -> Invitation | None:
    """Return the invitation that a token opens, whatever its state, or None for anything else."""
    try:
        key = UUID(_signer().unsign(token))
    except (signing.BadSignature, ValueError):
        return None
    return (
        Invitation.objects.select_related(
            "installation__application", "installation__tenant", "installation__pattern"
        )
        .filter(pk=key)
        .first()
    )


def _signer() -> signing.Signer:
    return signing.Signer(salt="consent.invitation", sep=".")

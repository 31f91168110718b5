"""An administrator opens their own organization's approval page, without waiting for a link."""

from __future__ import annotations

from datetime import datetime, timedelta

from consent.models import Installation, Invitation
from consent.services.invitations import invite, link
from tenants.models import Person

LONG_ENOUGH = timedelta(days=1)


def approval_address(*, installation: Installation, person: Person, now: datetime) -> str:
    """Return the address of an open approval link of this organization, making one where there is none.

    Raises ValidationError when the application asks for nothing yet.
    """
    usable = Invitation.objects.filter(
        installation=installation,
        withdrawn_at=None,
        used_at=None,
        declined_at=None,
        expires_at__gt=now + LONG_ENOUGH,
    )
    invitation = usable.order_by("-created_at").first()
    return link(invitation or invite(installation=installation, person=person, now=now))

"""Why somebody's directory role does not count yet: it may be theirs to activate."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.core.exceptions import ValidationError

from consent.models import Installation
from consent.services.gateway import client_of, entra_session
from entra.directory_roles import READS_ELIGIBLE, read_eligible
from entra.errors import EntraError

MOST_ASKED = 2  # somebody waits in a browser meanwhile


def eligible_roles(*, tenant_id: UUID, object_id: UUID, now: datetime) -> list[str] | None:
    """Return template ids of the roles that this person could activate; None when nobody can tell.

    It takes an application that this tenant let read that; most have none. A failure is not knowing.
    """
    for installation in _that_may_read(tenant_id)[:MOST_ASKED]:
        try:
            found = read_eligible(
                entra_session(),
                client_of(installation.application),
                tenant_id=str(tenant_id),
                person_id=str(object_id),
                now=now,
            )
        except (EntraError, ValidationError):
            continue
        if found is not None:
            return sorted(found)
    return None


def _that_may_read(tenant_id: UUID) -> list[Installation]:
    installations = Installation.objects.filter(tenant_id=tenant_id).select_related("application", "pattern")
    return [
        one
        for one in installations.order_by("pk")
        if any(p.kind == "application" and p.value in READS_ELIGIBLE for p in one.pattern.grants.granted)
    ]

"""The only ways from an address to a denied call. What is not there and what is not yours answer alike."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.http import Http404

from consent.access import own_installation
from consent.models import Installation
from support.models import FailedRequest, IngestKey
from support.queries.failures import with_reports
from tenants.models import Person


def failure_for(person: Person, slug: str, failure_id: UUID, *, now: datetime) -> list[FailedRequest]:
    """Return an application's failure for a member of staff, then what else was reported of it; or 404."""
    if not person.role:
        raise Http404
    mine = FailedRequest.objects.filter(pk=failure_id, application__slug=slug)
    reports = with_reports(mine, now=now)
    if not reports:
        raise Http404
    return reports


def ingest_key_for(person: Person, slug: str, key_id: UUID) -> IngestKey:
    """Return an application's ingest key for an owner, or 404."""
    if person.role != Person.Role.OWNER:
        raise Http404
    key = IngestKey.objects.select_related("application").filter(pk=key_id, application__slug=slug).first()
    if key is None:
        raise Http404
    return key


def own_failure(person: Person, slug: str, failure_id: UUID) -> tuple[Installation, FailedRequest]:
    """Return a failure of the person's own organization for an admin of it, or 404.

    There is no argument for a tenant: nobody can ask for another one's.
    """
    installation = own_installation(person, slug)
    failure = (
        FailedRequest.objects.select_related("application")
        .filter(
            pk=failure_id,
            application_id=installation.application_id,
            tenant_id=installation.tenant_id,
        )
        .first()
    )
    if failure is None:
        raise Http404
    return installation, failure

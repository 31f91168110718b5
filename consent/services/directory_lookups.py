"""Look something up in an organization's directory for one of its administrators, in the worker.

The row is the queue, as with checks: `asked_at` says that somebody waits, a lease says who is at it.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q

from consent.models import DirectoryLookup, Installation
from consent.rules.security_api import SECURITY_ADMINISTRATOR, SECURITY_READER
from consent.services import doorbell, trail
from consent.services.gateway import client_of, entra_session
from entra.directory_report import DirectoryReport, Explorer, read_report
from entra.errors import EntraError
from tenants.models import Person

PAUSE = timedelta(seconds=10)  # between two questions of one person
LEASE = timedelta(minutes=2)
BATCH = 20


def ask(*, installation: Installation, person: Person, now: datetime) -> DirectoryLookup:
    """Note that this person waits for an answer. Asking again while one is under way changes nothing."""
    rested = Q(read_at=None) | Q(read_at__lte=now - PAUSE)
    with transaction.atomic():
        lookup, is_new = DirectoryLookup.objects.get_or_create(
            installation=installation, person=person, defaults={"asked_at": now}
        )
        asked = DirectoryLookup.objects.filter(rested, pk=lookup.pk, asked_at=None).update(asked_at=now)
        if is_new or asked:
            doorbell.ring("consent.tasks.look_up_directories")
            trail.directory_asked(installation, by=person, now=now)
    return lookup


def answer_due(*, now: datetime, limit: int = BATCH) -> int:
    """Answer who waits; return how many that were."""
    free = Q(lease_until=None) | Q(lease_until__lte=now)
    waiting = (
        DirectoryLookup.objects.filter(free, asked_at__lte=now)
        .select_related("installation__application", "person")
        .order_by("asked_at")[:limit]
    )
    return sum(_answer(lookup, free, now=now) for lookup in waiting)


def _answer(lookup: DirectoryLookup, free: Q, *, now: datetime) -> bool:
    mine = {"pk": lookup.pk, "asked_at": lookup.asked_at}
    if not DirectoryLookup.objects.filter(free, **mine).update(lease_until=now + LEASE):
        return False
    changes: dict[str, Any] = {"asked_at": None, "lease_until": None, "trouble": ""}
    try:
        report = _read(lookup, now=now)
    except EntraError as error:
        changes["trouble"] = error.summary[:300]
    except ValidationError:
        # What is wrong with the publisher's credential is the publisher's business.
        changes["trouble"] = "The application can’t sign in to Microsoft at the moment."
    else:
        changes |= {"answer": answer_json(report), "read_at": report.read_at}
    return bool(DirectoryLookup.objects.filter(**mine, lease_until=now + LEASE).update(**changes))


def _read(lookup: DirectoryLookup, *, now: datetime) -> DirectoryReport:
    return read_report(
        entra_session(),
        client_of(lookup.installation.application),
        tenant_id=str(lookup.installation.tenant_id),
        person_id=str(lookup.person.object_id),
        roles=(SECURITY_READER, SECURITY_ADMINISTRATOR),
        now=now,
    )


def answer_json(report: DirectoryReport) -> dict[str, Any]:
    holders = report.holders
    return {
        "holders": None if holders is None else {role: asdict(found) for role, found in holders.items()},
        "explorer": _explorer_json(report.explorer),
        "request_ids": list(report.request_ids),
    }


def _explorer_json(explorer: Explorer | None) -> dict[str, Any] | None:
    if explorer is None:
        return None
    return {
        "present": explorer.present,
        "enabled": explorer.enabled,
        "everyone": None if explorer.everyone is None else sorted(explorer.everyone),
        "somebody": None if explorer.somebody is None else sorted(explorer.somebody),
    }

"""Checks: claim what is due, ask Microsoft, write down what it said.

The database is the queue. `next_check_at` says when, a lease says who; a lease that ran out is anyone's.
Nothing is held in the database while Microsoft is asked.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import Q

from consent.models import Application, Installation
from consent.services import trail
from consent.services.gateway import client_of, entra_session, on_behalf
from consent.services.recording import record
from consent.signals import settled
from entra.errors import EntraError
from entra.grants import read_grants
from entra.types import Client, Observation

BATCH = 100  # installations that one claim takes
THREADS = 32  # requests under way at once; more gains nothing at Microsoft's usual latency
LEASE = timedelta(minutes=2)  # far above a batch's time, and the longest a killed worker delays a check


@dataclass(frozen=True)
class Read:
    """What came of asking Microsoft about one installation."""

    installation: Installation
    result: Observation | EntraError | ValidationError


def run_due(*, now: datetime, limit: int = BATCH) -> int:
    """Check what is due, one batch; return how many installations were taken.

    Those that somebody waits for make a batch of their own, before any other.
    """
    due = Q(next_check_at__lte=now)
    taken = claim(Q(asked_at__isnull=False) & due, now=now, limit=limit) or claim(due, now=now, limit=limit)
    if taken:
        record(fetch(taken, now=now), now=now)
        settled.send_robust(sender=run_due)
    return len(taken)


def check_now(installation: Installation, *, now: datetime) -> Installation:
    """Check one installation in this process, whenever it is due; return it as it is afterwards.

    Raises ValidationError when it is being checked by somebody else this moment.
    """
    taken = claim(Q(pk=installation.pk), now=now, limit=1)
    if not taken:
        raise ValidationError("This tenant is being checked right now. Try again in a moment.")
    with transaction.atomic():
        trail.check_asked(taken[0], by=None, now=now)
    record(fetch(taken, now=now), now=now)
    settled.send_robust(sender=check_now)
    return Installation.objects.select_related("application", "tenant", "pattern").get(pk=installation.pk)


def claim(which: Q, *, now: datetime, limit: int) -> list[Installation]:
    """Take a lease on installations that nobody holds; return them in one query."""
    token = secrets.token_hex(16)
    free = Q(lease_until__isnull=True) | Q(lease_until__lte=now)
    due = Installation.objects.filter(which, free).order_by("next_check_at")
    with transaction.atomic(durable=True):
        if connection.features.has_select_for_update_skip_locked:
            due = due.select_for_update(skip_locked=True)
        keys = list(due.values_list("pk", flat=True)[:limit])
        Installation.objects.filter(free, pk__in=keys).update(lease_token=token, lease_until=now + LEASE)
    return list(
        Installation.objects.filter(lease_token=token).select_related("application", "tenant", "pattern")
    )


def fetch(taken: Sequence[Installation], *, now: datetime) -> list[Read]:
    """Ask Microsoft about each installation, concurrently. Touches no database."""
    session = entra_session()
    resources = _required_resources({installation.application for installation in taken})
    clients: dict[int, Client | ValidationError] = {}
    for installation in taken:
        if installation.application_id not in clients:
            try:
                clients[installation.application_id] = client_of(installation.application)
            except ValidationError as error:
                clients[installation.application_id] = error

    def read(installation: Installation) -> Read:
        client = clients[installation.application_id]
        if isinstance(client, ValidationError):
            return Read(installation, client)
        try:
            with on_behalf(installation):
                seen = read_grants(
                    session,
                    client,
                    tenant_id=str(installation.tenant_id),
                    resources=resources[installation.application_id],
                    now=now,
                )
        except EntraError as error:
            return Read(installation, error)
        return Read(installation, seen)

    if len(taken) == 1:
        return [read(taken[0])]
    with ThreadPoolExecutor(max_workers=min(THREADS, len(taken))) as pool:
        return list(pool.map(read, taken))


def _required_resources(applications: Iterable[Application]) -> dict[int, frozenset[str]]:
    """Return the resource app ids that each application's current revision names."""
    found = {}
    for application in applications:
        revision = application.current_revision
        required = revision.required if revision else frozenset()
        found[application.pk] = frozenset(p.resource for p in required)
    return found

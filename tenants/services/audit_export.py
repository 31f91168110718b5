"""The audit log as a file. Taking it is recorded as well, and is the last event in it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.db import transaction

from tenants.models import AuditEvent, Person
from tenants.queries.audit import events_of
from tenants.queries.audit_filter import Params, parse_filter
from tenants.services.audit import Action, Target, record


def export_events(*, params: Params, format_: str, person: Person, now: datetime) -> Iterator[AuditEvent]:
    """Return the events that a filter leaves, oldest first, read while they are sent."""
    where = parse_filter(params)
    with transaction.atomic():
        event = record(
            Action.EXPORTED,
            actor=person,
            target=Target("audit-log", "", "Audit log"),
            after={"what": "audit log", "format": format_, "filter": where.query().removeprefix("?")},
            now=now,
        )
    return events_of(where, last=event.sequence)

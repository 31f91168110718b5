"""What leaves the portal in one piece: recorded first, then read while it is sent."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from datetime import datetime

from django.db import transaction

from consent.models import Application
from consent.queries.state import state_lines
from consent.queries.tenant_filter import Params, TenantFilter
from consent.queries.tenant_list import Row, export_rows
from consent.services import trail
from tenants.models import Person
from tenants.services.audit import Action, Target, record


def tenant_rows(
    *, application: Application, params: Params, person: Person | None, now: datetime
) -> tuple[TenantFilter, Iterator[Row]]:
    """Return the filter and every tenant that it leaves, for a spreadsheet."""
    where, rows = export_rows(application, params, now=now)
    with transaction.atomic():
        record(
            Action.EXPORTED,
            actor=person,
            target=trail.application_target(application),
            after={"what": "tenants", "format": "CSV", "filter": where.query().removeprefix("?")},
            now=now,
        )
    return where, rows


def whole_state(*, person: Person | None, now: datetime) -> Generator[str, None, None]:
    """Return everything as canonical JSON, line by line."""
    with transaction.atomic():
        record(
            Action.EXPORTED,
            actor=person,
            target=Target("portal", "", "Everything"),
            after={"what": "everything", "format": "JSON"},
            now=now,
        )
    return state_lines()

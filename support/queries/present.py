"""What an application's tenants have granted now, for a batch of failures: one query, no history."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from django.db import connection

from consent.models import Application, Installation
from consent.models.grants import permissions_of
from consent.rules.drift import Permissions
from consent.rules.status import Condition, Standing, status_of
from entra.types import Permission
from support.rules.facts import TenantFacts

_BEHIND: Final = datetime.min.replace(tzinfo=UTC)
_AHEAD: Final = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True)
class _State:
    """What holds of many tenants alike. The facts of a moment are made once, and shared by all of them."""

    now: TenantFacts
    _then: dict[tuple[bool, bool, bool], TenantFacts] = field(default_factory=dict)

    def at(self, *, granted: bool, required: bool, proved: bool) -> TenantFacts:
        """Return the facts of a moment when it was granted, required and proved already, or not yet."""
        key = (granted, required, proved)
        if key not in self._then:
            now, then = self.now, dict[str, Any]()
            if now.granted_now is not None:
                then["proved_at"] = _BEHIND if proved else _AHEAD
            if granted:
                then |= {"granted_then": now.granted_now, "knows_then": now.knows_now}
            if required:
                then |= {"revision_then": now.revision_now, "required_then": now.required_now}
            self._then[key] = replace(now, **then)
        return self._then[key]


@dataclass(frozen=True)
class Present:
    """One tenant as it is now. What held before is told when somebody asks, not for every row."""

    state: _State
    granted_since: datetime
    proved_at: datetime | None
    required_since: datetime | None

    def at(self, moment: datetime) -> TenantFacts:
        """Return the facts of a call's moment, as far as what holds now held then.

        Tenants alike have the same object: so its `proved_at` tells only whether that lies behind.
        """
        return self.state.at(
            granted=self.proved_at is not None and moment >= self.granted_since,
            required=self.required_since is not None and moment >= self.required_since,
            proved=self.proved_at is not None and moment >= self.proved_at,
        )


def present_of(application: Application, tenant_ids: Iterable[str]) -> dict[str, Present]:
    """Return the tenants among these that have an installation, by id. One query, whatever their number."""
    wanted = set(tenant_ids)
    required: Permissions = frozenset()
    states: dict[tuple[Any, ...], _State] = {}
    found = {}
    for row in _rows(application, wanted) if wanted else ():
        if row.required is not None:
            required = frozenset(Permission(*parts) for parts in _parsed(row.required))
        alike = (row.condition, row.pattern_id, row.proved_at is None)
        if alike not in states:
            states[alike] = _State(_facts(row, required, application))
        found[str(row.tenant_id)] = Present(
            states[alike], row.condition_since, row.proved_at, _moment(row.published_at)
        )
    return found


def _facts(row: Any, required: Permissions, application: Application) -> TenantFacts:
    proved = row.proved_at is not None
    return TenantFacts(
        status=status_of(
            condition=Condition(row.condition), standing=Standing(row.standing or Standing.UNKNOWN)
        ),
        condition=row.condition,
        granted_now=permissions_of(_parsed(row.granted)) if proved else None,
        knows_now=frozenset(_parsed(row.knows)) if proved else frozenset(),
        revision_now=row.number,
        required_now=required,
        credential_error=application.credential_error,
    )


def _rows(application: Application, tenant_ids: set[str]) -> Iterable[Any]:
    is_postgresql = connection.vendor == "postgresql"
    ids = list(tenant_ids) if is_postgresql else [UUID(t).hex for t in tenant_ids]
    marks = ", ".join(["%s"] * len(ids))
    array, of = ("json_agg", "json_build_array") if is_postgresql else ("json_group_array", "json_array")
    statement = _ROWS.format(array=array, of=of, marks=marks)
    return Installation.objects.raw(statement, [application.pk, application.pk, *ids])


def _parsed(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value


def _moment(value: datetime | None) -> datetime | None:
    """Return what SQLite keeps without its zone as the time in UTC that it is."""
    return value if value is None or value.tzinfo else value.replace(tzinfo=UTC)


# Written out, and without joins: each single report asks it, and most of its time would go into planning.
# What the current revision requires stands in the first row only.
_ROWS: Final = """
    SELECT i.id, i.tenant_id, i.condition, i.condition_since, i.proved_at, i.pattern_id,
        r.number, r.published_at,
        (SELECT standing FROM consent_comparison WHERE pattern_id = i.pattern_id AND revision_id = r.id)
            AS standing,
        (SELECT granted FROM consent_grantpattern WHERE id = i.pattern_id) AS granted,
        (SELECT knows FROM consent_grantpattern WHERE id = i.pattern_id) AS knows,
        CASE WHEN row_number() OVER () = 1 THEN (
            SELECT {array}({of}(resource, kind, permission_id, value))
            FROM consent_requiredpermission WHERE revision_id = r.id
        ) END AS required
    FROM consent_installation i LEFT JOIN (
        SELECT id, number, published_at FROM consent_revision
        WHERE application_id = %s ORDER BY number DESC LIMIT 1
    ) r ON true
    WHERE i.application_id = %s AND i.tenant_id IN ({marks})
"""

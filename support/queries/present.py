"""What an application's tenants have granted now, for a batch of failures: one query, no history."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final, NamedTuple
from uuid import UUID

from django.db import connection

from consent.models import Application
from consent.models.grants import permissions_of
from consent.rules.status import Condition, Standing, status_of
from entra.types import Permission
from support.rules.facts import TenantFacts

_BEHIND: Final = datetime.min.replace(tzinfo=UTC)
_AHEAD: Final = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Then:
    """What was known of a tenant at a moment, and what was judged by it so far.

    A hundred thousand tenants are in a few dozen states: those alike share one of these.
    """

    facts: TenantFacts | None = None
    judged: dict[tuple[Any, ...], str] = field(default_factory=dict)


class _State(NamedTuple):
    """All of a tenant that its facts are made of, as the database writes it."""

    condition: str
    proved: bool
    granted: str
    knows: str
    standing: str | None
    revision: int | None
    required: str
    credential_error: str


@dataclass(frozen=True)
class Present:
    """One tenant as it is now. What held before is told when somebody asks, not for every row."""

    state: _State
    granted_since: datetime
    proved_at: datetime | None
    required_since: datetime | None

    def at(self, moment: datetime) -> Then:
        """Return what was known at a call's moment, as far as what holds now held then.

        Tenants alike have the same: so its `proved_at` tells only whether that lies behind.
        """
        return _then(
            self.state,
            self.proved_at is not None and moment >= self.granted_since,
            self.required_since is not None and moment >= self.required_since,
            self.proved_at is not None and moment >= self.proved_at,
        )


@lru_cache(maxsize=256)
def _then(state: _State, granted: bool, required: bool, proved: bool) -> Then:
    """Return the facts of a state in which these held already, or not yet."""
    required_now = frozenset(Permission(*parts) for parts in json.loads(state.required))
    granted_now = permissions_of(json.loads(state.granted)) if state.proved else None
    knows_now = frozenset[str](json.loads(state.knows)) if state.proved else frozenset[str]()
    facts = TenantFacts(
        status=status_of(
            condition=Condition(state.condition), standing=Standing(state.standing or Standing.UNKNOWN)
        ),
        condition=state.condition,
        proved_at=(_BEHIND if proved else _AHEAD) if state.proved else None,
        granted_then=granted_now if granted else None,
        knows_then=knows_now if granted else frozenset(),
        granted_now=granted_now,
        knows_now=knows_now,
        revision_then=state.revision if required else None,
        required_then=required_now if required else frozenset(),
        revision_now=state.revision,
        required_now=required_now,
        credential_error=state.credential_error,
    )
    return Then(facts)


def present_of(application: Application, tenant_ids: Iterable[str]) -> dict[str, Present]:
    """Return the tenants among these that have an installation, by id. One query, whatever their number."""
    present = {}
    required = "[]"
    for row in _rows(application, set(tenant_ids)):
        tenant_id, since, proved_at, published_at, condition, granted, knows, standing, number, told = row
        required = told or required  # it stands in the first row
        present[str(UUID(str(tenant_id)))] = Present(
            _State(
                *(condition, proved_at is not None, granted, knows),
                *(standing, number, required, application.credential_error),
            ),
            granted_since=_utc(since),
            proved_at=proved_at and _utc(proved_at),
            required_since=published_at and _utc(published_at),
        )
    return present


def _rows(application: Application, tenant_ids: set[str]) -> list[tuple[Any, ...]]:
    if not tenant_ids:
        return []
    is_postgresql = connection.vendor == "postgresql"
    ids = list(tenant_ids) if is_postgresql else [UUID(tenant_id).hex for tenant_id in tenant_ids]
    array, of = ("json_agg", "json_build_array") if is_postgresql else ("json_group_array", "json_array")
    statement = _ROWS.format(array=array, of=of, marks=", ".join(["%s"] * len(ids)))
    with connection.cursor() as cursor:
        cursor.execute(statement, [application.pk, application.pk, *ids])
        return list(cursor.fetchall())


def _utc(value: datetime) -> datetime:
    """SQLite keeps times without their zone, which is UTC."""
    return value if value.tzinfo else value.replace(tzinfo=UTC)


# Written out: each single report asks it, and the ORM takes ten times as long to write it.
_ROWS: Final = """
    SELECT i.tenant_id, i.condition_since, i.proved_at, r.published_at,
        i.condition, CAST(p.granted AS text), CAST(p.knows AS text), c.standing, r.number,
        CASE WHEN row_number() OVER () = 1 THEN CAST((
            SELECT {array}({of}(resource, kind, permission_id, value))
            FROM consent_requiredpermission WHERE revision_id = r.id
        ) AS text) END
    FROM consent_installation i
    JOIN consent_grantpattern p ON p.id = i.pattern_id
    LEFT JOIN (
        SELECT id, number, published_at FROM consent_revision
        WHERE application_id = %s ORDER BY number DESC LIMIT 1
    ) r ON true
    LEFT JOIN consent_comparison c ON c.pattern_id = i.pattern_id AND c.revision_id = r.id
    WHERE i.application_id = %s AND i.tenant_id IN ({marks})
"""

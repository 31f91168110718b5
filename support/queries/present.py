"""What an application's tenants have granted now, for a batch of failures: few queries, no history."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import connection

from consent.models import Application, Installation, Revision
from consent.models.grants import permissions_of
from consent.rules.drift import Permissions
from consent.rules.requirements import Requirement
from consent.rules.status import Condition, Standing, status_of
from entra.types import Permission
from support.rules.facts import TenantFacts


@dataclass(frozen=True)
class Present:
    """One tenant as it is now. What held before is told when somebody asks, not for every row."""

    facts: TenantFacts
    granted_since: datetime
    required_since: datetime | None
    _seen: dict[tuple[bool, bool], TenantFacts] = field(default_factory=dict)

    def at(self, moment: datetime) -> TenantFacts:
        """Return the facts of a call's moment, as far as what holds now held then."""
        granted = self.facts.granted_now is not None and moment >= self.granted_since
        required = self.required_since is not None and moment >= self.required_since
        if (granted, required) not in self._seen:
            now, then = self.facts, dict[str, Any]()
            if granted:
                then |= {"granted_then": now.granted_now, "knows_then": now.knows_now}
            if required:
                then |= {"revision_then": now.revision_now, "required_then": now.required_now}
            self._seen[granted, required] = replace(now, **then)
        return self._seen[granted, required]


def present_of(application: Application, tenant_ids: Iterable[str]) -> dict[str, Present]:
    """Return the tenants among these that have an installation, by id. Two queries, whatever their number."""
    wanted = set(tenant_ids)
    if not wanted:
        return {}
    revision = _current(application)
    required = revision.required if revision else frozenset()
    patterns: dict[int, tuple[Permissions, frozenset[str]]] = {}
    found = {}
    for row in _rows(application, wanted, revision.id if revision else 0):
        if row.pattern_id not in patterns:
            granted, knows = _parsed(row.granted), _parsed(row.knows)  # type: ignore[attr-defined]
            patterns[row.pattern_id] = (permissions_of(granted), frozenset(knows))
        proved = row.proved_at is not None
        granted_now, knows_now = patterns[row.pattern_id] if proved else (None, frozenset[str]())
        standing = row.standing or Standing.UNKNOWN  # type: ignore[attr-defined]
        facts = TenantFacts(
            status=status_of(condition=Condition(row.condition), standing=Standing(standing)),
            condition=row.condition,
            proved_at=row.proved_at,
            granted_now=granted_now,
            knows_now=knows_now,
            revision_now=revision.number if revision else None,
            required_now=required,
            credential_error=application.credential_error,
        )
        since = revision.published_at if revision else None
        found[str(row.tenant_id)] = Present(facts, row.condition_since, since)
    return found


# Written out: each single report asks both, and the ORM takes ten times as long to write them.
def _current(application: Application) -> Requirement | None:
    """Return the current revision and what it requires. One query."""
    rows = list(Revision.objects.raw(_CURRENT, [application.pk]))
    if not rows:
        return None
    required = frozenset(
        Permission(row.resource, row.kind, row.permission_id, row.value)  # type: ignore[attr-defined]
        for row in rows
        if row.resource  # type: ignore[attr-defined]
    )
    return Requirement(rows[0].pk, rows[0].number, rows[0].published_at, required)


def _rows(application: Application, tenant_ids: set[str], revision_id: int) -> Iterable[Installation]:
    ids = list(tenant_ids) if connection.vendor == "postgresql" else [UUID(t).hex for t in tenant_ids]
    marks = ", ".join(["%s"] * len(ids))
    return Installation.objects.raw(_ROWS.replace("…", marks), [revision_id, application.pk, *ids])


def _parsed(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value


_CURRENT: Final = """
    SELECT r.id, r.number, r.published_at, p.resource, p.kind, p.permission_id, p.value
    FROM consent_revision r LEFT JOIN consent_requiredpermission p ON p.revision_id = r.id
    WHERE r.id = (
        SELECT id FROM consent_revision WHERE application_id = %s ORDER BY number DESC LIMIT 1
    )
"""
_ROWS: Final = """
    SELECT i.id, i.tenant_id, i.condition, i.condition_since, i.proved_at, i.pattern_id,
        c.standing, p.granted, p.knows
    FROM consent_installation i
    JOIN consent_grantpattern p ON p.id = i.pattern_id
    LEFT JOIN consent_comparison c ON c.pattern_id = i.pattern_id AND c.revision_id = %s
    WHERE i.application_id = %s AND i.tenant_id IN (…)
"""

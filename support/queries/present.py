"""What an application's tenants have granted now, for a batch of failures: few queries, no history."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from django.db.models import F, FilteredRelation, Q, Subquery, Value
from django.db.models.functions import Coalesce

from consent.models import Application, Installation, Revision
from consent.models.grants import permissions_of
from consent.rules.drift import Permissions
from consent.rules.requirements import Requirement
from consent.rules.status import Condition, Standing, status_of
from entra.types import Kind, Permission
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
    patterns: dict[int, Permissions] = {}
    found = {}
    for row in _rows(application, wanted, revision.id if revision else 0):
        if row["pattern_id"] not in patterns:
            patterns[row["pattern_id"]] = permissions_of(row["pattern__granted"])
        proved = row["proved_at"] is not None
        facts = TenantFacts(
            name=row["tenant__name"],
            status=status_of(condition=Condition(row["condition"]), standing=Standing(row["standing"])),
            condition=row["condition"],
            proved_at=row["proved_at"],
            granted_now=patterns[row["pattern_id"]] if proved else None,
            knows_now=frozenset(row["pattern__knows"]) if proved else frozenset(),
            revision_now=revision.number if revision else None,
            required_now=revision.required if revision else frozenset(),
            credential_error=application.credential_error,
        )
        found[str(row["tenant_id"])] = Present(
            facts, row["condition_since"], revision.published_at if revision else None
        )
    return found


def _current(application: Application) -> Requirement | None:
    """Return the current revision and what it requires. One query."""
    newest = application.revisions.order_by("-number").values("pk")[:1]
    rows = Revision.objects.filter(pk=Subquery(newest)).values_list(
        "id", "number", "published_at",
        "permissions__resource", "permissions__kind", "permissions__permission_id", "permissions__value",
    )  # fmt: skip
    found = list(rows)
    if not found:
        return None
    required = frozenset(Permission(row[3], cast(Kind, row[4]), *row[5:]) for row in found if row[3])
    return Requirement(*found[0][:3], required, {})


def _rows(application: Application, tenant_ids: set[str], revision_id: int) -> Any:
    return (
        Installation.objects.filter(
            application=application, tenant_id__in=[UUID(tenant_id) for tenant_id in tenant_ids]
        )
        .annotate(
            compared=FilteredRelation(
                "pattern__comparisons", condition=Q(pattern__comparisons__revision=revision_id)
            ),
            standing=Coalesce(F("compared__standing"), Value(str(Standing.UNKNOWN))),
        )
        .values(
            "tenant_id", "tenant__name", "condition", "condition_since", "proved_at", "standing",
            "pattern_id", "pattern__granted", "pattern__knows",
        )
    )  # fmt: skip

"""Cohorts: the installations of an application that share a grant pattern and a condition.

There are a few dozen of them whatever the fleet's size, so pages think about these and never about tenants.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, cast

from django.db.models import F, FilteredRelation, Q, Subquery, Value
from django.db.models.functions import Coalesce

from consent.models import Application, PatternCount, Revision, Scan
from consent.models.grants import permissions_of
from consent.rules.drift import Drift, Permissions
from consent.rules.requirements import History, Requirement
from consent.rules.status import SEVERITY, Condition, Standing, Status, status_of
from entra.types import Kind, Permission


@dataclass(frozen=True, eq=False)
class Cohort:
    """Installations alike in all that decides their status; `drift` is against the current revision."""

    pattern_id: int
    digest: str  # of what is granted and how far that is known: patterns that look alike share it
    condition: Condition
    standing: Standing
    installations: int
    granted: Permissions
    drift: Drift

    @property
    def status(self) -> Status:
        return status_of(condition=self.condition, standing=self.standing)

    @property
    def slug(self) -> str:
        """The pattern's name in an address."""
        return self.digest[:16]


def load_history(application: Application) -> History:
    """Return every revision with what it required, and when the last scan ended. One query."""
    found: dict[int, dict[str, Any]] = {}
    scans = Scan.objects.filter(application=application, finished_at__isnull=False)
    rows = (
        Revision.objects.filter(application=application)
        .annotate(scanned_at=Subquery(scans.order_by("-started_at").values("finished_at")[:1]))
        .order_by("number", "permissions__id")
    )
    for row in rows.values(
        "id", "number", "published_at", "scanned_at",
        "permissions__resource", "permissions__kind", "permissions__permission_id",
        "permissions__value", "permissions__reason",
    ):  # fmt: skip
        entry = found.setdefault(row["number"], {**row, "reasons": {}})
        if row["permissions__resource"]:
            permission = Permission(
                row["permissions__resource"],
                cast(Kind, row["permissions__kind"]),
                row["permissions__permission_id"],
                row["permissions__value"],
            )
            entry["reasons"][permission] = row["permissions__reason"]
    return History(
        tuple(
            Requirement(e["id"], number, e["published_at"], frozenset(e["reasons"]), e["reasons"])
            for number, e in found.items()
        ),
        scanned_at=next((e["scanned_at"] for e in found.values()), None),
    )


def load_cohorts(application: Application, history: History) -> list[Cohort]:
    """Return the application's cohorts, compared with the current revision. One query."""
    rows = with_standing(application, history.current.id if history.current else None).values(
        "pattern_id", "pattern__granted", "pattern__knows", "condition", "standing", "installations",
        "compared__missing", "compared__surplus", "compared__unknown", "compared__revoked",
    )  # fmt: skip
    return [_cohort(row, history.required) for row in rows]


def count_by_status(cohorts: Iterable[Cohort]) -> dict[Status, int]:
    counts: Counter[Status] = Counter(dict.fromkeys(Status, 0))
    for cohort in cohorts:
        counts[cohort.status] += cohort.installations
    return dict(counts)


def by_work(cohorts: Iterable[Cohort]) -> list[Cohort]:
    """Return cohorts most pressing first, then largest first."""
    return sorted(cohorts, key=lambda c: (SEVERITY.index(c.status), -c.installations, c.pattern_id))


def with_standing(application: Application, revision_id: int | None) -> Any:
    """Return the roll-up's rows with their `standing` against a revision."""
    # A pattern that was never compared with the revision is unknown: absence of an answer is no answer.
    return PatternCount.objects.filter(application=application, installations__gt=0).annotate(
        compared=FilteredRelation(
            "pattern__comparisons", condition=Q(pattern__comparisons__revision=revision_id or 0)
        ),
        standing=Coalesce(F("compared__standing"), Value(str(Standing.UNKNOWN))),
    )


def _digest(granted: Permissions, knows: list[str]) -> str:
    content = json.dumps([sorted(p.key for p in granted), sorted(knows)])
    return hashlib.sha256(content.encode()).hexdigest()


def _cohort(row: dict[str, Any], required: Permissions) -> Cohort:
    granted = permissions_of(row["pattern__granted"])
    if row["compared__missing"] is None:
        drift = Drift(frozenset(), frozenset(), unknown=required - granted, revoked=frozenset())
    else:
        drift = Drift(
            **{
                name: permissions_of(row[f"compared__{name}"])
                for name in ("missing", "surplus", "unknown", "revoked")
            }
        )
    return Cohort(
        pattern_id=row["pattern_id"],
        digest=_digest(granted, row["pattern__knows"]),
        condition=Condition(row["condition"]),
        standing=Standing(row["standing"]),
        installations=row["installations"],
        granted=granted,
        drift=drift,
    )

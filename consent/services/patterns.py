"""Interned grant patterns, their comparisons, and the roll-up that keeps every count flat."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import F

from consent.models import Application, Comparison, GrantPattern, PatternCount, Revision
from consent.models.grants import permissions_json
from consent.rules.drift import Grants, compare
from consent.rules.status import standing_of


def intern(grants: Grants) -> GrantPattern:
    """Return the one row of these grants, writing it when nobody had exactly these before."""
    keys = {
        "granted": sorted(p.key for p in grants.granted),
        "knows": sorted(grants.knows),
        "withdrawn": sorted(p.key for p in grants.withdrawn),
    }
    digest = hashlib.sha256(json.dumps(keys, sort_keys=True).encode()).hexdigest()
    pattern, _ = GrantPattern.objects.get_or_create(
        digest=digest,
        defaults={
            "granted": permissions_json(grants.granted),
            "knows": keys["knows"],
            "withdrawn": permissions_json(grants.withdrawn),
        },
    )
    return pattern


def compare_with(revision: Revision, patterns: Iterable[GrantPattern]) -> None:
    """Write the comparisons of a revision with patterns that lack one."""
    required = revision.required
    done = set(revision.comparisons.values_list("pattern_id", flat=True))
    rows = []
    for pattern in patterns:
        if pattern.pk in done:
            continue
        grants = pattern.grants
        drift = compare(required=required, grants=grants)
        rows.append(
            Comparison(
                revision=revision,
                pattern=pattern,
                standing=standing_of(drift=drift, grants=grants),
                missing=permissions_json(drift.missing),
                surplus=permissions_json(drift.surplus),
                unknown=permissions_json(drift.unknown),
                revoked=permissions_json(drift.revoked),
            )
        )
    Comparison.objects.bulk_create(rows, ignore_conflicts=True)


def patterns_in_use(application: Application) -> list[GrantPattern]:
    """Return the distinct patterns that the application's installations have now."""
    in_use = PatternCount.objects.filter(application=application, installations__gt=0)
    return list(GrantPattern.objects.filter(pk__in=in_use.values("pattern")))


Place = tuple[int, str]  # (pattern id, condition)


def count_moves(application_id: int, moves: Mapping[Place, int]) -> None:
    """Change the roll-up by the given differences. Call it in the transaction that moves the rows."""
    for (pattern_id, condition), change in sorted(moves.items()):  # one order for all: no deadlock
        if not change:
            continue
        place: dict[str, Any] = {
            "application_id": application_id,
            "pattern_id": pattern_id,
            "condition": condition,
        }
        if not PatternCount.objects.filter(**place).update(installations=F("installations") + change):
            PatternCount.objects.get_or_create(**place)
            PatternCount.objects.filter(**place).update(installations=F("installations") + change)


def recount(application: Application, *, repair: bool) -> Counter[Place]:
    """Return where the roll-up differs from a real count (real minus kept), mending it when asked."""
    from django.db.models import Count

    real: Counter[Place] = Counter()
    rows = application.installations.values_list("pattern_id", "condition").annotate(n=Count("id")).order_by()
    for pattern_id, condition, n in rows:
        real[pattern_id, condition] = n
    kept: Counter[Place] = Counter()
    for row in application.pattern_counts.all():
        kept[row.pattern_id, row.condition] = row.installations
    difference = Counter({place: real[place] - kept[place] for place in {*real, *kept}})
    difference = Counter({place: n for place, n in difference.items() if n})
    if repair:
        count_moves(application.pk, difference)
    return difference

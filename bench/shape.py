"""What a fleet looks like, whatever its size: some 40 grant patterns, a few of which nearly everyone has."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

from consent.rules.drift import NOTHING_KNOWN, Grants
from consent.rules.status import Condition
from entra import catalog
from entra.types import GRAPH, Kind, Permission

BY_TOKEN = frozenset({f"application:{GRAPH}"})
BY_GRAPH = frozenset({"application", "delegated"})


def _named(value: str, kind: Kind = "application") -> Permission:
    found = catalog.by_value(value, kind)
    assert found is not None, value  # noqa: S101
    return found


EVENTS, ALERTS, INCIDENTS, HUNTING, AUDIT = POOL = tuple(
    _named(f"{name}.Read.All")
    for name in ("SecurityEvents", "SecurityAlert", "SecurityIncident", "ThreatHunting", "AuditLog")
)
PROFILE = _named("User.Read", "delegated")
# What the application asked for over time; the last is the current one.
REVISIONS = ((EVENTS,), (EVENTS, ALERTS), (EVENTS, ALERTS, INCIDENTS))
SLOTS = 1000  # the smallest fleet has each slot once, a larger one each equally often


@dataclass(frozen=True)
class Slot:
    """One in a thousand installations: its pattern's number in `PATTERNS`, and its condition."""

    pattern: int
    condition: Condition


def _patterns() -> list[Grants]:
    common = [Grants(frozenset(required), BY_TOKEN) for required in reversed(REVISIONS)]
    common += [Grants(frozenset(), BY_TOKEN), NOTHING_KNOWN]
    withdrawn = [
        Grants(frozenset(POOL[:3]) - {lost}, BY_TOKEN, withdrawn=frozenset({lost})) for lost in POOL[:3]
    ]
    withdrawn += [Grants(frozenset(), BY_TOKEN, withdrawn=frozenset(required)) for required in REVISIONS]
    delegated = [Grants(frozenset({*required, PROFILE}), BY_GRAPH) for required in REVISIONS]
    sets = [Grants(frozenset(some), BY_TOKEN) for size in range(1, 6) for some in combinations(POOL, size)]
    return list(dict.fromkeys([*common, *delegated, *withdrawn, *sets]))


def _condition(grants: Grants, nth: int) -> Condition:
    if not grants.knows:
        return Condition.UNREAD
    for every, at, condition in (
        (23, 7, Condition.UNREACHABLE),
        (37, 11, Condition.DISABLED),
        (41, 13, Condition.CLAIMED),
    ):
        if nth % every == at:
            return condition
    return Condition.PROVED


def _slots() -> list[Slot]:
    # Zipf: the second most common pattern has half as many as the first, the third a third.
    weights = [1 / rank for rank in range(1, len(PATTERNS) + 1)]
    shares = [max(1, int(SLOTS * weight / sum(weights))) for weight in weights]
    shares[0] += SLOTS - sum(shares)
    return [
        Slot(number, _condition(PATTERNS[number], nth))
        for number, share in enumerate(shares)
        for nth in range(share)
    ]


PATTERNS = _patterns()
WHEEL = _slots()


def slot_of(index: int) -> Slot:
    """Return the slot of the fleet's nth installation. Neighbours differ: 389 and 1000 share no divisor."""
    return WHEEL[index * 389 % SLOTS]


def earlier(number: int) -> list[int]:
    """Return the patterns that snapshots before the present one show: what was there, and a beginning."""
    grants = PATTERNS[number]
    before = [Grants(grants.granted | grants.withdrawn, BY_TOKEN)] if grants.withdrawn else []
    began = Grants(frozenset({EVENTS}), BY_TOKEN)
    path = [began, *before, grants]
    granted = [step.granted for step in path]
    kept = [step for step, was in zip(path[1:], granted, strict=False) if step.granted != was]
    return [PATTERNS.index(step) for step in [began, *kept][:-1] if step in PATTERNS]

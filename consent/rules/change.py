"""What changed between two proofs, and what cannot be told because one of them did not cover it."""

from __future__ import annotations

from dataclasses import dataclass

from consent.rules.drift import Grants, Permissions


@dataclass(frozen=True)
class Change:
    added: Permissions
    removed: Permissions
    kept: Permissions
    unclear: Permissions  # seen in one proof, and out of the other one's sight


def change_of(*, before: Grants, after: Grants) -> Change:
    """Return the difference. A permission that a proof could not see was neither added nor removed."""
    came, went = after.granted - before.granted, before.granted - after.granted
    added = frozenset(p for p in came if before.covers(p))
    removed = frozenset(p for p in went if after.covers(p))
    return Change(
        added=added,
        removed=removed,
        kept=before.granted & after.granted,
        unclear=(came - added) | (went - removed),
    )

"""What a trip to Microsoft came to, from what was granted before it and what is proved now."""

from __future__ import annotations

from datetime import datetime, timedelta

from consent.rules.drift import Drift, Permissions
from consent.rules.pace import CLAIM_PATIENCE

REST_OF_IT = timedelta(minutes=10)  # how long the other half of a consent may lag behind the first


def outcome_of(
    *,
    before: Permissions,
    granted: Permissions,
    drift: Drift,
    consented: bool,
    claimed_at: datetime,
    now: datetime,
) -> str:
    """Return approved, partly, unprovable, checking or not-confirmed.

    Nothing gained yet is no failure: roles may lag behind the consent by minutes. It becomes
    "not confirmed" only when patience has run out. Where all that could be read was granted before, and
    the rest cannot be read, no waiting settles it: that is "unprovable".
    """
    gained = granted - before
    if consented and not drift.missing:
        if gained or not drift.unknown:
            return "approved"
        return "unprovable"
    if gained:
        return "partly"
    return "not-confirmed" if now - claimed_at >= CLAIM_PATIENCE else "checking"


def is_final(outcome: str, *, claimed_at: datetime, now: datetime) -> bool:
    """Whether nothing is expected to change any more."""
    if outcome == "partly":
        return now - claimed_at >= REST_OF_IT
    return outcome != "checking"

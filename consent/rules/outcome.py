"""What a trip to Microsoft came to, from what was granted before it and what is proved now."""

from __future__ import annotations

from datetime import datetime

from consent.rules.drift import Drift, Permissions
from consent.rules.pace import CLAIM_PATIENCE


def outcome_of(
    *,
    before: Permissions,
    granted: Permissions,
    drift: Drift,
    consented: bool,
    claimed_at: datetime,
    now: datetime,
) -> str:
    """Return approved, partly, checking or not-confirmed.

    Nothing gained yet is no failure: roles may lag behind the consent by minutes. It becomes
    "not confirmed" only when patience has run out.
    """
    if consented and not drift.missing and (granted or drift.unknown):
        return "approved"
    if granted - before:
        return "partly"
    return "not-confirmed" if now - claimed_at >= CLAIM_PATIENCE else "checking"

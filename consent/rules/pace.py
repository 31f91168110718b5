"""When to look again."""

from __future__ import annotations

from datetime import datetime, timedelta

# Grants become readable seconds to minutes after a consent (Microsoft Graph, "oAuth2PermissionGrant",
# note on replication). Growing pauses; then the claim is given up.
CLAIM_PAUSES = tuple(timedelta(seconds=s) for s in (3, 5, 10, 20, 40, 80, 160, 320, 640, 1280, 2560))
CLAIM_PATIENCE = timedelta(hours=24)
FIRST_RETRY = timedelta(seconds=30)
LONGEST_RETRY = timedelta(hours=2)


def after_claim(*, claimed_at: datetime, now: datetime) -> datetime:
    """Return when to look again for a consent that a redirect claimed and no proof confirms yet."""
    waited = timedelta()
    for pause in CLAIM_PAUSES:
        waited += pause
        if claimed_at + waited > now:
            return claimed_at + waited
    return now + timedelta(hours=1)


def after_failure(*, failures: int, retry_after: float | None, now: datetime, spread: float) -> datetime:
    """Return when to try again after so many failed reads in a row.

    Microsoft's Retry-After (seconds) is a floor. `spread`, from 0 to 1, keeps a fleet from coming back at
    one moment.
    """
    pause = LONGEST_RETRY if failures > 10 else min(FIRST_RETRY * (1 << (failures - 1)), LONGEST_RETRY)
    if retry_after is not None:
        pause = max(pause, timedelta(seconds=retry_after))
    return now + pause * (1 + spread / 4)


def after_success(*, interval: timedelta, now: datetime, spread: float) -> datetime:
    return now + interval * (0.9 + spread / 5)

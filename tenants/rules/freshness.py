"""How long a proof of who somebody is holds, and how long a session does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

FRESH: Final = timedelta(minutes=10)
_CLOCKS_DIFFER: Final = timedelta(minutes=1)


def is_fresh(proved_at: object, *, now: datetime) -> bool:
    """Whether this moment, in seconds since the epoch, is minutes ago at most."""
    if isinstance(proved_at, bool) or not isinstance(proved_at, int):
        return False
    age = now - datetime.fromtimestamp(proved_at, UTC)
    return -_CLOCKS_DIFFER <= age <= FRESH


def has_ended(
    *, signed_in_at: object, seen_at: object, now: datetime, idle: timedelta, absolute: timedelta
) -> bool:
    """Whether a session is over: too long since the sign-in, or since anything was done. Unknown is over."""
    moments = (signed_in_at, seen_at)
    if not all(isinstance(moment, int) and not isinstance(moment, bool) for moment in moments):
        return True
    since_sign_in, since_seen = (now - datetime.fromtimestamp(moment, UTC) for moment in moments)  # type: ignore[arg-type]
    return since_sign_in > absolute or since_seen > idle

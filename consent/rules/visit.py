"""What a trip to Microsoft looks like now to the admin who made it: one slug, from values only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

SOON = timedelta(seconds=30)  # until then nobody need be told that it may take minutes

# "Microsoft Entra authentication and authorization error codes", and "Unexpected error when performing
# consent to an application" for what an administrator sees. The number picks only the words of a page.
_REFUSALS = {
    50020: "wrong-account",
    **dict.fromkeys((90093, 90094, 90095), "not-allowed"),
    **dict.fromkeys((900941, 900981), "risky"),
    **dict.fromkeys((650051, 90090), "try-again"),
    **dict.fromkeys((650052, 500011), "service-missing"),
}
_SETTLED = {
    "declined": "declined",
    "other-tenant": "other-organization",
    "not-confirmed": "not-confirmed",
    "unprovable": "unseen",
}

# In the words of a page's title, and of what is read out when a waiting page changes.
TITLES = {
    "checking": "Checking with Microsoft",
    "not-visible-yet": "Not visible yet",
    "unreachable": "Microsoft can’t be reached right now",
    "switched-off": "The app is switched off in your organization",
    "approved": "Approved",
    "approved-as-far-as-seen": "Approved, as far as we can see",
    "unseen": "Microsoft says yes, and we can’t look it up",
    "partly": "Approved in part",
    "withdrawn-since": "Approved, and withdrawn since",
    "not-confirmed": "Not confirmed",
    "declined": "You didn’t approve, so nothing changed",
    "other-organization": "Approved for another organization",
    "wrong-account": "That account belongs to another organization",
    "not-allowed": "Your account can’t approve this",
    "risky": "Microsoft marked this app as possibly risky",
    "try-again": "Microsoft asks to try again",
    "service-missing": "Your organization doesn’t have a service this needs",
    "failed": "Microsoft didn’t complete the approval",
    "nothing-came-back": "Nothing came back from Microsoft",
}


@dataclass(frozen=True)
class Trip:
    outcome: str
    code: int | None
    returned_at: datetime | None


@dataclass(frozen=True)
class Reading:
    """What our own reads of Microsoft came to, as far as they concern this trip."""

    read_since: bool  # a check ran after the return, whatever came of it
    failing: bool  # and the last one failed
    disabled: bool  # Microsoft says that the app's sign-in is switched off there
    gained: bool  # something that was not granted before is granted now
    missing: bool  # something required is known not to be granted
    unknown: bool  # something required could not be looked at


def visit_of(trip: Trip, reading: Reading, *, now: datetime) -> str:
    """Return which page to show. Only what was read from Microsoft ever says approved."""
    if trip.outcome in {"approved", "partly"} or reading.gained:
        return _granted(trip, reading)
    if trip.outcome == "started":
        return "nothing-came-back"
    if trip.outcome == "refused":
        return _REFUSALS.get(trip.code or 0, "failed")
    if trip.outcome in _SETTLED:
        return _SETTLED[trip.outcome]
    return _checking(trip, reading, now=now)


def _granted(trip: Trip, reading: Reading) -> str:
    if reading.missing:
        # Gained something and lost it again since: the proof of the day stands on the receipt.
        return "partly" if reading.gained or trip.outcome == "partly" else "withdrawn-since"
    if reading.unknown:
        return "approved-as-far-as-seen" if reading.gained else "unseen"
    return "approved"


def _checking(trip: Trip, reading: Reading, *, now: datetime) -> str:
    if reading.disabled:
        return "switched-off"
    if reading.failing:
        return "unreachable"
    if reading.read_since and trip.returned_at and now - trip.returned_at >= SOON:
        return "not-visible-yet"
    return "checking"

"""The one status of an installation: a pure function of what is known and how it compares."""

from __future__ import annotations

from enum import StrEnum

from consent.rules.drift import Drift, Grants


class Status(StrEnum):
    UNREACHABLE = "unreachable"
    NEVER_CONSENTED = "never-consented"
    REVOKED = "revoked"
    UNVERIFIED = "unverified"
    RE_CONSENT_NEEDED = "re-consent-needed"
    OVER_GRANTED = "over-granted"
    IN_STEP = "in-step"


# Work first: the order of lists.
SEVERITY = (
    Status.REVOKED,
    Status.RE_CONSENT_NEEDED,
    Status.UNVERIFIED,
    Status.UNREACHABLE,
    Status.NEVER_CONSENTED,
    Status.OVER_GRANTED,
    Status.IN_STEP,
)


class Condition(StrEnum):
    """What an installation's own record says about its proof, whatever the revision."""

    UNREAD = "unread"  # nobody has asked Microsoft yet
    PROVED = "proved"  # the pattern is what Microsoft last said
    CLAIMED = "claimed"  # a redirect claimed a consent that no proof confirms yet
    DISABLED = "disabled"  # the tenant switched the app's sign-in off
    UNREACHABLE = "unreachable"  # reading fails, and no proof is young enough


class Standing(StrEnum):
    """How a grant pattern stands against a revision, were it proved this minute."""

    NOTHING_GRANTED = "nothing-granted"
    REVOKED = "revoked"
    MISSING = "missing"
    UNKNOWN = "unknown"
    SURPLUS = "surplus"
    IN_STEP = "in-step"


def standing_of(*, drift: Drift, grants: Grants) -> Standing:
    """Return how grants stand against the revision that the drift was computed with."""
    if not grants.ever_granted and (drift.missing or not drift.unknown):
        return Standing.NOTHING_GRANTED
    for present, standing in (
        (drift.revoked, Standing.REVOKED),
        (drift.missing, Standing.MISSING),
        (drift.unknown, Standing.UNKNOWN),
        (drift.surplus, Standing.SURPLUS),
    ):
        if present:
            return standing
    return Standing.IN_STEP


def status_of(*, condition: Condition, standing: Standing) -> Status:
    """Return the status of an installation; the first rule that matches wins."""
    if condition is Condition.UNREACHABLE:
        return Status.UNREACHABLE
    doubtful = condition in {Condition.CLAIMED, Condition.UNREAD}
    if standing is Standing.NOTHING_GRANTED and not doubtful:
        return Status.NEVER_CONSENTED
    if standing is Standing.REVOKED:
        return Status.REVOKED
    if condition is Condition.DISABLED and standing is not Standing.UNKNOWN:
        return Status.REVOKED
    if doubtful:
        return Status.UNVERIFIED
    return _BY_STANDING[standing]


_BY_STANDING = {
    Standing.MISSING: Status.RE_CONSENT_NEEDED,
    Standing.UNKNOWN: Status.UNVERIFIED,
    Standing.SURPLUS: Status.OVER_GRANTED,
    Standing.IN_STEP: Status.IN_STEP,
}

"""What a difference means, in one sentence, and what one permission's cell in a matrix says."""

from __future__ import annotations

from collections.abc import Collection

from consent.rules.drift import Drift, Permissions
from consent.rules.requirements import History
from consent.rules.status import Condition, Standing, Status
from entra.types import Permission


def cell_of(
    permission: Permission, *, drift: Drift, granted: Permissions, required: Permissions, status: Status
) -> str:
    """Return granted, missing, extra, unknown or not-required. An outage makes nothing but unknowns."""
    if status is Status.UNREACHABLE:
        return "unknown" if permission in required else "not-required"
    for slug, permissions in (
        ("missing", drift.missing),
        ("unknown", drift.unknown),
        ("extra", drift.surplus),
        ("granted", granted),
    ):
        if permission in permissions:
            return slug
    return "not-required"


def meaning_of(
    *,
    status: Status,
    standing: Standing,
    conditions: Collection[Condition],
    drift: Drift,
    granted: Permissions,
    history: History,
) -> str:
    """Return the sentence that explains a row of the matrix to the owner."""
    match status:
        case Status.UNREACHABLE:
            return "Could not be read in the last scan"
        case Status.NEVER_CONSENTED:
            return "No grant ever seen"
        case Status.UNVERIFIED:
            return _unverified(conditions, drift)
        case Status.REVOKED:
            return _revoked(standing, drift, granted)
        case Status.RE_CONSENT_NEEDED:
            return _missing(drift, history)
        case Status.OVER_GRANTED:
            return _surplus(drift.surplus, history)
    number = history.current.number if history.current else 0
    return f"Everything revision {number} asks for"


def difference_of(*, status: Status, standing: Standing, drift: Drift) -> str:
    """Return the difference in as few words as a table column has room for."""
    match status:
        case Status.UNREACHABLE:
            return "Last proof too old"
        case Status.NEVER_CONSENTED:
            return "Nothing granted"
        case Status.UNVERIFIED:
            return "Waiting for proof"
        case Status.REVOKED:
            return f"{len(drift.revoked)} withdrawn" if standing is Standing.REVOKED else "App switched off"
    numbers = ((len(drift.missing), "missing"), (len(drift.surplus), "extra"))
    return ", ".join(f"{n} {word}" for n, word in numbers if n) or "None"


def _unverified(conditions: Collection[Condition], drift: Drift) -> str:
    if set(conditions) == {Condition.UNREAD}:
        return "Not read yet"
    if set(conditions) == {Condition.CLAIMED}:
        return "Said to be approved; no proof yet"
    if not set(conditions) & {Condition.UNREAD, Condition.CLAIMED}:
        return f"Nobody could look at {_count(drift.unknown)} that {_is(drift.unknown)} required"
    return "No proof yet"


def _revoked(standing: Standing, drift: Drift, granted: Permissions) -> str:
    if standing is not Standing.REVOKED:
        return "The tenant switched the app off"
    if not granted:
        return "Withdrew everything it had granted"
    return f"Withdrew {_count(drift.revoked)} after consenting"


def _missing(drift: Drift, history: History) -> str:
    number_of = {p: added.number for p in drift.missing if (added := history.added_in(p))}
    numbers = sorted(set(number_of.values()))
    extra = f"; {len(drift.surplus)} extra" if drift.surplus else ""
    if not numbers or numbers == [1]:
        return f"Missing {len(drift.missing)} of {len(history.required)} required permissions{extra}"
    if len(numbers) > 1:
        since = f"since revision {numbers[0] - 1}" if numbers[0] > 1 else f"up to revision {numbers[-1]}"
        return f"Missing {_count(drift.missing)} added {since}{extra}"
    (number,) = numbers
    newcomers = [p for p in history.required if (a := history.added_in(p)) and a.number == number]
    if len(newcomers) == len(drift.missing) <= 2:
        what = "the permission" if len(newcomers) == 1 else "both permissions"
    else:
        what = _count(drift.missing)
    return f"Missing {what} added in revision {number}{extra}"


def _surplus(surplus: Permissions, history: History) -> str:
    removals = {p: history.removed_in(p) for p in surplus}
    numbers = {removal.number for removal in removals.values() if removal}
    if not all(removals.values()):
        return (
            f"Granted {_count(surplus)} that no revision asked for"
            if not numbers
            else (f"Granted {_count(surplus)} that revision {history.revisions[-1].number} doesn't ask for")
        )
    what = "a permission" if len(surplus) == 1 else f"{len(surplus)} permissions"
    if len(numbers) == 1:
        return f"Kept {what} removed in revision {numbers.pop()}"
    return f"Kept {what} removed since revision {min(numbers) - 1}"


def _count(permissions: Permissions) -> str:
    return f"{len(permissions)} permission{'' if len(permissions) == 1 else 's'}"


def _is(permissions: Permissions) -> str:
    return "is" if len(permissions) == 1 else "are"

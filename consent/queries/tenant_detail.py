"""One tenant: where it stands, why, since when and how that is known; and its snapshots."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from consent.models import Installation, Invitation, Snapshot
from consent.queries.patterns import load_history
from consent.queries.permission_list import api_name
from consent.queries.sign_ins import persons_view
from consent.queries.tenant_list import NEEDS_CONSENT, is_stale
from consent.queries.timeline import timeline
from consent.rules.change import change_of
from consent.rules.drift import Drift, Permissions, compare
from consent.rules.meaning import meaning_of
from consent.rules.requirements import History, Requirement
from consent.rules.status import Condition, Status, standing_of
from entra.types import GRAPH, Permission

SNAPSHOTS_OFFERED = 100  # in the form that compares two
MOST_SNAPSHOTS = 2_147_483_647  # what the column holds


@dataclass(frozen=True)
class Difference:
    """One permission in the difference, with the revision that explains it."""

    permission: Permission
    state: str
    revision: Requirement | None
    reason: str


def tenant_page(installation: Installation, *, older: str, now: datetime) -> dict[str, Any]:
    """Return everything that the tenant's page shows, ready to draw."""
    history = load_history(installation.application)
    grants = installation.pattern.grants
    drift = compare(required=history.required, grants=grants)
    standing = standing_of(drift=drift, grants=grants)
    status = installation.status(standing)
    condition = Condition(installation.condition)
    events, next_page = timeline(installation, history, token=older)
    snapshots = list(
        installation.snapshots.order_by("-sequence").values("sequence", "observed_at")[:SNAPSHOTS_OFFERED]
    )
    return {
        "installation": installation,
        "tenant": installation.tenant,
        "status": status,
        "meaning": meaning_of(
            status=status,
            standing=standing,
            conditions={condition},
            drift=drift,
            granted=grants.granted,
            history=history,
        ),
        "differences": list(_differences(drift, history)),
        "granted": sorted(grants.granted - drift.surplus, key=_by_name),
        "required": len(history.required),
        "proved": len(history.required & grants.granted),
        "revision": history.current,
        "satisfies": history.satisfied_by(grants.granted),
        "evidence": evidence_of(installation.evidence),
        "one_person": persons_view(installation, history.required),
        "last_error": _dated(installation.last_error, "at") if installation.failures else None,
        "disabled": condition is Condition.DISABLED,
        "claimed": condition is Condition.CLAIMED,
        "some_users_only": installation.some_users_only,
        "stale": is_stale(installation.proved_at, now=now),
        "action": _action(status),
        "invitation": _invitation(installation, now=now),
        "events": events,
        "older": next_page,
        "first_page": not older,
        "snapshots": snapshots,
    }


def _action(status: Status) -> str:
    """Return the one thing to do next: invite, check, or nothing."""
    if status in NEEDS_CONSENT:
        return "invite"
    return "check" if status in {Status.UNVERIFIED, Status.UNREACHABLE} else ""


def _differences(drift: Drift, history: History) -> Iterable[Difference]:
    for state, permissions in (("missing", drift.missing), ("unknown", drift.unknown)):
        for permission in sorted(permissions, key=_by_name):
            added = history.added_in(permission)
            reason = history.current.reasons.get(permission, "") if history.current else ""
            yield Difference(permission, state, added, reason)
    for permission in sorted(drift.surplus, key=_by_name):
        yield Difference(permission, "extra", history.removed_in(permission), "")


def _invitation(installation: Installation, *, now: datetime) -> dict[str, Any] | None:
    """Return the newest invitation with its state in one word, which is never the tenant's status."""
    newest = installation.invitations.order_by("-created_at", "-pk").first()
    if newest is None:
        return None
    attempt = newest.attempts.order_by("-started_at", "-pk").first()
    return {"id": newest.pk, "state": _invitation_state(newest, attempt, now=now)}


def _invitation_state(invitation: Invitation, attempt: Any, *, now: datetime) -> str:
    state = invitation.state(now)
    if state != "open":
        return state
    if invitation.declined_at:
        return "declined"
    if attempt is not None and attempt.outcome == "checking":
        return "checking"
    if attempt is not None and attempt.outcome == "started" and attempt.expires_at > now:
        return "at Microsoft"
    return "opened" if invitation.opened_at else "sent"


def snapshot_page(installation: Installation, *, sequence: int, against: int | None) -> dict[str, Any] | None:
    """Return one snapshot, and its difference from another; None when there is no such snapshot."""
    wanted = [sequence] if against is None else [sequence, against]
    if max(wanted) > MOST_SNAPSHOTS:
        return None
    rows = installation.snapshots.filter(sequence__in=wanted).select_related("pattern", "revision")
    found = {row.sequence: row for row in rows}
    if not all(number in found for number in wanted):
        return None
    snapshot = found[sequence]
    others = installation.snapshots.order_by("-sequence").values("sequence", "observed_at")
    page: dict[str, Any] = {
        "installation": installation,
        "tenant": installation.tenant,
        "snapshot": snapshot,
        "groups": _by_api(snapshot.granted),
        "evidence": evidence_of(snapshot.evidence),
        "snapshots": list(others[:SNAPSHOTS_OFFERED]),
        "other": found.get(against) if against is not None else None,
        "changes": [],
    }
    if against is not None:
        page["changes"] = _changes(found[against], snapshot)
    return page


def _changes(before: Snapshot, after: Snapshot) -> list[dict[str, Any]]:
    """Return what was added and removed from one snapshot to another, by API."""
    groups = []
    change = change_of(before=before.pattern.grants, after=after.pattern.grants)
    resources = {p.resource for p in before.granted | after.granted}
    for resource in sorted(resources, key=lambda r: (r != GRAPH, r)):
        own = {
            name: sorted((p for p in permissions if p.resource == resource), key=_by_name)
            for name, permissions in vars(change).items()
        }
        groups.append({"api": api_name(resource), **own})
    return groups


def _by_api(permissions: Permissions) -> list[dict[str, Any]]:
    resources = sorted({p.resource for p in permissions}, key=lambda r: (r != GRAPH, r))
    return [
        {
            "api": api_name(resource),
            "permissions": sorted((p for p in permissions if p.resource == resource), key=_by_name),
        }
        for resource in resources
    ]


def evidence_of(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return evidence with its moment as a datetime and its claims as sorted pairs of text.

    `refused` is the AADSTS number where Microsoft issued no token; then there are no claims.
    """
    return [_evidence(row) for row in rows]


def _evidence(row: Mapping[str, Any]) -> dict[str, Any]:
    claims = row.get("claims") or {}
    refused = claims.get("code")
    return {**_dated(row, "observed_at"), "refused": refused, "facts": [] if refused else _facts(claims)}


def _facts(claims: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [
        (name, ", ".join(map(str, value)) if isinstance(value, list) else str(value))
        for name, value in sorted(claims.items())
    ]


def _dated(row: Mapping[str, Any], name: str) -> dict[str, Any]:
    try:
        moment = datetime.fromisoformat(str(row.get(name)))
    except ValueError:
        return {**row, name: None}
    return {**row, name: moment if moment.tzinfo else moment.replace(tzinfo=UTC)}


def _by_name(permission: Permission) -> tuple[str, str]:
    return (permission.value.lower(), permission.kind)

"""Invitations: the list by state, and one with its trips to Microsoft."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery

from consent.models import Application, ConsentAttempt, Invitation

PAGE = 50
STATES = (
    ("open", "Open"),
    ("used", "Approved"),
    ("declined", "Declined"),
    ("expired", "Expired"),
    ("withdrawn", "Withdrawn"),
)


@dataclass(frozen=True)
class Listed:
    """One line of the list. `progress` says how far the admin got."""

    invitation: Invitation
    state: str
    label: str
    progress: str
    at: datetime


def in_state(state: str, now: datetime) -> Q:
    """Return the rows that `Invitation.state` would call so; "declined" are those of the open ones."""
    live = Q(withdrawn_at=None, used_at=None)
    return {
        "withdrawn": Q(withdrawn_at__isnull=False),
        "used": Q(withdrawn_at=None, used_at__isnull=False),
        "expired": live & Q(expires_at__lte=now),
        "declined": live & Q(expires_at__gt=now, declined_at__isnull=False),
        "open": live & Q(expires_at__gt=now, declined_at=None),
    }.get(state, Q())


def invitation_list(application: Application, *, state: str, after: str, now: datetime) -> dict[str, Any]:
    """Return a page of invitations, newest first, and how many there are per state. Two queries."""
    mine = Invitation.objects.filter(installation__application=application)
    counts = mine.aggregate(**{slug: Count("pk", filter=in_state(slug, now)) for slug, _ in STATES})
    rows = list(_after(mine.filter(in_state(state, now)), after)[: PAGE + 1])
    shown = rows[:PAGE]
    return {
        "rows": [_listed(row, now) for row in shown],
        "state": state if state in dict(STATES) else "",
        "states": [{"slug": slug, "label": label, "count": counts[slug]} for slug, label in STATES],
        "total": counts[state] if state in counts else sum(counts.values()),
        "all": sum(counts.values()),
        "next": _cursor(shown[-1]) if len(rows) > PAGE else "",
    }


def invitation_of(application: Application, invitation_id: UUID) -> Invitation | None:
    """Return an invitation of this application; another application's is not there."""
    return (
        Invitation.objects.select_related("installation__tenant", "installation__application", "created_by")
        .filter(installation__application=application, pk=invitation_id)
        .first()
    )


def invitation_page(invitation: Invitation, *, now: datetime) -> dict[str, Any]:
    attempts = invitation.attempts.select_related("revision").order_by("-started_at")
    listed = _listed(invitation, now, trips=list(attempts))
    return {
        "invitation": invitation,
        "tenant": invitation.installation.tenant,
        "application": invitation.installation.application,
        "listed": listed,
        "attempts": attempts,
        "by": str(invitation.created_by) if invitation.created_by else "the command line",
        "can_withdraw": listed.state in {"open", "declined"},
    }


def _after(rows: QuerySet[Invitation], cursor: str) -> QuerySet[Invitation]:
    latest = ConsentAttempt.objects.filter(invitation=OuterRef("pk")).order_by("-started_at")
    rows = (
        rows.select_related("installation__tenant")
        .annotate(
            outcome=Subquery(latest.values("outcome")[:1]), went_at=Subquery(latest.values("started_at")[:1])
        )
        .order_by("-created_at", "-id")
    )
    try:
        at, _, key = cursor.partition("_")
        moment, identity = datetime.fromisoformat(at), UUID(key)
    except ValueError:
        return rows
    if moment.tzinfo is None:
        return rows
    return rows.filter(Q(created_at__lt=moment) | Q(created_at=moment, id__lt=identity))


def _cursor(row: Invitation) -> str:
    return f"{row.created_at.isoformat()}_{row.pk.hex}"


def _listed(invitation: Invitation, now: datetime, trips: list[ConsentAttempt] | None = None) -> Listed:
    state = invitation.state(now)
    if state == "open" and invitation.declined_at:
        state = "declined"
    outcome = trips[0].outcome if trips else getattr(invitation, "outcome", None)
    went = trips[0].started_at if trips else getattr(invitation, "went_at", None)
    progress, at = "Not opened yet", invitation.created_at
    if invitation.used_at:
        progress, at = "Proved by Microsoft's records", invitation.used_at
    elif outcome:
        progress, at = str(ConsentAttempt.Outcome(outcome).label), went or at
    elif invitation.declined_at:
        progress, at = "Declined on our page", invitation.declined_at
    elif invitation.opened_at:
        progress, at = "Opened", invitation.opened_at
    return Listed(invitation, state, dict(STATES)[state], progress, at)

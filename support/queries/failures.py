"""Denied calls: found by what somebody reads out, and one with all that was reported under its ids."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import Case, OuterRef, Q, QuerySet, Subquery, Sum, When

from consent.models import Application, Installation, Invitation
from support.models import FailedRequest, FailureCount

MOST = 20  # of one id: a correlation id may belong to many calls
ID_FIELDS = ("client_request_id", "request_id", "correlation_id")


def find(ids: Sequence[str], *, application: Application | None = None) -> list[FailedRequest]:
    """Return the calls with any of these ids, whatever kind of id each is. One query.

    Those of the application at hand come first: whoever reports for another one must not stand before
    them. Then what an id names by itself, before what only belongs to the same conversation.
    """
    wanted = [one.lower() for one in ids]
    if not wanted:
        return []
    parts = [FailedRequest.objects.filter(_told(name), **{f"{name}__in": wanted}) for name in ID_FIELDS]
    keys = parts[0].values("pk").union(*(part.values("pk") for part in parts[1:]))
    named = Q(client_request_id__in=wanted) | Q(request_id__in=wanted)
    rows = FailedRequest.objects.filter(pk__in=keys).annotate(
        foreign=Case(When(application=application, then=0), default=1),
        loose=Case(When(named, then=0), default=1),
    )
    ordered = rows.order_by("foreign", "loose", "-occurred_at", "-received_at", "pk")
    return list(ordered.select_related("application", "key")[:MOST])


def with_reports(failures: QuerySet[FailedRequest], *, now: datetime) -> list[FailedRequest]:
    """Return the one call, then what else was reported under its ids, newest first. One query.

    Each has `today`: how many of its cause its tenant had today, by the roll-up; and `invitation`: the
    id of the newest approval link of its tenant that is still open.
    """
    # One part for each index: an OR of them all would be answered by reading every row.
    parts = [
        FailedRequest.objects.filter(_told(name), **{name: Subquery(failures.values(name)[:1])})
        for name in ID_FIELDS
    ]
    keys = failures.values("pk").union(*(part.values("pk") for part in parts))
    day = now.replace(hour=0, minute=0, second=0, microsecond=0)
    counts = (
        FailureCount.objects.filter(
            application=OuterRef("application"),
            tenant_id=OuterRef("tenant_id"),
            verdict=OuterRef("verdict"),
            hour__gte=day,
        )
        .order_by()
        .values("application")
        .annotate(n=Sum("count"))
        .values("n")
    )
    links = Invitation.objects.filter(
        installation__application=OuterRef("application"),
        installation__tenant=OuterRef("tenant_id"),
        expires_at__gt=now,
        **dict.fromkeys(("withdrawn_at", "used_at", "declined_at")),
    ).order_by("-created_at")
    rows = FailedRequest.objects.filter(pk__in=keys).annotate(
        today=Subquery(counts),
        invitation=Subquery(links.values("pk")[:1]),
        itself=Q(pk__in=failures.values("pk")),
    )
    return list(
        rows.select_related("application", "key").order_by("-itself", "-received_at", "pk")[: MOST + 1]
    )


def is_same_call(one: FailedRequest, other: FailedRequest) -> bool:
    """Whether two reports are of one call. A correlation id spans several."""
    names = ("client_request_id", "request_id")
    return any(getattr(one, name) and getattr(one, name) == getattr(other, name) for name in names)


def _told(name: str) -> Q:
    """Say what the partial indexes say, so that they are used."""
    return ~Q(**{name: ""})


def application_meant(
    client_id: str, tenant_id: UUID | None, default: Application | None
) -> Application | None:
    """Return the application that a pasted error is about: the one it names, or the one at hand.

    On a command line none is at hand: then the only one of that tenant, or the only one there is.
    """
    if client_id:
        named = Application.objects.filter(client_id=client_id).first()
        if named or default is None:
            return named
    if default is not None:
        return default
    found = Application.objects.all()
    if tenant_id is not None and Installation.objects.filter(tenant_id=tenant_id).exists():
        found = found.filter(installations__tenant_id=tenant_id)
    candidates = list(found[:2])
    return candidates[0] if len(candidates) == 1 else None

"""The rail: which application, and how many of everything. Two queries, whatever the fleet's size."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import IntegerField, Max, OuterRef, Subquery, Sum
from django.urls import reverse

from consent.models import Application, Installation, Invitation, PatternCount
from tenants.models import Tenant

DOMAIN_SHARED_BY = 50  # tenants at most; two are too many already to know which one is meant
INVITATIONS_COUNTED = 100  # open ones are counted up to here: a fleet may have very many


class _Count(Subquery):
    """How many rows a subquery has, its limit included."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) found)"
    output_field = IntegerField()


def navigation(slug: str | None, current: str) -> dict[str, Any]:
    """Return application (or None), applications, counts per rail entry, which of them are
    lower bounds ("more"), and the current view's name."""
    tenants = PatternCount.objects.filter(application=OuterRef("pk")).values("application")
    invitations = Invitation.objects.filter(
        installation__application=OuterRef("pk"), withdrawn_at=None, used_at=None, declined_at=None
    )
    applications = list(
        Application.objects.annotate(
            tenants=Subquery(tenants.annotate(n=Sum("installations")).values("n")),
            open_invitations=_Count(invitations.values("pk")[:INVITATIONS_COUNTED]),
            latest_revision=Max("revisions__number"),
        ).order_by("name")
    )
    application = next((a for a in applications if a.slug == slug), None)
    if slug is None and len(applications) == 1:
        application = applications[0]  # a page of the whole portal: the only application stays at hand
    counts: dict[str, int] = {}
    more: set[str] = set()
    if application is not None:
        counts = {
            "tenants": application.tenants or 0,
            "revisions": application.latest_revision or 0,
            "invitations": application.open_invitations,
        }
        if counts["invitations"] == INVITATIONS_COUNTED:
            counts["invitations"] -= 1  # 99+
            more.add("invitations")
    return {
        "application": application,
        "applications": applications,
        "counts": counts,
        "more": more,
        "current": current,
    }


def only_application() -> str:
    """Return the slug of the one application, or nothing when there is none or a choice."""
    slugs = Application.objects.values_list("slug", flat=True)[:2]
    return slugs[0] if len(slugs) == 1 else ""


def find(*, text: str, slug: str) -> str:
    """Return the address that a search leads to: a tenant's page, or a filtered list."""
    text = text.strip()[:253]
    tenants = Installation.objects.select_related("application")
    if slug:
        tenants = tenants.filter(application__slug=slug)
    try:
        exact = tenants.filter(tenant_id=UUID(text))
    except ValueError:
        # Two steps: left to choose, a database without statistics walks the whole fleet instead.
        named = Tenant.objects.filter(domain=text.lower())[:DOMAIN_SHARED_BY]
        exact = tenants.filter(tenant__in=list(named)) if text else tenants.none()
    hits = list(exact[:2])
    if len(hits) == 1:
        return reverse("consent:tenant_detail", args=[hits[0].application.slug, hits[0].tenant_id])
    slug = slug or (Application.objects.order_by("name").values_list("slug", flat=True).first() or "")
    if not slug:
        return reverse("portal:home")
    return f"{reverse('consent:tenant_list', args=[slug])}?{urlencode({'q': text})}"

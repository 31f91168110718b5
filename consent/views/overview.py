"""The drift overview, and one grant pattern of it."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from consent.access import application_for
from consent.queries import overview as queries
from consent.queries.pattern_detail import pattern_page
from tenants.access import StaffRequest, staff


@staff()
@require_safe
def overview(request: StaffRequest, slug: str) -> HttpResponse:
    application = application_for(request.user, slug)
    now = timezone.now()
    days = request.GET.get("days", "")
    page = queries.overview(
        application,
        days=int(days) if days in map(str, queries.WINDOWS) else 90,
        all_patterns=request.GET.get("patterns") == "all",
        now=now,
    )
    context = {"application": application, "now": now, "favicon_warn": page["low"], **page}
    return render(request, "consent/overview.html", context)


@staff()
@require_safe
def pattern_detail(request: StaffRequest, slug: str, digest: str) -> HttpResponse:
    application = application_for(request.user, slug)
    now = timezone.now()
    page = pattern_page(application, digest, dict(request.GET.lists()), now=now)
    if page is None:
        raise Http404
    return render(request, "consent/pattern_detail.html", {"application": application, "now": now, **page})

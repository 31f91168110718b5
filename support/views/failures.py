"""Denied calls by group, and those of one tenant among its snapshots."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from consent.access import application_for, installation_for
from support.queries.groups import groups_page, read_filter
from support.services.explain import list_and_note
from tenants.access import StaffRequest, staff


@staff("owner", "support")
@require_safe
def failure_list(request: StaffRequest, slug: str) -> HttpResponse:
    application = application_for(request.user, slug)
    now = timezone.now()
    page = groups_page(application, read_filter(request.GET.dict()), now=now)
    context = {"application": application, "now": now, **page}
    return render(request, "support/failure_list.html", context)


@staff("owner", "support")
@require_safe
def tenant_failures(request: StaffRequest, slug: str, tenant_id: UUID) -> HttpResponse:
    installation = installation_for(request.user, slug, tenant_id)
    now = timezone.now()
    page = list_and_note(
        installation,
        person=request.user,
        after=request.GET.get("after", ""),
        cause=request.GET.get("cause", ""),
        now=now,
    )
    context = {
        "application": installation.application,
        "installation": installation,
        "tenant": installation.tenant,
        "now": now,
        **page,
    }
    return render(request, "support/tenant_failures.html", context)

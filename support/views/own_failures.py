"""An organization's own denied calls, and why each was denied. Nothing of anybody else."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from consent.access import own_installation
from consent.views.organization import shell
from support.access import own_failure
from support.services.desk import own_page
from support.services.explain import list_and_note
from tenants.access import TenantRequest, tenant_admin


@tenant_admin
@require_safe
def failures(request: TenantRequest, slug: str) -> HttpResponse:
    installation = own_installation(request.user, slug)
    page = list_and_note(
        installation,
        person=request.user,
        after=request.GET.get("after", ""),
        cause=request.GET.get("cause", ""),
        now=timezone.now(),
    )
    return render(request, "support/own_failures.html", {**shell(request, installation), **page})


@tenant_admin
@require_safe
def failure(request: TenantRequest, slug: str, failure_id: UUID) -> HttpResponse:
    installation, found = own_failure(request.user, slug, failure_id)
    page = own_page(found, person=request.user, now=timezone.now())
    return render(request, "support/own_failure.html", {**shell(request, installation), **page})

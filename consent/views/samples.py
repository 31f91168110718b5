"""Programs and checklists with an application's own values, for whoever builds or registers it."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from consent.access import application_for, own_installation
from consent.queries.checklist import checklist_of
from consent.queries.samples import sample_for
from consent.views.organization import shell
from tenants.access import StaffRequest, TenantRequest, staff, tenant_admin


@staff()
@require_safe
def samples(request: StaffRequest, slug: str) -> HttpResponse:
    """Show the program for the publisher's own tenant, where there is somebody to try it with."""
    application = application_for(request.user, slug)
    sample = sample_for(application, language=request.GET.get("lang", ""), tenant_id=application.home_tenant)
    context = {"application": application, "sample": sample, "here": reverse("consent:samples", args=[slug])}
    return render(request, "consent/samples.html", context)


@staff()
@require_safe
def checklist(request: StaffRequest, slug: str) -> HttpResponse:
    application = application_for(request.user, slug)
    return render(
        request,
        "consent/checklist.html",
        {"application": application, "checklist": checklist_of(application)},
    )


@tenant_admin
@require_safe
def own_samples(request: TenantRequest, slug: str) -> HttpResponse:
    installation = own_installation(request.user, slug)
    sample = sample_for(
        installation.application,
        language=request.GET.get("lang", ""),
        tenant_id=installation.tenant_id,
    )
    here = reverse("organization:samples", args=[slug])
    context = {**shell(request, installation), "sample": sample, "here": here}
    return render(request, "consent/organization_samples.html", context)

"""Graph Explorer in an organization: what it takes, and what is missing."""

from __future__ import annotations

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from consent.access import own_installation
from consent.queries.graph_explorer import explorer_page
from consent.services.directory_lookups import ask
from consent.views.organization import shell
from tenants.access import TenantRequest, leads_to_microsoft, tenant_admin


@tenant_admin
@require_safe
@leads_to_microsoft
@vary_on_headers("HX-Request")
def graph_explorer(request: TenantRequest, slug: str) -> HttpResponse:
    installation = own_installation(request.user, slug)
    page = explorer_page(installation, request.user, now=timezone.now())
    if request.htmx and request.GET.get("seen") == page.lookup.version:  # type: ignore[attr-defined]
        return HttpResponse(status=204)
    context = {**shell(request, installation), "page": page, "place": page.place}
    part = "_graph_explorer" if request.htmx else "graph_explorer"  # type: ignore[attr-defined]
    return render(request, f"consent/{part}.html", context)


@tenant_admin
@require_POST
def explorer_check(request: TenantRequest, slug: str) -> HttpResponse:
    installation = own_installation(request.user, slug)
    ask(installation=installation, person=request.user, now=timezone.now())
    return HttpResponseRedirect(reverse("organization:graph_explorer", args=[slug]), status=303)

"""An organization's own pages: what it approved, what is asked, its links and its receipts."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from consent.access import own_installation
from consent.models import Installation
from consent.queries.organization import application_page, home_page
from consent.queries.receipts import Receipt, receipt_of
from consent.services.own_consent import approval_address
from tenants.access import TenantRequest, tenant_admin


@tenant_admin
@require_safe
def home(request: TenantRequest) -> HttpResponse:
    """List the organization's applications; a single one is the page itself."""
    watched = home_page(request.tenant)
    if len(watched) == 1:
        return redirect("organization:application", watched[0].application.slug)
    context = {"organization": request.tenant, "watched": watched, "now": timezone.now()}
    return render(request, "consent/organization_home.html", context)


@tenant_admin
@require_safe
def application(request: TenantRequest, slug: str) -> HttpResponse:
    installation = own_installation(request.user, slug)
    return _page(request, installation)


@tenant_admin
@require_POST
def approve(request: TenantRequest, slug: str) -> HttpResponse:
    """Lead to the approval page of this organization, whoever sent for it."""
    installation = own_installation(request.user, slug)
    now = timezone.now()
    page = application_page(installation, request.user, now=now)
    if not page.request.asks:
        messages.info(request, f"{installation.application.name} asks for nothing new at the moment.")
        return redirect("organization:application", slug)
    if not page.power.may:
        return _page(request, installation, status=403)
    address = approval_address(installation=installation, person=request.user, now=now)
    return HttpResponseRedirect(address, status=303)


@tenant_admin
@require_safe
def receipt(request: TenantRequest, slug: str, invitation_id: UUID) -> HttpResponse:
    found = _receipt(request, slug, invitation_id)
    context = {**shell(request, own_installation(request.user, slug)), "receipt": found}
    return render(request, "consent/organization_receipt.html", context)


@tenant_admin
@require_safe
def receipt_json(request: TenantRequest, slug: str, invitation_id: UUID) -> HttpResponse:
    found = _receipt(request, slug, invitation_id)
    response = JsonResponse(found.json(), json_dumps_params={"indent": 2})
    response["Content-Disposition"] = f'attachment; filename="receipt-{found.number}.json"'
    return response


def _receipt(request: TenantRequest, slug: str, invitation_id: UUID) -> Receipt:
    installation = own_installation(request.user, slug)
    found = receipt_of(installation, invitation_id, number=request.GET.get("number", ""))
    if found is None:
        raise Http404
    return found


def _page(request: TenantRequest, installation: Installation, *, status: int = 200) -> HttpResponse:
    now = timezone.now()
    page = application_page(installation, request.user, now=now)
    context = {**shell(request, installation), "page": page, "now": now, "refused": status == 403}
    return render(request, "consent/organization_application.html", context, status=status)


def shell(request: HttpRequest, installation: Installation) -> dict[str, Any]:
    """Return what every page about one application shows around its own content."""
    return {
        "organization": installation.tenant,
        "application": installation.application,
        "application_name": installation.application.name,
    }

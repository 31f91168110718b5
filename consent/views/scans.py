"""Scans: start one, see how far it is."""

from __future__ import annotations

import json

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from consent.access import application_for
from consent.queries import scans as queries
from consent.services.scans import start_scan
from tenants.access import StaffRequest, staff


@staff()
@require_safe
def scan_list(request: StaffRequest, slug: str) -> HttpResponse:
    application = application_for(request.user, slug)
    page = queries.scan_list(application)
    context = {"application": application, "now": timezone.now(), **page}
    return render(request, "consent/scan_list.html", context)


@staff("owner", "support")
@require_POST
def scan_start(request: StaffRequest, slug: str) -> HttpResponse:
    application = application_for(request.user, slug)
    try:
        scan = start_scan(application=application, person=request.user, now=timezone.now())
    except ValidationError as error:
        messages.error(request, error.messages[0])
        return redirect("consent:scan_list", slug)
    return redirect("consent:scan_detail", slug, scan.pk)


@staff()
@require_safe
@vary_on_headers("HX-Request")
def scan_detail(request: StaffRequest, slug: str, scan_id: int) -> HttpResponse:
    """The page, or only what moves on it: htmx asks every two seconds until the scan has ended."""
    application = application_for(request.user, slug)
    scan = queries.scan_of(application, scan_id)
    if scan is None:
        raise Http404
    now = timezone.now()
    page = queries.scan_page(scan, now=now)
    context = {"application": application, "now": now, **page}
    if not getattr(request, "htmx", False):
        return render(request, "consent/scan_detail.html", context)
    response = render(request, "consent/_scan_progress.html", context)
    if str(page["quarter"]) != request.GET.get("quarter", "0"):
        said = "The scan is complete." if not page["running"] else f"{page['quarter']}% of tenants read."
        response["HX-Trigger"] = json.dumps({"announce": said})
    return response

"""The tenant list and its spreadsheet, one tenant, its snapshots, and tokens side by side."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from consent.access import application_for, installation_for
from consent.queries import tenant_detail as detail
from consent.queries import tenant_list as listing
from consent.queries.token_claims import claims_page
from consent.services.exports import tenant_rows
from consent.services.scans import request_check
from tenants.access import StaffRequest, staff
from tenants.rules.spreadsheet import csv_lines

COLUMNS = (
    "tenant", "name", "domain", "status", "missing", "extra", "unknown", "satisfies_revision",
    "since", "proved_at", "checked_at", "app_disabled", "note",
)  # fmt: skip


@staff()
@require_safe
def tenant_list(request: StaffRequest, slug: str) -> HttpResponse:
    application = application_for(request.user, slug)
    now = timezone.now()
    page = listing.tenant_page(application, dict(request.GET.lists()), now=now)
    here = request.build_absolute_uri()
    context = {"application": application, "now": now, "query": page["where"].text, "here": here, **page}
    return render(request, "consent/tenant_list.html", context)


@staff()
@require_safe
def tenant_export(request: StaffRequest, slug: str) -> HttpResponseBase:
    application = application_for(request.user, slug)
    now = timezone.now()
    where, rows = tenant_rows(
        application=application, params=dict(request.GET.lists()), person=request.user, now=now
    )
    which = "+".join(where.statuses) or "all"
    return StreamingHttpResponse(
        csv_lines(COLUMNS, map(_cells, rows)),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="tenants_{which}_{now:%Y-%m-%d}.csv"'},
    )


def _cells(row: listing.Row) -> list[str]:
    def names(permissions: Any) -> str:
        return " ".join(sorted(f"{p.value}:{p.kind}" for p in permissions))

    return [
        str(row.tenant_id),
        row.name,
        row.domain,
        row.status,
        names(row.drift.missing),
        names(row.drift.surplus),
        names(row.drift.unknown),
        str(row.satisfies or ""),
        _iso(row.since),
        _iso(row.proved_at),
        _iso(row.checked_at),
        "yes" if row.disabled else "no",
        row.note,
    ]


def _iso(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}" if moment else ""


@staff()
@require_safe
def tenant_detail(request: StaffRequest, slug: str, tenant_id: UUID) -> HttpResponse:
    installation = installation_for(request.user, slug, tenant_id)
    snapshot, against = _number(request, "snapshot"), _number(request, "against")
    if snapshot is not None and against is not None:  # the form that compares; the answer has its own address
        target = redirect("consent:snapshot_detail", slug, tenant_id, snapshot)
        target["Location"] += f"?against={against}"
        return target
    now = timezone.now()
    page = detail.tenant_page(installation, older=request.GET.get("older", ""), now=now)
    context = {"application": installation.application, "now": now, **page}
    return render(request, "consent/tenant_detail.html", context)


@staff("owner", "support")
@require_POST
def tenant_check(request: StaffRequest, slug: str, tenant_id: UUID) -> HttpResponse:
    installation = installation_for(request.user, slug, tenant_id)
    request_check(installation=installation, person=request.user, now=timezone.now())
    messages.info(request, "Asked Microsoft again. The result is here in a few seconds; reload to see it.")
    return redirect("consent:tenant_detail", slug, tenant_id)


@staff()
@require_safe
def snapshot_detail(request: StaffRequest, slug: str, tenant_id: UUID, sequence: int) -> HttpResponse:
    installation = installation_for(request.user, slug, tenant_id)
    if request.GET.get("against") and _number(request, "against") is None:
        raise Http404
    page = detail.snapshot_page(installation, sequence=sequence, against=_number(request, "against"))
    if page is None:
        raise Http404
    context = {"application": installation.application, "now": timezone.now(), **page}
    return render(request, "consent/snapshot_detail.html", context)


@staff()
@require_safe
def tenant_claims(request: StaffRequest, slug: str) -> HttpResponse:
    application = application_for(request.user, slug)
    page = claims_page(application, a=request.GET.get("a", ""), b=request.GET.get("b", ""))
    return render(request, "consent/tenant_claims.html", {"application": application, **page})


def _number(request: StaffRequest, name: str) -> int | None:
    text = request.GET.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else None

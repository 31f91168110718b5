"""The audit log, for owners: a page of it, one event, and files."""

from __future__ import annotations

import json
from collections.abc import Iterator

from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_safe

from tenants.access import StaffRequest, staff
from tenants.models import AuditEvent
from tenants.queries.audit import audit_page, event_json, event_page
from tenants.rules.spreadsheet import csv_lines
from tenants.services.audit_export import export_events

COLUMNS = (
    "sequence", "at", "action", "actor_kind", "actor_name", "actor_tid", "actor_oid", "object_type",
    "object_id", "object_label", "tenant_id", "before", "after", "ip", "user_agent", "request_id",
    "previous_hash", "hash",
)  # fmt: skip


@staff("owner")
@require_safe
def audit_list(request: StaffRequest) -> HttpResponse:
    page = audit_page(dict(request.GET.lists()))
    here = request.build_absolute_uri()
    return render(request, "tenants/audit_list.html", {"now": timezone.now(), "here": here, **page})


@staff("owner")
@require_safe
def audit_detail(request: StaffRequest, event: int) -> HttpResponse:
    page = event_page(event)
    if page is None:
        raise Http404
    return render(request, "tenants/audit_detail.html", {"now": timezone.now(), **page})


@staff("owner")
@require_GET
def audit_export(request: StaffRequest) -> HttpResponseBase:
    return _file(request, "csv", "text/csv; charset=utf-8")


@staff("owner")
@require_GET
def audit_export_json(request: StaffRequest) -> HttpResponseBase:
    return _file(request, "json", "application/json")


def _file(request: StaffRequest, format_: str, content_type: str) -> HttpResponseBase:
    now = timezone.now()
    events = export_events(
        params=dict(request.GET.lists()), format_=format_.upper(), person=request.user, now=now
    )
    lines = csv_lines(COLUMNS, map(_cells, events)) if format_ == "csv" else _json_lines(events)
    name = f"audit_{now:%Y-%m-%d}.{format_}"
    return StreamingHttpResponse(
        lines,
        content_type=content_type,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _cells(event: AuditEvent) -> list[str]:
    row = event_json(event)
    row["before"], row["after"] = (json.dumps(row[side], sort_keys=True) for side in ("before", "after"))
    return ["" if row[column] is None else str(row[column]) for column in COLUMNS]


def _json_lines(events: Iterator[AuditEvent]) -> Iterator[str]:
    """Yield a JSON list, one event a line, so that a reader needs no more memory than the writer."""
    before = "[\n"
    for event in events:
        yield before + json.dumps(event_json(event), sort_keys=True)
        before = ",\n"
    yield "\n]\n"

"""One box for whatever somebody reads out or pastes, and the answer at an address of its own."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpResponse, HttpResponseRedirect, JsonResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from consent.access import application_for
from consent.models import Application
from entra.types import is_guid
from support.access import failure_for
from support.forms.short import ShortForm
from support.queries.verdict_json import verdict_json
from support.rules.labels import CAUSES
from support.services import desk, explain
from tenants.access import StaffRequest, staff

MOST_TEXT = 200_000  # characters that are read of what is pasted


@staff("owner", "support")
@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters()
def lookup(request: StaffRequest, slug: str) -> HttpResponse:
    """Show the box, or what came of it. Ids may be in the address; a pasted text never is."""
    application = application_for(request.user, slug)
    if request.method == "POST":
        pasted = request.POST.get("pasted", "")[:MOST_TEXT]
        request.POST = QueryDict()  # no page about a failure of ours shall show it
        return _looked_up(request, application, pasted)
    asked = request.GET.get("q", "").strip()
    if is_guid(asked):
        return _looked_up(request, application, asked)
    if "tenant" in request.GET:
        return _described(request, application)
    return _page(request, application, {"too_long": bool(asked)})


@staff("owner", "support")
@require_safe
def failure_detail(request: StaffRequest, slug: str, failure_id: UUID) -> HttpResponse:
    now = timezone.now()
    reports = failure_for(request.user, slug, failure_id, now=now)
    page = desk.failure_page(reports, person=request.user, now=now)
    return render(request, "support/failure_detail.html", {**page, "now": now})


@staff("owner", "support")
@require_safe
def failure_json(request: StaffRequest, slug: str, failure_id: UUID) -> HttpResponse:
    now = timezone.now()
    reports = failure_for(request.user, slug, failure_id, now=now)
    explained = explain.explain_and_note(reports[0], person=request.user, now=now)
    answer = JsonResponse(verdict_json(explained.verdict, explained.past), json_dumps_params={"indent": 2})
    answer["Content-Disposition"] = f'attachment; filename="verdict_{failure_id}.json"'
    return answer


@staff()
@require_safe
def verdict_help(request: StaffRequest) -> HttpResponse:
    """Explain every verdict, each at an anchor of its own."""
    return render(request, "support/help.html", {"causes": list(CAUSES.values())})


def _looked_up(request: StaffRequest, application: Application, text: str) -> HttpResponse:
    if not text.strip():
        return _page(request, application, {"problem": "Paste an id or an error first."}, status=422)
    now = timezone.now()
    found = explain.look_up(text=text, application=application, person=request.user, now=now)
    if found.failure is not None:
        url = reverse("support:failure_detail", args=[found.failure.application.slug, found.failure.pk])
        return HttpResponseRedirect(url, status=303)
    if found.is_empty or found.explained is None:
        return _page(request, application, {"problem": explain.NOTHING_IN_IT}, status=422)
    context = {
        "pasted": found.pasted,
        "expired": found.expired,
        "ids": found.ids,
        "bare": not found.pasted.found,
    }
    return _answer(request, application, found.explained, context)


def _described(request: StaffRequest, application: Application) -> HttpResponse:
    now = timezone.now()
    form = ShortForm(request.GET, application=application, now=now)
    if not form.is_valid():
        return _page(request, application, {"form": form}, status=422)
    explained = explain.explain_described(form.facts(), application=application, person=request.user, now=now)
    expired = explain.is_expired(explained.facts.failure.occurred_at, now=now)
    return _answer(request, application, explained, {"form": form, "expired": expired, "ids": ()})


def _answer(
    request: StaffRequest, application: Application, explained: explain.Explained, context: dict[str, Any]
) -> HttpResponse:
    page = desk.told_page(explained, ids=context["ids"])
    return _page(request, application, {**page, **context})


def _page(
    request: StaffRequest, application: Application, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    now = timezone.now()
    defaults = {
        "application": application,
        "form": ShortForm(application=application, now=now),
        "days": settings.FAILURE_RETENTION_DAYS,
        "now": now,
    }
    return render(request, "support/lookup.html", {**defaults, **context}, status=status)

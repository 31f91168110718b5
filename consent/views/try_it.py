"""Signing in to the watched application to see what it may do: away to Microsoft, back, and the result.

What came of a try is for the browser that made it: its session holds the ids of its results.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.views.decorators.http import require_POST, require_safe

from consent.access import invitation_for, own_installation, tried_in
from consent.models import Installation, SignInEvidence
from consent.queries.approval import place_of, readable
from consent.queries.try_it import try_page
from consent.services import try_it as service
from consent.views import organization
from consent.views.approval import closed, private, shell, with_form
from tenants.access import TenantRequest, leads_to_microsoft, tenant_admin

KEPT = 10  # results that a session remembers


@login_not_required
@require_POST
@private
@leads_to_microsoft
def public_start(request: HttpRequest, token: str) -> HttpResponse:
    """Send whoever has the link to Microsoft; only people of the link's organization get any further."""
    opened = invitation_for(token)
    now = timezone.now()
    if not readable(opened, now=now):
        return closed(request, token, opened, opened.state(now))
    return _leave(request, opened.installation, token=token)


@login_not_required
@require_safe
@private
@with_form
@leads_to_microsoft
def public_result(request: HttpRequest, token: str, try_id: UUID) -> HttpResponse:
    opened = invitation_for(token)
    now = timezone.now()
    if not readable(opened, now=now):
        return closed(request, token, opened, opened.state(now))
    found = _found(request, opened.installation, try_id)
    again = {"again_url": reverse("public:try_start", args=[token])}
    context = {**shell(token, opened, now), **found, **again}
    return render(request, "consent/try_result.html", context)


@tenant_admin
@require_safe
@leads_to_microsoft
def try_it(request: TenantRequest, slug: str) -> HttpResponse:
    """Say what will happen, or show what came of this browser's try."""
    installation = own_installation(request.user, slug)
    asked = request.GET.get("result", "")
    context: dict[str, Any] = {
        **organization.shell(request, installation),
        "place": place_of(installation),
        "again_url": reverse("organization:try_start", args=[slug]),
    }
    if asked:
        context |= _found(request, installation, _uuid(asked))
    return render(request, "consent/try_it.html", context)


@tenant_admin
@require_POST
@leads_to_microsoft
def try_start(request: TenantRequest, slug: str) -> HttpResponse:
    return _leave(request, own_installation(request.user, slug), token="")


def belongs_here(request: HttpRequest) -> bool:
    """Whether a return from Microsoft is that of the try that this browser left for."""
    kept = request.session.get("try_it") or {"flow": {"state": ""}}
    expected, states = str(kept["flow"]["state"]), request.GET.getlist("state")
    return bool(expected) and len(states) == 1 and constant_time_compare(states[0], expected)


def come_back(request: HttpRequest) -> HttpResponse:
    """Finish the try, once, and go on to an address that carries nothing of Microsoft's."""
    kept = request.session.pop("try_it")
    request.session.save()  # a second return of the same state must not find it, however slow Microsoft is
    params = {key: values[0] for key, values in request.GET.lists() if len(values) == 1}
    installation = Installation.objects.select_related("application", "tenant").get(pk=kept["installation"])
    outcome = service.finish(installation=installation, flow=kept["flow"], params=params, now=timezone.now())
    return _to_result(request, installation, outcome, token=kept["token"])


def _leave(request: HttpRequest, installation: Installation, *, token: str) -> HttpResponse:
    started = service.start(installation)
    if isinstance(started, service.Trouble):
        return _to_result(request, installation, started, token=token)
    request.session["try_it"] = {"flow": started.flow, "installation": installation.pk, "token": token}
    return HttpResponseRedirect(started.url, status=303)


def _to_result(
    request: HttpRequest, installation: Installation, outcome: SignInEvidence | service.Trouble, *, token: str
) -> HttpResponse:
    trouble = outcome if isinstance(outcome, service.Trouble) else None
    try_id = str(uuid4() if isinstance(outcome, service.Trouble) else outcome.pk)
    tries = {**request.session.get("tries", {}), try_id: vars(trouble) if trouble else None}
    request.session["tries"] = dict(list(tries.items())[-KEPT:])
    if token:
        url = reverse("public:try_result", args=[token, try_id])
    else:
        url = f"{reverse('organization:try_it', args=[installation.application.slug])}?result={try_id}"
    return HttpResponseRedirect(url, status=303)


def _found(request: HttpRequest, installation: Installation, try_id: UUID) -> dict[str, Any]:
    """Return a result of this browser, for this organization and application; 404 for any other."""
    tries = request.session.get("tries", {})
    if str(try_id) not in tries:
        raise Http404
    trouble = tries[str(try_id)]
    if trouble:
        return {"trouble": trouble}
    return {"page": try_page(tried_in(installation, try_id), asked=service.ASKED)}


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Http404 from None

"""What an approval link opens. The token in the address is the key, so nothing here may pass it on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe
from django.views.decorators.vary import vary_on_headers
from django_htmx.http import trigger_client_event

from consent.access import invitation_for
from consent.models import Invitation
from consent.queries.approval import place_of, readable, request_page
from consent.queries.outcome import receipt_json, result_page
from consent.services import consent_flow
from consent.services.invitations import link
from tenants.access import leads_to_microsoft

View = Callable[..., HttpResponse]
GONE = {"expired": 410, "withdrawn": 410}


def private(view: View) -> View:
    """Keep an address that is itself a key out of other sites' logs; portal.redaction sees to ours."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = view(request, *args, **kwargs)
        response.setdefault("Referrer-Policy", "no-referrer")
        return response

    return guarded


def with_form(view: View) -> View:
    """For pages with a form: under no-referrer browsers send `Origin: null`, which no CSRF check may take.

    Fetch Standard, "append a request `Origin` header". Other sites still learn nothing.
    """

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = view(request, *args, **kwargs)
        response.setdefault("Referrer-Policy", "same-origin")
        return response

    return guarded


@login_not_required
@require_safe
@private
@with_form
@leads_to_microsoft
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    opened = invitation_for(token)
    now = timezone.now()
    state = opened.state(now)
    if state != "open":
        return closed(request, token, opened, state)
    if request.method == "GET" and not is_prefetch(request):
        consent_flow.note_opened(invitation=opened, now=now)
    if opened.declined_at and "again" not in request.GET:
        return closed(request, token, opened, "declined")
    context = {**shell(token, opened, now), "asked": request_page(opened)}
    return render(request, "consent/invitation.html", context)


@login_not_required
@require_POST
@private
@leads_to_microsoft
def go(request: HttpRequest, token: str) -> HttpResponse:
    """Send the admin to Microsoft. Nothing that the browser sent becomes part of the address."""
    opened = invitation_for(token)
    now = timezone.now()
    if (state := opened.state(now)) != "open":
        return closed(request, token, opened, state)
    request.session["consent"] = True  # an empty session would get no cookie
    request.session.save()
    session_key = request.session.session_key or ""
    try:
        url = consent_flow.start(invitation=opened, session_key=session_key, now=now)
    except ValidationError as error:
        if error.code == "often":
            return render(request, "429.html", status=429)
        return closed(request, token, opened, str(error.code))
    return HttpResponseRedirect(url, status=303)


@login_not_required
@require_safe
@private
@with_form
@vary_on_headers("HX-Request")
def result(request: HttpRequest, token: str) -> HttpResponse:
    """Show what the last trip came to; a page that waits asks again with what it has seen."""
    opened = invitation_for(token)
    now = timezone.now()
    if not readable(opened, now=now):
        return closed(request, token, opened, opened.state(now))
    page = result_page(opened, session_key=request.session.session_key, now=now)
    if page is None:
        return redirect("public:invitation", token)
    context = {**shell(token, opened, now), "result": page}
    if not request.htmx:  # type: ignore[attr-defined]
        return render(request, "consent/result.html", context)
    state, _, version = request.GET.get("seen", "").partition(".")
    if version == page.version:
        return HttpResponse(status=204)
    response = render(request, "consent/_result.html", context)
    if state != page.state:
        trigger_client_event(response, "announce", {"value": page.title})
    return response


@login_not_required
@require_POST
@private
def check(request: HttpRequest, token: str) -> HttpResponse:
    opened = invitation_for(token)
    now = timezone.now()
    if not readable(opened, now=now):
        return closed(request, token, opened, opened.state(now))
    consent_flow.request_check(invitation=opened, now=now)
    return HttpResponseRedirect(reverse("public:result", args=[token]), status=303)


@login_not_required
@require_POST
@private
def decline(request: HttpRequest, token: str) -> HttpResponse:
    consent_flow.decline(invitation=invitation_for(token), now=timezone.now())
    return HttpResponseRedirect(reverse("public:invitation", args=[token]), status=303)


@login_not_required
@require_safe
@private
def receipt(request: HttpRequest, token: str) -> HttpResponse:
    opened = invitation_for(token)
    now = timezone.now()
    if not readable(opened, now=now):
        return closed(request, token, opened, opened.state(now))
    page = result_page(opened, session_key=request.session.session_key, now=now)
    if page is None or not page.is_proved:
        return redirect("public:result", token)
    if request.GET.get("as") == "json":
        response = JsonResponse(receipt_json(page), json_dumps_params={"indent": 2})
        response["Content-Disposition"] = f'attachment; filename="receipt-{page.receipt}.json"'
        return response
    return render(request, "consent/receipt.html", {**shell(token, opened, now), "result": page})


@login_not_required
@require_safe
@private
@with_form
@leads_to_microsoft
def roles(request: HttpRequest, token: str) -> HttpResponse:
    return _about(request, token, "consent/roles.html")


@login_not_required
@require_safe
@private
def forward(request: HttpRequest, token: str) -> HttpResponse:
    """Offer a text for whoever can approve, to be sent by hand: we know no addresses of theirs."""
    return _about(request, token, "consent/forward.html")


@login_not_required
@require_safe
@private
def genuine(request: HttpRequest, token: str) -> HttpResponse:
    return _about(request, token, "consent/genuine.html")


def _about(request: HttpRequest, token: str, template: str) -> HttpResponse:
    opened = invitation_for(token)
    now = timezone.now()
    if not readable(opened, now=now):
        return closed(request, token, opened, opened.state(now))
    page = request_page(opened)
    message = page.to_forward(link(opened), opened.expires_at)
    return render(request, template, {**shell(token, opened, now), "asked": page, "message": message})


def closed(request: HttpRequest, token: str, opened: Invitation, state: str) -> HttpResponse:
    """Say why a link opens nothing any more, and what to do. Not a word about anybody else."""
    now = timezone.now()
    context = {**shell(token, opened, now), "state": state, "is_readable": readable(opened, now=now)}
    refused = 409 if request.method == "POST" else 200
    return render(request, "consent/closed.html", context, status=GONE.get(state, refused))


def shell(token: str, opened: Invitation, now: datetime) -> dict[str, Any]:
    place = place_of(opened.installation)
    return {
        "token": token,
        "invitation": opened,
        "place": place,
        "link": link(opened),
        "now": now,
        "application_name": place.application.name,
        "genuine_url": reverse("public:genuine", args=[token]) if readable(opened, now=now) else "",
    }


def is_prefetch(request: HttpRequest) -> bool:
    """Whether nobody has asked for the page yet: a browser or scanner fetches it on a guess."""
    purpose = f"{request.headers.get('Sec-Purpose', '')} {request.headers.get('Purpose', '')}"
    return "prefetch" in purpose.lower()

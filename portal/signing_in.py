"""Signing in with Microsoft, proving it again before what matters most, and signing out."""

from __future__ import annotations

import logging
from typing import Any, cast

from django.contrib import messages
from django.contrib.auth import login, logout
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from entra.errors import EntraError
from portal import services
from portal.views import local_path, no_access
from tenants.access import leads_to_microsoft
from tenants.models import Person

log = logging.getLogger(__name__)

LONGEST_ORGANIZATION = 253  # a domain's name


@login_not_required
@require_GET
@leads_to_microsoft
def sign_in(request: HttpRequest) -> HttpResponse:
    if request.user.is_authenticated:
        return redirect("portal:home")
    return render(request, "portal/sign_in.html", {"next": local_path(request.GET.get("next", ""))})


@login_not_required
@require_POST
@leads_to_microsoft
def sign_in_start(request: HttpRequest) -> HttpResponse:
    return _leave(
        request,
        target=local_path(request.POST.get("next", "")),
        prompt="select_account" if "another" in request.POST else None,
        organization=request.POST.get("organization", "").strip()[:LONGEST_ORGANIZATION],
    )


def _leave(request: HttpRequest, *, target: str, **how: Any) -> HttpResponse:
    """Send the browser to Microsoft, and remember in its session what is to come back."""
    try:
        flow, url = services.begin_sign_in(**how)
    except (EntraError, ImproperlyConfigured, ValidationError) as error:
        return _failed(request, error, target=target)
    request.session["sign_in"] = {"flow": flow, "next": target}
    return HttpResponseRedirect(url, status=303)


@login_not_required
@require_GET
@leads_to_microsoft
def sign_in_return(request: HttpRequest) -> HttpResponse:
    kept = request.session.pop("sign_in", None)  # one trip, one try
    if kept is None:
        return _failed(request, None)
    # A parameter that comes twice does not count: RFC 6749, section 3.1.
    params = {key: values[0] for key, values in request.GET.lists() if len(values) == 1}
    if kept.get("step_up"):
        return _stepped_up(request, kept, params)
    try:
        signed_in = services.complete_sign_in(flow=kept["flow"], params=params, now=timezone.now())
    except (EntraError, ImproperlyConfigured, ValidationError) as error:
        return _failed(request, error, target=kept["next"])
    if signed_in is None:
        return _leave(request, target=kept["next"], reading_roles=True)
    if not signed_in.person.is_active:
        return no_access(request, signed_in.person)
    login(request, signed_in.person)
    request.session.cycle_key()  # also when the same person signs in again
    request.session["fresh_at"] = signed_in.proved_at
    return redirect(kept["next"] or "portal:home")


@require_http_methods(["GET", "HEAD", "POST"])
@leads_to_microsoft
def step_up(request: HttpRequest) -> HttpResponse:
    """Explain why Microsoft will ask again, then send the person there."""
    given = request.POST if request.method == "POST" else request.GET
    target = local_path(given.get("next", ""))
    if request.method != "POST":
        return render(request, "portal/step_up.html", {"next": target})
    try:
        flow, url = services.begin_step_up(cast(Person, request.user))
    except (EntraError, ImproperlyConfigured, ValidationError) as error:
        return _failed(request, error, target=target, again="portal:step_up")
    request.session["sign_in"] = {"flow": flow, "next": target, "step_up": True}
    return HttpResponseRedirect(url, status=303)


def _stepped_up(request: HttpRequest, kept: dict[str, Any], params: dict[str, str]) -> HttpResponse:
    person = request.user
    if not isinstance(person, Person):
        return _failed(request, None, target=kept["next"])  # signed out meanwhile
    try:
        proved_at = services.complete_step_up(
            person=person, flow=kept["flow"], params=params, now=timezone.now()
        )
    except (EntraError, ImproperlyConfigured, ValidationError) as error:
        return _failed(request, error, target=kept["next"], again="portal:step_up")
    request.session.cycle_key()
    request.session["fresh_at"] = proved_at
    return redirect(kept["next"] or "portal:home")


def _failed(
    request: HttpRequest,
    error: Exception | None,
    *,
    target: str = "",
    again: str = "portal:sign_in_start",
) -> HttpResponse:
    """Say what happened and offer to try again. Microsoft's own text is never shown as ours."""
    summary = "This sign-in was started in another browser or too long ago."
    status = 400
    if isinstance(error, EntraError):
        summary, status = error.summary, 503 if error.retryable else 400
    elif error is not None:
        log.error("Sign-in is not set up: %s", type(error).__name__)
        summary, status = "Sign-in is not set up on this portal yet. Whoever runs it has to finish it.", 503
    context = {
        "summary": summary,
        "failure": error if isinstance(error, EntraError) else None,
        "next": target,
        "again": again,
    }
    return render(request, "portal/sign_in_failed.html", context, status=status)


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    services.end_sessions(cast(Person, request.user), now=timezone.now())
    logout(request)
    messages.info(request, "You are signed out here. You may still be signed in at Microsoft.")
    response = redirect("portal:sign_in")
    response["Clear-Site-Data"] = '"cache"'
    return response

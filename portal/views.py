"""The front door: sign-in, search, health, and the pages for when something goes wrong."""

from __future__ import annotations

import logging
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login, logout
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ImproperlyConfigured, RequestDataTooBig, ValidationError
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import redirect, render
from django.urls import Resolver404, resolve, reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_POST, require_safe

from consent.queries.shell import find, only_application
from entra.errors import EntraError
from portal import services
from tenants.access import leads_to_microsoft
from tenants.models import Person

log = logging.getLogger(__name__)


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Send staff to their application; tell anyone else what is missing."""
    if not isinstance(request.user, Person) or not request.user.role:
        return render(request, "portal/no_role.html", status=403)
    only = only_application()
    return redirect("consent:overview", only) if only else render(request, "portal/home.html")


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
    prompt = "select_account" if "another" in request.POST else None
    try:
        flow, url = services.begin_sign_in(prompt=prompt)
    except (EntraError, ImproperlyConfigured, ValidationError) as error:
        return _sign_in_failed(request, error)
    request.session["sign_in"] = {"flow": flow, "next": local_path(request.POST.get("next", ""))}
    return HttpResponseRedirect(url, status=303)


@login_not_required
@require_GET
@leads_to_microsoft
def sign_in_return(request: HttpRequest) -> HttpResponse:
    kept = request.session.pop("sign_in", None)  # one trip, one try
    if kept is None:
        return _sign_in_failed(request, None)
    params = {key: values[0] for key, values in request.GET.lists() if len(values) == 1}
    try:
        person = services.complete_sign_in(flow=kept["flow"], params=params, now=timezone.now())
    except (EntraError, ValidationError) as error:
        return _sign_in_failed(request, error)
    if not person.is_active:
        return render(request, "portal/no_role.html", status=403)
    login(request, person)
    return redirect(kept["next"] or "portal:home")


def _sign_in_failed(request: HttpRequest, error: Exception | None) -> HttpResponse:
    """Say what happened and offer to try again. Microsoft's own text is never shown as ours."""
    summary = "This sign-in was started in another browser or too long ago."
    status = 400
    if isinstance(error, EntraError):
        summary, status = error.summary, 503 if error.retryable else 400
    elif error is not None:
        log.error("Sign-in is not set up: %s", type(error).__name__)
        summary, status = "Sign-in is not set up on this portal yet. Whoever runs it has to finish it.", 503
    context = {"summary": summary, "failure": error if isinstance(error, EntraError) else None}
    return render(request, "portal/sign_in_failed.html", context, status=status)


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    if isinstance(request.user, Person):
        services.end_sessions(request.user)
    logout(request)
    messages.info(request, "You are signed out here. You may still be signed in at Microsoft.")
    response = redirect("portal:sign_in")
    response["Clear-Site-Data"] = '"cache"'
    return response


@login_not_required
@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    """Keep light, dark or the system's theme in a cookie, and go back to the page."""
    chosen = request.POST.get("theme", "")
    response = HttpResponseRedirect(local_path(request.POST.get("next", "")) or reverse("portal:home"))
    if chosen in {"light", "dark"}:
        response.set_cookie(
            "theme",
            chosen,
            max_age=365 * 24 * 3600,
            httponly=True,
            samesite="Lax",
            secure=settings.PORTAL_IS_HTTPS,
        )
    else:
        response.delete_cookie("theme")
    return response


@require_GET
def search(request: HttpRequest) -> HttpResponse:
    """Go to the one tenant that is meant, or to the list of those that match."""
    person = request.user
    if not isinstance(person, Person) or not person.role:
        return not_found(request)
    return redirect(find(text=request.GET.get("q", ""), slug=request.GET.get("app", "")))


@login_not_required
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"status": "ok"})


@login_not_required
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """Ready when the database answers. The broker is named, never fatal: checks do not depend on it."""
    broker = "redis" if settings.REDIS_URL else "filesystem"
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return JsonResponse({"status": "unavailable", "database": "down", "broker": broker}, status=503)
    return JsonResponse({"status": "ok", "database": "ok", "broker": broker})


def local_path(target: str) -> str:
    """Return the path when it is one of this portal's own pages, else nothing."""
    if not target.startswith("/") or not url_has_allowed_host_and_scheme(target, allowed_hosts=None):
        return ""
    parts = urlsplit(target)
    try:
        resolve(parts.path)
    except Resolver404:
        return ""
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE // 2**20
    reason = f"What you sent is larger than {limit} MB." if isinstance(exception, RequestDataTooBig) else ""
    return render(request, "400.html", {"reason": reason}, status=400)


def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    owners = Person.objects.filter(role=Person.Role.OWNER, is_active=True).order_by("name")[:5]
    return render(request, "403.html", {"reason": str(exception or ""), "owners": owners}, status=403)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return render(request, "403_csrf.html", status=403)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return render(request, "404.html", status=404)


def server_error(request: HttpRequest, **kwargs: Any) -> HttpResponse:
    return render(request, "500.html", status=500)

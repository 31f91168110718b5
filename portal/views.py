"""The front door: where somebody starts, search, health, and the pages for when something goes wrong."""

from __future__ import annotations

from typing import Any, cast
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import RequestDataTooBig
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import redirect, render
from django.urls import Resolver404, resolve, reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_POST, require_safe

from consent.queries.shell import find, only_application
from entra.types import is_guid
from portal.strangers import stranger
from tenants.access import StaffRequest, customer_of, leads_to_microsoft, staff
from tenants.models import Person


@require_safe
@leads_to_microsoft
def home(request: HttpRequest) -> HttpResponse:
    """Send staff to their application and admins to their organization; tell others what is missing."""
    person = cast(Person, request.user)
    if not person.role:
        opens = person.is_tenant_admin and customer_of(person)
        return redirect("organization:home") if opens else no_access(request, person)
    only = only_application()
    return redirect("consent:overview", only) if only else render(request, "portal/home.html")


def no_access(request: HttpRequest, person: Person) -> HttpResponse:
    """Say why Microsoft's word for who somebody is opens nothing here, and who can change that."""
    return render(request, "portal/no_role.html", {"stranger": stranger(person)}, status=403)


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


@staff()
@require_GET
def search(request: StaffRequest) -> HttpResponse:
    """Go to the one tenant that is meant, to the desk with the GUID of none, or to the list that matches."""
    text = request.GET.get("q", "").strip()
    address = find(text=text, slug=request.GET.get("app", ""))
    found = resolve(urlsplit(address).path)
    if found.view_name == "consent:tenant_list" and is_guid(text) and request.user.can_invite:
        return redirect(f"{reverse('support:lookup', kwargs=found.kwargs)}?{urlencode({'q': text})}")
    return redirect(address)


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

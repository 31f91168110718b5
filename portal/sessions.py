"""Sessions end: after a while without use, after a day's work, and the person comes back to their page."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, cast
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import SESSION_KEY, logout
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.signals import user_logged_in
from django.contrib.auth.views import redirect_to_login
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import Resolver404, resolve
from django.utils import timezone
from django_htmx.http import HttpResponseClientRedirect

from support.rules.redact import cut
from tenants.rules.freshness import has_ended

SEEN_EVERY = 60  # seconds: noting the moment of every request would write to the database each time


@receiver(user_logged_in)
def begin(request: HttpRequest, **kwargs: Any) -> None:
    """Note when this session began."""
    moment = int(timezone.now().timestamp())
    request.session["signed_in_at"] = request.session["seen_at"] = moment


class SessionLimitsMiddleware:
    """Signs out whoever was away too long, or signed in too long ago."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if SESSION_KEY in request.session:
            self._limit(request)
        return self.get_response(request)

    def _limit(self, request: HttpRequest) -> None:
        now, session = timezone.now(), request.session
        if has_ended(
            signed_in_at=session.get("signed_in_at"),
            seen_at=session.get("seen_at"),
            now=now,
            idle=timedelta(seconds=settings.SESSION_IDLE_SECONDS),
            absolute=timedelta(seconds=settings.SESSION_ABSOLUTE_SECONDS),
        ):
            logout(request)
            messages.info(request, "You were signed out because it was a while ago. Sign in to go on.")
        elif now.timestamp() - session["seen_at"] >= min(SEEN_EVERY, settings.SESSION_IDLE_SECONDS / 2):
            session["seen_at"] = int(now.timestamp())


class SignInRequiredMiddleware(LoginRequiredMiddleware):
    """Sends whoever is not signed in to sign in, and afterwards back to the page that they were on."""

    def handle_no_permission(
        self, request: HttpRequest, view_func: Callable[..., HttpResponseBase]
    ) -> HttpResponseRedirect:
        login_url = self.get_login_url(view_func)
        htmx = getattr(request, "htmx", False) or "HX-Request" in request.headers
        if request.method in {"GET", "HEAD"} and not htmx:
            return redirect_to_login(_address(request.path, request.META["QUERY_STRING"]), login_url)
        came_from = request.headers.get("HX-Current-URL") or request.headers.get("Referer", "")
        response = redirect_to_login(_own_page(request, came_from), login_url)
        return cast(HttpResponseRedirect, HttpResponseClientRedirect(response.url)) if htmx else response


def _own_page(request: HttpRequest, url: str) -> str:
    """Return path and query of a page of this portal, else the start page."""
    parts = urlsplit(url)
    if parts.netloc != request.get_host():
        return "/"
    try:
        resolve(parts.path)
    except Resolver404:
        return "/"
    return _address(parts.path, parts.query)


def _address(path: str, query: str) -> str:
    """Signing in keeps the address for a while: what somebody pasted into its query by mistake stays out."""
    return f"{path}?{cut(query)[0]}" if query else path

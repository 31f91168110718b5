"""What every answer carries."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from tenants.services.audit import Origin, coming_from

Handler = Callable[[HttpRequest], HttpResponse]

PERMISSIONS_POLICY = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"


class RequestIdMiddleware:
    """Gives each request an id of ours: on error pages, in the logs, and in a response header."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.request_id = str(uuid.uuid4())  # type: ignore[attr-defined]
        origin = Origin(
            ip=client_address(request),
            user_agent=request.headers.get("User-Agent", ""),
            request_id=request.request_id,  # type: ignore[attr-defined]
        )
        with coming_from(origin):
            response = self.get_response(request)
        response["X-Request-Id"] = request.request_id  # type: ignore[attr-defined]
        return response


def client_address(request: HttpRequest) -> str:
    """Return where a request came from; nothing when that cannot be told.

    Behind a proxy only the last entry of X-Forwarded-For is the proxy's own; whoever sends a request can
    write the others.
    """
    address = request.META.get("REMOTE_ADDR", "")
    if settings.BEHIND_PROXY:
        address = request.headers.get("X-Forwarded-For", address).rpartition(",")[2]
    try:
        return str(ip_address(address.strip()))
    except ValueError:
        return ""


class HeadersMiddleware:
    """Pages show customers' data, so nothing may keep them: no shared cache, no history, no other origin."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.setdefault("Cache-Control", "no-store")
        response.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
        response.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        response.setdefault("X-Robots-Tag", "noindex")
        return response

"""What the shell of every page shows."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from consent.queries.shell import navigation
from tenants.models import Person


def shell(request: HttpRequest) -> dict[str, Any]:
    """Return nav, person, sandbox, theme and request_id; nothing here may fail on an error page."""
    person = getattr(request, "user", None)
    person = person if isinstance(person, Person) else None
    match = request.resolver_match
    return {
        "nav": navigation(match.kwargs.get("slug") if match else None, match.view_name if match else "")
        if person and person.role
        else None,
        "person": person,
        "sandbox": bool(settings.ENTRA_SANDBOX_URL),
        "theme": theme if (theme := request.COOKIES.get("theme", "")) in {"light", "dark"} else "",
        "request_id": getattr(request, "request_id", ""),
    }

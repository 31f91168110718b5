"""The token inspector: a form, and what a pasted token says. Nothing pasted is kept, logged or acted upon."""

from __future__ import annotations

from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import cache_control
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from consent.access import application_for
from support.queries.token import token_page
from support.rules.token_notes import MISTAKES
from support.rules.token_reading import Reading, read
from support.rules.token_text import Shape
from tenants.access import StaffRequest, staff


@staff("owner", "support")
@require_http_methods(["GET", "HEAD", "POST"])
@cache_control(no_store=True)
@sensitive_post_parameters()
def token(request: StaffRequest, slug: str) -> HttpResponse:
    application = application_for(request.user, slug)
    now = timezone.now()
    context = {"application": application, "now": now}
    if request.method != "POST":
        if request.GET:  # whoever put a token into the address: it goes no further than this
            return redirect(request.path)
        return render(request, "support/token.html", context)
    reading = _taken_from(request)
    mistake = MISTAKES.get(reading.shape)
    if mistake:
        status = 413 if reading.shape is Shape.TOO_LONG else 422
        return render(request, "support/token.html", {**context, "mistake": mistake}, status=status)
    page = token_page(application, reading, now=now)
    return render(request, "support/token.html", {**context, "page": page})


def _taken_from(request: StaffRequest) -> Reading:
    """Read what was pasted and take it out of the request, so that no page about a failure could show it."""
    reading = read(request.POST.get("token", ""))
    request.POST = QueryDict()
    return reading

"""Coming back from Microsoft: read once, then straight on to an address that carries none of it."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_safe

from consent.services.consent_flow import Place, complete_return
from consent.services.invitations import token_of
from consent.views import try_it
from consent.views.approval import is_prefetch, private


@login_not_required
@require_GET
@private
def consent_return(request: HttpRequest) -> HttpResponse:
    if is_prefetch(request):
        return HttpResponse(status=503)
    if try_it.belongs_here(request):
        return try_it.come_back(request)
    back = complete_return(
        params=dict(request.GET.lists()), session_key=request.session.session_key, now=timezone.now()
    )
    token = token_of(back.invitation) if back.invitation else ""
    if back.place is Place.RESULT:
        return HttpResponseRedirect(reverse("public:result", args=[token]), status=303)
    if back.place is Place.NEUTRAL:
        return HttpResponseRedirect(reverse("public:returned"), status=303)
    context = {"is_late": back.place is Place.LATE, "token": token}
    return render(request, "consent/consent_return.html", context, status=400)


@login_not_required
@require_safe
@private
def returned(request: HttpRequest) -> HttpResponse:
    """What another browser than the one that left sees, whatever came of it."""
    return render(request, "consent/returned.html")

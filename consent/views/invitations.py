"""Approval links: who was sent one, and how far it got."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from consent.access import application_for, installation_for
from consent.models import Invitation
from consent.queries.invitations import invitation_list as invitations_of
from consent.queries.invitations import invitation_of, invitation_page
from consent.services.invitations import invite, link, mailto, withdraw
from tenants.access import StaffRequest, staff


@staff()
@require_safe
def invitation_list(request: StaffRequest, slug: str) -> HttpResponse:
    application = application_for(request.user, slug)
    now = timezone.now()
    page = invitations_of(
        application, state=request.GET.get("state", ""), after=request.GET.get("after", ""), now=now
    )
    return render(request, "consent/invitation_list.html", {"application": application, "now": now, **page})


@staff()
@require_safe
def invitation_detail(request: StaffRequest, slug: str, invitation_id: UUID) -> HttpResponse:
    """The link itself is shown only to those who may send one."""
    invitation = _invitation(request, slug, invitation_id)
    now = timezone.now()
    context = {
        **invitation_page(invitation, now=now),
        "link": link(invitation) if request.user.can_invite else "",
        "mailto": mailto(invitation) if request.user.can_invite else "",
        "now": now,
    }
    response = render(request, "consent/invitation_detail.html", context)
    response["Cache-Control"] = "no-store"  # the page holds a key
    return response


@staff("owner", "support")
@require_POST
def invitation_create(request: StaffRequest, slug: str, tenant_id: UUID) -> HttpResponse:
    installation = installation_for(request.user, slug, tenant_id)
    try:
        invitation = invite(installation=installation, person=request.user, now=timezone.now())
    except ValidationError as error:
        messages.error(request, error.messages[0])
        return redirect("consent:tenant_detail", slug=slug, tenant_id=tenant_id)
    messages.success(request, f"The approval link for {installation.tenant.name} is ready to send.")
    return redirect("consent:invitation_detail", slug=slug, invitation_id=invitation.pk)


@staff("owner", "support")
@require_POST
def invitation_withdraw(request: StaffRequest, slug: str, invitation_id: UUID) -> HttpResponse:
    invitation = _invitation(request, slug, invitation_id)
    try:
        withdraw(invitation=invitation, person=request.user, now=timezone.now())
    except ValidationError as error:
        messages.error(request, error.messages[0])
    else:
        messages.success(request, "The link is withdrawn. Whoever opens it is told so.")
    return redirect("consent:invitation_detail", slug=slug, invitation_id=invitation.pk)


def _invitation(request: StaffRequest, slug: str, invitation_id: UUID) -> Invitation:
    invitation = invitation_of(application_for(request.user, slug), invitation_id)
    if invitation is None:
        raise Http404
    return invitation

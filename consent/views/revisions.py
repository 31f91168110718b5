"""What the application requires: its revisions, and the editor of the next one."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe
from django.views.decorators.vary import vary_on_headers
from django_htmx.http import trigger_client_event

from consent.access import application_for
from consent.forms.draft import DraftForm
from consent.models import Application
from consent.queries.revisions import comparison_page, revision_page
from consent.queries.revisions import revision_list as revisions_of
from consent.services import revisions
from tenants.access import StaffRequest, fresh_sign_in, staff


@staff()
@require_safe
def revision_list(request: StaffRequest, slug: str) -> HttpResponse:
    application = application_for(request.user, slug)
    context = {"application": application, "revisions": revisions_of(application), "now": timezone.now()}
    return render(request, "consent/revision_list.html", context)


@staff()
@require_safe
def revision_detail(request: StaffRequest, slug: str, number: int) -> HttpResponse:
    application = application_for(request.user, slug)
    page = revision_page(application, number)
    if page is None:
        raise Http404
    return render(request, "consent/revision_detail.html", {"application": application, **page})


@staff()
@require_safe
def revision_compare(request: StaffRequest, slug: str, before: int, after: int) -> HttpResponse:
    application = application_for(request.user, slug)
    page = comparison_page(application, before, after)
    if page is None:
        raise Http404
    return render(request, "consent/revision_compare.html", {"application": application, **page})


def _publishes(request: HttpRequest) -> bool:
    return request.method == "POST" and request.POST.get("action") == "publish"


@staff("owner")
@require_http_methods(["GET", "HEAD", "POST"])
@vary_on_headers("HX-Request")
@fresh_sign_in(when=_publishes, keep=DraftForm.shown_again)
def revision_draft(request: StaffRequest, slug: str) -> HttpResponse:
    """Show the editor; each button posts the whole draft, and only "publish" writes anything."""
    application = application_for(request.user, slug)
    if request.method != "POST" and request.kept_form is None:
        return _editor(request, DraftForm(application=application))
    form = DraftForm(application=application, data=request.kept_form or request.POST)
    if form.act() == "publish":
        return _publish(request, application, form)
    return _editor(request, form, status=422 if form.errors else 200)


def _publish(request: StaffRequest, application: Application, form: DraftForm) -> HttpResponse:
    if not form.check_for_publishing():
        return _editor(request, form, status=422)
    try:
        revision = revisions.publish(
            application=application,
            required=form.required,
            note=form.cleaned_data["note"],
            person=request.user,
            now=timezone.now(),
            based_on=form.edited_number,
        )
    except ValidationError as error:
        form.add_error(None, error)
        if error.code != revisions.CONFLICT:
            return _editor(request, form, status=422)
        edited = form.edited_number
        form.rebase()
        return _editor(request, form, status=409, edited=edited)
    messages.success(request, f"Revision {revision.number} is published. No tenant's grants have changed.")
    return redirect("consent:revision_detail", slug=application.slug, number=revision.number)


def _editor(
    request: StaffRequest, form: DraftForm, *, status: int = 200, edited: int | None = None
) -> HttpResponse:
    """Show the draft; `edited` is the revision it was begun from when somebody published another one."""
    context = {
        "application": form.application,
        "form": form,
        "impact": form.impact if form.changed else None,
        "edited": edited,
    }
    htmx = request.htmx  # type: ignore[attr-defined]
    if not htmx:
        return render(request, "consent/revision_draft.html", context, status=status)
    part = "_impact" if htmx.target == "impact" else "_draft"
    response = render(request, f"consent/{part}.html", context, status=status)
    return trigger_client_event(response, "announce", {"value": _spoken(form)})


def _spoken(form: DraftForm) -> str:
    """Return the one sentence that assistive technology reads after a change."""
    if form.errors:
        return ""
    if not form.changed:
        return "Impact updated: the draft is what is published already."
    count = form.impact.must_approve
    if count:
        return f"Impact updated: {count:,} {'tenant needs' if count == 1 else 'tenants need'} re-consent."
    return f"Impact updated: {form.impact.changing:,} tenants change status."

"""How denied calls come in: ingest keys, a file, and code that reports."""

from __future__ import annotations

from typing import cast
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from consent.access import application_for
from support.access import ingest_key_for
from support.forms.intake import FailureFileForm, IngestKeyForm
from support.queries.intake import keys_of, report_address, reporting_sample
from support.services.imports import Imported, import_failures, skipped_words
from support.services.keys import make_key, revoke_key
from tenants.access import StaffRequest, fresh_sign_in, staff
from tenants.models import Person


def _posted(request: HttpRequest) -> bool:
    """Whether something is to be changed; what is not there is not found before anybody signs in again."""
    if request.method != "POST" or request.resolver_match is None:
        return False
    (ingest_key_for if "key_id" in request.resolver_match.kwargs else application_for)(
        cast(Person, request.user), **request.resolver_match.kwargs
    )
    return True


@staff("owner")
@require_http_methods(["GET", "HEAD", "POST"])
@fresh_sign_in(when=_posted)
def ingest_keys(request: StaffRequest, slug: str) -> HttpResponse:
    """List the keys, and make one. The answer that makes it is the only one that shows it."""
    application = application_for(request.user, slug)
    form = IngestKeyForm(
        request.POST if request.method == "POST" else None,
        initial=request.kept_form.dict() if request.kept_form else None,
    )
    made = None
    if form.is_valid():
        try:
            made = make_key(
                application=application, person=request.user, now=timezone.now(), **form.cleaned_data
            )
        except ValidationError as error:
            form.add_error("name", error)
    context = {
        "application": application,
        "form": IngestKeyForm() if made else form,
        "wrong": form if form.errors else None,
        "made": made,
        "keys": keys_of(application),
        "address": report_address(),
        "now": timezone.now(),
    }
    return render(request, "support/ingest_keys.html", context, status=422 if form.errors else 200)


@staff("owner")
@require_POST
@fresh_sign_in(when=_posted)
def ingest_key_revoke(request: StaffRequest, slug: str, key_id: UUID) -> HttpResponse:
    key = ingest_key_for(request.user, slug, key_id)
    revoke_key(key=key, person=request.user, now=timezone.now())
    messages.success(request, f"The key {key.name} is revoked. Nothing is taken with it any more.")
    return redirect("support:ingest_keys", slug)


@staff("owner", "support")
@require_http_methods(["GET", "HEAD", "POST"])
def failure_upload(request: StaffRequest, slug: str) -> HttpResponse:
    application = application_for(request.user, slug)
    form = FailureFileForm(request.POST, request.FILES) if request.method == "POST" else FailureFileForm()
    imported: Imported | None = None
    if form.is_valid():
        try:
            imported = import_failures(
                application=application,
                file=form.cleaned_data["file"].file,
                person=request.user,
                now=timezone.now(),
            )
        except ValidationError as error:
            form.add_error("file", error)
    bad = bool(form.errors) or bool(imported and imported.bad_lines)
    context = {
        "application": application,
        "form": form,
        "wrong": form if form.errors else None,
        "imported": imported,
        "skipped": skipped_words(imported) if imported else [],
    }
    return render(request, "support/failure_upload.html", context, status=422 if bad else 200)


@staff("owner", "support")
@require_safe
def failure_samples(request: StaffRequest, slug: str) -> HttpResponse:
    application = application_for(request.user, slug)
    context = {"application": application, "sample": reporting_sample(request.GET.get("lang", ""))}
    return render(request, "support/failure_samples.html", context)

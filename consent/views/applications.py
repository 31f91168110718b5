"""Registering an application, and adding tenants to it."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from consent.access import application_for
from consent.forms.onboarding import TenantFileForm, TenantForm
from consent.forms.registration import RegistrationForm, without_secret
from consent.models import Application
from consent.queries.registration import registration_page, return_address
from consent.services.onboarding import add_tenant, import_csv
from consent.services.registration import register_application
from tenants.access import StaffRequest, fresh_sign_in, staff


def _posted(request: HttpRequest) -> bool:
    return request.method == "POST"


@staff("owner")
@require_http_methods(["GET", "HEAD", "POST"])
@fresh_sign_in(when=_posted, keep=without_secret)
def application_register(request: StaffRequest) -> HttpResponse:
    form = RegistrationForm(
        request.POST if request.method == "POST" else None,
        initial=request.kept_form.dict() if request.kept_form else None,
    )
    if form.is_valid():
        try:
            application, note = register_application(
                **form.cleaned_data, person=request.user, now=timezone.now()
            )
        except ValidationError as error:
            form.add_error(None, error)
        else:
            if note:
                messages.warning(request, note)
            else:
                messages.success(request, "Registered. Microsoft accepted its credential.")
            return redirect("consent:application_detail", slug=application.slug)
    context = {"form": form, "return_address": return_address()}
    return render(request, "consent/application_register.html", context, status=422 if form.errors else 200)


@staff()
@require_safe
def application_detail(request: StaffRequest, slug: str) -> HttpResponse:
    application = application_for(request.user, slug)
    context = {**registration_page(application), "now": timezone.now()}
    return render(request, "consent/application_detail.html", context)


@staff("owner")
@require_http_methods(["GET", "HEAD", "POST"])
def tenant_add(request: StaffRequest, slug: str) -> HttpResponse:
    """Add one tenant, or with a file many; two forms, and `file` tells which was sent."""
    application = application_for(request.user, slug)
    if request.method != "POST":
        return _tenant_page(request, application, TenantForm(prefix="one"), TenantFileForm(prefix="csv"))
    if "csv" in request.POST:
        return _import(request, application)
    form = TenantForm(request.POST, prefix="one")
    if form.is_valid():
        try:
            installation = add_tenant(
                application=application, person=request.user, now=timezone.now(), **form.cleaned_data
            )
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, f"{installation.tenant.name} is added. Microsoft is being asked.")
            return redirect("consent:tenant_detail", slug=application.slug, tenant_id=installation.tenant_id)
    return _tenant_page(request, application, form, TenantFileForm(prefix="csv"))


def _import(request: StaffRequest, application: Application) -> HttpResponse:
    form = TenantFileForm(request.POST, request.FILES, prefix="csv")
    if form.is_valid():
        try:
            imported = import_csv(
                application=application,
                data=form.cleaned_data["file"],
                person=request.user,
                now=timezone.now(),
            )
        except ValidationError as error:
            form.add_error("file", error)
        else:
            are = "tenant is" if imported.added == 1 else "tenants are"
            messages.success(request, f"{imported.added:,} {are} added. Microsoft is being asked.")
            return redirect("consent:tenant_list", slug=application.slug)
    return _tenant_page(request, application, TenantForm(prefix="one"), form)


def _tenant_page(
    request: StaffRequest, application: Application, form: TenantForm, file_form: TenantFileForm
) -> HttpResponse:
    wrong = form if form.errors else file_form if file_form.errors else None
    context = {"application": application, "form": form, "file_form": file_form, "wrong": wrong}
    return render(request, "consent/tenant_add.html", context, status=422 if wrong else 200)

"""Addresses of the support desk."""

from django.urls import URLPattern, path

from support.views import failures, intake, lookup, token

app_name = "support"

urlpatterns: list[URLPattern] = [
    path("<slug:slug>/support", lookup.lookup, name="lookup"),
    path("<slug:slug>/support/<uuid:failure_id>", lookup.failure_detail, name="failure_detail"),
    path("<slug:slug>/support/<uuid:failure_id>.json", lookup.failure_json, name="failure_json"),
    path("<slug:slug>/failures", failures.failure_list, name="failure_list"),
    path("<slug:slug>/failures/upload", intake.failure_upload, name="failure_upload"),
    path("<slug:slug>/failures/samples", intake.failure_samples, name="failure_samples"),
    path("<slug:slug>/failures/keys", intake.ingest_keys, name="ingest_keys"),
    path(
        "<slug:slug>/failures/keys/<uuid:key_id>/revoke", intake.ingest_key_revoke, name="ingest_key_revoke"
    ),
    path("<slug:slug>/tenants/<uuid:tenant_id>/failures", failures.tenant_failures, name="tenant_failures"),
    path("help/verdicts", lookup.verdict_help, name="verdict_help"),
    path("<slug:slug>/support/token", token.token, name="token"),
]

"""Addresses for applications that report their denied calls, each with a key of its own."""

from django.urls import URLPattern, path

from support.api import failures

app_name = "api"

urlpatterns: list[URLPattern] = [
    path("failures", failures.failures, name="failures"),
    path("openapi.json", failures.openapi, name="openapi"),
]

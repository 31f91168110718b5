"""Addresses of the portal's administration."""

from django.urls import URLPattern, path

from tenants.views import audit

app_name = "tenants"

urlpatterns: list[URLPattern] = [
    path("audit", audit.audit_list, name="audit_list"),
    path("audit.csv", audit.audit_export, name="audit_export"),
    path("audit.json", audit.audit_export_json, name="audit_export_json"),
    path("audit/<int:event>", audit.audit_detail, name="audit_detail"),
]

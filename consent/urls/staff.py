"""Addresses of the staff's pages."""

from django.urls import URLPattern, path

app_name = "consent"

urlpatterns: list[URLPattern] = []

"""Addresses for applications that report their denied calls, each with a key of its own."""

from django.urls import URLPattern

app_name = "api"

urlpatterns: list[URLPattern] = []

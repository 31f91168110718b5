"""Addresses that an approval link opens. No sign-in: the link is the capability."""

from django.urls import URLPattern, path

app_name = "public"

urlpatterns: list[URLPattern] = []

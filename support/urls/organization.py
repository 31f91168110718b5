"""An organization's own denied calls. No address carries a tenant: it follows from who is signed in."""

from django.urls import URLPattern

app_name = "own_failures"

urlpatterns: list[URLPattern] = []

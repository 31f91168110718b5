"""An organization's own denied calls. No address carries a tenant: it follows from who is signed in."""

from django.urls import URLPattern, path

from support.views import own_failures

app_name = "own_failures"

urlpatterns: list[URLPattern] = [
    path("<slug:slug>/failures", own_failures.failures, name="failures"),
    path("<slug:slug>/failures/<uuid:failure_id>", own_failures.failure, name="failure"),
]

"""Addresses that an approval link opens. No sign-in: the link is the capability."""

from django.urls import path

from consent.views import approval, returning, try_it

app_name = "public"

urlpatterns = [
    path("return", returning.consent_return, name="consent_return"),
    path("returned", returning.returned, name="returned"),
    path("<str:token>", approval.invitation, name="invitation"),
    path("<str:token>/go", approval.go, name="go"),
    path("<str:token>/result", approval.result, name="result"),
    path("<str:token>/receipt", approval.receipt, name="receipt"),
    path("<str:token>/roles", approval.roles, name="roles"),
    path("<str:token>/try", try_it.public_start, name="try_start"),
    path("<str:token>/try/<uuid:try_id>", try_it.public_result, name="try_result"),
    path("<str:token>/forward", approval.forward, name="forward"),
    path("<str:token>/decline", approval.decline, name="decline"),
    path("<str:token>/genuine", approval.genuine, name="genuine"),
    path("<str:token>/check", approval.check, name="check"),
]

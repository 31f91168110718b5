"""An organization's own pages. They carry no tenant's id: whose they are follows from who is signed in."""

from django.urls import path

from consent.views import graph_explorer, organization, own_roles, samples, try_it

app_name = "organization"

urlpatterns = [
    path("", organization.home, name="home"),
    path("<slug:slug>/", organization.application, name="application"),
    path("<slug:slug>/approve", organization.approve, name="approve"),
    path("<slug:slug>/receipts/<uuid:invitation_id>", organization.receipt, name="receipt"),
    path("<slug:slug>/receipts/<uuid:invitation_id>.json", organization.receipt_json, name="receipt_json"),
    path("<slug:slug>/roles", own_roles.roles, name="roles"),
    path("<slug:slug>/roles/check", own_roles.roles_check, name="roles_check"),
    path("<slug:slug>/try", try_it.try_it, name="try_it"),
    path("<slug:slug>/try/start", try_it.try_start, name="try_start"),
    path("<slug:slug>/samples", samples.own_samples, name="samples"),
    path("<slug:slug>/graph-explorer", graph_explorer.graph_explorer, name="graph_explorer"),
    path("<slug:slug>/graph-explorer/check", graph_explorer.explorer_check, name="explorer_check"),
]

"""Addresses of the staff's pages."""

from django.urls import URLPattern, path

from consent.views import applications, invitations, overview, revisions, samples, scans, tenants

app_name = "consent"

urlpatterns: list[URLPattern] = [
    path("<slug:slug>/", overview.overview, name="overview"),
    path("<slug:slug>/patterns/<slug:digest>", overview.pattern_detail, name="pattern_detail"),
    path("<slug:slug>/tenants", tenants.tenant_list, name="tenant_list"),
    path("<slug:slug>/tenants.csv", tenants.tenant_export, name="tenant_export"),
    path("<slug:slug>/tenants/claims", tenants.tenant_claims, name="tenant_claims"),
    path("<slug:slug>/tenants/<uuid:tenant_id>/", tenants.tenant_detail, name="tenant_detail"),
    path("<slug:slug>/tenants/<uuid:tenant_id>/check", tenants.tenant_check, name="tenant_check"),
    path(
        "<slug:slug>/tenants/<uuid:tenant_id>/snapshots/<int:sequence>",
        tenants.snapshot_detail,
        name="snapshot_detail",
    ),
    path("<slug:slug>/scans", scans.scan_list, name="scan_list"),
    path("<slug:slug>/scans/start", scans.scan_start, name="scan_start"),
    path("<slug:slug>/scans/<int:scan_id>", scans.scan_detail, name="scan_detail"),
    path("register", applications.application_register, name="application_register"),
    path("<slug:slug>/registration", applications.application_detail, name="application_detail"),
    path("<slug:slug>/samples", samples.samples, name="samples"),
    path("<slug:slug>/checklist", samples.checklist, name="checklist"),
    path("<slug:slug>/tenants/add", applications.tenant_add, name="tenant_add"),
    path("<slug:slug>/revisions", revisions.revision_list, name="revision_list"),
    path("<slug:slug>/revisions/draft", revisions.revision_draft, name="revision_draft"),
    path("<slug:slug>/revisions/<int:number>", revisions.revision_detail, name="revision_detail"),
    path(
        "<slug:slug>/revisions/compare/<int:before>..<int:after>",
        revisions.revision_compare,
        name="revision_compare",
    ),
    path("<slug:slug>/invitations", invitations.invitation_list, name="invitation_list"),
    path(
        "<slug:slug>/invitations/<uuid:invitation_id>",
        invitations.invitation_detail,
        name="invitation_detail",
    ),
    path(
        "<slug:slug>/invitations/<uuid:invitation_id>/withdraw",
        invitations.invitation_withdraw,
        name="invitation_withdraw",
    ),
    path(
        "<slug:slug>/tenants/<uuid:tenant_id>/invite",
        invitations.invitation_create,
        name="invitation_create",
    ),
]

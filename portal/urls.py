"""Every address of the portal. Applications live at the root, so their slugs come last."""

from django.urls import URLPattern, URLResolver, include, path

from portal import signing_in, views

front = [
    path("", views.home, name="home"),
    path("sign-in", signing_in.sign_in, name="sign_in"),
    path("sign-in/start", signing_in.sign_in_start, name="sign_in_start"),
    path("sign-in/return", signing_in.sign_in_return, name="sign_in_return"),
    path("sign-in/again", signing_in.step_up, name="step_up"),
    path("sign-out", signing_in.sign_out, name="sign_out"),
    path("theme", views.theme, name="theme"),
    path("search", views.search, name="search"),
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include((front, "portal"))),
    path("c/", include("consent.urls.public")),
    path("organization/", include("support.urls.organization")),
    path("organization/", include("consent.urls.organization")),
    path("api/v1/", include("support.urls.api")),
    path("", include("tenants.urls")),
    path("", include("support.urls.staff")),
    path("", include("consent.urls.staff")),
]

handler400 = "portal.views.bad_request"
handler403 = "portal.views.permission_denied"
handler404 = "portal.views.not_found"
handler500 = "portal.views.server_error"

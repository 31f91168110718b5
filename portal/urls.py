"""Every address of the portal. Applications live at the root, so their slugs come last."""

from django.urls import URLPattern, URLResolver, include, path

from portal import views

front = [
    path("", views.home, name="home"),
    path("sign-in", views.sign_in, name="sign_in"),
    path("sign-in/start", views.sign_in_start, name="sign_in_start"),
    path("sign-in/return", views.sign_in_return, name="sign_in_return"),
    path("sign-out", views.sign_out, name="sign_out"),
    path("theme", views.theme, name="theme"),
    path("search", views.search, name="search"),
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include((front, "portal"))),
    path("c/", include("consent.urls.public")),
    path("", include("consent.urls.staff")),
]

handler400 = "portal.views.bad_request"
handler403 = "portal.views.permission_denied"
handler404 = "portal.views.not_found"
handler500 = "portal.views.server_error"

"""The front door without a browser: health, theme, search, and where a sign-in may lead."""

from __future__ import annotations

from itertools import product

import pytest
from django.test import Client
from django.urls import reverse

from portal.views import local_path
from tests import factories
from tests.factories import P1, T1, T2, grants

pytestmark = pytest.mark.django_db

HOSTS = [
    "evil.example",
    "evil.example:443",
    "user@evil.example",
    "localhost.evil.example",
    "[::1]",
    "2130706433",
]
SLASHES = [
    "//",
    "///",
    "/\\",
    "\\\\",
    "\\/",
    "/%09/",
    "/\t/",
    "%2f%2f",
    "%252f%252f",
    "/.//",
    "/;@",
    "/%5c",
    "/\x00/",
]
SCHEMES = ["", "http:", "https:", "HTTPS:", "javascript:", "data:", " https:", "\thttps:", "ht\ntps:", "x:"]
PROBES = [
    scheme + slashes + host + path
    for scheme, slashes, host, path in product(SCHEMES, SLASHES, HOSTS, ["", "/"])
]


def test_no_return_address_leads_off_this_portal():
    assert len(PROBES) > 1000
    for probe in PROBES:
        assert local_path(probe) == "", probe


@pytest.mark.parametrize("target", ["/", "/sign-in", "/sentinel-connector/tenants?status=revoked"])
def test_pages_of_this_portal_are_kept(target):
    assert local_path(target) == target


def test_a_page_that_does_not_exist_is_no_return_address():
    assert local_path("/no/such/page/anywhere/here") == ""


class TestHealth:
    def test_the_process_lives(self, client):
        assert client.get("/healthz").json() == {"status": "ok"}

    def test_the_database_answers_and_the_broker_is_named(self, client):
        assert client.get("/readyz").json()["database"] == "ok"
        assert client.get("/readyz").json()["broker"] in {"redis", "filesystem"}


class TestTheme:
    def test_is_kept_in_a_cookie_and_shown_on_the_next_page(self, client):
        client.post("/theme", {"theme": "dark"})

        assert b'data-theme="dark"' in client.get("/sign-in").content

    def test_goes_back_to_the_page_with_its_filters(self, client):
        response = client.post("/theme", {"theme": "light", "next": "/sentinel-connector/tenants?q=a"})

        assert response.headers["Location"] == "/sentinel-connector/tenants?q=a"

    def test_of_another_name_is_forgotten(self, client):
        client.post("/theme", {"theme": "dark"})
        client.post("/theme", {"theme": "<script>", "next": "//evil.example"})

        page = client.get("/sign-in").content
        assert b"data-theme" not in page.partition(b"<head>")[0]


class TestSearch:
    @pytest.fixture
    def installation(self, application):
        factories.make_revision(application, P1)
        return factories.make_installation(application, factories.make_tenant(id=T1), has=grants(P1))

    @pytest.mark.parametrize("text", [str(T1), str(T1).upper(), " northwind.example ", "NORTHWIND.example"])
    def test_one_tenant_is_opened(self, as_owner, installation, text):
        response = as_owner.get("/search", {"q": text})

        assert response.headers["Location"] == reverse(
            "consent:tenant_detail", args=["sentinel-connector", T1]
        )

    def test_anything_else_filters_the_list(self, as_owner, installation):
        response = as_owner.get("/search", {"q": "north & co", "app": "sentinel-connector"})

        assert response.headers["Location"] == "/sentinel-connector/tenants?q=north+%26+co"

    def test_the_id_of_a_request_goes_to_the_desk(self, as_owner, installation):
        response = as_owner.get("/search", {"q": str(T2), "app": "sentinel-connector"})

        assert response.headers["Location"] == f"/sentinel-connector/support?q={T2}"

    def test_a_viewer_who_may_not_look_up_gets_the_list(self, client, viewer, installation):
        client.force_login(viewer)

        assert (
            client.get("/search", {"q": str(T2)})
            .headers["Location"]
            .startswith("/sentinel-connector/tenants?")
        )

    def test_strangers_find_nothing(self, client, stranger, installation):
        client.force_login(stranger)

        assert client.get("/search", {"q": str(T1)}).status_code == 404


class TestSession:
    def test_sign_out_ends_every_session_of_the_person(self, owner, application):
        first, second = Client(), Client()
        first.force_login(owner)
        second.force_login(owner)
        first.post("/sign-out")

        owner.refresh_from_db()
        answers = [client.get("/sentinel-connector/tenants").status_code for client in (first, second)]
        assert answers == [302, 302]

    def test_a_disabled_person_is_out_on_the_next_request(self, as_owner, owner, application):
        owner.is_active = False
        owner.save()

        assert as_owner.get("/sentinel-connector/tenants").status_code == 302

    def test_a_person_without_a_role_is_told_what_is_missing(self, client, stranger):
        client.force_login(stranger)

        page = client.get("/")
        assert page.status_code == 403
        assert "Owner, Support or Viewer" in page.content.decode()

    def test_a_return_that_nobody_started_is_explained(self, client):
        page = client.get("/sign-in/return", {"code": "x", "state": "y"})

        assert page.status_code == 400
        assert "started in another browser" in page.content.decode()


def test_a_form_that_is_too_large_is_told_so(as_owner, application):
    manifest = "x" * (3 * 2**20)

    page = as_owner.post("/sentinel-connector/revisions/draft", {"manifest": manifest})

    assert page.status_code == 400
    assert "larger than 2 MB" in page.content.decode()

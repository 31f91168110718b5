"""What settings make of the environment: cookies and redirects by https, and whose word is taken."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import Client, RequestFactory

from portal.middleware import client_address

SETTINGS = Path(__file__).resolve().parents[2] / "portal" / "settings.py"


@pytest.fixture
def read(monkeypatch, tmp_path):
    """Reads the settings anew in another environment."""

    def read_settings(**environment: str) -> dict[str, Any]:
        for name, value in {"VAR_DIR": str(tmp_path), **environment}.items():
            monkeypatch.setenv(name, value)
        return {name: value for name, value in runpy.run_path(str(SETTINGS)).items() if name.isupper()}

    return read_settings


class TestAPortalServedByHttps:
    @pytest.fixture
    def client(self, read, settings) -> Client:
        for name, value in read(PORTAL_URL="https://portal.example").items():
            if name.startswith(("SESSION_", "CSRF_", "SECURE_")):
                setattr(settings, name, value)
        return Client()

    @pytest.mark.django_db
    def test_gives_cookies_that_no_other_host_nor_script_can_read_or_set(self, client):
        page = client.get("/sign-in", secure=True)
        leaving = client.post("/sign-in/start", secure=True)

        assert set(client.cookies) == {"__Host-csrf", "__Host-session"}
        for answer, name in ((page, "__Host-csrf"), (leaving, "__Host-session")):
            cookie = answer.cookies[name]
            assert (cookie["secure"], cookie["httponly"], cookie["samesite"]) == (True, True, "Lax")
            assert (cookie["path"], cookie["domain"]) == ("/", "")  # what `__Host-` stands for: RFC 6265bis

    def test_is_asked_by_https_only(self, client):
        plain, secure = client.get("/sign-in"), client.get("/sign-in", secure=True)

        assert (plain.status_code, plain.headers["Location"]) == (301, "https://testserver/sign-in")
        assert "max-age=31536000" in secure.headers["Strict-Transport-Security"]

    def test_answers_whoever_asks_whether_it_lives_without_a_redirect(self, client):
        assert client.get("/healthz").status_code == 200

    def test_takes_nobodys_word_for_https_without_a_proxy(self, client):
        assert client.get("/sign-in", headers={"X-Forwarded-Proto": "https"}).status_code == 301


class TestWhereIdentityTrafficGoes:
    @pytest.mark.parametrize(
        "url",
        ["https://login.evil.example", "http://127.0.0.1.evil.example", "http://127.0.0.1@evil.example", "x"],
    )
    def test_is_microsoft_or_this_computer(self, read, url):
        with pytest.raises(ImproperlyConfigured, match="another host than Microsoft"):
            read(ENTRA_SANDBOX_URL=url)

    def test_may_be_a_loopback_address(self, read):
        assert (
            read(ENTRA_SANDBOX_URL="http://127.0.0.1:9000/")["ENTRA_SANDBOX_URL"] == "http://127.0.0.1:9000"
        )


class TestWhereARequestComesFrom:
    def address(self, forwarded: str) -> str:
        request = RequestFactory().get("/", headers={"X-Forwarded-For": forwarded})
        return client_address(request)

    def test_is_the_other_end_of_the_connection_whatever_the_request_says(self, settings):
        settings.BEHIND_PROXY = False

        assert self.address("203.0.113.9") == "127.0.0.1"

    @pytest.mark.parametrize(
        ("forwarded", "address"),
        [
            ("203.0.113.9", "203.0.113.9"),
            ("198.51.100.1, 203.0.113.9", "203.0.113.9"),
            ("'; DROP TABLE--", ""),
            ("203.0.113.9, x", ""),
            ("", ""),
        ],
    )
    def test_behind_a_proxy_is_what_the_proxy_itself_wrote(self, settings, forwarded, address):
        settings.BEHIND_PROXY = True

        assert self.address(forwarded) == address

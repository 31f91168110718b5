"""How long somebody stays signed in, and what ends it."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from django.contrib.sessions.models import Session
from django.test import Client

from tenants.models import Person
from tests.portal.directory import DANA, OWN_PAGE, SAM, SERA, STAFF_PAGE, text_of
from tests.visitor import Visitor, left

TENANTS = f"{STAFF_PAGE}tenants"


def age(visitor: Visitor, *, idle: int = 0, since_sign_in: int = 0) -> None:
    """Let this much time pass for the session, in seconds."""
    session = visitor.client.session
    session["seen_at"] -= idle
    session["signed_in_at"] -= since_sign_in
    session.save()


def cookie(visitor: Visitor) -> str:
    return visitor.client.cookies["session"].value


class TestSigningIn:
    def test_gives_the_browser_another_session(self, visitor):
        """An attacker who planted a session in somebody's browser does not get theirs."""
        url = visitor.leave()
        planted = cookie(visitor)
        visitor.open(visitor.choose(url, DANA))

        assert cookie(visitor) != planted
        assert not Session.objects.filter(session_key=planted).exists()

    def test_again_does_so_too(self, visitor):
        visitor.sign_in(DANA)
        first = cookie(visitor)
        visitor.open(visitor.choose(_leave_signed_in(visitor), DANA))

        assert cookie(visitor) != first
        assert _answer_to(first) == 302
        assert visitor.open(TENANTS).status_code == 200

    def test_as_somebody_else_leaves_nothing_of_the_first(self, visitor):
        visitor.sign_in(DANA)
        session = visitor.client.session
        session["of_dana"] = "something"
        session.save()
        visitor.open(visitor.choose(_leave_signed_in(visitor), SAM))

        assert "of_dana" not in visitor.client.session
        assert Person.objects.get(pk=visitor.client.session["_auth_user_id"]).role == "support"


class TestSigningOut:
    def test_makes_the_cookie_worthless_wherever_it_is_copied(self, visitor):
        visitor.sign_in(DANA)
        copied = cookie(visitor)
        page = visitor.open(TENANTS)
        visitor.submit(page, "/sign-out")

        assert _answer_to(copied) == 302

    def test_ends_it_in_every_browser(self, visitors):
        here, there = visitors(), visitors()
        for one in (here, there):
            one.sign_in(SERA)
        here.submit(visitors_page(here), "/sign-out")

        assert left(there.open(OWN_PAGE)).startswith("/sign-in")

    def test_is_never_a_link_nor_another_sites_form(self, visitor):
        visitor.sign_in(DANA)

        assert visitor.open("/sign-out").status_code == 405
        assert visitor.client.post("/sign-out").status_code == 403
        assert visitor.open(TENANTS).status_code == 200


class TestTime:
    def test_without_doing_anything_ends_a_session_and_leads_back_to_the_page(self, visitor):
        visitor.sign_in(DANA)
        age(visitor, idle=2 * 3600 + 1)

        asked = left(visitor.open(f"{TENANTS}?status=revoked"))
        page = visitor.open(asked)
        assert "signed out because it was a while ago" in text_of(page)
        back = visitor.open(visitor.choose(left(visitor.submit(page, "/sign-in/start")), DANA))
        assert left(back) == f"{TENANTS}?status=revoked"

    def test_that_is_almost_up_does_not(self, visitor):
        visitor.sign_in(DANA)
        age(visitor, idle=2 * 3600 - 60)

        assert visitor.open(TENANTS).status_code == 200

    def test_in_use_counts_from_the_last_request(self, visitor):
        visitor.sign_in(DANA)
        for _ in range(3):
            age(visitor, idle=3600)
            assert visitor.open(TENANTS).status_code == 200

    def test_since_the_sign_in_ends_a_session_in_use(self, visitor):
        visitor.sign_in(DANA)
        age(visitor, since_sign_in=12 * 3600 + 1)

        assert left(visitor.open(TENANTS)).startswith("/sign-in")

    def test_limits_can_be_set(self, visitor, settings):
        settings.SESSION_IDLE_SECONDS = 60
        visitor.sign_in(DANA)
        age(visitor, idle=61)

        assert left(visitor.open(TENANTS)).startswith("/sign-in")

    def test_that_a_session_does_not_tell_counts_as_too_long(self, visitor):
        visitor.sign_in(DANA)
        session = visitor.client.session
        del session["signed_in_at"]
        session.save()

        assert left(visitor.open(TENANTS)).startswith("/sign-in")

    def test_ends_it_on_pages_that_need_no_sign_in_too(self, visitor):
        visitor.sign_in(DANA)
        age(visitor, idle=2 * 3600 + 1)
        visitor.open("/sign-in")

        assert "_auth_user_id" not in visitor.client.session

    def test_of_every_request_is_not_written_down(self, visitor):
        visitor.sign_in(DANA)
        before = visitor.client.session["seen_at"]
        visitor.open(TENANTS)

        assert visitor.client.session["seen_at"] == before


class TestARequestThatComesTooLate:
    @pytest.fixture
    def late(self, visitor):
        visitor.sign_in(DANA)
        age(visitor, idle=2 * 3600 + 1)
        visitor.client.handler.enforce_csrf_checks = False
        return visitor

    def test_leads_back_to_the_page_that_sent_it(self, late):
        sent = late.client.post(
            f"{STAFF_PAGE}scans/start", headers={"Referer": f"http://testserver{TENANTS}"}
        )

        assert left(sent) == f"/sign-in?next={TENANTS}"

    @pytest.mark.parametrize(
        "page",
        [
            "",
            "https://evil.example/",
            f"https://evil.example{TENANTS}",
            "http://testserver/no/such/page/here",
            "http://testserver//evil",
        ],
    )
    def test_leads_nowhere_else(self, late, page):
        sent = late.client.post(f"{STAFF_PAGE}scans/start", headers={"Referer": page})

        assert left(sent) == "/sign-in?next=/"

    def test_by_script_takes_the_whole_page_to_sign_in(self, late):
        sent = late.client.get(
            f"{TENANTS}?q=a",
            headers={"HX-Request": "true", "HX-Current-URL": f"http://testserver{TENANTS}?status=revoked"},
        )

        assert sent.headers["HX-Redirect"] == f"/sign-in?next={TENANTS}%3Fstatus%3Drevoked"


class TestWhoLosesARole:
    def test_loses_every_session_once_microsoft_says_so(self, visitors):
        old, new = visitors(), visitors()
        old.sign_in(DANA)
        del old.microsoft.directory.user(DANA).app_roles["0c0ffee0-0000-4000-8000-0000000000a1"]
        new.sign_in(DANA)

        assert left(old.open(TENANTS)).startswith("/sign-in")
        assert new.open("/").status_code == 403
        assert new.open(TENANTS).status_code == 404

    def test_is_refused_at_once_where_the_role_is_asked_for(self, visitor):
        visitor.sign_in(DANA)
        Person.objects.update(role="")

        for path in (TENANTS, f"{STAFF_PAGE}tenants.csv", f"{STAFF_PAGE}revisions/draft", "/search?q=north"):
            assert visitor.open(path).status_code == 404, path

    def test_and_comes_back_with_another_has_that_one(self, visitors):
        old, new = visitors(), visitors()
        old.sign_in(DANA)
        old.microsoft.directory.user(DANA).app_roles = {"0c0ffee0-0000-4000-8000-0000000000a1": ["Viewer"]}
        new.sign_in(DANA)

        assert left(old.open(TENANTS)).startswith("/sign-in")
        assert new.open(TENANTS).status_code == 200
        assert new.open(f"{STAFF_PAGE}revisions/draft").status_code == 403

    def test_or_is_locked_out_is_out_on_the_next_request(self, visitor):
        visitor.sign_in(SERA)
        Person.objects.update(is_active=False)

        assert left(visitor.open(OWN_PAGE)).startswith("/sign-in")

    def test_or_administers_no_longer_is_out_everywhere(self, visitors):
        old, new = visitors(), visitors()
        old.sign_in(SERA)
        old.microsoft.directory.user(SERA).roles.clear()
        new.sign_in(SERA)

        assert left(old.open(OWN_PAGE)).startswith("/sign-in")


def test_cookies_of_an_https_portal_cannot_be_planted_by_a_neighbor():
    """The names are chosen when settings are read, so this reads them anew."""
    code = (
        "from portal import settings as s;"
        "print(s.SESSION_COOKIE_NAME, s.CSRF_COOKIE_NAME, s.SESSION_COOKIE_SECURE, s.SESSION_COOKIE_HTTPONLY,"
        " s.SESSION_COOKIE_SAMESITE)"
    )
    env = {**os.environ, "PORTAL_URL": "https://portal.example", "SECRET_KEY": "x" * 60}
    said = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)  # noqa: S603

    assert said.stdout.split() == ["__Host-session", "__Host-csrf", "True", "True", "Lax"]


def visitors_page(visitor: Visitor):
    """Return a page of an admin that can sign out."""
    return visitor.client.get(OWN_PAGE, follow=True)


def _leave_signed_in(visitor: Visitor) -> str:
    """Start a sign-in while signed in, as the page for strangers lets people do."""
    visitor.client.handler.enforce_csrf_checks = False
    url = left(visitor.client.post("/sign-in/start", {"another": "1"}))
    visitor.client.handler.enforce_csrf_checks = True
    return url


def _answer_to(session_cookie: str) -> int:
    client = Client()
    client.cookies["session"] = session_cookie
    return client.get(TENANTS).status_code

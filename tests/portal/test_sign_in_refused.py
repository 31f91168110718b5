"""What comes back wrong signs nobody in, writes nobody down, and says what to do next."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest

from consent.services import gateway
from sandbox.demo import FABRIKAM, NORTHWIND
from tenants.models import Person
from tests.portal.directory import ADA, DANA, OWN_PAGE, STAFF_PAGE, TAILSPIN, fail, text_of
from tests.visitor import Visitor, bare, left

RETURN = "/sign-in/return"
HUGE = "A" * 100_000
NASTY = [
    "<script>alert(1)</script>",
    "'\"><img src=x>",
    "\x00",
    "\ud83d",
    "%00",
    "é",
    "../..",
    HUGE,
]


@pytest.fixture(autouse=True)
def no_keys_of_other_tests():
    gateway._session.cache_clear()


def refused(visitor, page) -> str:
    """Nobody is signed in or known, and the page has a next step and a reference."""
    said = text_of(page)
    assert page.status_code in {400, 503}
    assert "Sign-in didn’t finish" in said
    assert "Sign in with Microsoft" in said
    assert page.headers["X-Request-Id"] in said
    assert not Person.objects.exists()
    for closed in (STAFF_PAGE, OWN_PAGE):
        assert left(visitor.open(closed)).startswith("/sign-in")
    return said


def back_with(visitor, url: str, **changes) -> str:
    """Come back from Microsoft with a parameter changed; None leaves it out."""
    found = dict(parse_qsl(urlsplit(url).query)) | changes
    pairs = {name: value for name, value in found.items() if value is not None}
    return f"{RETURN}?{urlencode(pairs, doseq=True, errors='surrogatepass')}"


@pytest.fixture
def answer(visitor: Visitor) -> str:
    """Where Microsoft sends Dana's browser after a good sign-in."""
    return visitor.choose(visitor.leave(), DANA)


class TestAnIdToken:
    @pytest.mark.parametrize(
        ("how", "says"),
        [
            ("audience", "for another application"),
            ("issuer", "for another issuer"),
            ("nonce", "for another sign-in"),
            ("expired", "has expired"),
            ("signature", "not signed with a key of Microsoft"),
            ("none", "not signed the way Microsoft signs"),
            ("tenant", "for another issuer"),
        ],
    )
    def test_that_is_not_what_it_must_be_is_refused(self, visitor, answer, how, says):
        fail(visitor, kind="id_token", endpoint="token", how=how)

        assert says in refused(visitor, visitor.open(answer))

    @pytest.mark.parametrize(
        "kind", ["garbage", "truncated", "hello", "html200", "error500", "error503", "reset"]
    )
    def test_that_never_arrives_is_worth_another_try(self, visitor, answer, kind):
        fail(visitor, kind=kind, endpoint="token")

        page = visitor.open(answer)
        refused(visitor, page)
        assert page.status_code == 503

    def test_whose_key_cannot_be_had_is_refused(self, visitor, answer):
        fail(visitor, kind="error503", endpoint="keys")

        assert visitor.open(answer).status_code == 503
        assert not Person.objects.exists()


class TestAReturn:
    @pytest.mark.parametrize("value", [None, "", *NASTY])
    @pytest.mark.parametrize("name", ["state", "code"])
    def test_with_a_wrong_parameter_is_refused(self, visitor, answer, name, value):
        page = visitor.open(back_with(visitor, answer, **{name: value}))

        said = refused(visitor, page)
        assert "<script>alert" not in said
        assert "<img src=x" not in said

    @pytest.mark.parametrize("name", ["state", "code"])
    def test_with_a_parameter_twice_is_refused(self, visitor, answer, name):
        value = dict(parse_qsl(urlsplit(answer).query))[name]

        refused(visitor, visitor.open(back_with(visitor, answer, **{name: [value, value]})))
        assert asked_for_tokens(visitor) == 0

    def test_with_an_error_counts_as_one_whatever_else_it_brings(self, visitor, answer):
        page = visitor.open(back_with(visitor, answer, error="access_denied", error_description="<b>x</b>"))

        assert "<b>x" not in refused(visitor, page)
        assert asked_for_tokens(visitor) == 0

    @pytest.mark.parametrize("value", NASTY)
    def test_with_nonsense_as_error_says_it_failed(self, visitor, answer, value):
        refused(visitor, visitor.open(back_with(visitor, answer, error=value, error_description=value)))

    @pytest.mark.parametrize("query", ["", "?", "?code=x&state=y", f"?state={HUGE}", "?%00=%00", "?=&&=;"])
    def test_that_nobody_started_is_refused(self, visitor, query):
        refused(visitor, visitor.open(f"{RETURN}{query}"))

    def test_of_another_browser_is_refused_and_does_not_use_up_theirs(self, visitor, visitors, answer):
        thief = visitors()

        refused(thief, thief.open(answer))
        assert left(visitor.open(answer)) == "/"

    def test_with_the_code_of_another_browsers_sign_in_is_refused(self, visitor, visitors, answer):
        """The code is bound to the other browser by PKCE and by its nonce."""
        victim = visitors()
        theirs = dict(parse_qsl(urlsplit(victim.choose(victim.leave(), ADA)).query))

        refused(visitor, visitor.open(back_with(visitor, answer, code=theirs["code"])))

    def test_counts_once(self, visitor, answer):
        assert left(visitor.open(answer)) == "/"
        again = visitor.open(answer)

        assert again.status_code == 400
        assert "started in another browser or too long ago" in text_of(again)
        assert asked_for_tokens(visitor) == 1

    def test_whose_code_was_used_by_somebody_else_is_refused(self, visitor, answer):
        code = dict(parse_qsl(urlsplit(answer).query))["code"]
        visitor.microsoft.directory.sessions.use_code(visitor.microsoft.directory.sessions.code(code))

        assert "already used" in refused(visitor, visitor.open(answer))

    def test_too_late_is_refused(self, visitor, answer):
        visitor.microsoft.directory.settings.clock_offset = 700

        assert "has expired" in refused(visitor, visitor.open(answer))

    @pytest.mark.parametrize("method", ["post", "put", "delete", "options", "head"])
    def test_is_a_get(self, visitor, answer, method):
        visitor.client.handler.enforce_csrf_checks = False

        assert getattr(visitor.client, method)(f"{RETURN}?{urlsplit(answer).query}").status_code == 405
        assert left(visitor.open(answer)) == "/"

    def test_that_failed_leads_to_the_page_that_was_asked_for_at_the_next_try(self, visitor):
        page = visitor.open(left(visitor.open(f"{STAFF_PAGE}tenants?status=revoked")))
        url = left(visitor.submit(page, "/sign-in/start"))
        failed = visitor.open(back_with(visitor, visitor.choose(url, DANA), code=None))

        url = left(visitor.submit(failed, "/sign-in/start"))
        assert left(visitor.open(visitor.choose(url, DANA))) == f"{STAFF_PAGE}tenants?status=revoked"


class TestAStart:
    def test_sends_what_binds_the_return_to_this_browser(self, visitor):
        asked = dict(parse_qsl(urlsplit(visitor.leave()).query))

        assert asked["code_challenge_method"] == "S256"
        assert asked["redirect_uri"] == "http://localhost:8000/sign-in/return"
        for binding in ("state", "nonce", "code_challenge"):
            assert len(asked[binding]) >= 16

    def test_by_a_link_or_by_another_sites_form_starts_nothing(self, visitor):
        assert visitor.open("/sign-in/start").status_code == 405
        assert visitor.client.post("/sign-in/start").status_code == 403
        assert "sign_in" not in visitor.client.session

    @pytest.mark.parametrize(
        "name", ["redirect_uri", "client_id", "scope", "tenant", "authority", "state", "nonce"]
    )
    def test_takes_no_parameter_of_microsofts_from_a_form(self, visitor, name):
        usual, tampered = (
            dict(parse_qsl(urlsplit(url).query))
            for url in (visitor.leave(), visitor.leave(**{name: "https://evil.example/"}))
        )

        fixed = {"redirect_uri", "client_id", "scope", "response_type", "prompt"}
        assert {k: usual.get(k) for k in fixed} == {k: tampered.get(k) for k in fixed}
        assert "evil" not in str(tampered)

    @pytest.mark.parametrize("value", NASTY)
    def test_with_nonsense_is_no_error_of_ours(self, visitor, value):
        page = visitor.open("/sign-in")
        text = value.encode("utf-8", "replace").decode()
        answer = visitor.submit(page, "/sign-in/start", next=text, another=text, organization="")

        assert answer.status_code == 303
        assert visitor.client.session["sign_in"]["next"] == ""

    def test_tells_nobody_which_organization_is_a_customer(self, visitor):
        """Where Microsoft sends people of an organization does not depend on what we know of it."""
        urls = [visitor.leave(organization=name) for name in (NORTHWIND, FABRIKAM, TAILSPIN)]

        paths = [urlsplit(url).path for url in urls]
        assert paths == [f"/{name}/oauth2/v2.0/authorize" for name in (NORTHWIND, FABRIKAM, TAILSPIN)]

    @pytest.mark.parametrize("target", ["/sentinel-connector/", "/no-such-application/"])
    def test_page_is_the_same_whatever_it_will_lead_to(self, visitor, visitors, target):
        asked = [left(one.open(target)) for one in (visitor, visitors())]

        assert bare(visitor.open(asked[0])) == bare(visitors().open(asked[1]))


def asked_for_tokens(visitor) -> int:
    return sum(entry["endpoint"] == "token" for entry in visitor.microsoft.directory.journal.listed())

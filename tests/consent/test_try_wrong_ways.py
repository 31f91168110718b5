"""A try that ends otherwise: its own words, a next step, a reference, and nothing changed."""

from __future__ import annotations

import logging
from importlib import import_module
from urllib.parse import parse_qs, urlsplit

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import connection
from django.urls import reverse

from consent.models import ConsentAttempt, Installation, SignInEvidence
from tests import factories, stage
from tests.consent.admin import heading_of, main_of, open_link
from tests.consent.trying import READER, Visitor, break_down, give_role
from tests.factories import D1, P1, T1, USER_READ, make_installation, make_revision, make_tenant

FEMI = "femi@fabrikam.example"


@pytest.fixture
def visitor(microsoft, application) -> Visitor:
    make_revision(application, P1, D1, USER_READ)
    stage.grant(microsoft.directory, T1, P1, D1, USER_READ)
    installation = make_installation(application, make_tenant("Northwind Traders", id=T1))
    return Visitor(open_link(installation))


def state_of(address: str) -> str:
    return parse_qs(urlsplit(address).query)["state"][0]


def ended(visitor: Visitor, response, heading: str) -> str:
    """Return the page's words, once it is certain that it is a page and that nothing changed."""
    page = main_of(response)
    assert response.status_code == 200
    assert heading_of(response) == heading
    assert "Nothing changed" in page
    assert "Try again" in page
    assert response.headers["X-Request-Id"] in page
    assert not SignInEvidence.objects.exists()
    assert not Installation.objects.exclude(checked_at=None).exists()
    return page


class TestWhatMicrosoftSays:
    @pytest.mark.parametrize(
        ("code", "heading"),
        [
            (65004, "You cancelled, so nothing was tried"),
            (65001, "Sentinel Connector isn’t approved to sign you in"),
            (50020, "That account belongs to another organization"),
            (50105, "You aren’t assigned to Sentinel Connector"),
            (53003, "A Conditional Access policy stopped the sign-in"),
            (50076, "A Conditional Access policy stopped the sign-in"),
            (7000112, "Sign-in for Sentinel Connector is switched off"),
            (7000215, "Sentinel Connector can’t sign anybody in right now"),
            (54005, "This try ended before its result"),
            (90055, "Microsoft didn’t answer in time"),
        ],
    )
    def test_has_a_page_of_its_own(self, visitor, microsoft, code, heading):
        address = visitor.sign_in()
        break_down(microsoft, "aadsts", "token", code=code)

        page = ended(visitor, visitor.come_back(address), heading)

        assert f"AADSTS{code}" in page

    @pytest.mark.parametrize("kind", ["error503", "garbage", "reset", "huge", "hello", "html200", "throttle"])
    def test_says_when_microsoft_is_away(self, visitor, microsoft, kind):
        address = visitor.sign_in()
        break_down(microsoft, kind, "token")

        ended(visitor, visitor.come_back(address), "Microsoft didn’t answer in time")

    def test_says_who_cancelled(self, visitor):
        state = state_of(visitor.leave_to_try())

        response = visitor.come_back(f"/c/return?error=access_denied&state={state}")

        ended(visitor, response, "You cancelled, so nothing was tried")

    def test_knows_consent_that_is_missing_by_the_redirect(self, visitor):
        state = state_of(visitor.leave_to_try())

        response = visitor.come_back(
            f"/c/return?error=consent_required&error_description=AADSTS65001%3A+no&state={state}"
        )

        ended(visitor, response, "Sentinel Connector isn’t approved to sign you in")

    def test_an_account_of_another_organization_gets_no_further(self, visitor):
        page = ended(visitor, visitor.try_it(FEMI), "That account belongs to another organization")

        assert "Fabrikam" not in page
        assert "Northwind Traders" in page


class TestWhatCannotBeBelieved:
    @pytest.mark.parametrize("how", ["audience", "issuer", "nonce", "expired", "signature", "none", "tenant"])
    def test_a_spoiled_id_token_shows_nothing(self, visitor, microsoft, how):
        address = visitor.sign_in()
        break_down(microsoft, "id_token", "token", how=how)

        response = visitor.come_back(address)

        # A tenant that is not the expected one has no key that may sign for it, either.
        ended(visitor, response, "This try ended before its result")

    def test_a_return_counts_once(self, visitor):
        address = visitor.sign_in()
        assert visitor.come_back(address).status_code == 200

        again = visitor.come_back(address)

        assert again.status_code == 400
        assert SignInEvidence.objects.count() == 1

    def test_a_return_belongs_to_the_browser_that_left(self, visitor):
        address = visitor.sign_in()

        response = Visitor(visitor.invitation).come_back(address)

        assert response.status_code == 400
        assert not SignInEvidence.objects.exists()
        assert visitor.come_back(address).status_code == 200

    @pytest.mark.parametrize(
        "spoil",
        [
            lambda query: query.replace("state=", "state=x"),
            lambda query: f"{query}&state=again",
            lambda query: query.replace("state=", "no="),
            lambda query: "",
        ],
    )
    def test_another_state_is_nobodys(self, visitor, spoil):
        path, _, query = visitor.sign_in().partition("?")

        response = visitor.come_back(f"{path}?{spoil(query)}")

        assert response.status_code == 400
        assert not SignInEvidence.objects.exists()

    @pytest.mark.parametrize("code", ["", "nonsense", "%00", "%ED%A0%80", "x" * 20_000, "1&code=2"])
    def test_a_spoiled_code_is_a_page(self, visitor, code):
        state = state_of(visitor.leave_to_try())

        ended(
            visitor,
            visitor.come_back(f"/c/return?code={code}&state={state}"),
            "This try ended before its result",
        )

    def test_a_code_that_comes_twice_is_none(self, visitor):
        address = visitor.sign_in()

        ended(visitor, visitor.come_back(f"{address}&code=again"), "This try ended before its result")

    def test_a_consent_that_is_under_way_keeps_its_own_return(self, visitor):
        consent = visitor.state()
        visitor.leave_to_try()

        response = visitor.come_back(f"/c/return?error=access_denied&state={consent}")

        assert response.redirect_chain[0][0] == f"{visitor.path}/result"
        assert ConsentAttempt.objects.get().outcome == "declined"


def test_a_credential_that_cannot_be_loaded_is_the_makers_to_mend(visitor, monkeypatch):
    monkeypatch.delenv("CONNECTOR_SECRET")

    response = visitor.client.post(f"{visitor.path}/try", follow=True)

    page = ended(visitor, response, "Sentinel Connector can’t sign anybody in right now")
    assert "CONNECTOR_SECRET" not in page


def test_a_guess_of_a_browser_is_no_return(visitor):
    address = visitor.sign_in()

    assert visitor.client.get(address, headers={"Sec-Purpose": "prefetch"}).status_code == 503
    assert visitor.come_back(address).status_code == 200


def everything_at_rest(session_key: str) -> str:
    """Every row of every table as text; the session's is encoded, so it is read back."""
    found = []
    with connection.cursor() as cursor:
        for model in set(apps.get_models(include_auto_created=True)) - {Session}:
            cursor.execute(f'SELECT * FROM "{model._meta.db_table}"')  # noqa: S608
            found += [str(row) for row in cursor.fetchall()]
    store = import_module(settings.SESSION_ENGINE).SessionStore(session_key)
    return "\n".join([*found, str(store.load())])


@pytest.mark.parametrize("fails", [False, True])
def test_nothing_of_a_token_is_left_anywhere(visitor, microsoft, caplog, fails):
    caplog.set_level(logging.DEBUG)
    give_role(microsoft, READER)
    address = visitor.sign_in()
    code = parse_qs(urlsplit(address).query)["code"][0]
    if fails:
        break_down(microsoft, "id_token", "token", how="nonce")

    response = visitor.come_back(address)
    rest = everything_at_rest(visitor.client.session.session_key)

    assert SignInEvidence.objects.exists() is not fails
    for place in (rest, caplog.text, response.content.decode(), str(response.redirect_chain)):
        assert "eyJ" not in place  # how every JSON Web Token begins
        assert code not in place
        assert "sandbox-connector-secret" not in place
    assert "code_verifier" not in rest


def test_the_result_is_no_ones_address(visitor):
    response = visitor.try_it()
    at = response.redirect_chain[-1][0]

    assert "code=" not in at
    assert at.startswith(reverse("public:try_start", args=[visitor.path.removeprefix("/c/")]))
    assert response.headers["Cache-Control"] == "no-store"
    assert factories.T1.hex not in at

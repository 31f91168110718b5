"""Returns that are foreign, forged, late or repeated, and the check that finds what no return told."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from consent.models import ConsentAttempt, Installation, Invitation, PatternCount
from consent.services import consent_flow
from consent.services.consent_flow import Place
from sandbox.faults import Fault
from tests import factories, stage
from tests.consent.admin import Admin, check_due, open_link
from tests.factories import CONNECTOR, NOW, P1, T1, T2

ADA = "ada@northwind.example"

pytestmark = pytest.mark.django_db


def everything() -> list[object]:
    """What a return could change, as far as anybody can see it."""
    return [
        list(ConsentAttempt.objects.order_by("pk").values()),
        list(Installation.objects.order_by("pk").values()),
        list(Invitation.objects.order_by("pk").values()),
        list(PatternCount.objects.order_by("pk").values()),
    ]


class TestAReturnThatIsNotOurs:
    @pytest.mark.parametrize(
        "state",
        [None, "", "12345", "x" * 8000, "a\0b", "é", " ", "state\r\nSet-Cookie: a=b", "' OR 1=1 --", "../.."],
    )
    def test_is_refused_and_changes_nothing(self, admin, state):
        admin.leave()
        before = everything()
        params = {"admin_consent": "True", "tenant": str(T1)} | ({} if state is None else {"state": state})

        for client in (admin.client, Client()):
            assert client.get("/c/return", params).status_code == 400
        assert everything() == before

    @pytest.mark.parametrize("name", ["state", "tenant", "admin_consent", "error", "error_description"])
    def test_with_a_parameter_twice_is_refused_and_does_not_use_up_the_state(self, admin, name):
        state = admin.state()
        before = everything()
        honest = {"state": state, "admin_consent": "True", "tenant": str(T1)}

        for first, second in (("x", "y"), ("same", "same"), ("", "")):
            rest = urlencode({key: value for key, value in honest.items() if key != name})
            query = f"{name}={first}&{rest}&{name}={second}"
            assert admin.client.get(f"/c/return?{query}").status_code == 400

        assert everything() == before
        assert admin.back(**honest).status_code == 303

    @pytest.mark.parametrize("method", ["head", "post", "put", "patch", "delete", "options"])
    def test_by_another_method_is_refused(self, admin, method):
        query = urlencode({"state": admin.state(), "admin_consent": "True"})
        before = everything()

        assert getattr(admin.client, method)(f"/c/return?{query}").status_code == 405
        assert everything() == before

    def test_on_a_guess_of_the_browser_uses_nothing_up(self, admin):
        query = urlencode({"state": admin.state(), "admin_consent": "True"})
        before = everything()

        admin.client.get(f"/c/return?{query}", headers={"Sec-Purpose": "prefetch;prerender"})

        assert everything() == before

    def test_without_a_state_still_shows_each_browser_its_own_way_back(self, admin, application):
        stranger = Admin(open_link(factories.make_installation(application)))
        admin.leave()
        stranger.leave()
        canceled = {"error": "permission_denied", "error_description": "The admin canceled the request"}

        pages = [browser.get("/c/return", canceled) for browser in (admin.client, stranger.client, Client())]

        assert [page.status_code for page in pages] == [400, 400, 400]
        texts = [page.content.decode() for page in pages]
        assert [f"{admin.path}/result" in text for text in texts] == [True, False, False]
        assert [f"{stranger.path}/result" in text for text in texts] == [False, True, False]

    def test_after_an_hour_changes_nothing_and_offers_a_check(self, admin):
        state = admin.state()
        ConsentAttempt.objects.update(expires_at=timezone.now())
        before = everything()

        late = admin.back(state=state, admin_consent="True", tenant=str(T1))
        foreign = Client().get("/c/return", {"state": state, "admin_consent": "True"})

        assert late.status_code == foreign.status_code == 400
        assert "You came back too late" in late.content.decode()
        assert f"{admin.path}/result" in late.content.decode()
        assert admin.path not in foreign.content.decode()
        assert everything() == before


class TestAReturnInAnotherBrowser:
    def test_shows_nothing_and_checks_the_organization_that_was_meant(self, admin, northwind, microsoft):
        state = admin.state()
        stage.grant(microsoft.directory, T1, P1)

        back = Client().get("/c/return", {"state": state, "admin_consent": "True", "tenant": str(T1)})
        page = Client().get(back.headers["Location"])

        assert back.headers["Location"] == "/c/returned"
        assert page.status_code == 200
        for word in ("Northwind", "Sentinel", str(T1)):
            assert word not in page.content.decode()
        assert "session" not in back.cookies
        assert check_due() == 1
        northwind.refresh_from_db()
        assert northwind.snapshots.get().granted == {P1}
        assert admin.attempt.same_browser is False

    @pytest.mark.parametrize("whose", ["nobody's", "the victim's", "the attacker's"])
    def test_cannot_link_another_organization(self, admin, application, northwind, microsoft, whose):
        """The attacker sends his own Microsoft link to the admin of another organization."""
        fabrikam = factories.make_installation(
            application, factories.make_tenant("Fabrikam Residences", id=T2)
        )
        attacker = Admin(open_link(fabrikam))
        admin.leave()
        state = attacker.state()
        stage.grant(microsoft.directory, T1, P1)
        browser = {"nobody's": Client(), "the victim's": admin.client, "the attacker's": attacker.client}

        browser[whose].get("/c/return", {"state": state, "admin_consent": "True", "tenant": str(T1)})
        check_due()

        northwind.refresh_from_db()
        fabrikam.refresh_from_db()
        assert northwind.checked_at is None
        assert northwind.pattern.granted == []
        assert fabrikam.pattern.granted == []
        assert fabrikam.checked_at is not None
        assert attacker.attempt.outcome == "other-tenant"
        assert str(T1) not in admin.client.get(f"{attacker.path}/result").content.decode()
        own_eyes = whose == "the attacker's"
        assert (attacker.attempt.other_tenant == T1) is own_eyes
        assert ("Northwind" in attacker.result(), str(T1) in attacker.result()) == (False, own_eyes)


class TestTheSameReturnAgain:
    def test_leads_to_the_same_page_and_asks_for_no_second_check(self, admin, microsoft):
        honest = {"state": admin.state(), "admin_consent": "True", "tenant": str(T1)}
        first = admin.back(**honest)
        check_due()
        before = everything()

        for _ in range(5):
            again = admin.back(**honest)
            assert (again.status_code, again.headers["Location"]) == (303, first.headers["Location"])
        assert Client().get("/c/return", honest).headers["Location"] == "/c/returned"

        assert everything() == before

    def test_cannot_turn_a_no_into_a_yes(self, admin):
        state = admin.state()
        admin.back(state=state, error="access_denied")
        before = everything()

        admin.back(state=state, admin_consent="True", tenant=str(T1))

        assert everything() == before

    def test_a_day_later_changes_nothing(self, admin):
        honest = {"state": admin.state(), "admin_consent": "True", "tenant": str(T1)}
        admin.back(**honest)
        yesterday = timezone.now() - timedelta(days=1)
        ConsentAttempt.objects.update(started_at=yesterday, returned_at=yesterday, expires_at=yesterday)
        before = everything()

        assert admin.back(**honest).headers["Location"] == f"{admin.path}/result"
        assert everything() == before


@pytest.mark.django_db(transaction=True)
def test_many_returns_at_once_are_one(admin, northwind):
    state = admin.state()
    key = admin.client.session.session_key
    now = timezone.now()
    params = {"state": [state], "admin_consent": ["True"], "tenant": [str(T1)]}

    def come_back(number: int) -> Place:
        try:
            return consent_flow.complete_return(
                params=params, session_key=key, now=now + timedelta(milliseconds=number)
            ).place
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        places = list(pool.map(come_back, range(24)))

    assert set(places) == {Place.RESULT}
    northwind.refresh_from_db()
    counts = {(c.condition, c.installations) for c in PatternCount.objects.exclude(installations=0)}
    assert counts == {("claimed", 1)}
    assert northwind.claimed_at == admin.attempt.returned_at


class TestCheckNow:
    def test_finds_an_approval_whose_return_was_lost(self, admin, microsoft):
        admin.visit(ADA)  # and the browser is closed there
        assert "Nothing came back" in admin.result()

        admin.post("/check")

        assert "Looking now" in admin.result()
        assert check_due() == 1
        assert "Approved. Microsoft has recorded" in admin.result()

    def test_is_asked_for_once_in_ten_seconds(self, northwind):
        invitation = open_link(northwind)

        accepted = [
            consent_flow.request_check(invitation=invitation, now=NOW + timedelta(seconds=s))
            for s in (0, 9, 11)
        ]
        Installation.objects.update(asked_at=None, checked_at=NOW + timedelta(seconds=12))
        accepted += [
            consent_flow.request_check(invitation=invitation, now=NOW + timedelta(seconds=s))
            for s in (20, 23)
        ]

        assert accepted == [True, False, True, False, True]

    def test_waits_while_microsoft_asks_us_to_slow_down(self, northwind):
        later = NOW + timedelta(minutes=10)
        Installation.objects.update(failures=1, last_error={"kind": "Throttled"}, next_check_at=later)

        assert not consent_flow.request_check(invitation=open_link(northwind), now=NOW)
        northwind.refresh_from_db()
        assert northwind.next_check_at == later

    def test_says_so_when_microsoft_does_not_answer(self, admin, northwind, microsoft):
        admin.back(state=admin.state(), admin_consent="True", tenant=str(T1))
        microsoft.directory.faults.add(Fault(kind="error503", endpoint="token"))
        check_due()

        page = admin.result()
        assert "Microsoft can’t be reached right now" in page
        assert "is-success" not in page
        northwind.refresh_from_db()
        assert northwind.pattern.granted == []

    def test_says_so_when_the_app_is_switched_off(self, admin, application, northwind, microsoft):
        directory = microsoft.directory
        stage.grant(directory, T1, P1)
        directory.principal(directory.tenant(str(T1)), str(CONNECTOR)).enabled = False

        admin.back(state=admin.state(), admin_consent="True", tenant=str(T1))
        check_due()

        assert "The app is switched off in your organization" in admin.result()

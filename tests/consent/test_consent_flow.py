"""The trip to Microsoft and back, and that nothing a return says is proof."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import timezone

from consent.models import ConsentAttempt, Installation, Invitation, PatternCount
from consent.rules.status import Condition
from consent.services import consent_flow
from tests import factories, stage
from tests.consent.admin import Admin, check_due, open_link
from tests.factories import CONNECTOR, P1, P2, T1, T2

ADA = "ada@northwind.example"
FEMI = "femi@fabrikam.example"

ELSEWHERE = [
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "https:evil.example",
    "%2f%2fevil.example",
    "%252f%252fevil.example",
    "\t//evil.example",
    "javascript:alert(1)",
    "https://login.microsoftonline.com@evil.example",
    "https://evil.example;@login.microsoftonline.com",
    "//evil%E3%80%82example",
]

pytestmark = pytest.mark.django_db


class TestLeavingForMicrosoft:
    def test_leads_to_the_invited_organization_whatever_the_browser_sends(self, admin, microsoft):
        forged = {
            "client_id": "11111111-2222-3333-4444-555555555555",
            "redirect_uri": "https://evil.example/",
            "scope": "https://graph.microsoft.com/.default",
            "tenant": str(T2),
            "authority": "https://evil.example",
            "state": "12345",
            "next": "//evil.example",
        }

        location = admin.client.post(f"{admin.path}/go?{urlencode(forged)}", forged).headers["Location"]

        state = location.rpartition("state=")[2]
        assert location == (
            f"{microsoft.url}/{T1}/adminconsent?client_id={CONNECTOR}"
            f"&redirect_uri=http%3A%2F%2Flocalhost%3A8000%2Fc%2Freturn&state={state}"
        )
        assert len(state) >= 43

    @pytest.mark.parametrize("target", ELSEWHERE)
    def test_never_redirects_to_an_address_from_the_request(self, admin, microsoft, target):
        names = ("next", "url", "return_to", "redirect_uri", "state")
        query = urlencode(dict.fromkeys(names, target))

        gone = admin.client.post(f"{admin.path}/go?{query}", dict.fromkeys(names, target))
        back = admin.client.get(f"/c/return?{query}")

        assert gone.headers["Location"].startswith(f"{microsoft.url}/{T1}/adminconsent?")
        assert "evil" not in gone.headers["Location"]
        assert back.status_code == 400

    def test_asks_graph_for_everything_registered_when_the_v2_endpoint_is_chosen(self, admin, application):
        application.consent_endpoint = "v2"
        application.save()

        location = admin.leave()

        assert location.startswith(f"https://login.microsoftonline.com/{T1}/v2.0/adminconsent?")
        assert "scope=https%3A%2F%2Fgraph.microsoft.com%2F.default" in location

    def test_keeps_the_state_only_as_a_hash(self, admin):
        state = admin.state()

        stored = repr(list(ConsentAttempt.objects.values())) + repr(list(admin.client.session.items()))

        assert state not in stored
        assert hashlib.sha256(state.encode()).hexdigest() in stored

    def test_never_uses_a_state_twice(self, admin):
        assert admin.state() != admin.state()

    def test_is_a_post_with_a_csrf_token(self, admin):
        strict = Client(enforce_csrf_checks=True)

        assert admin.get("/go").status_code == 405
        assert strict.post(f"{admin.path}/go").status_code == 403
        assert not ConsentAttempt.objects.exists()

    def test_sets_a_session_cookie_that_survives_the_way_back_and_no_script_reads(self, admin):
        cookie = admin.post("/go").cookies["session"]

        assert cookie["samesite"] == "Lax"
        assert cookie["httponly"]

    @pytest.mark.parametrize(
        ("column", "status"), [("withdrawn_at", 410), ("expires_at", 410), ("used_at", 409)]
    )
    def test_is_over_once_the_link_is(self, admin, column, status):
        Invitation.objects.update(**{column: timezone.now()})

        assert admin.post("/go").status_code == status
        assert not ConsentAttempt.objects.exists()
        with pytest.raises(ValidationError):
            consent_flow.start(invitation=admin.invitation, session_key="k", now=timezone.now())

    def test_is_not_for_scripts(self, admin):
        for _ in range(30):
            admin.leave()

        assert admin.post("/go").status_code == 429
        assert ConsentAttempt.objects.count() == 30

    def test_tells_nothing_about_whether_microsoft_knows_the_organization(
        self, admin, application, microsoft
    ):
        stranger = Admin(open_link(factories.make_installation(application)))
        places = []
        for somebody in (admin, stranger):
            gone = somebody.post("/go")
            location = gone.headers["Location"].rpartition("&state=")[0]
            tenant = str(somebody.invitation.installation.tenant_id)
            places.append((gone.status_code, location.replace(tenant, "GUID"), gone.content))

        assert places[0] == places[1]


class TestComingBack:
    def test_with_a_yes_is_a_claim_until_microsoft_confirms_it(self, admin, northwind, microsoft):
        back = admin.decide(ADA)

        assert (back.status_code, back.headers["Location"]) == (303, f"{admin.path}/result")
        assert "Checking with Microsoft" in admin.result()
        northwind.refresh_from_db()
        assert (northwind.condition, northwind.pattern.granted) == (Condition.CLAIMED, [])
        assert check_due() == 1
        assert "Approved. Microsoft has recorded the permission" in admin.result()
        assert northwind.snapshots.get().granted == {P1}
        assert Invitation.objects.get().used_at

    def test_moves_the_counts_with_the_claim(self, admin, northwind, microsoft):
        admin.decide(ADA)

        counts = {(c.condition, c.installations) for c in PatternCount.objects.filter(installations__gt=0)}
        assert counts == {("claimed", 1)}

    def test_without_any_consent_grants_nothing(self, admin, northwind, microsoft):
        admin.back(state=admin.state(), admin_consent="True", tenant=str(T1))
        check_due()

        northwind.refresh_from_db()
        assert northwind.pattern.granted == []
        assert not northwind.snapshots.exists()
        assert admin.attempt.outcome == "checking"
        assert "is-success" not in admin.result()

    def test_is_given_up_after_a_day_without_confirmation(self, admin, northwind, microsoft):
        admin.back(state=admin.state(), admin_consent="True", tenant=str(T1))
        long_ago = timezone.now() - timedelta(hours=25)
        ConsentAttempt.objects.update(returned_at=long_ago, started_at=long_ago)
        Installation.objects.update(claimed_at=long_ago)
        check_due()

        assert "Not confirmed" in admin.result()
        northwind.refresh_from_db()
        assert northwind.condition == Condition.PROVED

    def test_for_fewer_permissions_than_asked_lists_what_is_missing(
        self, admin, application, northwind, microsoft
    ):
        factories.make_revision(application, P1, P2)
        stage.grant(microsoft.directory, T1, P1)

        admin.back(state=admin.state(), admin_consent="True", tenant=str(T1))
        check_due()

        page = admin.result()
        assert "Approved in part" in page
        assert "1 of 2 permissions is recorded" in page
        assert northwind.snapshots.get().granted == {P1}

    @pytest.mark.parametrize(
        ("error", "description", "outcome"),
        [
            ("access_denied", "AADSTS65004: The resource owner declined.\r\nTrace ID: x\r\n", "declined"),
            ("consent_required", "AADSTS65004: User declined to consent.", "declined"),
            ("permission_denied", "The admin canceled the request", "declined"),
            ("access_denied", "", "declined"),
            ("access_denied", "AADSTS50020: User account does not exist in tenant.", "refused"),
            ("access_denied", "AADSTS90094: Admin consent is required.", "refused"),
            ("server_error", "AADSTS650051: in use", "refused"),
            ("interaction_required", "AADSTS900941: risky", "refused"),
            ("something_new", "AADSTS1234567: new", "refused"),
        ],
    )
    def test_with_an_error_is_never_a_yes(self, admin, northwind, microsoft, error, description, outcome):
        stage.grant(microsoft.directory, T1, P1)

        admin.back(
            state=admin.state(),
            admin_consent="True",
            tenant=str(T1),
            error=error,
            error_description=description,
        )

        assert admin.attempt.outcome == outcome
        assert check_due() == 0
        northwind.refresh_from_db()
        assert (northwind.condition, northwind.claimed_at) == (Condition.UNREAD, None)
        assert "is-success" not in admin.result()

    def test_as_microsoft_writes_a_cancel_changes_nothing(self, admin, northwind, microsoft):
        admin.decide(ADA, "cancel")

        assert "You didn’t approve, so nothing changed" in admin.result()
        assert admin.attempt.code == 65004

    def test_with_an_account_of_another_organization_says_so(self, admin, microsoft):
        admin.decide(FEMI)

        assert "That account belongs to another organization" in admin.result()

    @pytest.mark.parametrize("value", ["False", "true", "1", "TRUE ", "yes", None])
    def test_leaves_the_decision_to_the_check_whatever_the_flag_says(self, admin, microsoft, value):
        flag = {} if value is None else {"admin_consent": value}

        admin.back(state=admin.state(), tenant=str(T1), **flag)

        assert "is-success" not in admin.result()
        stage.grant(microsoft.directory, T1, P1)
        assert check_due() == 1
        assert "Approved. Microsoft has recorded" in admin.result()

    @pytest.mark.parametrize(
        "forged", ["https://graph.microsoft.com/.default", "Directory.ReadWrite.All " * 100]
    )
    def test_ignores_what_it_says_was_granted(self, admin, northwind, microsoft, forged):
        admin.back(state=admin.state(), admin_consent="True", tenant=str(T1), scope=forged)
        check_due()

        northwind.refresh_from_db()
        assert northwind.pattern.granted == []

    def test_shows_foreign_text_only_as_text(self, admin):
        attack = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"

        admin.back(state=admin.state(), error=attack, error_description=attack, tenant=attack, scope=attack)

        page = admin.result()
        assert "<script>alert" not in page
        assert "<img" not in page

    def test_leaves_no_trace_of_the_address(self, admin):
        state = admin.state()

        back = admin.back(state=state, admin_consent="True", tenant=str(T1))

        assert back.status_code == 303
        assert state not in back.headers["Location"]
        assert "?" not in back.headers["Location"]
        assert back.headers["Referrer-Policy"] == "no-referrer"
        assert back.headers["Cache-Control"] == "no-store"

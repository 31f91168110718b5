"""What an administrator reads behind an approval link, and what nobody else learns from it."""

from __future__ import annotations

import html
import logging
import re

import pytest
from django.test import Client
from django.utils import timezone

from consent.models import ConsentAttempt, Installation, Invitation
from consent.rules.status import Condition
from entra.catalog import permissions
from portal.redaction import ApprovalLinks
from tests import factories
from tests.consent.admin import admin_of, check_due, heading_of, main_of
from tests.factories import D1, P1, P2, P3, T1, T2, USER_READ, grants

pytestmark = pytest.mark.django_db


class TestTheRequest:
    def test_first_time_says_who_asks_for_what_and_why(self, admin):
        page = admin.get()
        text = main_of(page)

        assert heading_of(page) == "Approve Sentinel Connector for your organization"
        assert "Northwind Traders" in text
        assert "asks for 1 permission" in text
        assert "Why we ask: We use SecurityEvents.Read.All." in text
        assert "Works without a signed-in user" in text
        assert "Read only" in text
        assert "Privileged Role Administrator or Global Administrator" in text
        assert "https://login.microsoftonline.com/" in text
        assert "doesn’t mark which are new" in text

    def test_with_something_new_counts_and_marks_it_and_folds_the_rest(self, application):
        factories.make_revision(application, P1)
        admin = admin_of(application, grants(P1))
        factories.make_revision(application, P1, P2)

        page = admin.get()
        source = page.content.decode()

        assert heading_of(page) == "Approve 1 new permission"
        assert "already has 1 permission" in main_of(page)
        assert "everything you use today keeps working" in main_of(page)
        assert source.count('<span class="tag new">New</span>') == 1
        new, folded = source.split("<details>")[0], source.split("<details>")[1].split("</details>")[0]
        assert "SecurityAlert" in new
        assert "SecurityEvents" in folded

    def test_after_a_withdrawal_asks_again_and_says_what_went(self, application):
        factories.make_revision(application, P1, P2)
        admin = admin_of(application, grants(P2, withdrawn=[P1]))

        page = admin.get()

        assert heading_of(page) == "Approve again"
        assert "If that was meant, there is nothing to do" in main_of(page)

    def test_with_nothing_missing_asks_for_nothing(self, application):
        factories.make_revision(application, P1)
        page = admin_of(application, grants(P1)).get()

        assert heading_of(page) == "Nothing to approve"
        assert "Continue to Microsoft" not in main_of(page)

    def test_with_more_granted_than_needed_names_what_can_go(self, application):
        factories.make_revision(application, P1)
        page = admin_of(application, grants(P1, P3)).get()

        assert heading_of(page) == "Nothing to approve"
        assert "1 permission is no longer needed" in main_of(page)
        assert "Revoke permission" in main_of(page)

    def test_warns_what_an_approval_may_remove(self, application):
        factories.make_revision(application, P1, P2)
        page = admin_of(application, grants(P1, P3)).get()

        assert heading_of(page) == "Approve 1 new permission"
        assert "Will be removed" in main_of(page)

    def test_never_calls_granted_or_missing_what_nobody_could_look_at(self, application):
        factories.make_revision(application, P1, D1)
        page = admin_of(application, grants(P1)).get()

        assert heading_of(page) == "Confirm 1 permission"
        assert "Approved or not, we can’t see" in main_of(page)

    def test_asks_for_a_lesser_role_when_that_suffices(self, application):
        factories.make_revision(application, D1, USER_READ)
        text = main_of(admin_of(application).get())

        assert "Cloud Application Administrator" in text
        assert "people also need the Security Reader role" in text

    def test_says_when_the_app_is_switched_off(self, application):
        factories.make_revision(application, P1, P2)
        page = admin_of(application, grants(P1), condition=Condition.DISABLED).get()

        assert "Sign-in for Sentinel Connector is switched off" in main_of(page)

    def test_names_the_host_of_the_application_s_cloud(self, application):
        application.cloud = "usgov"
        application.save()
        factories.make_revision(application, P1)

        assert "https://login.microsoftonline.us/" in main_of(admin_of(application).get())

    def test_points_to_a_visit_that_is_not_over(self, admin):
        admin.leave()

        assert "nothing has come back yet" in main_of(admin.get())

    def test_may_send_its_form_to_microsoft_and_nothing_else_changes_there(self, admin):
        policy = admin.get().headers["Content-Security-Policy"]

        assert "form-action 'self' https://login.microsoftonline.com" in policy
        assert "frame-ancestors 'none'" in policy

    @pytest.mark.parametrize("size", [1, 12])
    def test_takes_the_same_few_queries_however_much_is_asked(
        self, application, django_assert_max_num_queries, size
    ):
        factories.make_revision(application, *permissions("application")[:size])
        admin = admin_of(application)
        with django_assert_max_num_queries(8):
            admin.get("", **{"Sec-Purpose": "prefetch"})


class TestOpening:
    def test_is_noted_once(self, admin):
        admin.get()
        first = Invitation.objects.get().opened_at
        admin.get()

        assert first is not None
        assert Invitation.objects.get().opened_at == first

    @pytest.mark.parametrize("header", [{"Sec-Purpose": "prefetch"}, {"Purpose": "prefetch"}])
    def test_on_a_guess_is_not(self, admin, header):
        assert admin.get("", **header).status_code == 200
        assert Invitation.objects.get().opened_at is None

    def test_by_a_mail_scanner_s_head_is_not(self, admin):
        assert admin.client.head(admin.path).status_code == 200
        assert Invitation.objects.get().opened_at is None

    def test_of_any_page_changes_nothing_else(self, admin):
        admin.get()
        before = list(Invitation.objects.values()), list(Installation.objects.values())

        for page in ("", "/result", "/receipt", "/roles", "/forward", "/genuine"):
            admin.get(page)

        assert (list(Invitation.objects.values()), list(Installation.objects.values())) == before
        assert not ConsentAttempt.objects.exists()


class TestALink:
    PAGES = ("", "/result", "/receipt", "/roles", "/forward", "/genuine")
    ACTIONS = ("/go", "/check", "/decline")

    def test_that_nobody_made_opens_nothing(self, admin):
        for token in ("nobody", "0" * 32, admin.path[3:-1], admin.path[3:].swapcase(), "a.b", "é"):
            for page in self.PAGES:
                assert Client().get(f"/c/{token}{page}").status_code == 404
            for action in self.ACTIONS:
                assert Client().post(f"/c/{token}{action}").status_code == 404

    @pytest.mark.parametrize(
        ("column", "status", "title"),
        [
            ("expires_at", 410, "This link has expired"),
            ("withdrawn_at", 410, "This link was withdrawn"),
            ("used_at", 200, "This link has done its work"),
            ("declined_at", 200, "You declined"),
        ],
    )
    def test_that_is_over_says_why_and_what_to_do(self, admin, column, status, title):
        Invitation.objects.update(**{column: timezone.now()})

        page = admin.get()

        assert (page.status_code, heading_of(page)) == (status, title)
        assert "SecurityEvents" not in main_of(page)

    @pytest.mark.parametrize("column", ["expires_at", "withdrawn_at"])
    def test_that_is_over_opens_no_other_page_either(self, admin, column):
        Invitation.objects.update(**{column: timezone.now()})

        for page in self.PAGES:
            assert admin.get(page).status_code == 410
        assert admin.post("/check").status_code == 410
        admin.post("/decline")
        assert Invitation.objects.get().declined_at is None

    def test_that_ends_meanwhile_still_answers_the_visit_under_way(self, admin, microsoft):
        state = admin.state()
        Invitation.objects.update(withdrawn_at=timezone.now())

        admin.back(state=state, admin_consent="True", tenant=str(T1))

        assert admin.get("/result").status_code == 200

    def test_declined_can_be_looked_at_again_and_approved_after_all(self, admin):
        assert admin.post("/decline").status_code == 303
        assert heading_of(admin.get("?again=1")) == "Approve Sentinel Connector for your organization"

        admin.leave()

        assert Invitation.objects.get().declined_at is None

    def test_shows_its_own_organization_only(self, application, admin, microsoft):
        other = factories.make_tenant("Fabrikam Residences", id=T2, contact="femi@fabrikam.example")
        factories.make_installation(application, other, has=grants(P1))
        admin.back(state=admin.state(), admin_consent="True", tenant=str(T2))

        for page in self.PAGES:
            text = admin.get(page).content.decode()
            assert "abrikam" not in text

    def test_is_read_without_signing_in_and_never_kept(self, admin):
        admin.leave()
        for page in self.PAGES:
            headers = admin.get(page).headers
            assert headers["Cache-Control"] == "no-store"
            assert headers["X-Robots-Tag"] == "noindex"
            assert headers["Referrer-Policy"] in {"no-referrer", "same-origin"}
            assert headers["Cross-Origin-Opener-Policy"] == "same-origin"

    def test_stays_out_of_the_log(self, admin, caplog):
        caplog.set_level(logging.DEBUG)
        caplog.handler.addFilter(ApprovalLinks())
        Invitation.objects.update(withdrawn_at=timezone.now())
        admin.get()
        Client(enforce_csrf_checks=True).post(f"{admin.path}/go")
        Client().get(f"{admin.path}/no-such-page")

        assert "/c/…" in caplog.text
        assert admin.path not in caplog.text

    def test_has_that_filter_in_the_settings(self, settings):
        handler = settings.LOGGING["handlers"]["stderr"]

        assert handler["filters"] == ["approval-links"]
        assert settings.LOGGING["filters"]["approval-links"] == {"()": "portal.redaction.ApprovalLinks"}


class TestWords:
    def test_to_an_administrator_are_theirs_not_ours(self, admin, application, microsoft):
        pages = [admin.get(page) for page in ("", "/roles", "/forward", "/genuine")]
        admin.leave()
        pages.append(admin.get("/result"))
        for words in ("AADSTS65004: x", "AADSTS90094: x", "AADSTS1: x"):
            admin.back(state=admin.state(), error="access_denied", error_description=words)
            pages.append(admin.get("/result"))
        admin.decide("ada@northwind.example")
        check_due()
        pages += [admin.get(page) for page in ("", "/result", "/receipt")]
        pages += [Client().get("/c/returned"), Client().get("/c/return")]

        for page in pages:
            text = main_of(page)
            assert not re.search(r"\b(scopes?|tenants?|drift|successfully|simply|please note)\b", text, re.I)

    def test_to_pass_on_hold_the_link_the_role_and_the_last_day(self, admin):
        page = admin.get("/forward")
        text = html.unescape(page.content.decode())

        assert f"http://localhost:8000{admin.path}" in text
        assert "Privileged Role Administrator" in text
        assert 'href="mailto:?subject=Please%20approve%20Sentinel%20Connector' in text

    def test_to_check_that_it_is_genuine_ask_for_nothing(self, admin):
        page = admin.get("/genuine")

        assert str(factories.CONNECTOR) in main_of(page)
        assert "https://login.microsoftonline.com/" in main_of(page)
        assert "<form" not in page.content.decode()

"""What an administrator reads after a trip to Microsoft: what came of it, and how that is known."""

from __future__ import annotations

import html
import json
import re
from datetime import timedelta

import pytest
from django.utils import timezone

from consent.models import ConsentAttempt, Installation
from consent.rules.drift import NOTHING_KNOWN
from tests import factories, stage
from tests.consent.admin import Admin, admin_of, check_due, main_of, open_link
from tests.factories import D1, P1, P2, T1, grants

pytestmark = pytest.mark.django_db


class TestTheResult:
    def test_before_anybody_left_is_the_request(self, admin):
        assert admin.get("/result").headers["Location"] == admin.path

    def test_says_before_and_now_how_we_know_and_when(self, admin, application, microsoft):
        admin.decide("ada@northwind.example")
        factories.make_revision(application, P1, P2)
        check_due()

        text = main_of(admin.get("/result"))

        assert "SecurityEvents.Read.All application permission Missing Granted" in text
        assert "Microsoft’s token for your organization carries it" in text
        assert "Returned from Microsoft" in text
        assert "Proved" in text
        assert re.search(r"\d\d:\d\d:\d\d UTC", text)
        assert "Version 2 of Sentinel Connector was published since" in text

    @pytest.mark.parametrize("before", [NOTHING_KNOWN, grants()], ids=["never read", "read before"])
    def test_knows_nothing_before_it_was_read_again(self, application, before):
        factories.make_revision(application, P1)
        admin = admin_of(application, before)
        admin.back(state=admin.state(), admin_consent="True")

        text = main_of(admin.get("/result"))

        assert "Missing Unknown Not read yet" in text
        assert "Granted" not in text

    def test_after_half_a_minute_says_that_it_may_take_longer(self, admin, microsoft):
        admin.back(state=admin.state(), admin_consent="True", tenant=str(T1))
        check_due()
        assert "Checking with Microsoft" in main_of(admin.get("/result"))

        ConsentAttempt.objects.update(returned_at=timezone.now() - timedelta(seconds=31))

        assert "we can’t see it yet" in main_of(admin.get("/result"))
        assert "24 hours" in main_of(admin.get("/result"))

    @pytest.mark.parametrize(
        ("code", "words", "next_step"),
        [
            (90094, "Your account can’t approve this", "/forward"),
            (50020, "That account belongs to another organization", ""),
            (900941, "Microsoft marked this app as possibly risky", "/genuine"),
            (650051, "Microsoft asks to try again", ""),
            (650052, "Your organization doesn’t have a service this needs", ""),
            (424242, "Microsoft didn’t complete the approval", ""),
        ],
    )
    def test_gives_every_refusal_its_words_its_code_and_a_next_step(self, admin, code, words, next_step):
        admin.back(state=admin.state(), error="access_denied", error_description=f"AADSTS{code}: no.")

        page = admin.get("/result")

        assert words in main_of(page)
        assert f"AADSTS{code}" in main_of(page)
        assert f'href="{admin.path}{next_step}"' in page.content.decode()
        assert "is-success" not in page.content.decode()

    def test_explains_what_may_have_happened_when_nothing_came_back(self, admin):
        admin.leave()

        text = main_of(admin.get("/result"))

        assert "Nothing came back from Microsoft" in text
        assert "http://localhost:8000/c/return" in text
        assert "an administrator has to approve" in text
        assert "Check now" in text

    def test_is_not_green_while_a_part_cannot_be_read(self, admin, application, microsoft):
        factories.make_revision(application, P1, D1)
        stage.require(microsoft.directory, P1, D1)
        admin.decide("ada@northwind.example")
        check_due()

        page = admin.get("/result")

        assert "Approved, as far as we can see" in main_of(page)
        assert "SecurityEvents.Read.All delegated permission Unknown Unknown" in main_of(page)
        assert "is-success" not in page.content.decode()
        assert "Security Reader" in main_of(page)
        assert "https://entra.microsoft.com/" in page.content.decode()

    def test_neither_confirms_nor_denies_what_nobody_can_look_up(self, application, microsoft):
        """A forged return, for permissions that a token never shows."""
        factories.make_revision(application, P1, D1)
        stage.grant(microsoft.directory, T1, P1)
        tenant = factories.make_tenant("Northwind Traders", id=T1)
        admin = Admin(open_link(factories.make_installation(application, tenant, has=grants(P1))))

        admin.back(state=admin.state(), admin_consent="True", tenant=str(T1))
        check_due()

        page = admin.get("/result")
        assert "we neither confirm nor deny it" in main_of(page)
        assert "is-success" not in page.content.decode()
        assert admin.get("/receipt").status_code == 302

    def test_says_when_what_was_approved_is_gone_again(self, admin, microsoft):
        admin.decide("ada@northwind.example")
        check_due()
        stage.revoke(microsoft.directory, T1, P1)
        Installation.objects.update(next_check_at=timezone.now())
        check_due()

        assert "Approved, and withdrawn since" in main_of(admin.get("/result"))

    def test_says_plainly_that_no_role_is_needed(self, admin, microsoft):
        admin.decide("ada@northwind.example")
        check_due()

        assert "Security Reader role: not needed" in main_of(admin.get("/result"))
        assert "Nobody needs a new role" in main_of(admin.get("/roles"))

    def test_asks_again_by_itself_until_it_is_over(self, admin, microsoft):
        admin.decide("ada@northwind.example")
        waiting = admin.get("/result").content.decode()
        poll = re.search(r'hx-get="([^"]+)" hx-trigger="every 2s"', waiting)
        assert poll
        assert '<noscript><meta http-equiv="refresh"' in waiting

        same = admin.client.get(html.unescape(poll.group(1)), headers={"HX-Request": "true"})
        check_due()
        done = admin.client.get(html.unescape(poll.group(1)), headers={"HX-Request": "true"})

        assert same.status_code == 204
        assert "hx-trigger" not in done.content.decode()
        assert json.loads(done.headers["HX-Trigger"]) == {"announce": {"value": "Approved"}}
        assert "<main" not in done.content.decode()
        assert "HX-Request" in done.headers["Vary"]

    def test_has_a_receipt_to_print_and_as_data(self, admin, microsoft):
        assert admin.get("/receipt").headers["Location"] == f"{admin.path}/result"
        admin.decide("ada@northwind.example")
        assert admin.get("/receipt").headers["Location"] == f"{admin.path}/result"
        check_due()

        page = admin.get("/receipt")
        data = admin.get("/receipt?as=json").json()

        assert "1 of 1 permission" in main_of(page)
        assert data["receipt"] in main_of(page)
        assert data["outcome"] == "approved"
        assert [p["value"] for p in data["granted"]] == ["SecurityEvents.Read.All"]
        assert data["before"] == []
        assert data["evidence"][0]["request_id"] in main_of(page)

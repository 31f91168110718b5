"""An organization's own page: what it granted, what is asked of it, and what is known of its past."""

from __future__ import annotations

from datetime import timedelta

import pytest

from consent.models import Invitation
from consent.rules.status import Condition
from tests import factories
from tests.consent.admin import main_of, open_link
from tests.consent.own import PAGE, proved_trip, see, signed_in
from tests.factories import D1, NOW, P1, P2, P3, T1, grants

pytestmark = pytest.mark.django_db


class TestHome:
    def test_one_application_is_the_page_itself(self, ada):
        assert ada.get("/organization/").headers["Location"] == PAGE

    def test_more_applications_are_listed_with_their_status_in_plain_words(self, ada, behind):
        other = factories.make_application(slug="posture", name="Posture Report", client_id=T1)
        factories.make_revision(other, P1)
        factories.make_installation(other, behind.tenant, has=grants(P1))

        page = main_of(ada.get("/organization/"))

        assert "Approval needed 1 permission waits for approval." in page
        assert "Approved Northwind Traders approved everything that Posture Report asks for." in page

    def test_takes_as_many_queries_for_many_applications_as_for_two(
        self, ada, behind, django_assert_max_num_queries
    ):
        for number in range(12):
            name = f"App {number}"
            other = factories.make_application(
                slug=f"app-{number}", name=name, client_id=str(T1)[:-2] + f"{number:02}"
            )
            factories.make_revision(other, P1)
            factories.make_installation(other, behind.tenant)

        with django_assert_max_num_queries(8):
            page = main_of(ada.get("/organization/"))

        assert page.count("Not read yet") == 12


class TestTheApplicationsPage:
    def test_says_what_waits_and_why_it_is_asked(self, ada):
        page = main_of(ada.get(PAGE))

        assert "1 permission waits for approval. What Northwind Traders uses of Sentinel Connector" in page
        assert "Read all security alerts New" in page
        assert "Why we ask: We use SecurityAlert.Read.All." in page

    def test_says_since_when_a_permission_is_there_and_how_that_is_known(self, ada):
        page = main_of(ada.get(PAGE))

        assert "23 Nov 2026 or earlier It was there when we first looked" in page
        assert "Microsoft’s token for your organization carries it 23 Nov 2026, 09:00:00 UTC" in page

    def test_names_the_consent_that_a_permission_came_by_and_its_receipt(self, ada, behind):
        trip = proved_trip(behind, at=NOW)

        page = ada.get(PAGE)

        assert "Approval link of 22 Nov 2026 · Receipt" in main_of(page)
        assert f"/receipts/{trip.invitation_id}?number=" in page.content.decode()

    def test_a_permission_that_appeared_on_its_own_is_not_put_down_to_a_link(self, ada, behind):
        see(behind, grants(P1, P2), at=NOW + timedelta(days=2))
        proved_trip(behind, at=NOW)

        assert "25 Nov 2026 Not by a link of ours: at Entra itself" in main_of(ada.get(PAGE))

    def test_lists_what_changed_over_time_with_the_differences(self, ada, behind):
        see(behind, grants(P1, P3), at=NOW + timedelta(days=2))
        see(behind, grants(P3), at=NOW + timedelta(days=3))

        timeline = main_of(ada.get(PAGE)).partition("What changed, and when we saw it")[2]

        removed, added, first = (
            timeline.index(words)
            for words in (
                "Permission removed 26 Nov 2026",
                "Permission added 25 Nov 2026",
                "First look 23 Nov 2026",
            )
        )
        assert removed < added < first
        assert "Removed SecurityEvents.Read.All" in timeline[removed:added]

    def test_tells_how_to_take_back_at_entra_what_is_no_longer_needed(self, story):
        installation = factories.make_installation(story, has=grants(P1, P2, P3))
        page = signed_in(installation, "Global Administrator").get(PAGE)

        assert "1 permission is no longer needed." in main_of(page)
        assert "Look for SecurityIncident.Read.All" in main_of(page)
        assert "ManagedAppMenuBlade/~/Overview/appId/5e471e10-0000-4000-8000-0000000000c1" in (
            page.content.decode()
        )

    @pytest.mark.parametrize(
        ("cloud", "host"), [("usgov", "entra.microsoft.us"), ("china", "portal.azure.cn")]
    )
    def test_links_to_the_portal_of_the_applications_cloud(self, ada, story, cloud, host):
        story.cloud = cloud
        story.save()

        assert f'href="https://{host}/#view/' in ada.get(PAGE).content.decode()

    def test_lists_links_and_trips_without_the_names_of_the_publishers_staff(self, ada, behind, support):
        invitation = Invitation.objects.create(
            installation=behind, created_at=NOW, expires_at=NOW + timedelta(days=900), created_by=support
        )
        invitation.attempts.create(
            state_hash="s", session_hash="s", started_at=NOW, expires_at=NOW, outcome="declined"
        )

        page = ada.get(PAGE)

        assert "Open until" in main_of(page)
        assert "Canceled at Microsoft; nothing changed" in main_of(page)
        assert support.name not in page.content.decode()

    def test_never_says_where_else_somebody_approved(self, ada, behind):
        elsewhere = factories.make_tenant("Fabrikam Residences", id=factories.T2)
        invitation = open_link(behind)
        invitation.attempts.create(
            state_hash="s", session_hash="s", started_at=NOW, expires_at=NOW,
            outcome="other-tenant", other_tenant=elsewhere.pk,
        )  # fmt: skip

        page = ada.get(PAGE).content.decode()

        assert "Signed in to another organization; nothing changed here" in page
        assert str(elsewhere.pk) not in page
        assert "Fabrikam" not in page

    def test_says_that_tokens_are_not_kept(self, ada):
        assert "It keeps no password and no token" in main_of(ada.get(PAGE))

    def test_uses_the_organizations_words(self, ada):
        page = main_of(ada.get(PAGE)).lower()

        assert "scope" not in page
        assert "tenant" not in page

    def test_takes_a_constant_number_of_queries(self, ada, behind, django_assert_max_num_queries):
        for day in range(1, 40):
            has = grants(P1, P3) if day % 2 else grants(P1)
            see(behind, has, at=NOW + timedelta(days=day))
            proved_trip(behind, at=NOW + timedelta(days=day))

        with django_assert_max_num_queries(15):
            ada.get(PAGE)

    def test_an_application_nobody_installed_here_is_not_found(self, ada, application):
        assert ada.get("/organization/another-app/").status_code == 404

    @pytest.mark.parametrize(
        ("has", "condition", "words"),
        [
            (grants(P1, P2), None, "Northwind Traders approved everything that Sentinel Connector asks for."),
            (grants(), None, "Sentinel Connector has no access to the data of Northwind Traders."),
            (grants(P1, withdrawn={P2}), None, "that Northwind Traders had approved was withdrawn."),
            (grants(P1, P2), Condition.DISABLED, "Sign-in for Sentinel Connector is switched off in"),
            (grants(P1), Condition.CLAIMED, "Microsoft sent somebody back with a yes."),
            (grants(), Condition.UNREAD, "We have not read yet what Northwind Traders approved."),
            (grants(P1), Condition.UNREACHABLE, "We couldn’t read lately what Northwind Traders approved."),
            (grants(P1, P2, P3), None, "1 permission is no longer needed."),
        ],
    )
    def test_says_every_status_in_plain_words(self, story, has, condition, words):
        installation = factories.make_installation(
            story, factories.make_tenant(id=T1), has=has, condition=condition
        )

        assert words in main_of(signed_in(installation, "Global Reader").get(PAGE))

    def test_says_what_it_cannot_see(self, application):
        factories.make_revision(application, P1, D1)
        installation = factories.make_installation(application, has=grants(P1))

        page = main_of(signed_in(installation, "Global Reader").get(PAGE))

        assert "We can’t see whether 1 permission is approved." in page

    def test_asks_for_nothing_before_the_first_revision(self, application):
        installation = factories.make_installation(application)

        page = main_of(signed_in(installation, "Global Administrator").get(PAGE))

        assert "Sentinel Connector asks Northwind Traders for nothing yet." in page
        assert "You can approve" not in page

"""An organization's own page: what it granted, what is asked, and whether the reader may approve it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from consent.models import Application, Installation, Invitation, Snapshot
from consent.rules.status import Condition
from consent.services.patterns import intern
from tests import factories, stage
from tests.consent.admin import Admin, check_due, heading_of, main_of, open_link
from tests.factories import D1, EVERYTHING, NOW, P1, P2, P3, T1, grants

pytestmark = pytest.mark.django_db

PAGE = "/organization/sentinel-connector/"


@pytest.fixture
def northwind(story: Application) -> Installation:
    """Northwind granted P1 at revision 1; revision 2 asks for P2 as well."""
    tenant = factories.make_tenant("Northwind Traders", id=T1)
    installation = factories.make_installation(story, tenant, has=grants(P1))
    installation.evidence = installation.snapshots.get().evidence
    installation.save()
    return installation


def signed_in(installation: Installation, *roles: str, **overrides) -> Client:
    client = Client()
    client.force_login(factories.make_tenant_admin(installation.tenant, *roles, **overrides))
    return client


@pytest.fixture
def ada(northwind: Installation) -> Client:
    return signed_in(northwind, "Privileged Role Administrator", name="Ada Alvarez")


@pytest.fixture
def rita(northwind: Installation) -> Client:
    return signed_in(northwind, "Security Reader", name="Rita Reyes")


class TestHome:
    def test_one_application_is_the_page_itself(self, ada):
        assert ada.get("/organization/").headers["Location"] == PAGE

    def test_more_applications_are_listed_with_their_status_in_plain_words(self, ada, northwind):
        other = factories.make_application(slug="posture", name="Posture Report", client_id=T1)
        factories.make_revision(other, P1)
        factories.make_installation(other, northwind.tenant, has=grants(P1))

        page = main_of(ada.get("/organization/"))

        assert "Approval needed 1 permission waits for approval." in page
        assert "Approved Northwind Traders approved everything that Posture Report asks for." in page

    def test_takes_as_many_queries_for_many_applications_as_for_two(
        self, ada, northwind, django_assert_max_num_queries
    ):
        for number in range(12):
            name = f"App {number}"
            other = factories.make_application(
                slug=f"app-{number}", name=name, client_id=str(T1)[:-2] + f"{number:02}"
            )
            factories.make_revision(other, P1)
            factories.make_installation(other, northwind.tenant)

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

    def test_names_the_consent_that_a_permission_came_by_and_its_receipt(self, ada, northwind):
        trip = proved_trip(northwind, P1, at=NOW)

        page = ada.get(PAGE)

        assert "Approval link of 22 Nov 2026 · Receipt" in main_of(page)
        assert f"/receipts/{trip.invitation_id}?number=" in page.content.decode()

    def test_a_permission_that_appeared_on_its_own_is_not_put_down_to_a_link(self, ada, northwind):
        see(northwind, grants(P1, P2), at=NOW + timedelta(days=2))
        proved_trip(northwind, P1, at=NOW)

        assert "25 Nov 2026 Not by a link of ours: at Entra itself" in main_of(ada.get(PAGE))

    def test_lists_what_changed_over_time_with_the_differences(self, ada, northwind):
        see(northwind, grants(P1, P3), at=NOW + timedelta(days=2))
        see(northwind, grants(P3), at=NOW + timedelta(days=3))

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

    def test_lists_links_and_trips_without_the_names_of_the_publishers_staff(self, ada, northwind, support):
        invitation = Invitation.objects.create(
            installation=northwind, created_at=NOW, expires_at=NOW + timedelta(days=900), created_by=support
        )
        invitation.attempts.create(
            state_hash="s", session_hash="s", started_at=NOW, expires_at=NOW, outcome="declined"
        )

        page = ada.get(PAGE)

        assert "Open until" in main_of(page)
        assert "Canceled at Microsoft; nothing changed" in main_of(page)
        assert support.name not in page.content.decode()

    def test_never_says_where_else_somebody_approved(self, ada, northwind):
        elsewhere = factories.make_tenant("Fabrikam Residences", id=factories.T2)
        invitation = open_link(northwind)
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

    def test_takes_a_constant_number_of_queries(self, ada, northwind, django_assert_max_num_queries):
        for day in range(1, 40):
            has = grants(P1, P3) if day % 2 else grants(P1)
            see(northwind, has, at=NOW + timedelta(days=day))
            proved_trip(northwind, P1, at=NOW + timedelta(days=day))

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


class TestApproving:
    def test_is_offered_to_whose_active_role_suffices(self, ada):
        page = main_of(ada.get(PAGE))

        assert "You can approve this: you hold Privileged Role Administrator." in page

    def test_leads_to_the_approval_page_of_the_own_organization(self, ada, northwind):
        there = ada.post(f"{PAGE}approve")

        assert there.status_code == 303
        assert northwind.invitations.count() == 1
        assert heading_of(Client().get(there.headers["Location"])) == "Approve 1 new permission"

    def test_twice_makes_one_link(self, ada, northwind):
        first, second = (ada.post(f"{PAGE}approve").headers["Location"] for _ in range(2))

        assert first == second
        assert northwind.invitations.count() == 1

    def test_makes_a_new_link_when_the_last_one_is_over(self, ada, northwind):
        for over in ("declined_at", "withdrawn_at", "used_at"):
            invitation = open_link(northwind)
            Invitation.objects.filter(pk=invitation.pk).update(**{over: timezone.now()})

        ada.post(f"{PAGE}approve")

        assert northwind.invitations.count() == 4

    def test_by_a_reader_is_refused_with_the_roles_that_can_and_changes_nothing(self, rita, northwind):
        page = main_of(rita.get(PAGE))
        refused = rita.post(f"{PAGE}approve")

        assert "You cannot approve this. It takes Privileged Role Administrator or Global" in page
        assert "1 permission waits for approval." in page
        assert refused.status_code == 403
        assert "None of your active roles lets you" in main_of(refused)
        assert not northwind.invitations.exists()

    def test_by_an_application_administrator_depends_on_what_is_asked(self, application):
        factories.make_revision(application, D1)
        installation = factories.make_installation(application, has=grants(knows=EVERYTHING))
        nora = signed_in(installation, "Cloud Application Administrator")
        assert "You can approve this: you hold Cloud Application Administrator." in main_of(nora.get(PAGE))

        factories.make_revision(application, D1, P1)

        assert nora.post(f"{PAGE}approve").status_code == 403

    def test_with_an_eligible_role_says_that_it_has_to_be_activated(self, northwind):
        eligible = ["62e90394-69f5-4237-9190-012177145e10"]
        eva = signed_in(northwind, "Security Reader", name="Eva", eligible_roles=eligible)

        page = main_of(eva.get(PAGE))

        assert "You are eligible for Global Administrator, but the role is not active." in page
        assert eva.post(f"{PAGE}approve").status_code == 403

    def test_needs_the_csrf_token(self, northwind):
        strict = Client(enforce_csrf_checks=True)
        strict.force_login(factories.make_tenant_admin(northwind.tenant, "Global Administrator"))

        assert strict.post(f"{PAGE}approve").status_code == 403
        assert not northwind.invitations.exists()

    def test_of_nothing_goes_back_and_says_so(self, application):
        installation = factories.make_installation(application)
        client = signed_in(installation, "Global Administrator")

        page = client.post(f"{PAGE}approve", follow=True)

        assert "Sentinel Connector asks for nothing new at the moment." in main_of(page)
        assert not installation.invitations.exists()


def test_a_whole_consent_shows_up_with_its_receipt(microsoft, story, monkeypatch):
    monkeypatch.setenv("CONNECTOR_SECRET", "sandbox-connector-secret")
    stage.require(microsoft.directory, P1, P2)
    installation = factories.make_installation(story, factories.make_tenant("Northwind Traders", id=T1))
    ada = signed_in(installation, "Privileged Role Administrator")
    ada.post(f"{PAGE}approve")
    admin = Admin(installation.invitations.get())
    admin.decide("ada@northwind.example")
    check_due()

    page = main_of(ada.get(PAGE))

    assert "Northwind Traders approved everything that Sentinel Connector asks for." in page
    assert page.count("Approval link of") == 2
    assert "Approved, and proved · Receipt" in page
    assert "You can approve this" not in page


def see(installation: Installation, has, *, at) -> None:
    """Write down another proof, as a check would."""
    last = installation.snapshots.order_by("-sequence").first()
    Snapshot.objects.create(
        installation=installation, sequence=last.sequence + 1, observed_at=at,
        pattern=intern(has), evidence=last.evidence,
    )  # fmt: skip
    installation.pattern = intern(has)
    installation.save()


def proved_trip(installation: Installation, *before, at):
    """A trip that ended when the grants were seen."""
    invitation = Invitation.objects.create(
        installation=installation, created_at=at - timedelta(days=1), expires_at=at + timedelta(days=13)
    )
    return invitation.attempts.create(
        state_hash=invitation.pk.hex, session_hash="s", started_at=at - timedelta(minutes=5),
        expires_at=at + timedelta(hours=1), returned_at=at - timedelta(minutes=1), settled_at=at,
        revision=installation.application.current_revision, outcome="approved",
    )  # fmt: skip

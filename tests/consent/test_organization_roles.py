"""The role guide of an organization: what Microsoft says of the reader, and of the organization's people."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from consent.models import DirectoryLookup, Installation
from consent.services.directory_lookups import LEASE, answer_due, ask
from consent.tasks import look_up_directories
from entra import catalog
from sandbox.directory_roles import template_id
from tests import factories, stage
from tests.consent.admin import main_of
from tests.factories import D1, EVERYTHING, NOW, P1, P2, T1, grants

pytestmark = pytest.mark.django_db

ROLES = "/organization/sentinel-connector/roles"
READER = "5d6b6bb7-de71-4623-b4af-96380a352509"
GLOBAL = "62e90394-69f5-4237-9190-012177145e10"
ADA = "11111111-0000-4000-8000-000000000001"
DIRECTORY = catalog.known_or_stand_in("Directory.Read.All", "application")


def organization(application, *required, has=(P1,)) -> Installation:
    factories.make_revision(application, *required)
    tenant = factories.make_tenant("Northwind Traders", id=T1)
    return factories.make_installation(application, tenant, has=grants(*has, knows=EVERYTHING))


def opened(installation: Installation, *roles: str, **overrides) -> str:
    return main_of(client_of(installation, *roles, **overrides).get(ROLES))


def client_of(installation: Installation, *roles: str, **overrides) -> Client:
    client = Client()
    client.force_login(factories.make_tenant_admin(installation.tenant, *roles, **overrides))
    return client


class TestTheGuide:
    def test_says_plainly_when_nobody_needs_the_role(self, application):
        page = opened(organization(application, P1, P2), "Privileged Role Administrator")

        assert "Security Reader: not needed Sentinel Connector is app-only" in page
        assert "Assign Security Reader" not in page

    def test_says_who_needs_it_and_for_which_permission(self, application):
        page = opened(organization(application, P1, D1), "Privileged Role Administrator")

        assert "Everybody in Northwind Traders who looks at security data in person" in page
        assert "SecurityEvents.Read.All · Microsoft Graph · delegated permission" in page

    def test_links_to_the_role_at_entra_beside_the_path_in_words(self, application):
        installation = organization(application, D1)
        page = client_of(installation, "Security Reader").get(ROLES)

        assert f"RoleMenuBlade/~/RoleMembers/objectId/{READER}" in page.content.decode()
        assert "Entra ID › Roles & admins › Security Reader" in main_of(page)

    def test_tells_an_active_role_from_an_eligible_and_a_missing_one(self, application):
        installation = organization(application, D1)

        assert "You may see security data: Security Reader is active" in opened(
            installation, "Security Reader"
        )
        assert "You are eligible for Global Administrator, but the role is not active" in opened(
            installation, "Cloud Application Administrator", eligible_roles=[GLOBAL]
        )
        assert "You don’t hold Security Reader" in opened(installation, "Cloud Application Administrator")
        assert "You hold Global Reader; Microsoft doesn’t say" in opened(installation, "Global Reader")

    def test_says_as_of_when_the_roles_are(self, application):
        page = opened(organization(application, D1), "Security Reader")

        assert "Your roles as Microsoft said at 23 Nov 2026, 09:00:00 UTC" in page

    def test_tells_a_guest_whose_roles_count(self, application):
        page = opened(organization(application, D1), "Security Reader", is_guest=True)

        assert "You are a guest in Northwind Traders." in page

    def test_lets_the_reader_check_again_by_a_new_sign_in(self, application):
        page = client_of(organization(application, D1), "Security Reader").get(ROLES)

        assert f'name="next" value="{ROLES}"' in page.content.decode()
        assert "https://login.microsoftonline.com" in page.headers["Content-Security-Policy"]

    def test_takes_few_queries(self, application, django_assert_max_num_queries):
        client = client_of(organization(application, P1, P2, D1), "Security Reader")

        with django_assert_max_num_queries(9):
            client.get(ROLES)


class TestReadingTheDirectory:
    @pytest.fixture
    def installation(self, application, microsoft, monkeypatch) -> Installation:
        monkeypatch.setenv("CONNECTOR_SECRET", "sandbox-connector-secret")
        stage.grant(microsoft.directory, T1, P1, DIRECTORY)
        for user in microsoft.directory.tenant(str(T1)).users.values():
            user.roles, user.eligible_roles = set(), set()
        return organization(application, P1, D1, DIRECTORY, has=(P1, DIRECTORY))

    @pytest.fixture
    def ada(self, installation) -> Client:
        return client_of(installation, "Cloud Application Administrator", object_id=ADA)

    def give(self, microsoft, user: str, *roles: str, eligible: tuple[str, ...] = ()) -> None:
        found = microsoft.directory.user(user)
        found.roles = {template_id(role) for role in roles}
        found.eligible_roles = {template_id(role) for role in eligible}

    def test_is_not_offered_where_the_application_may_not(self, application):
        installation = organization(application, D1, has=(P1,))

        page = opened(installation, "Security Reader")

        assert "We can’t read who holds the role: that takes RoleManagement.Read.Directory" in page

    def test_waits_for_the_worker_and_asks_nothing_of_microsoft_itself(self, ada, microsoft):
        microsoft.directory.journal.clear()

        page = ada.post(f"{ROLES}/check", follow=True)

        assert "Reading your directory…" in main_of(page)
        assert microsoft.directory.journal.listed() == []

    def test_counts_holders_and_says_where_the_reader_stands(self, ada, microsoft):
        self.give(microsoft, "ada@northwind.example", "Security Reader")
        self.give(microsoft, "rui@northwind.example", "Security Reader", eligible=("Security Administrator",))
        ada.post(f"{ROLES}/check")
        look_up_directories()

        page = main_of(ada.get(ROLES))

        assert "Security Reader 2 active, 0 eligible" in page
        assert "Security Administrator 0 active, 1 eligible" in page
        assert "You may see security data: Security Reader is active" in page
        assert "Rui" not in page

    def test_tells_that_the_role_is_eligible_only(self, ada, microsoft):
        self.give(microsoft, "ada@northwind.example", eligible=("Security Reader",))
        ada.post(f"{ROLES}/check")
        look_up_directories()

        page = main_of(ada.get(ROLES))

        assert "You are eligible for Security Reader, but the role is not active" in page

    def test_keeps_of_other_people_nothing_but_numbers(self, ada, microsoft):
        self.give(microsoft, "rui@northwind.example", "Security Reader")
        ada.post(f"{ROLES}/check")
        look_up_directories()

        kept = str(DirectoryLookup.objects.get().answer)

        assert microsoft.directory.user("rui@northwind.example").id not in kept
        assert "'active': 1" in kept

    def test_that_was_refused_meanwhile_says_nothing_wrong(self, ada, microsoft):
        stage.revoke(microsoft.directory, T1, DIRECTORY)
        ada.post(f"{ROLES}/check")
        look_up_directories()

        lookup = DirectoryLookup.objects.get()
        assert lookup.answer["holders"] is None
        assert "active," not in main_of(ada.get(ROLES))

    def test_that_failed_keeps_the_answer_from_before(self, ada, microsoft, settings):
        self.give(microsoft, "rui@northwind.example", "Security Reader")
        ada.post(f"{ROLES}/check")
        look_up_directories()
        DirectoryLookup.objects.update(read_at=NOW)
        settings.ENTRA_SANDBOX_URL = "http://127.0.0.1:9"
        ada.post(f"{ROLES}/check")
        look_up_directories()

        page = main_of(ada.get(ROLES))

        assert "The last look failed." in page
        assert "Security Reader 1 active" in page

    def test_without_a_credential_does_not_tell_the_customer_of_the_publishers_trouble(
        self, ada, monkeypatch
    ):
        monkeypatch.delenv("CONNECTOR_SECRET")
        ada.post(f"{ROLES}/check")
        look_up_directories()

        page = main_of(ada.get(ROLES))

        assert "can’t sign in to Microsoft at the moment" in page
        assert "CONNECTOR_SECRET" not in page

    def test_polls_only_while_something_changes(self, ada):
        ada.post(f"{ROLES}/check")
        page = ada.get(ROLES)
        poll = page.content.decode().partition('hx-get="')[2].partition('"')[0]

        assert ada.get(poll, headers={"HX-Request": "true"}).status_code == 204
        look_up_directories()
        answer = ada.get(poll, headers={"HX-Request": "true"})
        assert answer.status_code == 200
        assert b"<html" not in answer.content
        assert b"hx-get" not in answer.content


class TestTheQueue:
    @pytest.fixture
    def lookup(self, application, microsoft, monkeypatch) -> DirectoryLookup:
        monkeypatch.setenv("CONNECTOR_SECRET", "sandbox-connector-secret")
        installation = organization(application, P1, has=(P1, DIRECTORY))
        person = factories.make_tenant_admin(installation.tenant, "Security Reader")
        return ask(installation=installation, person=person, now=NOW)

    def test_answers_once(self, lookup):
        assert answer_due(now=NOW) == 1
        assert answer_due(now=NOW) == 0

    def test_leaves_alone_what_another_worker_is_at(self, lookup):
        DirectoryLookup.objects.update(lease_until=NOW + LEASE)

        assert answer_due(now=NOW) == 0

    def test_takes_over_from_a_worker_that_died(self, lookup):
        DirectoryLookup.objects.update(lease_until=NOW + LEASE)

        assert answer_due(now=NOW + LEASE) == 1

    def test_is_not_asked_again_within_seconds(self, lookup):
        DirectoryLookup.objects.update(asked_at=None, read_at=NOW)
        again = {"installation": lookup.installation, "person": lookup.person}

        assert ask(**again, now=NOW + timedelta(seconds=5)) == lookup
        assert answer_due(now=timezone.now()) == 0
        ask(**again, now=NOW + timedelta(seconds=11))
        assert answer_due(now=NOW + timedelta(seconds=11)) == 1

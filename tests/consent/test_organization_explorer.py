"""Graph Explorer in an organization: its own consent, its scopes, and the reader's own role."""

from __future__ import annotations

import pytest
from django.test import Client

from consent.models import Installation
from consent.rules.security_api import CALLS
from consent.tasks import look_up_directories
from entra import catalog
from entra.directory_rights import GRAPH_EXPLORER
from sandbox import documents
from tests import factories, stage
from tests.consent.admin import main_of
from tests.factories import D1, EVERYTHING, P1, T1, USER_READ, grants

pytestmark = pytest.mark.django_db

PAGE = "/organization/sentinel-connector/graph-explorer"
DIRECTORY = catalog.known_or_stand_in("Directory.Read.All", "application")
APPLICATIONS = catalog.known_or_stand_in("Application.Read.All", "application")
ADA = "11111111-0000-4000-8000-000000000001"


def make(application, *has) -> Installation:
    factories.make_revision(application, P1)
    tenant = factories.make_tenant("Northwind Traders", id=T1)
    return factories.make_installation(application, tenant, has=grants(*has, knows=EVERYTHING))


def reader_of(installation: Installation, *roles: str) -> Client:
    client = Client()
    client.force_login(factories.make_tenant_admin(installation.tenant, *roles, object_id=ADA))
    return client


class TestWhereNothingCanBeRead:
    @pytest.fixture
    def reader(self, application) -> Client:
        return reader_of(make(application, P1), "Security Reader")

    def test_says_what_it_takes_and_what_would_settle_it(self, reader):
        page = main_of(reader.get(PAGE))

        assert "Whether Northwind Traders approved Graph Explorer, we can’t see yet" in page
        assert "Open https://aka.ms/ge" in page
        assert "Graph Explorer knows delegated access only" in page
        assert "that takes Directory.Read.All as an application permission" in page

    def test_names_graph_explorers_own_client_id_and_where_entra_lists_it(self, reader):
        page = reader.get(PAGE).content.decode()

        assert "de8bc8b5-d9f9-48b1-a8ad-b748da725064" in page
        assert f"ManagedAppMenuBlade/~/Overview/appId/{GRAPH_EXPLORER}" in page

    def test_lists_every_call_that_reads_with_its_permission(self, reader):
        page = main_of(reader.get(PAGE))

        for call in CALLS:
            if call.method == "GET":
                assert f"{call.label} GET /{call.version}{call.path}" in page
        assert page.count("Unknown") == len([c for c in CALLS if c.method == "GET" and c.delegated])

    def test_says_which_calls_no_person_can_make(self, reader):
        assert "SecurityActions.Read.All Apps only no person can make this call" in main_of(reader.get(PAGE))


@pytest.mark.parametrize("cloud", ["usgov", "usgovdod", "china"])
def test_is_not_offered_in_national_clouds(application, cloud):
    application.cloud = cloud
    application.save()
    page = main_of(reader_of(make(application, P1), "Security Reader").get(PAGE))

    assert "Graph Explorer is not offered in your cloud" in page
    assert "aka.ms" not in page


class TestWhereTheDirectoryMayBeRead:
    @pytest.fixture
    def reader(self, application, microsoft, monkeypatch) -> Client:
        monkeypatch.setenv("CONNECTOR_SECRET", "sandbox-connector-secret")
        explorer = {"appId": GRAPH_EXPLORER, "displayName": "Graph Explorer", "homeTenant": str(T1)}
        documents.load(microsoft.directory, {"applications": [explorer]})
        stage.grant(microsoft.directory, T1, P1, DIRECTORY)
        return reader_of(make(application, P1, DIRECTORY), "Security Reader")

    def approve(self, microsoft, *scopes: str, person: str | None = None) -> None:
        directory = microsoft.directory
        wanted = documents.required(directory, [f"{scope}:delegated" for scope in scopes])
        directory.grant(directory.tenant(str(T1)), GRAPH_EXPLORER, required=wanted, principal_id=person)

    def look(self, reader: Client) -> str:
        reader.post(f"{PAGE}/check")
        look_up_directories()
        return main_of(reader.get(PAGE))

    def test_says_that_nobody_approved_it(self, reader):
        page = self.look(reader)

        assert "Northwind Traders has not approved Graph Explorer" in page
        assert "Secure scores GET /v1.0/security/secureScores SecurityEvents.Read.All Missing" in page

    def test_says_to_which_scopes_it_was_approved_and_what_is_missing(self, reader, microsoft):
        self.approve(microsoft, "User.Read", "SecurityEvents.Read.All")

        page = self.look(reader)

        assert "Approved for everybody: SecurityEvents.Read.All User.Read" in page
        assert "Secure scores GET /v1.0/security/secureScores SecurityEvents.Read.All Granted" in page
        assert "Incidents GET /v1.0/security/incidents SecurityIncident.Read.All Missing" in page
        assert "Graph Explorer lacks 4 permissions for the security API" in page

    def test_counts_a_stronger_permission_too(self, reader, microsoft):
        self.approve(microsoft, "SecurityEvents.ReadWrite.All")

        assert "secureScores SecurityEvents.ReadWrite.All Granted" in self.look(reader)

    def test_tells_what_one_person_approved_for_themselves(self, reader, microsoft):
        self.approve(microsoft, "SecurityEvents.Read.All", person=ADA)

        page = self.look(reader)

        assert "SecurityEvents.Read.All Missing some people approved it for themselves" in page
        assert "Nothing is approved for everybody in Northwind Traders." in page

    def test_says_that_it_is_switched_off(self, reader, microsoft):
        self.approve(microsoft, "User.Read")
        tenant = microsoft.directory.tenant(str(T1))
        microsoft.directory.principal(tenant, GRAPH_EXPLORER).enabled = False

        assert "Graph Explorer is switched off in Northwind Traders" in self.look(reader)

    def test_has_everything_when_every_permission_is_there_and_the_role_too(self, reader, microsoft):
        self.approve(microsoft, *{call.delegated[0] for call in CALLS if call.delegated})

        page = self.look(reader)

        assert "Graph Explorer has every permission that it can use here You hold Security Reader" in page

    def test_does_not_take_the_watched_applications_grants_for_graph_explorers(self, reader, microsoft):
        stage.grant(microsoft.directory, T1, D1, USER_READ)

        assert "Northwind Traders has not approved Graph Explorer" in self.look(reader)


def test_with_applications_only_says_that_grants_cannot_be_read(application, microsoft, monkeypatch):
    monkeypatch.setenv("CONNECTOR_SECRET", "sandbox-connector-secret")
    explorer = {"appId": GRAPH_EXPLORER, "displayName": "Graph Explorer", "homeTenant": str(T1)}
    documents.load(microsoft.directory, {"applications": [explorer]})
    stage.grant(microsoft.directory, T1, P1, APPLICATIONS)
    wanted = documents.required(microsoft.directory, ["User.Read:delegated"])
    tenant = microsoft.directory.tenant(str(T1))
    microsoft.directory.grant(tenant, GRAPH_EXPLORER, required=wanted)
    reader = reader_of(make(application, P1, APPLICATIONS), "Security Reader")
    reader.post(f"{PAGE}/check")
    look_up_directories()

    page = main_of(reader.get(PAGE))

    assert "Northwind Traders uses Graph Explorer; what it was given, we can’t see" in page
    assert "Graph Explorer is in your directory. Which permissions it was given can’t be read" in page
    assert "Missing" not in page

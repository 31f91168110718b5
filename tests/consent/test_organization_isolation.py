"""Nobody sees anything of another organization; what is not theirs answers as if it did not exist."""

from __future__ import annotations

import re
import uuid

import pytest
from django.test import Client
from django.urls import reverse

from consent.models import DirectoryLookup
from tests import factories
from tests.consent.test_organization_receipts import make_trip
from tests.factories import NOW, P1, P2, T1, T2, grants

pytestmark = pytest.mark.django_db

GET = ("home", "application", "roles", "graph_explorer")
POST = ("approve", "roles_check", "explorer_check")
SECRET = "only-fabrikam-knows"


def address(name: str, slug: str = "sentinel-connector", **more) -> str:
    return reverse(f"organization:{name}", kwargs={} if name == "home" else {"slug": slug, **more})


def without_ids(response) -> bytes:
    content: bytes = response.content
    return content.replace(response.headers["X-Request-Id"].encode(), b"")


def without_tokens(response) -> bytes:
    """A page without what differs each time: request id and CSRF tokens."""
    return re.sub(rb'name="csrfmiddlewaretoken" value="\w+"', b"", without_ids(response))


@pytest.fixture
def fabrikam(story):
    """Another organization, with everything that an organization can have."""
    installation = factories.make_installation(
        story, factories.make_tenant("Fabrikam Residences", id=T2), has=grants(P1, P2), note=SECRET
    )
    make_trip(installation, description=SECRET)
    return installation


@pytest.fixture
def northwind(story):
    return factories.make_installation(
        story, factories.make_tenant("Northwind Traders", id=T1), has=grants(P1)
    )


@pytest.fixture
def ada(northwind) -> Client:
    client = Client()
    client.force_login(factories.make_tenant_admin(northwind.tenant, "Global Administrator"))
    return client


class TestAnotherOrganization:
    @pytest.mark.parametrize("name", GET)
    def test_leaves_every_page_as_it_is_without_it(self, ada, story, name):
        alone = without_tokens(ada.get(address(name), follow=True))
        others = factories.make_installation(story, factories.make_tenant("Fabrikam", id=T2), has=grants(P1))
        make_trip(others)

        assert without_tokens(ada.get(address(name), follow=True)) == alone

    @pytest.mark.parametrize("name", ["receipt", "receipt_json"])
    def test_has_receipts_that_answer_as_if_they_did_not_exist(self, ada, fabrikam, name):
        theirs = fabrikam.invitations.get().pk
        answers = [ada.get(address(name, invitation_id=one)) for one in (theirs, uuid.UUID(int=5))]

        assert [answer.status_code for answer in answers] == [404, 404]
        assert without_ids(answers[0]) == without_ids(answers[1])

    @pytest.mark.parametrize("name", [*GET[1:], *POST])
    def test_has_applications_that_answer_as_if_they_did_not_exist(self, ada, story, name):
        other = factories.make_application(slug="theirs", name="Theirs", client_id=uuid.uuid4())
        factories.make_installation(other, factories.make_tenant("Fabrikam", id=T2), has=grants(P1))
        ask = ada.post if name in POST else ada.get

        answers = [ask(address(name, slug)) for slug in ("theirs", "nobodys")]

        assert [answer.status_code for answer in answers] == [404, 404]
        assert without_ids(answers[0]) == without_ids(answers[1])

    def test_is_not_touched_by_an_approval_or_a_question(self, ada, northwind, fabrikam):
        for name in POST:
            ada.post(address(name))

        assert fabrikam.invitations.count() == 1
        assert {lookup.installation for lookup in DirectoryLookup.objects.all()} == {northwind}


@pytest.mark.parametrize("name", [*GET, *POST])
class TestWhoIsNoAdminOfACustomer:
    def ask(self, person, name: str):
        client = Client()
        client.force_login(person)
        return client.post(address(name)) if name in POST else client.get(address(name))

    @pytest.mark.parametrize("role", ["owner", "support", "viewer", ""])
    def test_sees_nothing_staff_and_strangers_alike(self, northwind, name, role):
        assert self.ask(factories.make_person("Somebody", role), name).status_code == 404

    def test_sees_nothing_without_a_directory_role(self, northwind, name):
        assert self.ask(factories.make_tenant_admin(northwind.tenant), name).status_code == 404

    def test_sees_nothing_with_an_eligible_role_only(self, northwind, name):
        eligible = ["62e90394-69f5-4237-9190-012177145e10"]
        person = factories.make_tenant_admin(northwind.tenant, eligible_roles=eligible)

        assert self.ask(person, name).status_code == 404

    def test_sees_nothing_from_a_tenant_that_is_no_customer(self, northwind, name):
        person = factories.make_person(
            "Global admin elsewhere", "", tenant_id=uuid.uuid4(),
            directory_roles=["62e90394-69f5-4237-9190-012177145e10"], roles_read_at=NOW,
        )  # fmt: skip

        assert self.ask(person, name).status_code == 404


def test_an_answer_from_the_directory_is_for_the_person_who_asked(ada, northwind):
    colleague = factories.make_tenant_admin(northwind.tenant, "Global Administrator", name="Colleague")
    reader = "5d6b6bb7-de71-4623-b4af-96380a352509"
    held = {"active": 41, "eligible": 0, "person_active": True, "person_eligible": False}
    DirectoryLookup.objects.create(
        installation=northwind, person=colleague, read_at=NOW, answer={"holders": {reader: held}}
    )

    assert b"41 active" not in ada.get(address("roles")).content

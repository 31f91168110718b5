"""Whose tenant it is: (tid, directory roles) of the person who signed in, and nothing an address says."""

from __future__ import annotations

import uuid

import pytest
from django.db import IntegrityError, transaction
from django.http import Http404

from consent.access import own_installation
from tenants.access import tenant_of
from tenants.models import Person
from tenants.rules.directory_roles import ADMIN_ROLES, ROLE_NAMES, is_admin, names_of
from tests import factories
from tests.factories import HOME, T1, T2

pytestmark = pytest.mark.django_db
OPENING = [
    "Global Administrator",
    "Privileged Role Administrator",
    "Application Administrator",
    "Cloud Application Administrator",
    "Security Administrator",
    "Security Operator",
    "Security Reader",
    "Global Reader",
]
MEMBER_MARKER = "b79fbf4d-3ef9-4689-8143-76b194e85509"


@pytest.fixture
def northwind(application):
    return factories.make_installation(application, factories.make_tenant("Northwind Traders", id=T1))


@pytest.fixture
def fabrikam(application):
    return factories.make_installation(application, factories.make_tenant("Fabrikam Residences", id=T2))


def not_found(person: Person, slug: str = "sentinel-connector") -> bool:
    for ask in (lambda: tenant_of(person), lambda: own_installation(person, slug)):
        with pytest.raises(Http404):
            ask()
    return True


class TestDirectoryRoles:
    def test_those_that_consent_or_read_security_data_open_the_organizations_pages(self):
        assert sorted(ROLE_NAMES[template] for template in ADMIN_ROLES) == sorted(OPENING)

    @pytest.mark.parametrize(
        "templates", [[], [MEMBER_MARKER], ["4a5d8f65-41da-4de4-8968-e035b65339cf"], ["x"]]
    )
    def test_others_and_what_is_no_role_open_nothing(self, templates):
        assert not is_admin(templates)

    def test_are_named_the_most_powerful_first_however_they_are_spelled(self):
        templates = [
            "5D6B6BB7-DE71-4623-B4AF-96380A352509",
            MEMBER_MARKER,
            "62e90394-69f5-4237-9190-012177145e10",
        ]
        assert names_of(templates) == ("Global Administrator", "Security Reader")


class TestAnAdmin:
    @pytest.mark.parametrize("role", OPENING)
    def test_reaches_the_own_tenant(self, northwind, role):
        person = factories.make_tenant_admin(northwind.tenant, role)

        assert tenant_of(person) == northwind.tenant
        assert own_installation(person, "sentinel-connector") == northwind

    def test_never_reaches_another_tenants_installation(self, northwind, fabrikam):
        femi = factories.make_tenant_admin(fabrikam.tenant, "Global Administrator")

        assert own_installation(femi, "sentinel-connector") == fabrikam

    def test_finds_no_application_that_the_own_tenant_does_not_have(self, northwind):
        other = factories.make_application(slug="other", client_id=uuid.uuid4())
        factories.make_installation(other)
        ada = factories.make_tenant_admin(northwind.tenant, "Global Administrator")

        for slug in ("other", "nothing", ""):
            with pytest.raises(Http404):
                own_installation(ada, slug)

    def test_who_is_a_guest_with_a_role_is_one_too(self, northwind):
        guest = factories.make_tenant_admin(northwind.tenant, "Security Reader", is_guest=True)

        assert tenant_of(guest) == northwind.tenant


class TestWhoeverIsNotAnAdmin:
    def test_for_lack_of_an_active_role_finds_nothing(self, northwind):
        assert not_found(factories.make_tenant_admin(northwind.tenant))

    def test_with_a_role_that_is_only_eligible_finds_nothing(self, northwind):
        eligible = ["5d6b6bb7-de71-4623-b4af-96380a352509"]
        assert not_found(factories.make_tenant_admin(northwind.tenant, eligible_roles=eligible))

    def test_of_a_tenant_that_is_no_customer_finds_nothing(self, northwind):
        unknown = factories.make_tenant("Tailspin")  # a row, but no installation
        assert not_found(factories.make_tenant_admin(unknown, "Global Administrator"))

        never_heard_of = factories.make_person(
            role="", tenant_id=uuid.uuid4(), directory_roles=sorted(ADMIN_ROLES)
        )
        assert not_found(never_heard_of)

    def test_on_the_staff_finds_nothing_here(self, northwind):
        assert not_found(factories.make_tenant_admin(northwind.tenant, "Global Administrator", role="owner"))

    def test_of_the_publishers_own_tenant_finds_nothing_whatever_the_role(self, application):
        home = factories.make_installation(application, factories.make_tenant("Contoso Security", id=HOME))
        assert not_found(factories.make_tenant_admin(home.tenant, "Global Administrator"))


def test_a_person_is_one_row_for_tid_and_oid_together():
    oid = uuid.uuid4()
    factories.make_person(tenant_id=T1, object_id=oid)
    factories.make_person(tenant_id=T2, object_id=oid)

    with pytest.raises(IntegrityError), transaction.atomic():
        factories.make_person(tenant_id=T1, object_id=oid)

"""Who comes in, as whom, and to what: the word of Microsoft is (tid, oid) and roles, nothing else."""

from __future__ import annotations

from uuid import UUID

import pytest

from sandbox.demo import FABRIKAM, NORTHWIND, PORTAL
from tenants.models import Person
from tests.portal.directory import (
    ADA,
    DANA,
    GUS,
    NED,
    OWN_PAGE,
    SAM,
    SECURITY_READER,
    SERA,
    STAFF_PAGE,
    TAILSPIN,
    VERA,
    add,
    fail,
    silence,
    text_of,
)
from tests.visitor import bare, left


class TestStaff:
    @pytest.mark.parametrize(
        ("person", "role"),
        [
            (DANA, "owner"),
            (SAM, "support"),
            (VERA, "viewer"),
        ],
    )
    def test_come_to_their_application_with_their_role(self, visitor, person, role):
        assert left(visitor.sign_in(person)) == "/"

        assert left(visitor.open("/")) == STAFF_PAGE
        assert Person.objects.get().role == role

    def test_have_no_organizations_page(self, visitor):
        visitor.sign_in(DANA)

        assert visitor.open(OWN_PAGE).status_code == 404

    def test_is_nobody_whom_another_tenant_gave_the_same_app_role(self, visitor):
        add(
            visitor,
            FABRIKAM,
            userPrincipalName="owen@fabrikam.example",
            displayName="Owen",
            appRoles={PORTAL: ["Owner"]},
        )
        visitor.sign_in("owen@fabrikam.example")

        assert Person.objects.get().role == ""
        assert visitor.open(STAFF_PAGE).status_code == 404

    def test_a_colleague_without_a_role_is_told_who_can_help(self, visitor, visitors):
        visitors().sign_in(DANA)
        visitor.sign_in(NED)

        page = visitor.open("/")
        assert page.status_code == 403
        assert "Owner, Support or Viewer" in text_of(page)
        assert "Dana Okafor" in text_of(page)
        assert visitor.open(STAFF_PAGE).status_code == 404


class TestAnAdmin:
    @pytest.mark.parametrize("person", [ADA, SERA, "nora@northwind.example"])
    def test_comes_to_the_own_organization(self, visitor, person):
        visitor.sign_in(person)

        assert left(visitor.open("/")) == OWN_PAGE
        assert visitor.open(OWN_PAGE).status_code in {200, 302}
        assert visitor.open(STAFF_PAGE).status_code == 404

    def test_is_known_by_the_roles_that_the_directory_tells_when_the_token_does_not(self, visitor):
        silence(visitor)

        once_more = left(visitor.sign_in(SERA))
        assert "User.Read" in once_more
        assert not Person.objects.exists()
        visitor.open(visitor.choose(once_more, SERA))

        assert left(visitor.open("/")) == OWN_PAGE
        assert Person.objects.get().role_names == ("Security Reader",)

    def test_is_not_sent_round_in_circles_when_nobody_tells(self, visitor):
        silence(visitor)
        once_more = left(visitor.sign_in(SERA))
        fail(visitor, kind="error503", endpoint="graph")
        visitor.open(visitor.choose(once_more, SERA))

        page = visitor.open("/")
        assert page.status_code == 403
        assert "did not tell us which directory roles you hold" in text_of(page)

    def test_who_has_the_role_no_more_comes_to_nothing(self, visitor, visitors):
        visitor.sign_in(SERA)
        visitor.microsoft.directory.user(SERA).roles.clear()
        other = visitors()
        other.sign_in(SERA)

        assert other.open("/").status_code == 403
        assert other.open(OWN_PAGE).status_code == 404


class TestAGuest:
    def test_signs_in_at_home_without_saying_where(self, visitor):
        visitor.sign_in(GUS)

        assert Person.objects.get().tenant_id == UUID(FABRIKAM)
        assert not Person.objects.get().is_guest

    @pytest.mark.parametrize("organization", ["northwind.example", NORTHWIND, f" {NORTHWIND.upper()} "])
    def test_of_an_organization_is_no_admin_of_it(self, visitor, organization):
        visitor.sign_in(GUS, organization=organization)

        page = visitor.open("/")
        assert page.status_code == 403
        assert "is a guest of this organization" in text_of(page)
        assert "Northwind Traders" not in text_of(page)
        assert visitor.open(OWN_PAGE).status_code == 404
        assert Person.objects.get().is_guest

    def test_with_a_role_in_it_is(self, visitor):
        guest = next(one for one in visitor.microsoft.directory.users() if one.guest_of)
        guest.roles.add(SECURITY_READER)
        visitor.sign_in(GUS, organization="northwind.example")

        assert left(visitor.open("/")) == OWN_PAGE

    def test_is_not_told_whether_that_organization_is_a_customer(self, visitor, visitors):
        add(visitor, TAILSPIN, userPrincipalName=GUS, displayName="Gus Petrov (guest)", guestOf=FABRIKAM)
        stranger = visitors()
        visitor.sign_in(GUS, organization="northwind.example")
        stranger.sign_in(GUS, organization=TAILSPIN)

        assert bare(visitor.open("/")) == bare(stranger.open("/"))

    @pytest.mark.parametrize(
        "organization", ["nowhere.example", "not a domain", "https://evil.example/", "x" * 300]
    )
    def test_who_names_an_organization_that_microsoft_does_not_know_is_told_so(self, visitor, organization):
        page = visitor.submit(visitor.open("/sign-in"), "/sign-in/start", organization=organization)

        assert page.status_code == 400
        assert "Start again" in text_of(page)
        assert "Reference" in text_of(page)

"""Who comes in and may see nothing: told why, told who can help, told of nobody else."""

from __future__ import annotations

from uuid import UUID

import pytest

from consent.services.patterns import intern
from entra.types import GRAPH, Permission
from sandbox.demo import FABRIKAM, NORTHWIND
from tenants.models import Person
from tests.factories import T1, grants
from tests.portal.directory import ADA, DANA, ELIO, OWN_PAGE, RUI, STAFF_PAGE, TAILSPIN, add, fail, text_of
from tests.stage import grant
from tests.visitor import bare, left

READS_ELIGIBLE = Permission(
    GRAPH,
    "application",
    "ff278e11-4a33-4d0c-83d2-d01dc58929a5",
    "RoleEligibilitySchedule.Read.Directory",
)


class TestSomebodyElse:
    def test_with_the_same_address_in_another_tenant_is_another_person(self, visitor, visitors):
        visitors().sign_in(ADA)
        add(visitor, FABRIKAM, userPrincipalName=ADA, displayName="Ada Alvarez")
        people = visitor.microsoft.directory.tenant(FABRIKAM).users.values()
        key = next(one.key for one in people if one.username == ADA)
        visitor.open(visitor.choose(visitor.leave(), key))

        assert visitor.open("/").status_code == 403
        assert visitor.open(OWN_PAGE).status_code == 404
        assert Person.objects.filter(username=ADA).count() == 2

    @pytest.mark.parametrize(
        "claims",
        [
            {"email": ADA},
            {"email": ADA, "xms_edov": True},
            {"email": ADA, "xms_edov": False},
            {"email": ADA, "email_verified": True},
            {"upn": ADA, "unique_name": ADA},
            {"verified_primary_email": [ADA], "verified_secondary_email": [ADA]},
        ],
    )
    def test_is_nobody_else_whatever_address_the_token_claims(self, visitor, visitors, claims):
        visitors().sign_in(ADA)
        add(
            visitor,
            FABRIKAM,
            userPrincipalName="mallory@fabrikam.example",
            displayName="Ada Alvarez",
            claims=claims,
        )
        visitor.sign_in("mallory@fabrikam.example")

        assert visitor.open(OWN_PAGE).status_code == 404
        assert Person.objects.get(username="mallory@fabrikam.example").tenant_id == UUID(FABRIKAM)

    def test_with_the_same_object_id_in_another_tenant_is_another_person(self, visitor, visitors):
        visitors().sign_in(ADA)
        ada = Person.objects.get()
        add(visitor, FABRIKAM, id=str(ada.object_id), userPrincipalName="double@fabrikam.example")
        visitor.sign_in("double@fabrikam.example")

        assert visitor.open(OWN_PAGE).status_code == 404
        double = Person.objects.get(tenant_id=FABRIKAM)
        assert (double.object_id, double.pk != ada.pk) == (ada.object_id, True)

    def test_of_an_organization_that_is_no_customer_sees_nothing_and_is_told_why(self, visitor):
        add(
            visitor,
            TAILSPIN,
            userPrincipalName="tess@tailspin.example",
            displayName="Tess",
            directoryRoles=["Global Administrator"],
        )
        visitor.sign_in("tess@tailspin.example")

        page = visitor.open("/")
        assert page.status_code == 403
        assert "not connected to this portal" in text_of(page)
        assert TAILSPIN in text_of(page)
        for secret in ("Sentinel", "Northwind", "Fabrikam", NORTHWIND, "Dana"):
            assert secret not in text_of(page)
        assert visitor.open(OWN_PAGE).status_code == 404

    def test_without_a_directory_role_is_told_who_can_give_one(self, visitor):
        visitor.sign_in(RUI)

        page = visitor.open("/")
        assert page.status_code == 403
        for word in ("Northwind Traders", "Security Reader", "Privileged Role Administrator", "activate it"):
            assert word in text_of(page)
        assert visitor.open(OWN_PAGE).status_code == 404

    def test_can_check_again_in_a_browser(self, visitor):
        """Browsers apply form-action to the redirect that answers a form."""
        visitor.sign_in(RUI)
        page = visitor.open("/")

        assert visitor.microsoft.url in page.headers["Content-Security-Policy"]
        assert left(visitor.submit(page, "/sign-in/start")).startswith(visitor.microsoft.url)

    def test_is_not_told_what_exists_by_how_addresses_answer(self, visitor):
        visitor.sign_in(RUI)

        for real, unreal in [
            (STAFF_PAGE, "/no-such-application/"),
            (f"{STAFF_PAGE}tenants/{NORTHWIND}/", f"{STAFF_PAGE}tenants/{TAILSPIN}/"),
            (f"{STAFF_PAGE}tenants/{FABRIKAM}/", f"{STAFF_PAGE}tenants/{TAILSPIN}/"),
            ("/organization/sentinel-connector/", "/organization/no-such-application/"),
        ]:
            assert bare(visitor.open(real)) == bare(visitor.open(unreal)), real

    def test_whose_access_is_turned_off_is_not_let_in(self, visitor, visitors):
        visitors().sign_in(DANA)
        Person.objects.update(is_active=False)

        page = visitor.sign_in(DANA)
        assert page.status_code == 403
        assert "access is turned off" in text_of(page)
        assert left(visitor.open(STAFF_PAGE)).startswith("/sign-in")


class TestARoleThatIsOnlyEligible:
    def test_opens_nothing_and_says_what_may_be_the_case(self, visitor):
        visitor.sign_in(ELIO)

        page = visitor.open("/")
        assert page.status_code == 403
        assert "If your role is only eligible, activate it" in text_of(page)

    def test_is_named_where_the_application_may_read_it(self, visitor, northwind):
        self.let_it_be_read(visitor, northwind)
        visitor.sign_in(ELIO)

        page = visitor.open("/")
        assert page.status_code == 403
        assert "the role Security Reader is only eligible for you" in text_of(page)
        assert Person.objects.get().eligible_role_names == ("Security Reader",)

    def test_once_activated_opens_the_page_after_checking_again(self, visitor, northwind):
        self.let_it_be_read(visitor, northwind)
        visitor.sign_in(ELIO)
        elio = visitor.microsoft.directory.user(ELIO)
        elio.roles, elio.eligible_roles = elio.eligible_roles, set()

        again = left(visitor.submit(visitor.open("/"), "/sign-in/start"))
        visitor.open(visitor.choose(again, ELIO))

        assert left(visitor.open("/")) == OWN_PAGE

    def test_and_a_failure_to_read_it_is_no_reason_to_fail(self, visitor, northwind):
        self.let_it_be_read(visitor, northwind)
        fail(visitor, kind="garbage", endpoint="graph")
        visitor.sign_in(ELIO)

        assert "If your role is only eligible, activate it" in text_of(visitor.open("/"))
        assert Person.objects.get().eligible_roles is None

    def let_it_be_read(self, visitor, northwind) -> None:
        grant(visitor.microsoft.directory, T1, READS_ELIGIBLE)
        northwind.pattern = intern(grants(READS_ELIGIBLE))
        northwind.save()

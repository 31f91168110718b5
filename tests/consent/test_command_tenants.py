"""Adding and inviting tenants from a terminal."""

from __future__ import annotations

import pytest

from consent.models import Installation, Invitation
from consent.services.invitations import by_token
from tenants.models import Tenant
from tests import factories
from tests.factories import P1, T1, T2
from tests.terminal import of_connector, refused, state

pytestmark = pytest.mark.django_db


@pytest.fixture
def northwind(application) -> Installation:
    factories.make_revision(application, P1)
    return factories.make_installation(application, factories.make_tenant(id=T1))


class TestAddTenant:
    def test_adds_a_tenant_by_its_id(self, application):
        ran = of_connector(
            "add_tenant", str(T1), "--name", "Northwind Traders", "--contact", "ada@northwind.example"
        )

        assert (ran.code, ran.err) == (0, "")
        assert "Northwind Traders" in ran.out
        tenant = Tenant.objects.get()
        assert (tenant.pk, tenant.name, tenant.contact) == (T1, "Northwind Traders", "ada@northwind.example")

    def test_adds_a_tenant_by_its_domain(self, microsoft, application):
        ran = of_connector("add_tenant", "northwind.example", "--json")

        assert ran.json["tenant"] == str(T1)
        assert ran.json["status"] == "unverified"
        assert ran.json == state()["installations"][0]

    def test_adds_all_tenants_of_a_file(self, microsoft, application, tmp_path):
        path = tmp_path / "tenants.csv"
        path.write_text(f"tenant,name,contact\n{T1},Northwind,\nfabrikam.example,Fabrikam,\n")

        ran = of_connector("add_tenant", "--csv", str(path))

        assert (ran.code, ran.err) == (0, "")
        assert "2 tenants" in ran.out
        assert set(Installation.objects.values_list("tenant_id", flat=True)) == {T1, T2}

    @pytest.mark.parametrize(
        ("words", "part"),
        [
            (["nonsense"], "neither a tenant id"),
            (["11111111-1111"], "neither a tenant id"),
            (["nowhere.example"], "nowhere.example"),
            (["a..example"], "neither a tenant id"),
            ([str(T1)], "already"),
            (["northwind.example"], "already"),
            ([str(T2), "--contact", "nobody"], "e-mail"),
            ([str(T2), "--name", "x" * 201], "200"),
            ([], "--csv"),
            ([str(T2), "--csv", "tenants.csv"], "not both"),
            (["--csv", "/nowhere/tenants.csv"], "/nowhere/tenants.csv"),
        ],
    )
    def test_refuses(self, microsoft, northwind, words, part):
        before = state()

        assert refused(of_connector("add_tenant", *words), part)
        assert state() == before

    @pytest.mark.parametrize(
        ("content", "part"),
        [
            ("", "tenant"),
            ("name\nNorthwind\n", "tenant"),
            ("tenant\n", "no tenant"),
            (f"tenant\n{T2}\nnonsense\n", "neither a tenant id"),
            (f"tenant\n{T2}\n{T2}\n", "already"),
            (f"tenant\n{T2}\n{T1}\n", "already"),
            (f"tenant,contact\n{T2},nobody\n", "e-mail"),
            ("tenant\n" + "x" * 10_000_000, "larger than 2 MB"),
        ],
    )
    def test_refuses_a_file_and_adds_none_of_it(self, microsoft, northwind, tmp_path, content, part):
        path = tmp_path / "tenants.csv"
        path.write_text(content)
        before = state()

        assert refused(of_connector("add_tenant", "--csv", str(path)), part)
        assert state() == before


class TestInvite:
    def test_prints_a_link_that_opens_the_invitation(self, northwind):
        ran = of_connector("invite", str(T1))

        assert (ran.code, ran.err) == (0, "")
        token = ran.out.strip().rpartition("/")[2]
        invitation = by_token(token)
        assert invitation is not None
        assert invitation.installation == northwind

    def test_prints_the_link_in_json_too(self, northwind):
        found = of_connector("invite", "Northwind.Example", "--json").json

        assert found["tenant"] == str(T1)
        assert by_token(found["link"].rpartition("/")[2]) == Invitation.objects.get(pk=found["id"])
        assert found["expires_at"] > found["created_at"]

    def test_asks_microsoft_about_a_domain_that_is_not_on_record(self, microsoft, northwind):
        Tenant.objects.update(domain="")

        assert of_connector("invite", "northwind.example").code == 0

    def test_wants_a_revision_first(self, application):
        factories.make_installation(application, factories.make_tenant(id=T1))

        assert refused(of_connector("invite", str(T1)), "revision")
        assert not Invitation.objects.exists()


@pytest.mark.parametrize("name", ["check_tenant", "invite"])
class TestATenantName:
    @pytest.mark.parametrize(
        ("tenant", "part"),
        [
            ("nonsense", "neither a tenant id"),
            ("", "neither a tenant id"),
            ("nowhere.example", "nowhere.example"),
            (str(T2), "not among the tenants"),
            ("fabrikam.example", "not among the tenants"),
        ],
    )
    def test_must_be_one_of_the_application(self, microsoft, northwind, name, tenant, part):
        before = state()

        assert refused(of_connector(name, tenant), part)
        assert state() == before

    def test_must_not_be_a_domain_of_two(self, northwind, application, name):
        factories.make_installation(application, factories.make_tenant(id=T2, domain="northwind.example"))

        assert refused(of_connector(name, "northwind.example"), str(T1), str(T2))

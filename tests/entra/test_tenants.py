import pytest

from entra.errors import EntraError, TenantNotFound, Unavailable, WrongCloud
from entra.tenants import resolve_tenant
from entra.types import CLOUDS
from sandbox.demo import NORTHWIND
from tests.entra.peers import reply

NO_DOMAINS = [
    *("", " ", "northwind", "common", "organizations", "a/b.example", "../x.example", "a..b", ".example"),
    *("-a.example", "a-.example", "a b.example", "a_b.example", "a?b.example", "a#.example", "x" * 300),
    *(f"{'a' * 64}.example", "a." * 130 + "example", "a@b.example", "a\x00.example", "a%2f.example"),
]


def resolve(session, name, cloud="global") -> str:
    return resolve_tenant(session, cloud=CLOUDS[cloud], name=name)


def failure_of(session, name, cloud="global") -> EntraError:
    with pytest.raises(EntraError) as caught:
        resolve(session, name, cloud)
    return caught.value


class TestNames:
    @pytest.mark.parametrize("name", ["northwind.example", "NorthWind.Example", " northwind.example. "])
    def test_a_domain_leads_to_its_tenant(self, session, name):
        assert resolve(session, name) == NORTHWIND

    def test_a_guid_is_taken_without_asking(self, microsoft, session):
        assert resolve(session, f" {NORTHWIND.upper()} ") == NORTHWIND
        assert microsoft.asked() == []

    def test_an_international_domain_is_asked_for_in_ascii(self, facing):
        session = facing(reply({"issuer": f"https://login.microsoftonline.com/{NORTHWIND}/v2.0"}))
        assert resolve(session, "bücher.example") == NORTHWIND
        assert (
            session.peer.requests[0].target == "/xn--bcher-kva.example/v2.0/.well-known/openid-configuration"
        )

    @pytest.mark.parametrize("name", NO_DOMAINS)
    def test_what_is_neither_is_said_and_not_asked(self, microsoft, session, name):
        failure = failure_of(session, name)
        assert isinstance(failure, TenantNotFound)
        assert "neither a tenant id (a GUID) nor a domain such as contoso.com." in failure.summary
        assert failure.summary.isprintable()
        assert len(failure.summary) < 150
        assert microsoft.asked() == []


class TestAnswers:
    @pytest.mark.parametrize("error", ["invalid_request", "invalid_tenant"])
    def test_an_unknown_domain_is_named(self, microsoft, session, error):
        microsoft.control("PATCH", "settings", unknown_tenant_error=error)
        failure = failure_of(session, "nowhere.example")
        assert isinstance(failure, TenantNotFound)
        assert failure.summary == "Microsoft knows no organization with the domain nowhere.example."
        assert failure.code == 90002
        assert failure.request_id
        assert failure.client_request_id

    @pytest.mark.parametrize("fault", ["error503", "garbage", "hello", "redirect302", "html200"])
    def test_an_outage_is_no_answer(self, microsoft, session, fault):
        microsoft.fault(fault, "metadata")
        assert type(failure_of(session, "northwind.example")) is Unavailable

    @pytest.mark.parametrize(
        "issuer",
        [
            None,
            5,
            "https://login.microsoftonline.com/{tenantid}/v2.0",
            f"https://login.microsoftonline.com/{NORTHWIND}/",
            f"https://login.microsoftonline.com/{'-' * 36}/v2.0",
            f"http://login.microsoftonline.com/{NORTHWIND}/v2.0",
        ],
    )
    def test_an_issuer_without_a_tenant_is_no_answer(self, facing, issuer):
        assert type(failure_of(facing(reply({"issuer": issuer})), "northwind.example")) is Unavailable

    def test_a_tenant_of_another_cloud_is_said(self, facing):
        session = facing(reply({"issuer": f"https://login.microsoftonline.us/{NORTHWIND}/v2.0"}))
        failure = failure_of(session, "northwind.example")
        assert isinstance(failure, WrongCloud)
        assert "US Government L4" in failure.message
        assert resolve(session, "northwind.example", "usgov") == NORTHWIND

    def test_a_tenant_of_nobodys_cloud_is_said(self, facing):
        session = facing(reply({"issuer": f"https://evil.example/{NORTHWIND}/v2.0"}))
        assert "another cloud" in str(failure_of(session, "northwind.example"))

    def test_personal_accounts_are_no_organization(self, facing):
        personal = "9188040d-6c67-4c5b-b112-36a304b66dad"
        session = facing(reply({"issuer": f"https://login.microsoftonline.com/{personal}/v2.0"}))
        assert "personal accounts" in failure_of(session, "outlook.example").summary

import pytest

from entra.errors import (
    AppDisabled,
    CredentialRejected,
    EntraError,
    NotConsented,
    PolicyBlocked,
    TenantNotFound,
    Throttled,
    Unavailable,
    WrongCloud,
)
from entra.tokens import app_only
from entra.types import CLOUDS, GRAPH, Client, Secret
from sandbox.demo import CONNECTOR, FABRIKAM, NORTHWIND
from tests.entra.conftest import APP
from tests.entra.peers import reply, unsigned

P1 = "SecurityEvents.Read.All"
P2 = "SecurityAlert.Read.All"

CLAIMS = {
    "aud": "https://graph.microsoft.com",
    "tid": NORTHWIND,
    "appid": CONNECTOR,
    "idtyp": "app",
    "roles": [P1],
    "uti": "u",
}


def token_answer(**changes):
    return reply({"token_type": "Bearer", "expires_in": 3599, "access_token": unsigned(CLAIMS | changes)})


class TestWhatATokenTells:
    def test_its_roles_are_what_the_tenant_granted(self, microsoft, session):
        microsoft.grant(NORTHWIND, P1)
        token = app_only(session, APP, NORTHWIND)
        assert token.roles == frozenset({P1})
        assert token.claims["tid"] == NORTHWIND

    def test_a_tenant_that_consented_to_nothing_of_graph_gives_none(self, microsoft, session):
        microsoft.grant(NORTHWIND)
        assert app_only(session, APP, NORTHWIND).roles == frozenset()

    def test_its_evidence_has_both_request_ids_and_facts_but_no_token(self, microsoft, session, calls):
        microsoft.grant(NORTHWIND, P1)
        token = app_only(session, APP, NORTHWIND)
        (entry,) = microsoft.asked("token")
        assert token.evidence.source == "token"
        assert token.evidence.request_id == entry["request_id"] == calls[0].request_id
        assert token.evidence.client_request_id == entry["client_request_id"]
        assert token.evidence.observed_at == calls[0].at
        assert token.value not in repr(token)
        assert not any(part in repr(token) for part in token.value.split("."))

    def test_a_tenant_id_may_be_written_in_capitals(self, microsoft, session):
        tenant = "aaaaaaaa-1111-4111-8111-aaaaaaaaaaaa"
        microsoft.control("POST", "load", tenants=[{"id": tenant, "displayName": "A"}])
        microsoft.grant(tenant, P1)
        assert app_only(session, APP, tenant.upper()).claims["tid"] == tenant

    @pytest.mark.parametrize(
        "tenant", ["northwind.example", "common", "organizations", "", "../evil", f"{NORTHWIND}/x", "{}"]
    )
    def test_only_a_guid_names_a_tenant(self, microsoft, session, tenant):
        with pytest.raises(ValueError, match="GUID"):
            app_only(session, APP, tenant)
        assert microsoft.asked() == []

    def test_only_a_guid_names_an_application(self, session):
        with pytest.raises(ValueError, match="GUID"):
            app_only(session, Client("x'y", CLOUDS["global"], Secret("s")), NORTHWIND)

    def test_another_api_is_asked_by_its_app_id(self, facing):
        api = "aaaaaaaa-0000-4000-8000-000000000001"
        answer = token_answer(aud=api, appid=None, azp=CONNECTOR, roles=["Thing.Read"])
        session = facing(answer)
        assert app_only(session, APP, NORTHWIND, api).roles == frozenset({"Thing.Read"})
        assert session.peer.requests[0].form["scope"] == f"{api}/.default"

    def test_each_cloud_has_its_own_graph(self, facing):
        session = facing(token_answer(aud="https://microsoftgraph.chinacloudapi.cn/"))
        client = Client(CONNECTOR, CLOUDS["china"], Secret("s"))
        assert app_only(session, client, NORTHWIND).roles == frozenset({P1})
        assert session.peer.requests[0].form["scope"] == "https://microsoftgraph.chinacloudapi.cn/.default"


class TestFreshness:
    def test_consent_shows_at_the_next_call_after_a_refusal(self, microsoft, session):
        microsoft.control("PATCH", "settings", never_consented=700016)
        with pytest.raises(NotConsented):
            app_only(session, APP, NORTHWIND)
        microsoft.grant(NORTHWIND, P1)
        assert app_only(session, APP, NORTHWIND).roles == frozenset({P1})

    def test_withdrawal_shows_at_the_next_call(self, microsoft, session):
        microsoft.grant(NORTHWIND, P1, P2)
        assert app_only(session, APP, NORTHWIND).roles == frozenset({P1, P2})
        microsoft.revoke(NORTHWIND, f"{P1}:application")
        assert app_only(session, APP, NORTHWIND).roles == frozenset({P2})

    def test_each_call_is_one_request_and_no_discovery(self, microsoft, session):
        microsoft.grant(NORTHWIND, P1)
        for _ in range(3):
            app_only(session, APP, NORTHWIND)
        assert [entry["endpoint"] for entry in microsoft.asked()] == ["token"] * 3

    def test_a_region_of_the_environment_changes_nothing(self, microsoft, session, monkeypatch):
        monkeypatch.setenv("MSAL_FORCE_REGION", "westus")
        microsoft.grant(NORTHWIND, P1)
        assert app_only(session, APP, NORTHWIND).roles == frozenset({P1})


class TestRefusals:
    def refused(self, session, client=APP, tenant=NORTHWIND) -> EntraError:
        with pytest.raises(EntraError) as caught:
            app_only(session, client, tenant)
        return caught.value

    @pytest.mark.parametrize("code", [7000229, 700016])
    def test_a_tenant_that_never_consented(self, microsoft, session, code):
        microsoft.control("PATCH", "settings", never_consented=code)
        failure = self.refused(session)
        assert isinstance(failure, NotConsented)
        assert failure.code == code
        assert not failure.retryable
        assert failure.summary == f"This organization has not consented to the application (AADSTS{code})."
        (entry,) = microsoft.asked("token")
        assert failure.client_request_id == entry["client_request_id"]
        assert failure.request_id == entry["request_id"]

    def test_a_disabled_service_principal(self, microsoft, session):
        microsoft.grant(NORTHWIND, P1)
        microsoft.control("POST", f"tenants/{NORTHWIND}/apps/{CONNECTOR}/disable")
        assert isinstance(self.refused(session), AppDisabled)

    def test_an_unknown_tenant(self, session):
        assert isinstance(
            self.refused(session, tenant="99999999-9999-4999-8999-999999999999"), TenantNotFound
        )

    def test_a_wrong_secret(self, session):
        failure = self.refused(session, Client(CONNECTOR, CLOUDS["global"], Secret("wrong")))
        assert isinstance(failure, CredentialRejected)
        assert "secret as wrong" in failure.summary

    def test_an_expired_secret(self, microsoft, session):
        expired = {"value": "old", "expires": "2020-01-01T00:00:00+00:00"}
        microsoft.control("PATCH", f"applications/{CONNECTOR}", secrets=[expired])
        failure = self.refused(session, Client(CONNECTOR, CLOUDS["global"], Secret("old")))
        assert failure.summary == "The application's client secret has expired (AADSTS7000222)."

    def test_no_secret(self, session):
        assert isinstance(
            self.refused(session, Client(CONNECTOR, CLOUDS["global"], Secret(""))), CredentialRejected
        )

    @pytest.mark.parametrize(
        ("code", "kind"),
        [(53003, PolicyBlocked), (530035, PolicyBlocked), (900382, WrongCloud), (90055, Throttled)],
    )
    def test_what_the_codes_mean(self, facing, code, kind):
        failure = self.refused(facing(reply({"error": "invalid_request", "error_codes": [code]}, 400)))
        assert type(failure) is kind

    @pytest.mark.parametrize(
        "fault", ["error503", "error500", "garbage", "truncated", "hello", "html200", "redirect302", "reset"]
    )
    def test_an_outage_is_no_refusal(self, microsoft, session, fault):
        microsoft.grant(NORTHWIND, P1)
        microsoft.fault(fault, "token")
        failure = self.refused(session)
        assert type(failure) is Unavailable
        assert failure.retryable

    def test_throttling_says_how_long(self, microsoft, session):
        microsoft.fault("throttle", "token", seconds=17)
        failure = self.refused(session)
        assert isinstance(failure, Throttled)
        assert failure.retry_after == 17


class TestTokensThatAreNotBelieved:
    @pytest.mark.parametrize(
        "changes",
        [
            {"tid": FABRIKAM},
            {"tid": None},
            {"appid": "00000000-0000-4000-8000-000000000000"},
            {"appid": None},
            {"aud": "https://other.example"},
            {"aud": ["https://graph.microsoft.com"]},
            {"roles": P1},
            {"roles": [P1, 5]},
            {"roles": [""]},
            {"roles": {}},
        ],
    )
    def test_a_token_about_something_else(self, facing, changes):
        with pytest.raises(Unavailable):
            app_only(facing(token_answer(**changes)), APP, NORTHWIND)

    @pytest.mark.parametrize("value", ["opaque", "a.b", "1.2.3", "a.b.c.d.e", "x" * 200_000])
    def test_an_opaque_token_has_unknown_roles(self, facing, value):
        session = facing(reply({"token_type": "Bearer", "access_token": value}))
        token = app_only(session, APP, NORTHWIND)
        assert token.roles is None
        assert token.claims == {}

    def test_an_id_token_is_no_access_token(self, facing):
        with pytest.raises(Unavailable):
            app_only(facing(reply({"id_token": unsigned(CLAIMS)})), APP, NORTHWIND)


def test_nothing_secret_is_logged(microsoft, session, caplog):
    caplog.set_level("DEBUG")
    microsoft.grant(NORTHWIND, P1)
    token = app_only(session, APP, NORTHWIND)
    with pytest.raises(CredentialRejected):
        app_only(session, Client(CONNECTOR, CLOUDS["global"], Secret("wrong-hush")), NORTHWIND)
    assert isinstance(APP.credential, Secret)
    for hidden in (APP.credential.value, token.value, token.value.split(".")[2], "wrong-hush"):
        assert hidden not in caplog.text


def test_graph_is_the_api_unless_another_is_named(facing):
    session = facing(token_answer())
    app_only(session, APP, NORTHWIND, GRAPH)
    assert session.peer.requests[0].form["scope"] == "https://graph.microsoft.com/.default"

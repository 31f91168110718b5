"""The token endpoint's answers to an application, by the state of the tenant and of the credential."""

from typing import Any

import pytest

from sandbox.demo import CONNECTOR, FABRIKAM, HOME, NORTHWIND, PORTAL
from tests.sandbox.conftest import Http

P1, P2 = "SecurityEvents.Read.All:application", "SecurityAlert.Read.All:application"
NOWHERE = "99999999-9999-4999-8999-999999999999"


def refused(http: Http, tenant: str, **changes: Any) -> tuple[int, str, int]:
    answer = http.token(tenant, **changes)
    return answer.status_code, answer.json()["error"], answer.json()["error_codes"][0]


def test_roles_are_exactly_what_is_granted(http: Http) -> None:
    http.grant(NORTHWIND, P1, P2)

    assert set(http.claims(NORTHWIND)["roles"]) == {"SecurityEvents.Read.All", "SecurityAlert.Read.All"}


def test_with_nothing_granted_a_token_comes_without_roles(http: Http) -> None:
    http.grant(NORTHWIND, "User.Read:delegated")

    assert "roles" not in http.claims(NORTHWIND)


def test_a_token_says_whose_it_is_and_where(http: Http) -> None:
    claims = http.claims(HOME)

    assert claims["iss"] == f"https://sts.windows.net/{HOME}/"
    assert (claims["aud"], claims["ver"], claims["tid"]) == ("https://graph.microsoft.com", "1.0", HOME)
    assert (claims["idtyp"], claims["appid"], claims["appidacr"]) == ("app", CONNECTOR, "1")
    assert claims["oid"] == claims["sub"]
    assert claims["exp"] - claims["nbf"] == 3900
    assert "scp" not in claims


def test_the_answer_holds_a_token_and_nothing_of_a_person(http: Http) -> None:
    body = http.token(HOME).json()

    assert set(body) == {"token_type", "expires_in", "ext_expires_in", "access_token"}
    assert body["expires_in"] == 3599


@pytest.mark.parametrize(
    ("setting", "expected"),
    [(7000229, (401, "invalid_client", 7000229)), (700016, (400, "unauthorized_client", 700016))],
)
def test_a_tenant_that_never_consented(http: Http, setting: int, expected: tuple[int, str, int]) -> None:
    http.control("PATCH", "settings", never_consented=setting)

    assert refused(http, FABRIKAM) == expected


def test_an_unknown_application(http: Http) -> None:
    assert refused(http, HOME, client_id=NOWHERE) == (400, "unauthorized_client", 700016)


def test_a_disabled_service_principal(http: Http) -> None:
    http.control("POST", f"tenants/{HOME}/apps/{CONNECTOR}/disable")
    assert refused(http, HOME) == (400, "unauthorized_client", 7000112)

    http.control("POST", f"tenants/{HOME}/apps/{CONNECTOR}/enable")
    assert http.token(HOME).status_code == 200


def test_a_deleted_service_principal_counts_as_never_consented_and_comes_back_with_another_id(
    http: Http,
) -> None:
    before = http.claims(HOME)["oid"]
    http.control("POST", f"tenants/{HOME}/apps/{CONNECTOR}/delete")
    assert refused(http, HOME)[2] == 7000229

    http.grant(HOME, P1)
    assert http.claims(HOME)["oid"] != before


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"client_secret": "wrong"}, (401, "invalid_client", 7000215)),
        ({"client_secret": None}, (401, "invalid_client", 7000218)),
        ({"grant_type": None}, (400, "invalid_request", 900144)),
        ({"grant_type": "password"}, (400, "unsupported_grant_type", 70003)),
        ({"client_id": None}, (400, "invalid_request", 900144)),
        ({"scope": None}, (400, "invalid_request", 900144)),
        ({"scope": "https://graph.microsoft.com/SecurityEvents.Read.All"}, (400, "invalid_scope", 1002012)),
        ({"scope": "https://graph.microsoft.com/.default openid"}, (400, "invalid_scope", 1002012)),
        ({"scope": "https://other.example/.default"}, (400, "invalid_resource", 500011)),
    ],
)
def test_a_request_that_is_wrong(http: Http, changes: dict[str, Any], expected: tuple[int, str, int]) -> None:
    assert refused(http, HOME, **changes) == expected


def test_an_expired_secret(http: Http) -> None:
    expired = {"value": "old", "expires": "2026-01-01T00:00:00+00:00"}
    http.control("PATCH", f"applications/{CONNECTOR}", secrets=[expired])

    assert refused(http, HOME, client_secret="old") == (401, "invalid_client", 7000222)


@pytest.mark.parametrize(
    ("tenant", "expected"),
    [
        (NOWHERE, (400, "invalid_request", 90002)),
        ("nobody.example", (400, "invalid_request", 90002)),
        ("not-a-tenant", (400, "invalid_request", 900023)),
        ("common", (400, "invalid_grant", 9001023)),
        ("organizations", (400, "invalid_request", 50059)),
    ],
)
def test_a_tenant_that_is_none(http: Http, tenant: str, expected: tuple[int, str, int]) -> None:
    assert refused(http, tenant) == expected


def test_newer_bodies_call_an_unknown_tenant_invalid_tenant(http: Http) -> None:
    http.control("PATCH", "settings", unknown_tenant_error="invalid_tenant")

    assert refused(http, NOWHERE)[1] == "invalid_tenant"


def test_http_basic_carries_the_secret_too(http: Http) -> None:
    fields = {"grant_type": "client_credentials", "scope": "https://graph.microsoft.com/.default"}
    answer = http.post(
        f"/{HOME}/oauth2/v2.0/token", data=fields, auth=(CONNECTOR, "sandbox-connector-secret")
    )

    assert answer.status_code == 200


def test_an_error_body_has_every_part_and_echoes_the_request_id(http: Http) -> None:
    mine = "0f0f0f0f-1111-4222-8333-444444444444"
    answer = http.post(
        f"/{HOME}/oauth2/v2.0/token", data={"grant_type": "x"}, headers={"client-request-id": mine}
    )
    body = answer.json()

    assert body["error_codes"] == [70003]
    assert body["correlation_id"] == mine
    assert body["trace_id"] == answer.headers["x-ms-request-id"]
    assert body["error_uri"] == "https://login.microsoftonline.com/error?code=70003"
    expected = f" Trace ID: {body['trace_id']} Correlation ID: {mine} Timestamp: {body['timestamp']}"
    assert body["error_description"].startswith("AADSTS70003: ")
    assert body["error_description"].endswith(expected)


def test_older_bodies_part_the_ids_with_line_breaks(http: Http) -> None:
    http.control("PATCH", "settings", error_separator="\r\n")

    assert "\r\nTrace ID: " in http.token(FABRIKAM).json()["error_description"]


def test_a_grant_shows_only_after_the_delay(http: Http) -> None:
    http.control("PATCH", "settings", grant_delay=60)
    http.grant(HOME, P2)
    assert http.claims(HOME)["roles"] == ["SecurityEvents.Read.All"]

    http.control("PATCH", "settings", clock_offset=61)
    assert len(http.claims(HOME)["roles"]) == 2


def test_a_first_consent_shows_only_after_the_delay(http: Http) -> None:
    http.control("PATCH", "settings", grant_delay=60)
    http.grant(NORTHWIND, P1)
    assert refused(http, NORTHWIND)[2] == 7000229

    http.control("POST", "settle")
    assert http.claims(NORTHWIND)["roles"] == ["SecurityEvents.Read.All"]


def test_a_withdrawal_shows_only_after_its_delay(http: Http) -> None:
    http.control("PATCH", "settings", revoke_delay=60)
    http.control("POST", f"tenants/{HOME}/apps/{CONNECTOR}/revoke", permissions=[P1])
    assert http.claims(HOME)["roles"] == ["SecurityEvents.Read.All"]

    http.control("POST", "settle")
    assert "roles" not in http.claims(HOME)


def test_a_single_tenant_application_is_unknown_elsewhere(http: Http) -> None:
    http.control("PATCH", f"applications/{PORTAL}", multiTenant=False)

    changes = {"client_id": PORTAL, "client_secret": "sandbox-portal-secret"}
    assert refused(http, NORTHWIND, **changes)[2] == 700016
    assert http.token(HOME, **changes).status_code == 200


def test_a_tenant_of_another_cloud_issues_with_its_own_addresses(http: Http) -> None:
    tenant = {
        "id": NOWHERE,
        "displayName": "Gov",
        "cloud": "china",
        "apps": [{"appId": CONNECTOR, "granted": [P1]}],
    }
    http.control("POST", "load", tenants=[tenant])

    claims = http.claims(NOWHERE, scope="https://microsoftgraph.chinacloudapi.cn/.default")

    assert claims["iss"] == f"https://sts.chinacloudapi.cn/{NOWHERE}/"
    assert claims["aud"] == "https://microsoftgraph.chinacloudapi.cn"

"""The security resources: which permission and which role open them, and how they refuse."""

import pytest

from sandbox.demo import CONNECTOR, HOME, NORTHWIND, PORTAL
from tests.sandbox.conftest import Http
from tests.sandbox.signing_in import ADA, tokens

EVENTS, ALERTS = "SecurityEvents.Read.All:application", "SecurityAlert.Read.All:application"
LEGACY_REFUSAL = "Auth token does not contain valid permissions or user does not have valid roles"


@pytest.mark.parametrize(
    ("permission", "path", "status"),
    [
        (EVENTS, "v1.0/security/alerts", 200),
        (EVENTS, "v1.0/security/secureScores", 200),
        (EVENTS, "v1.0/security/secureScoreControlProfiles", 200),
        (EVENTS, "v1.0/security/alerts_v2", 403),
        (EVENTS, "v1.0/security/incidents", 403),
        (ALERTS, "v1.0/security/alerts_v2", 200),
        (ALERTS, "v1.0/security/incidents", 403),
        (ALERTS, "v1.0/security/alerts", 403),
        ("SecurityIncident.Read.All:application", "v1.0/security/alerts_v2", 200),
        ("SecurityIncident.Read.All:application", "v1.0/security/incidents", 200),
        ("ThreatIndicators.ReadWrite.OwnedBy:application", "beta/security/tiIndicators", 200),
        ("ThreatIndicators.Read.All:application", "beta/security/tiIndicators", 403),
        ("ThreatIndicators.ReadWrite.OwnedBy:application", "v1.0/security/tiIndicators", 400),
        ("SecurityActions.Read.All:application", "beta/security/securityActions", 200),
        ("SecurityActions.Read.All:application", "v1.0/security/securityActions", 400),
        ("SecurityActions.Read.All:delegated", "beta/security/securityActions", 403),
    ],
)
def test_what_a_permission_opens(http: Http, permission: str, path: str, status: int) -> None:
    http.grant(NORTHWIND, permission)

    assert http.graph(NORTHWIND, f"/{path}").status_code == status


def test_hunting_is_a_read_that_is_posted(http: Http) -> None:
    http.grant(NORTHWIND, "ThreatHunting.Read.All:application")
    token = http.token(NORTHWIND).json()["access_token"]

    answer = http.post(
        "/v1.0/security/runHuntingQuery",
        json={"Query": "DeviceEvents"},
        headers={"Authorization": f"Bearer {token}"},
    )
    assert answer.status_code == 200


def test_defender_apis_name_what_is_needed_and_what_the_token_has(http: Http) -> None:
    error = http.graph(HOME, "/v1.0/security/alerts_v2").json()["error"]

    assert error["code"] == "Forbidden"
    assert error["message"] == (
        "Missing application roles. API required roles: SecurityAlert.Read.All,SecurityAlert.ReadWrite.All,"
        "SecurityIncident.Read.All,SecurityIncident.ReadWrite.All, "
        "application roles: SecurityEvents.Read.All."
    )


def test_legacy_alerts_refuse_with_one_text_for_everything(http: Http) -> None:
    http.grant(NORTHWIND, ALERTS)

    assert http.graph(NORTHWIND, "/v1.0/security/alerts").json()["error"]["message"] == LEGACY_REFUSAL


def test_a_tenant_without_defender_refuses_although_the_permission_is_granted(http: Http) -> None:
    tenant = {
        "id": NORTHWIND,
        "displayName": "Northwind",
        "defender": False,
        "apps": [{"appId": CONNECTOR, "granted": [ALERTS]}],
    }
    http.control("POST", "load", tenants=[tenant])

    error = http.graph(NORTHWIND, "/v1.0/security/alerts_v2").json()["error"]
    assert error["message"] == "Unauthorized request - Account is not provisioned."


@pytest.mark.parametrize(
    ("role", "status"),
    [("Security Reader", 200), ("Security Administrator", 200), ("Privileged Role Administrator", 403)],
)
@pytest.mark.parametrize("path", ["alerts", "alerts_v2"])
def test_a_person_needs_an_active_role_besides_the_scope(
    http: Http, role: str, status: int, path: str
) -> None:
    scopes = ["SecurityEvents.Read.All:delegated", "SecurityAlert.Read.All:delegated"]
    http.control("POST", f"tenants/{NORTHWIND}/apps/{PORTAL}/grant", permissions=scopes)
    http.control("PATCH", f"users/{ADA}", directoryRoles=[role])
    token = tokens(http, ADA)["access_token"]

    answer = http.get(f"/v1.0/security/{path}", headers={"Authorization": f"Bearer {token}"})

    assert answer.status_code == status
    if status == 403:
        assert answer.json()["error"]["message"] == LEGACY_REFUSAL


def test_legacy_alerts_announce_their_end(http: Http) -> None:
    answer = http.graph(HOME, "/v1.0/security/alerts")

    assert answer.headers["Sunset"] == "Thu, 15 Oct 2026 00:00:00 GMT"
    assert "Deprecation" in answer.headers


@pytest.mark.parametrize(("setting", "status"), [("segment", 400), ("gone", 410)])
def test_legacy_alerts_can_be_retired(http: Http, setting: str, status: int) -> None:
    http.control("PATCH", "settings", legacy_alerts=setting)

    assert http.graph(HOME, "/v1.0/security/alerts").status_code == status


def test_a_provider_can_fail_without_failing_the_request(http: Http) -> None:
    http.control("POST", "faults", kind="partial", times=1)

    answer = http.graph(HOME, "/v1.0/security/alerts")
    assert answer.status_code == 206
    assert answer.headers["Warning"] == '199 - "Microsoft/WDATP/401/228"'
    assert http.graph(HOME, "/v1.0/security/alerts").status_code == 200


def test_logs_name_the_permission_and_the_licence_that_they_lack(http: Http) -> None:
    path = "/v1.0/auditLogs/signIns"
    assert http.graph(HOME, path).json()["error"]["code"] == "Authentication_MSGraphPermissionMissing"

    http.grant(HOME, "AuditLog.Read.All:application")
    assert http.graph(HOME, path).status_code == 200
    poor = {
        "id": NORTHWIND,
        "premium": False,
        "apps": [{"appId": CONNECTOR, "granted": ["AuditLog.Read.All:application"]}],
    }
    http.control("POST", "load", tenants=[poor])
    refused = http.graph(NORTHWIND, path).json()["error"]["code"]
    assert refused == "Authentication_RequestFromNonPremiumTenantOrB2CTenant"
    assert http.graph(NORTHWIND, "/v1.0/auditLogs/directoryAudits").status_code == 200

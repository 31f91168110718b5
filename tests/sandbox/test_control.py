"""The control API and the page for people."""

import json
import time
from typing import Any

import pytest

from sandbox.demo import CONNECTOR, FABRIKAM, HOME, NORTHWIND
from tests.sandbox.conftest import Http

P1 = {
    "resource": "00000003-0000-0000-c000-000000000000",
    "kind": "application",
    "id": "bf394140-e372-4bf9-a898-299cfc7564e5",
    "value": "SecurityEvents.Read.All",
}


def app_in(http: Http, tenant: str) -> Any:
    apps = http.control("GET", f"tenants/{tenant}")["apps"]
    return next(app for app in apps if app["appId"] == CONNECTOR)


def test_the_directory_tells_what_is_granted_and_when_it_shows(http: Http) -> None:
    http.control("PATCH", "settings", grant_delay=60)
    http.grant(NORTHWIND, "SecurityEvents.Read.All:application")

    tenants = {tenant["id"]: tenant for tenant in http.control("GET", "directory")["tenants"]}
    app = tenants[NORTHWIND]["apps"][0]
    grant = app["granted"][0]
    assert {name: grant[name] for name in P1} == P1
    assert (grant["visible"], app["visible"]) == (False, False)
    assert grant["visible_at"] > grant["granted_at"]
    assert tenants[FABRIKAM]["apps"] == []


def test_nothing_secret_is_shown(http: Http) -> None:
    http.token(HOME)
    http.token(HOME, client_secret="wrong-and-secret")

    for path in ("directory", "requests"):
        text = json.dumps(http.control("GET", path))
        assert "sandbox-connector-secret" not in text
        assert "wrong-and-secret" not in text


def test_what_was_asked_is_remembered(http: Http) -> None:
    http.token(NORTHWIND)
    http.graph(HOME, "/v1.0/organization?$select=id")

    token, _, graph = http.control("GET", "requests")["requests"]
    assert (token["endpoint"], token["tenant"], token["app"]) == ("token", NORTHWIND, CONNECTOR)
    assert (token["status"], token["error"], token["note"]) == (401, "7000229", "client_credentials")
    assert (graph["path"], graph["query"], graph["error"]) == (
        "/v1.0/organization",
        "$select=id",
        "Authorization_RequestDenied",
    )
    listed = http.control("GET", f"requests?endpoint=token&tenant={HOME}&limit=1")["requests"]
    assert [entry["status"] for entry in listed] == [200]
    http.control("DELETE", "requests")
    assert http.control("GET", "requests")["requests"] == []


def test_granting_without_a_list_grants_what_is_registered(http: Http) -> None:
    http.control("POST", f"tenants/{NORTHWIND}/apps/{CONNECTOR}/grant")

    assert [grant["value"] for grant in app_in(http, NORTHWIND)["granted"]] == ["SecurityEvents.Read.All"]


def test_revoking_one_leaves_the_other(http: Http) -> None:
    http.grant(NORTHWIND, "SecurityEvents.Read.All:application", "User.Read:delegated")
    answer = http.control("POST", f"tenants/{NORTHWIND}/apps/{CONNECTOR}/revoke", permissions=[P1])

    assert answer["withdrawn"] == 1
    assert [grant["value"] for grant in app_in(http, NORTHWIND)["granted"]] == ["User.Read"]


def test_the_same_id_as_application_and_delegated_permission_is_two_grants(http: Http) -> None:
    http.grant(NORTHWIND, "User.Export.All:application", "User.Export.All:delegated")
    http.control(
        "POST", f"tenants/{NORTHWIND}/apps/{CONNECTOR}/revoke", permissions=["User.Export.All:application"]
    )

    assert [grant["kind"] for grant in app_in(http, NORTHWIND)["granted"]] == ["delegated"]


def test_a_registration_takes_a_manifests_shape_and_learns_new_permissions(http: Http) -> None:
    access = {"id": "12345678-0000-4000-8000-000000000001", "type": "Role", "value": "Brand.New.All"}
    manifest = [{"resourceAppId": P1["resource"], "resourceAccess": [access]}]
    http.control("PATCH", f"applications/{CONNECTOR}", requiredResourceAccess=manifest)
    http.control("POST", f"tenants/{NORTHWIND}/apps/{CONNECTOR}/grant")

    assert http.claims(NORTHWIND)["roles"] == ["Brand.New.All"]


def test_another_api_has_tokens_of_its_own(http: Http) -> None:
    api = "aaaaaaaa-0000-4000-8000-000000000001"
    permission = {"kind": "application", "id": "aaaaaaaa-0000-4000-8000-000000000002", "value": "Things.Read"}
    entry = {
        "appId": api,
        "displayName": "Things",
        "identifierUris": ["api://things"],
        "permissions": [permission],
    }
    http.control("POST", "load", resources=[entry])
    http.control(
        "POST", f"tenants/{HOME}/apps/{CONNECTOR}/grant", permissions=[permission | {"resource": api}]
    )

    assert http.claims(HOME, scope="api://things/.default")["roles"] == ["Things.Read"]
    assert http.claims(HOME)["roles"] == ["SecurityEvents.Read.All"]


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "words"),
    [
        ("GET", "tenants/nobody.example", None, 404, "no tenant"),
        ("POST", f"tenants/{FABRIKAM}/apps/{CONNECTOR}/disable", None, 404, "no service principal"),
        (
            "POST",
            f"tenants/{HOME}/apps/{CONNECTOR}/grant",
            {"permissions": ["Nope:application"]},
            400,
            "Nope",
        ),
        ("PATCH", "settings", {"nope": 1}, 400, "no setting 'nope'"),
        ("POST", "faults", {"kind": "nope"}, 400, "no fault kind 'nope'"),
        ("POST", "load", {"tenants": [{"id": "x"}]}, 400, "'id' must be a GUID"),
        ("POST", "load", [], 400, "JSON object"),
        ("PATCH", "users/ada@northwind.example", {"directoryRoles": ["King"]}, 400, "King"),
        ("GET", "nothing", None, 404, "Not Found"),
    ],
)
def test_a_mistake_gets_one_sentence(
    http: Http, method: str, path: str, body: Any, status: int, words: str
) -> None:
    answer = http.session.request(method, f"{http.url}/_sandbox/{path}", json=body, timeout=10)

    assert answer.status_code == status
    assert words in answer.json()["error"]


def test_a_page_of_another_site_cannot_steer_it(http: Http) -> None:
    answer = http.post("/_sandbox/reset", headers={"Sec-Fetch-Site": "cross-site"})

    assert answer.status_code == 403


def test_reset_goes_back_to_the_beginning(http: Http) -> None:
    http.control("POST", f"tenants/{HOME}/apps/{CONNECTOR}/delete")
    http.control("PATCH", "settings", grant_delay=5)
    http.control("POST", "reset")

    assert http.claims(HOME)["roles"] == ["SecurityEvents.Read.All"]
    assert http.control("GET", "settings")["grant_delay"] == 0


def test_a_fleet_loads_quickly(http: Http) -> None:
    tenants = [
        {
            "id": f"33333333-3333-4333-8333-{number:012d}",
            "displayName": f"Tenant {number}",
            "domains": [f"tenant{number}.example"],
            "users": [
                {
                    "userPrincipalName": f"admin@tenant{number}.example",
                    "directoryRoles": ["Global Administrator"],
                }
            ],
            "apps": [{"appId": CONNECTOR, "granted": ["SecurityEvents.Read.All:application"]}],
        }
        for number in range(300)
    ]
    started = time.monotonic()
    http.control("POST", "load", tenants=tenants)

    assert time.monotonic() - started < 2
    assert http.claims("tenant299.example")["roles"] == ["SecurityEvents.Read.All"]
    assert (
        "Find a person or organization"
        in http.get(
            f"/organizations/adminconsent?client_id={CONNECTOR}&redirect_uri=http://localhost:8000/c/return"
        ).text
    )
    assert "Tenant 299" in http.get("/?find=tenant299").text


def press(http: Http, action: str, **fields: str) -> int:
    return http.post(f"/_sandbox/console/{action}", data=fields).status_code


def test_the_page_revokes_disables_and_deletes(http: Http) -> None:
    fields = {"tenant": HOME, "app": CONNECTOR}
    assert "Revoke SecurityEvents.Read.All of Sentinel Connector in Contoso Security" in http.get("/").text

    assert press(http, "principal", do="revoke", **fields, **P1) == 303
    assert app_in(http, HOME)["granted"] == []
    assert press(http, "principal", do="disable", **fields) == 303
    assert app_in(http, HOME)["enabled"] is False
    assert press(http, "principal", do="delete", **fields) == 303
    assert http.token(HOME).json()["error_codes"] == [7000229]


def test_the_page_changes_registration_delays_roles_and_faults(http: Http) -> None:
    press(http, "registration", app=CONNECTOR, required="SecurityAlert.Read.All:application\n")
    press(http, "delays", grant_delay="20", revoke_delay="0")
    press(http, "only", grant_only="User.Read")
    press(http, "role", user="rui@northwind.example", roles="Security Reader, Global Reader")
    press(http, "break", kind="error503", endpoint="token", times="1")

    required = http.control("GET", f"applications/{CONNECTOR}")["required"]
    settings = http.control("GET", "settings")
    rui = http.control("GET", f"tenants/{NORTHWIND}")["users"][2]
    assert [one["value"] for one in required] == ["SecurityAlert.Read.All"]
    assert (settings["grant_delay"], settings["grant_only"]) == (20, ["User.Read"])
    assert rui["directoryRoles"] == ["Global Reader", "Security Reader"]
    assert http.token(HOME).status_code == 503


def test_the_page_says_what_is_wrong_and_changes_nothing(http: Http) -> None:
    answer = http.post("/_sandbox/console/registration", data={"app": CONNECTOR, "required": "Nope"})

    assert answer.status_code == 400
    assert "no application permission &#39;Nope&#39;" in answer.text
    assert len(http.control("GET", f"applications/{CONNECTOR}")["required"]) == 1


def test_the_page_goes_back_to_itself_only(http: Http) -> None:
    answer = http.post("/_sandbox/console/settle", data={"back": "//evil.example"})

    assert answer.headers["Location"] == "/"

"""Admin consent in the browser: who may, what it writes, and every shape in which the browser comes back."""

from typing import Any
from urllib.parse import urlencode

import pytest
import requests

from sandbox.demo import CONNECTOR, FABRIKAM, NORTHWIND
from tests.sandbox.conftest import Http, parameters

RETURN = "http://localhost:8000/c/return"
ADA, NORA, RUI, FEMI = (
    *("ada@northwind.example", "nora@northwind.example", "rui@northwind.example"),
    "femi@fabrikam.example",
)
P1, P2 = "SecurityEvents.Read.All:application", "SecurityAlert.Read.All:application"


def address(tenant: str = NORTHWIND, *, version: int = 1, **changes: Any) -> str:
    fields = {"client_id": CONNECTOR, "redirect_uri": RETURN, "state": "s t&1"} | changes
    query = urlencode({name: value for name, value in fields.items() if value is not None})
    return f"/{tenant}/{'v2.0/' if version == 2 else ''}adminconsent?{query}"


def press(http: Http, path: str, person: str, decision: str = "") -> requests.Response:
    fields = {"user": person, "decision": decision} if decision else {"user": person}
    return http.post(path, data=fields)


def granted(http: Http, tenant: str = NORTHWIND) -> list[str]:
    apps = http.control("GET", f"tenants/{tenant}")["apps"]
    return [grant["value"] for app in apps for grant in app["granted"] if app["appId"] == CONNECTOR]


def require(http: Http, *permissions: str) -> None:
    http.control("PATCH", f"applications/{CONNECTOR}", requiredResourceAccess=list(permissions))


def test_the_picker_lists_the_tenants_people_and_offers_others(http: Http) -> None:
    page = http.get(address()).text

    assert "Simulator, not Microsoft" in page
    assert "Ada Alvarez" in page
    assert "Femi Adeyemi" not in page
    assert "Femi Adeyemi" in http.post(address(), data={"step": "others"}).text
    assert "Femi Adeyemi" in http.get(address("organizations")).text


def test_the_consent_page_lists_everything_asked_for(http: Http) -> None:
    require(http, P1, P2, "User.Read:delegated")

    page = press(http, address(), ADA).text

    for value in ("SecurityEvents.Read.All", "SecurityAlert.Read.All", "User.Read"):
        assert value in page
    assert granted(http) == []


def test_accepting_writes_the_registration_as_it_is_at_that_moment(http: Http) -> None:
    press(http, address(), ADA)
    require(http, P1, P2)

    answer = press(http, address(), ADA, "accept")

    assert answer.status_code == 302
    assert answer.headers["Location"].startswith(RETURN + "?")
    assert parameters(answer) == {"admin_consent": "True", "tenant": NORTHWIND, "state": "s t&1"}
    assert set(granted(http)) == {"SecurityEvents.Read.All", "SecurityAlert.Read.All"}


@pytest.mark.parametrize("name", ["organizations", "common", "northwind.example"])
def test_the_tenant_comes_back_as_an_id_whatever_the_path_said(http: Http, name: str) -> None:
    assert parameters(press(http, address(name), ADA, "accept"))["tenant"] == NORTHWIND


@pytest.mark.parametrize(
    ("person", "required", "allowed"),
    [
        (ADA, [P1], True),
        (FEMI, [P1], True),
        (NORA, [P1], False),
        (NORA, ["Directory.Read.All:delegated"], True),
        (RUI, ["User.Read:delegated"], False),
    ],
)
def test_who_may_consent(http: Http, person: str, required: list[str], allowed: bool) -> None:
    require(http, *required)

    answer = press(http, address("organizations"), person, "accept")

    if allowed:
        assert answer.status_code == 302
    else:
        assert "Location" not in answer.headers
        assert "AADSTS90094" in answer.text
        assert "Need admin approval" in answer.text


def test_an_eligible_role_that_is_not_active_does_not_count(http: Http) -> None:
    http.control("PATCH", f"users/{RUI}", eligibleRoles=["Global Administrator"])
    assert "AADSTS90094" in press(http, address(), RUI, "accept").text

    http.control("PATCH", f"users/{RUI}", directoryRoles=["Global Administrator"])
    assert press(http, address(), RUI, "accept").status_code == 302


def test_declining_comes_back_as_recorded_from_the_real_service(http: Http) -> None:
    answer = parameters(press(http, address(), ADA, "cancel"))

    assert answer["error"] == "access_denied"
    assert answer["admin_consent"] == "True"
    assert answer["state"] == "s t&1"
    assert answer["error_uri"] == "https://login.microsoftonline.com/error?code=65004"
    assert answer["error_description"].startswith("AADSTS65004: ")
    assert "\r\nTrace ID: " in answer["error_description"]
    assert "tenant" not in answer
    assert granted(http) == []


@pytest.mark.parametrize(
    ("shape", "error", "others"),
    [
        ("documented_v1", "permission_denied", set()),
        ("documented_v2", "consent_required", {"admin_consent", "state"}),
    ],
)
def test_declining_as_documented(http: Http, shape: str, error: str, others: set[str]) -> None:
    http.control("PATCH", "settings", decline=shape)

    answer = parameters(press(http, address(), ADA, "cancel"))

    assert answer["error"] == error
    assert set(answer) == {"error", "error_description"} | others


def test_a_person_of_another_organization_is_sent_back_with_50020(http: Http) -> None:
    answer = parameters(press(http, address(NORTHWIND), FEMI, "accept"))

    assert answer["error"] == "access_denied"
    assert answer["error_description"].startswith("AADSTS50020: ")
    assert answer["admin_consent"] == "True"
    assert "tenant" not in answer
    assert granted(http, FABRIKAM) == []


@pytest.mark.parametrize(
    ("path", "code"),
    [
        (address(redirect_uri="http://localhost:8000/elsewhere"), 50011),
        (address(redirect_uri="http://localhost:8000/C/return"), 50011),
        (address(client_id="99999999-9999-4999-8999-999999999999"), 700016),
        (address("99999999-9999-4999-8999-999999999999"), 90002),
        (address("not-a-tenant"), 900023),
        (address(client_id=None), 900144),
        (address(version=2), 900144),
        (address(version=2, redirect_uri=f"{RETURN}/more", scope="openid"), 50011),
    ],
)
def test_mistakes_that_end_on_a_page(http: Http, path: str, code: int) -> None:
    answer = http.get(path, headers={"client-request-id": "0f0f0f0f-1111-4222-8333-444444444444"})

    assert "Location" not in answer.headers
    assert f"AADSTS{code}: " in answer.text
    for part in ("Request Id", "Correlation Id", "Timestamp", "0f0f0f0f-1111-4222-8333-444444444444"):
        assert part in answer.text


def test_a_single_tenant_application_cannot_be_consented_to_from_anywhere(http: Http) -> None:
    http.control("PATCH", f"applications/{CONNECTOR}", multiTenant=False)

    assert "AADSTS50194: " in http.get(address("organizations")).text


def test_without_an_address_the_consent_is_written_all_the_same(http: Http) -> None:
    http.control("PATCH", f"applications/{CONNECTOR}", redirectUris=[])

    answer = press(http, address(redirect_uri=None), ADA, "accept")

    assert "AADSTS500113: " in answer.text
    assert granted(http) == ["SecurityEvents.Read.All"]


@pytest.mark.parametrize(
    "uri", ["http://localhost:9123/c/return", "http://127.0.0.1:1/c/return", f"{RETURN}/more"]
)
def test_the_port_of_localhost_and_longer_paths_do_not_matter(http: Http, uri: str) -> None:
    answer = press(http, address(redirect_uri=uri), ADA, "accept")

    assert answer.headers["Location"].startswith(uri + "?")


def test_html_is_stripped_from_the_state(http: Http) -> None:
    assert parameters(press(http, address(state="a<b>c"), ADA, "accept"))["state"] == "ac"


def test_the_second_endpoint_grants_delegated_scopes_by_name(http: Http) -> None:
    scope = "https://graph.microsoft.com/Directory.Read.All openid"

    answer = parameters(press(http, address(version=2, scope=scope), NORA, "accept"))

    assert answer["scope"].split() == ["https://graph.microsoft.com/Directory.Read.All", "openid"]
    assert set(granted(http)) == {"Directory.Read.All", "openid"}


def test_the_second_endpoint_grants_the_registration_for_default(http: Http) -> None:
    path = address(version=2, scope="https://graph.microsoft.com/.default")

    press(http, path, ADA, "accept")

    assert granted(http) == ["SecurityEvents.Read.All"]


def test_the_second_endpoint_turns_common_away(http: Http) -> None:
    answer = http.get(address("common", version=2, scope="openid"))

    assert parameters(answer)["error"] == "invalid_request"


def test_consenting_again_replaces_scopes_and_keeps_app_roles(http: Http) -> None:
    require(http, P1, "User.Read:delegated", "Directory.Read.All:delegated")
    press(http, address(), ADA, "accept")
    require(http, P2, "Directory.Read.All:delegated")

    press(http, address(), ADA, "accept")

    kept = ["Directory.Read.All", "SecurityAlert.Read.All", "SecurityEvents.Read.All"]
    assert sorted(granted(http)) == kept


def test_consenting_again_can_merge_scopes_and_remove_app_roles(http: Http) -> None:
    http.control("PATCH", "settings", consent_mode="merge", outside_app_roles="remove")
    require(http, P1, "User.Read:delegated")
    press(http, address(), ADA, "accept")
    require(http, P2, "Directory.Read.All:delegated")

    press(http, address(), ADA, "accept")

    assert sorted(granted(http)) == ["Directory.Read.All", "SecurityAlert.Read.All", "User.Read"]


def test_a_consent_can_be_made_to_grant_less_than_was_asked(http: Http) -> None:
    require(http, P1, P2)
    http.control("PATCH", "settings", grant_only=["SecurityEvents.Read.All"])

    answer = press(http, address(), ADA, "accept")

    assert parameters(answer)["admin_consent"] == "True"
    assert granted(http) == ["SecurityEvents.Read.All"]


def test_a_browser_can_be_lost_on_the_way_back(http: Http) -> None:
    http.control("POST", "faults", kind="no_redirect", times=1)

    assert "Location" not in press(http, address(), ADA, "accept").headers
    assert granted(http) == ["SecurityEvents.Read.All"]
    assert "Location" in press(http, address(), ADA, "accept").headers


def test_a_registration_that_names_an_api_nobody_has(http: Http) -> None:
    access = {"id": "11111111-0000-4000-8000-00000000abcd", "type": "Role"}
    missing = {"resourceAppId": "99999999-9999-4999-8999-999999999999", "resourceAccess": [access]}
    http.control("PATCH", f"applications/{CONNECTOR}", requiredResourceAccess=[missing])

    assert "AADSTS65005: " in http.get(address()).text


@pytest.mark.parametrize("code", [650051, 650052])
def test_a_consent_can_be_made_to_fail_with_any_code(http: Http, code: int) -> None:
    http.control("POST", "faults", kind="aadsts", endpoint="adminconsent", code=code)

    assert f"AADSTS{code}: " in press(http, address(), ADA, "accept").text


def test_pages_are_strict_about_content_and_allow_the_way_back(http: Http) -> None:
    policy = http.get(address()).headers["Content-Security-Policy"]

    assert "default-src 'none'" in policy
    assert "form-action 'self' http://localhost:8000" in policy
    assert "script-src" not in policy


def test_a_person_with_markup_in_their_name_is_only_text(http: Http) -> None:
    user = {"userPrincipalName": "x@northwind.example", "displayName": "<script>alert(1)</script>"}
    http.control("POST", "load", tenants=[{"id": NORTHWIND, "displayName": "Northwind", "users": [user]}])

    assert "<script>" not in http.get(address()).text


def test_consenting_again_leaves_scopes_alone_where_none_are_asked(http: Http) -> None:
    require(http, "User.Read:delegated")
    press(http, address(), ADA, "accept")
    require(http, P1)

    press(http, address(), ADA, "accept")

    assert sorted(granted(http)) == ["SecurityEvents.Read.All", "User.Read"]

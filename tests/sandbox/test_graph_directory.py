"""Directory reads of Microsoft Graph: shapes, permissions, paging and errors."""

import base64
import uuid
from typing import Any

import pytest

from sandbox.demo import CONNECTOR, FABRIKAM, HOME, NORTHWIND, PORTAL
from tests.sandbox.conftest import Http
from tests.sandbox.signing_in import ADA, DANA, tokens

GRAPH = "00000003-0000-0000-c000-000000000000"
P1 = "SecurityEvents.Read.All:application"
READS = ("Application.Read.All:application", "Directory.Read.All:application")


@pytest.fixture
def reader(http: Http) -> Http:
    http.grant(NORTHWIND, P1, "User.Read:delegated", *READS)
    return http


def own(reader: Http, end: str = "", query: str = "") -> Any:
    answer = reader.graph(NORTHWIND, f"/v1.0/servicePrincipals(appId='{CONNECTOR}'){end}{query}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_the_alternate_key_the_id_and_a_filter_lead_to_the_same_service_principal(reader: Http) -> None:
    by_key = own(reader)

    by_id = reader.graph(NORTHWIND, f"/v1.0/servicePrincipals/{by_key['id']}").json()
    listed = reader.graph(NORTHWIND, f"/v1.0/servicePrincipals?$filter=appId eq '{CONNECTOR}'").json()[
        "value"
    ]
    assert by_key["appOwnerOrganizationId"] == HOME
    assert by_id["id"] == by_key["id"]
    assert [one["id"] for one in listed] == [by_key["id"]]


def test_select_returns_the_named_fields_only(reader: Http) -> None:
    assert set(own(reader, query="?$select=id,accountEnabled")) == {"@odata.context", "id", "accountEnabled"}


def test_graphs_own_service_principal_names_its_permissions_under_another_id_per_tenant(reader: Http) -> None:
    reader.grant(FABRIKAM, *READS)

    found = [
        reader.graph(tenant, f"/v1.0/servicePrincipals(appId='{GRAPH}')").json()
        for tenant in (NORTHWIND, FABRIKAM)
    ]
    roles = {role["id"]: role["value"] for role in found[0]["appRoles"]}
    scopes = {scope["value"]: scope["type"] for scope in found[0]["oauth2PermissionScopes"]}
    assert roles["bf394140-e372-4bf9-a898-299cfc7564e5"] == "SecurityEvents.Read.All"
    assert (scopes["User.Read"], scopes["Directory.Read.All"]) == ("User", "Admin")
    assert found[0]["id"] != found[1]["id"]


def test_app_role_assignments_say_what_the_application_holds(reader: Http) -> None:
    principal = own(reader)
    held = own(reader, "/appRoleAssignments")["value"]

    graph_id = reader.graph(NORTHWIND, f"/v1.0/servicePrincipals(appId='{GRAPH}')").json()["id"]
    assert {one["appRoleId"] for one in held} >= {"bf394140-e372-4bf9-a898-299cfc7564e5"}
    assert {(one["principalId"], one["resourceId"], one["principalType"]) for one in held} == {
        (principal["id"], graph_id, "ServicePrincipal")
    }
    raw = base64.urlsafe_b64decode(held[0]["id"] + "=")
    assert len(raw) == 32
    assert str(uuid.UUID(bytes_le=raw[:16])) == principal["id"]


def test_app_role_assigned_to_is_the_opposite_direction(reader: Http) -> None:
    assert own(reader, "/appRoleAssignedTo")["value"] == []

    to_graph = reader.graph(NORTHWIND, f"/v1.0/servicePrincipals(appId='{GRAPH}')/appRoleAssignedTo").json()[
        "value"
    ]
    assert len(to_graph) == 3


def test_people_assigned_to_app_roles_are_listed_on_the_application(http: Http) -> None:
    http.grant(HOME, *READS)

    path = f"/v1.0/servicePrincipals(appId='{PORTAL}')/appRoleAssignedTo"
    names = [one["principalDisplayName"] for one in http.graph(HOME, path).json()["value"]]
    assert sorted(names) == ["Dana Okafor", "Sam Ito", "Vera Lind"]


def test_an_amended_scope_grant_keeps_its_id(reader: Http) -> None:
    wanted = f"clientId eq '{own(reader)['id']}' and consentType eq 'AllPrincipals'"
    path = f"/v1.0/oauth2PermissionGrants?$filter={wanted}"
    before = reader.graph(NORTHWIND, path).json()["value"]
    reader.grant(NORTHWIND, "Directory.Read.All:delegated")
    after = reader.graph(NORTHWIND, path).json()["value"]

    assert (before[0]["scope"], before[0]["principalId"]) == (" User.Read", None)
    assert after[0]["scope"].split() == ["User.Read", "Directory.Read.All"]
    assert before[0]["id"] == after[0]["id"]
    assert own(reader, "/oauth2PermissionGrants")["value"] == after


def test_a_persons_own_grant_is_another_object(reader: Http) -> None:
    person = "11111111-0000-4000-8000-000000000003"
    reader.control(
        "POST",
        f"tenants/{NORTHWIND}/apps/{CONNECTOR}/grant",
        permissions=["User.ReadBasic.All:delegated"],
        principal=person,
    )

    grants = own(reader, "/oauth2PermissionGrants")["value"]
    assert [(one["consentType"], one["principalId"], len(one["id"])) for one in grants] == [
        ("AllPrincipals", None, 43),
        ("Principal", person, 64),
    ]


def test_a_grant_on_its_way_is_not_listed(reader: Http) -> None:
    reader.control("PATCH", "settings", grant_delay=60)
    reader.grant(NORTHWIND, "SecurityAlert.Read.All:application", "Directory.Read.All:delegated")

    assert len(own(reader, "/appRoleAssignments")["value"]) == 3
    assert own(reader, "/oauth2PermissionGrants")["value"][0]["scope"] == " User.Read"


def test_pages_follow_each_other_by_an_opaque_link(reader: Http) -> None:
    reader.control("PATCH", "settings", page_size=2)
    first = own(reader, "/appRoleAssignments", "?$select=appRoleId")
    link = first["@odata.nextLink"]
    second = reader.graph(NORTHWIND, link.removeprefix("https://graph.microsoft.com")).json()

    assert link.startswith("https://graph.microsoft.com/v1.0/servicePrincipals")
    assert [len(page["value"]) for page in (first, second)] == [2, 1]
    assert set(second["value"][0]) == {"appRoleId"}
    assert "@odata.nextLink" not in second


def test_a_page_can_be_empty_and_have_a_next_one(reader: Http) -> None:
    reader.control("POST", "faults", kind="empty_page", times=1)
    first = own(reader, "/appRoleAssignments")
    second = reader.graph(
        NORTHWIND, first["@odata.nextLink"].removeprefix("https://graph.microsoft.com")
    ).json()

    assert first["value"] == []
    assert len(second["value"]) == 3


def test_the_registration_is_in_its_home_tenant_only(reader: Http) -> None:
    reader.grant(HOME, *READS)
    path = f"/v1.0/applications(appId='{CONNECTOR}')"

    found = reader.graph(HOME, path).json()
    assert found["requiredResourceAccess"] == [
        {
            "resourceAppId": GRAPH,
            "resourceAccess": [{"id": "bf394140-e372-4bf9-a898-299cfc7564e5", "type": "Role"}],
        }
    ]
    assert found["web"]["redirectUris"][0] == "http://localhost:8000/c/return"
    assert reader.graph(NORTHWIND, path).status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "/v1.0/servicePrincipals",
        f"/v1.0/servicePrincipals(appId='{CONNECTOR}')",
        "/v1.0/oauth2PermissionGrants",
        "/v1.0/applications",
        "/v1.0/organization",
        "/v1.0/roleManagement/directory/roleAssignments?$filter=principalId eq 'x'",
    ],
)
def test_without_the_permission_a_read_is_refused(http: Http, path: str) -> None:
    answer = http.graph(HOME, path)

    assert answer.status_code == 403
    assert answer.json()["error"]["code"] == "Authorization_RequestDenied"
    assert answer.json()["error"]["message"] == "Insufficient privileges to complete the operation."


def test_application_read_all_does_not_open_scope_grants(http: Http) -> None:
    http.grant(HOME, "Application.Read.All:application")

    assert http.graph(HOME, "/v1.0/servicePrincipals").status_code == 200
    assert http.graph(HOME, "/v1.0/oauth2PermissionGrants").status_code == 403


def test_the_delegated_permission_does_not_help_an_application(http: Http) -> None:
    http.grant(HOME, "Directory.Read.All:delegated")

    assert http.graph(HOME, "/v1.0/servicePrincipals").status_code == 403


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ({}, "Access token is empty."),
        ({"Authorization": "Bearer opaque"}, "IDX14100: JWT is not well formed"),
        ({"Authorization": "Bearer a.b.c"}, "CompactToken validation failed with reason code: 80049228."),
    ],
)
def test_a_token_that_is_none_is_refused(http: Http, header: dict[str, str], message: str) -> None:
    answer = http.get("/v1.0/organization", headers=header)

    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "InvalidAuthenticationToken"
    assert answer.json()["error"]["message"].startswith(message)
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_changed_token_is_refused(http: Http) -> None:
    head, body, signature = http.token(HOME).json()["access_token"].split(".")
    forged = f"{head}.{body[:-4]}AAAA.{signature}"

    answer = http.get("/v1.0/organization", headers={"Authorization": f"Bearer {forged}"})
    assert answer.status_code == 401


def test_an_expired_token_is_refused(http: Http) -> None:
    token = http.token(HOME).json()["access_token"]
    http.control("PATCH", "settings", clock_offset=3601)

    answer = http.get("/v1.0/organization", headers={"Authorization": f"Bearer {token}"})
    assert answer.json()["error"]["message"] == "Lifetime validation failed, the token is expired."


def test_ids_are_echoed_and_an_error_carries_both(http: Http) -> None:
    mine = "0f0f0f0f-1111-4222-8333-444444444444"
    answer = http.graph(HOME, "/v1.0/nothing", headers={"client-request-id": mine})
    inner = answer.json()["error"]["innerError"]

    assert answer.status_code == 400
    assert answer.json()["error"]["message"] == "Resource not found for the segment 'nothing'."
    assert answer.headers["client-request-id"] == inner["client-request-id"] == mine
    assert answer.headers["request-id"] == inner["request-id"] != mine
    assert "ServerInfo" in answer.headers["x-ms-ags-diagnostic"]


def test_a_filter_that_is_not_supported_is_refused(reader: Http) -> None:
    answer = reader.graph(NORTHWIND, "/v1.0/oauth2PermissionGrants?$filter=scope eq 'x'")

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "Request_UnsupportedQuery")


def as_person(http: Http, person: str, path: str) -> Any:
    return http.get(path, headers={"Authorization": f"Bearer {tokens(http, person)['access_token']}"})


def test_a_person_reads_themselves_their_roles_and_their_organization(http: Http) -> None:
    me = as_person(http, ADA, "/v1.0/me").json()
    roles = as_person(http, ADA, "/v1.0/me/memberOf/microsoft.graph.directoryRole").json()["value"]
    organization = as_person(http, ADA, "/v1.0/organization").json()["value"]

    assert me["userPrincipalName"] == ADA
    assert [role["roleTemplateId"] for role in roles] == ["e8611ab8-c189-46e8-94e1-60213ab1f814"]
    assert organization[0]["verifiedDomains"][0]["name"] == "northwind.example"
    assert as_person(http, ADA, "/oidc/userinfo").json()["name"] == "Ada Alvarez"
    assert as_person(http, DANA, "/v1.0/servicePrincipals").status_code == 403


def test_an_application_is_nobody(http: Http) -> None:
    assert http.graph(HOME, "/v1.0/me").status_code == 400


def test_role_assignments_hold_active_roles_only(reader: Http) -> None:
    nora = "11111111-0000-4000-8000-000000000002"
    reader.control("PATCH", f"users/{nora}", eligibleRoles=["Security Reader"])
    base, query = "/v1.0/roleManagement/directory", f"?$filter=principalId eq '{nora}'"

    active = reader.graph(NORTHWIND, f"{base}/roleAssignments{query}").json()["value"]
    eligible = reader.graph(NORTHWIND, f"{base}/roleEligibilityScheduleInstances{query}").json()["value"]
    assert [one["roleDefinitionId"] for one in active] == ["158c047a-c907-4556-b7ef-446551a6b5f7"]
    assert [one["roleDefinitionId"] for one in eligible] == ["5d6b6bb7-de71-4623-b4af-96380a352509"]
    assert reader.graph(NORTHWIND, f"{base}/roleAssignments").status_code == 400


def test_delta_ends_with_a_link_that_can_expire(reader: Http) -> None:
    first = reader.graph(NORTHWIND, "/v1.0/oauth2PermissionGrants/delta").json()
    link = first["@odata.deltaLink"].removeprefix("https://graph.microsoft.com")
    assert len(first["value"]) == 1
    assert reader.graph(NORTHWIND, link).json()["value"] == []

    reader.control("PATCH", "settings", delta_expired=True)
    expired = reader.graph(NORTHWIND, link)
    assert expired.status_code == 410
    assert expired.headers["Location"] == "https://graph.microsoft.com/v1.0/oauth2PermissionGrants/delta"


def test_even_an_empty_collection_can_have_a_next_page(reader: Http) -> None:
    reader.control("POST", "faults", kind="empty_page", times=1)

    assert "@odata.nextLink" in own(reader, "/appRoleAssignedTo")

"""People who are at home in another tenant, and roles that are only eligible."""

from typing import Any

import jwt
import pytest

from sandbox.demo import FABRIKAM, NORTHWIND
from tests.sandbox.conftest import Http
from tests.sandbox.signing_in import ADA, address, redeem, sign_in

GUS = "gus@fabrikam.example"
GUEST, AT_HOME = f"{NORTHWIND}/11111111-0000-4000-8000-000000000006", f"{FABRIKAM}/{GUS}"
ELIO = "11111111-0000-4000-8000-000000000005"
SECURITY_READER = "5d6b6bb7-de71-4623-b4af-96380a352509"


def claims_of(http: Http, person: str, tenant: str, kind: str = "id") -> dict[str, Any]:
    answer = redeem(http, sign_in(http, person, tenant)["code"])
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = jwt.decode(answer.json()[f"{kind}_token"], options={"verify_signature": False})
    return found


@pytest.mark.parametrize("kind", ["id", "access"])
def test_a_guest_of_a_tenant_is_told_from_its_members(http: Http, kind: str) -> None:
    guest, member = claims_of(http, GUEST, NORTHWIND, kind), claims_of(http, ADA, NORTHWIND, kind)

    assert (guest["tid"], guest["acct"], guest["idp"]) == (
        NORTHWIND,
        1,
        f"https://sts.windows.net/{FABRIKAM}/",
    )
    assert member["acct"] == 0
    assert member.get("idp") != guest["idp"]


@pytest.mark.parametrize("chosen", [GUEST, AT_HOME])
def test_the_path_decides_as_whom_one_account_signs_in(http: Http, chosen: str) -> None:
    as_guest = claims_of(http, chosen, NORTHWIND)
    at_home = claims_of(http, chosen, "organizations")

    assert (as_guest["tid"], at_home["tid"]) == (NORTHWIND, FABRIKAM)
    assert as_guest["oid"] != at_home["oid"]
    assert as_guest["preferred_username"] == at_home["preferred_username"] == GUS
    assert "idp" not in at_home


def test_accounts_are_chosen_where_they_are_at_home(http: Http) -> None:
    assert "Gus Petrov (guest)" not in http.get(address()).text
    assert "Gus Petrov (guest)" in http.get(address(NORTHWIND)).text


def test_a_guest_whose_home_is_not_here_cannot_choose_it(http: Http) -> None:
    somewhere = "99999999-9999-4999-8999-999999999999"
    people = [{"id": ELIO, "userPrincipalName": "x@elsewhere.example", "guestOf": somewhere}]
    http.control(
        "POST", "load", tenants=[{"id": NORTHWIND, "domains": ["northwind.example"], "users": people}]
    )

    assert sign_in(http, f"{NORTHWIND}/{ELIO}")["error_description"].startswith("AADSTS16000: ")
    assert "code" in sign_in(http, f"{NORTHWIND}/{ELIO}", NORTHWIND)


def test_the_directory_says_who_is_a_guest(http: Http) -> None:
    people = {one["displayName"]: one for one in http.control("GET", f"tenants/{NORTHWIND}")["users"]}
    token = redeem(http, sign_in(http, GUEST, NORTHWIND)["code"]).json()["access_token"]
    me = http.get("/v1.0/me", headers={"Authorization": f"Bearer {token}"}).json()

    assert (people["Gus Petrov (guest)"]["userType"], people["Gus Petrov (guest)"]["guestOf"]) == (
        "Guest",
        FABRIKAM,
    )
    assert (people["Ada Alvarez"]["userType"], people["Ada Alvarez"]["guestOf"]) == ("Member", None)
    assert me["userType"] == "Guest"
    assert me["userPrincipalName"] == "gus_fabrikam.example#EXT#@northwind.example"
    assert me["mail"] == GUS


def test_a_home_that_is_no_tenant_is_refused(http: Http) -> None:
    people = [{"userPrincipalName": "x@elsewhere.example", "guestOf": "elsewhere"}]
    document = {"tenants": [{"id": NORTHWIND, "users": people}]}

    answer = http.post("/_sandbox/load", json=document)
    assert (answer.status_code, answer.json()) == (
        400,
        {"error": "'guestOf' must be a GUID, not 'elsewhere'"},
    )


def test_a_role_that_is_only_eligible_is_in_no_token_and_in_a_list_of_its_own(http: Http) -> None:
    http.grant(NORTHWIND, "RoleEligibilitySchedule.Read.Directory:application")
    path = f"/v1.0/roleManagement/directory/roleEligibilityScheduleInstances?$filter=principalId eq '{ELIO}'"

    assert SECURITY_READER not in claims_of(http, f"{NORTHWIND}/{ELIO}", "organizations")["wids"]
    (held,) = http.graph(NORTHWIND, path).json()["value"]
    assert (held["principalId"], held["roleDefinitionId"], held["directoryScopeId"]) == (
        ELIO,
        SECURITY_READER,
        "/",
    )


def test_reading_eligible_roles_does_not_open_active_ones(http: Http) -> None:
    http.grant(NORTHWIND, "RoleEligibilitySchedule.Read.Directory:application")

    path = f"/v1.0/roleManagement/directory/roleAssignments?$filter=principalId eq '{ELIO}'"
    assert http.graph(NORTHWIND, path).status_code == 403


def test_an_activated_role_is_active_at_once(http: Http) -> None:
    http.control("PATCH", f"users/{ELIO}", directoryRoles=["Security Reader"], eligibleRoles=[])

    assert SECURITY_READER in claims_of(http, f"{NORTHWIND}/{ELIO}", "organizations")["wids"]


def test_a_persons_own_claims_are_in_their_id_token_and_never_instead_of_microsofts(http: Http) -> None:
    claims = {"email": ADA, "xms_edov": False, "tid": FABRIKAM, "oid": "x"}
    people = [{"id": ELIO, "userPrincipalName": "x@northwind.example", "claims": claims}]
    http.control("POST", "load", tenants=[{"id": NORTHWIND, "users": people}])

    found = claims_of(http, f"{NORTHWIND}/{ELIO}", NORTHWIND)
    assert (found["email"], found["xms_edov"]) == (ADA, False)
    assert (found["tid"], found["oid"]) == (NORTHWIND, ELIO)

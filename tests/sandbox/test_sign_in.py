"""Signing people in: the authorize page, the tokens of a person, and signing out."""

from typing import Any

import jwt
import pytest

from sandbox.demo import CONNECTOR, HOME, NORTHWIND, PORTAL
from tests.sandbox.conftest import Http, parameters
from tests.sandbox.signing_in import (
    ADA,
    DANA,
    RETURN,
    RUI,
    address,
    id_claims,
    redeem,
    sign_in,
    tokens,
)


def test_a_person_comes_back_with_a_code_and_their_state(http: Http) -> None:
    answer = sign_in(http, ADA)

    assert set(answer) == {"code", "state", "session_state", "client_info"}
    assert answer["state"] == "state-1"


def test_the_id_token_is_verifiable_and_says_who_and_where(http: Http) -> None:
    claims = id_claims(http, tokens(http, ADA))

    assert claims["iss"] == f"https://login.microsoftonline.com/{NORTHWIND}/v2.0"
    assert (claims["tid"], claims["nonce"], claims["ver"]) == (NORTHWIND, "nonce-1", "2.0")
    assert claims["preferred_username"] == ADA
    assert "e8611ab8-c189-46e8-94e1-60213ab1f814" in claims["wids"]
    assert "roles" not in claims


def test_app_roles_of_the_person_are_in_the_id_token(http: Http) -> None:
    assert id_claims(http, tokens(http, DANA))["roles"] == ["Owner"]


def test_the_subject_differs_between_applications(http: Http) -> None:
    other = {
        "client_id": CONNECTOR,
        "redirect_uri": "http://localhost:8000/c/return",
    }
    code = sign_in(http, ADA, scope="openid", **other)["code"]
    theirs = redeem(http, code, client_secret="sandbox-connector-secret", **other).json()["id_token"]
    mine = tokens(http, ADA)["id_token"]

    subjects = [jwt.decode(one, options={"verify_signature": False})["sub"] for one in (theirs, mine)]
    assert subjects[0] != subjects[1]


def test_scopes_are_everything_granted_to_that_person(http: Http) -> None:
    http.control(
        "POST",
        f"tenants/{NORTHWIND}/apps/{PORTAL}/grant",
        permissions=["Directory.Read.All:delegated"],
    )
    body = tokens(http, ADA, scope="openid User.Read")

    assert {"openid", "profile", "email", "User.Read", "Directory.Read.All"} == set(body["scope"].split())
    claims = jwt.decode(body["access_token"], options={"verify_signature": False})
    assert claims["scp"] == body["scope"]
    assert (claims["idtyp"], claims["upn"]) == ("user", ADA)


def test_an_access_token_for_graph_cannot_be_verified_by_clients(http: Http) -> None:
    token = tokens(http, ADA)["access_token"]
    keys = jwt.PyJWKSet.from_dict(http.get("/common/discovery/v2.0/keys").json())
    header = jwt.get_unverified_header(token)

    assert header["nonce"]
    with pytest.raises(jwt.InvalidSignatureError):
        jwt.decode(
            token, keys[header["kid"]].key, algorithms=["RS256"], audience="https://graph.microsoft.com"
        )


@pytest.mark.parametrize(
    ("changes", "error", "code"),
    [
        ({"response_type": "id_token"}, "unsupported_response_type", 700054),
        ({"scope": None}, "invalid_request", 900144),
        ({"scope": "Nonsense.Read"}, "invalid_scope", 70011),
        (
            {"scope": "https://graph.microsoft.com/.default https://graph.microsoft.com/User.Read"},
            "invalid_scope",
            70011,
        ),
        ({"scope": "https://a.example/x https://b.example/y"}, "invalid_scope", 70011),
        ({"scope": "https://a.example/x"}, "invalid_resource", 500011),
        ({"scope": "Directory.Read.All"}, "consent_required", 65001),
        ({"prompt": "none"}, "login_required", 50058),
    ],
)
def test_errors_that_come_back_to_the_application(
    http: Http, changes: dict[str, Any], error: str, code: int
) -> None:
    answer = sign_in(http, ADA, **changes)

    assert answer["error"] == error
    assert answer["error_description"].startswith(f"AADSTS{code}: ")
    assert answer["state"] == "state-1"
    assert "code" not in answer


@pytest.mark.parametrize(
    ("tenant", "changes", "code"),
    [
        ("organizations", {"redirect_uri": "https://evil.example/"}, 50011),
        ("organizations", {"client_id": "99999999-9999-4999-8999-999999999999"}, 700016),
        ("99999999-9999-4999-8999-999999999999", {}, 90002),
    ],
)
def test_errors_that_stay_on_a_page(http: Http, tenant: str, changes: dict[str, Any], code: int) -> None:
    answer = http.get(address(tenant, **changes))

    assert f"AADSTS{code}: " in answer.text
    assert "Location" not in answer.headers


def test_a_person_of_another_organization_cannot_come_in_through_a_tenants_path(http: Http) -> None:
    assert sign_in(http, ADA, HOME)["error_description"].startswith("AADSTS50020: ")


def test_a_person_who_may_not_sign_in(http: Http) -> None:
    http.control("PATCH", f"users/{ADA}", enabled=False)

    assert "AADSTS50057: " in http.post(address(), data={"user": ADA}).text


def test_a_disabled_application_cannot_be_signed_in_to(http: Http) -> None:
    sign_in(http, ADA)
    http.control("POST", f"tenants/{NORTHWIND}/apps/{PORTAL}/disable")

    assert "AADSTS7000112: " in http.post(address(), data={"user": ADA}).text


def test_a_session_signs_in_silently_until_signed_out(http: Http) -> None:
    sign_in(http, ADA)
    assert "code" in parameters(http.get(address(prompt="none")))

    assert http.get("/common/oauth2/v2.0/logout").status_code == 200
    assert parameters(http.get(address(prompt="none")))["error"] == "login_required"


def test_proving_oneself_again_renews_the_time_of_sign_in(http: Http) -> None:
    first = id_claims(http, tokens(http, ADA))["auth_time"]
    http.control("PATCH", "settings", clock_offset=100)

    kept = jwt.decode(tokens(http, ADA)["id_token"], options={"verify_signature": False})
    renewed = jwt.decode(tokens(http, ADA, prompt="login")["id_token"], options={"verify_signature": False})
    assert kept["auth_time"] == first
    assert renewed["auth_time"] >= first + 100


def test_signing_out_goes_back_to_a_registered_origin_only(http: Http) -> None:
    path = "/common/oauth2/v2.0/logout?post_logout_redirect_uri="

    assert http.get(f"{path}http://localhost:8000/").headers["Location"] == "http://localhost:8000/"
    assert "Location" not in http.get(f"{path}https://evil.example/").headers


def test_the_answer_can_come_in_the_fragment(http: Http) -> None:
    answer = http.post(address(response_mode="fragment"), data={"user": ADA})

    assert answer.headers["Location"].startswith(f"{RETURN}#code=")


def test_people_consent_for_themselves_only_where_that_is_allowed(http: Http) -> None:
    http.control("PATCH", "settings", user_consent="blocked")

    assert "AADSTS90094: " in http.post(address(), data={"user": RUI}).text


def test_signing_in_is_a_consent_of_that_person_alone(http: Http) -> None:
    sign_in(http, RUI)

    app = next(one for one in http.control("GET", f"tenants/{NORTHWIND}")["apps"] if one["appId"] == PORTAL)
    assert {grant["principal"] for grant in app["granted"]} == {"11111111-0000-4000-8000-000000000003"}


@pytest.mark.parametrize("how", ["audience", "issuer", "expired", "signature", "none"])
def test_an_id_token_can_be_spoiled(http: Http, how: str) -> None:
    http.control("POST", "faults", kind="id_token", how=how, times=1)
    body = tokens(http, ADA)

    with pytest.raises((jwt.InvalidTokenError, KeyError)):
        id_claims(http, body)
    assert id_claims(http, tokens(http, ADA))


def test_an_unfriendly_state_survives_the_trip(http: Http) -> None:
    state = 'a b&c="d"é#'

    assert sign_in(http, ADA, state=state)["state"] == state


def test_what_one_person_granted_is_not_in_the_token_of_another(http: Http) -> None:
    http.control(
        "POST",
        f"tenants/{NORTHWIND}/apps/{PORTAL}/grant",
        permissions=["User.ReadBasic.All:delegated"],
        principal="11111111-0000-4000-8000-000000000003",
    )

    assert "User.ReadBasic.All" in tokens(http, RUI)["scope"].split()
    assert "User.ReadBasic.All" not in tokens(http, ADA)["scope"].split()


def test_offline_access_is_worth_a_refresh_token_and_no_scope(http: Http) -> None:
    body = tokens(http, ADA)

    assert "refresh_token" in body
    assert "offline_access" not in body["scope"].split()


def test_a_hint_puts_that_person_first(http: Http) -> None:
    page = http.get(address(login_hint=RUI)).text

    assert page.index("Rui Costa") < page.index("Ada Alvarez") < page.index("Dana Okafor")


def test_50020_can_be_a_page(http: Http) -> None:
    path = f"/{HOME}/adminconsent?client_id={CONNECTOR}&redirect_uri=http://localhost:8000/c/return"
    http.control("PATCH", "settings", foreign_account="page")

    assert "AADSTS50020: " in http.post(path, data={"user": ADA}).text

"""Authorization codes and refresh tokens: what they are worth, once."""

from typing import Any

import pytest

from sandbox.demo import CONNECTOR, HOME, NORTHWIND, PORTAL
from tests.sandbox.conftest import Http
from tests.sandbox.signing_in import (
    ADA,
    code_of,
    redeem,
    sign_in,
    tokens,
)


def test_a_refresh_token_and_client_info_come_only_when_asked_for(http: Http) -> None:
    code = sign_in(http, ADA, scope="User.Read")["code"]
    body = redeem(http, code, client_info="0").json()

    assert not {"refresh_token", "id_token", "client_info"} & set(body)


def test_a_refresh_token_is_worth_new_tokens_until_consent_is_withdrawn(http: Http) -> None:
    refresh = {"grant_type": "refresh_token", "refresh_token": tokens(http, ADA)["refresh_token"]}
    assert redeem(http, "", **refresh).status_code == 200

    http.control("POST", f"tenants/{NORTHWIND}/apps/{PORTAL}/revoke")
    answer = redeem(http, "", scope="User.Read", **refresh)
    assert code_of(answer) == (400, "invalid_grant", 65001)
    assert answer.json()["suberror"] == "consent_required"
    assert code_of(redeem(http, "", grant_type="refresh_token", refresh_token="made-up"))[2] == 700082


def test_a_code_is_good_once(http: Http) -> None:
    code = sign_in(http, ADA)["code"]

    assert redeem(http, code).status_code == 200
    assert code_of(redeem(http, code)) == (400, "invalid_grant", 54005)


def test_a_code_expires(http: Http) -> None:
    code = sign_in(http, ADA)["code"]
    http.control("PATCH", "settings", clock_offset=601)

    assert code_of(redeem(http, code)) == (400, "invalid_grant", 70008)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"code_verifier": "x" * 43}, (400, "invalid_grant", 501481)),
        ({"code_verifier": None}, (400, "invalid_grant", 501481)),
        ({"redirect_uri": "http://localhost:8000/other"}, (400, "invalid_grant", 500112)),
        ({"code": "made-up"}, (400, "invalid_grant", 9002313)),
        ({"code": None}, (400, "invalid_request", 900144)),
        ({"client_secret": "wrong"}, (401, "invalid_client", 7000215)),
        ({"client_secret": None}, (401, "invalid_client", 7000218)),
        (
            {"client_id": CONNECTOR, "client_secret": "sandbox-connector-secret"},
            (400, "invalid_grant", 9002313),
        ),
    ],
)
def test_a_code_is_worth_nothing_with(
    http: Http, changes: dict[str, Any], expected: tuple[int, str, int]
) -> None:
    answer = redeem(http, **({"code": sign_in(http, ADA)["code"]} | changes))

    assert code_of(answer) == expected


def test_a_code_is_for_its_own_tenant(http: Http) -> None:
    assert code_of(redeem(http, sign_in(http, ADA)["code"], HOME)) == (400, "invalid_grant", 700005)

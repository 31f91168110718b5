"""Broken on purpose: what each fault answers, whom it hits and how often."""

import time
from typing import Any

import pytest
import requests

from sandbox.demo import CONNECTOR, HOME, NORTHWIND, PORTAL
from tests.sandbox.conftest import Http


def fault(http: Http, kind: str, **options: Any) -> None:
    http.control("POST", "faults", kind=kind, **options)


def test_throttling_tells_when_to_come_back(http: Http) -> None:
    fault(http, "throttle", endpoint="token", seconds=7, times=1)

    answer = http.token(HOME)

    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "7")
    assert answer.json()["error_codes"] == [90055]


def test_graph_throttles_without_telling_when_to_come_back(http: Http) -> None:
    fault(http, "throttle", endpoint="graph", seconds=None, times=1)

    answer = http.graph(HOME, "/v1.0/organization")

    assert (answer.status_code, answer.json()["error"]["code"]) == (429, "TooManyRequests")
    assert "Retry-After" not in answer.headers
    assert answer.headers["x-ms-throttle-scope"] == f"Tenant_Application/ReadWrite/{CONNECTOR}/{HOME}"


@pytest.mark.parametrize(
    ("kind", "status", "starts"),
    [
        ("error503", 503, "<html>"),
        ("error500", 500, '{"error": "server_error"'),
        ("garbage", 200, "\x00"),
        ("truncated", 200, '{"token_type": "Bearer"'),
        ("hello", 200, '{"hello": "world"}'),
        ("html200", 200, "<html>"),
    ],
)
def test_a_token_request_meets(http: Http, kind: str, status: int, starts: str) -> None:
    fault(http, kind, endpoint="token", times=1)

    answer = http.token(HOME)

    assert answer.status_code == status
    assert answer.text.startswith(starts)
    if kind in ("truncated", "garbage"):
        with pytest.raises(requests.JSONDecodeError):
            answer.json()
    assert "access_token" in http.token(HOME).json()


def test_a_redirect_leads_elsewhere(http: Http) -> None:
    fault(http, "redirect302", endpoint="token")

    assert http.token(HOME).headers["Location"] == "http://127.0.0.1:9/elsewhere"


def test_an_opaque_token_is_no_jwt(http: Http) -> None:
    fault(http, "opaque_token")

    assert "." not in http.token(HOME).json()["access_token"]


def test_a_huge_body_is_as_large_as_asked(http: Http) -> None:
    fault(http, "huge", endpoint="token", bytes=1_000_000)

    assert 900_000 < len(http.token(HOME).content) < 1_100_000


@pytest.mark.parametrize("kind", ["reset", "hang"])
def test_a_connection_is_cut(http: Http, kind: str) -> None:
    fault(http, kind, endpoint="token", seconds=0.1)

    with pytest.raises(requests.ConnectionError):
        http.token(HOME)


@pytest.mark.parametrize("kind", ["slow", "drip"])
def test_an_answer_takes_its_time(http: Http, kind: str) -> None:
    fault(http, kind, endpoint="token", seconds=0.3)

    started = time.monotonic()
    body = http.token(HOME).json()

    assert time.monotonic() - started >= 0.3
    assert "access_token" in body


def test_any_aadsts_code_with_status_and_claims(http: Http) -> None:
    fault(http, "aadsts", endpoint="token", code=53003, suberror="message_only", claims={"access_token": {}})

    answer = http.token(HOME)

    assert (answer.status_code, answer.json()["error_codes"]) == (400, [53003])
    assert answer.json()["suberror"] == "message_only"
    assert answer.json()["claims"] == '{"access_token": {}}'


def test_any_error_of_graph(http: Http) -> None:
    fault(http, "graph", endpoint="graph", status=503, code="serviceNotAvailable", message="Later")

    answer = http.graph(HOME, "/v1.0/organization")
    assert (answer.status_code, answer.json()["error"]["message"]) == (503, "Later")


@pytest.mark.parametrize(
    "match",
    [
        {"endpoint": "graph"},
        {"tenant": NORTHWIND},
        {"app": PORTAL},
        {"path": "/beta/"},
    ],
)
def test_a_fault_leaves_others_alone(http: Http, match: dict[str, str]) -> None:
    fault(http, "error503", **match)

    assert http.token(HOME).status_code == 200


@pytest.mark.parametrize(
    "match",
    [{"endpoint": "token"}, {"tenant": HOME}, {"app": CONNECTOR}, {"path": "oauth2"}, {}],
)
def test_a_fault_hits_what_it_names(http: Http, match: dict[str, str]) -> None:
    fault(http, "error503", **match)

    assert http.token(HOME).status_code == 503


def test_a_domain_in_the_path_is_matched_by_the_tenants_id(http: Http) -> None:
    fault(http, "error503", tenant=HOME)

    assert http.token("contoso.example").status_code == 503


def test_a_fault_ends_after_its_times(http: Http) -> None:
    fault(http, "error503", endpoint="token", times=2)

    assert [http.token(HOME).status_code for _ in range(3)] == [503, 503, 200]
    assert http.control("GET", "faults")["faults"] == []


def test_clearing_mends(http: Http) -> None:
    fault(http, "error503")
    first = http.control("GET", "faults")["faults"][0]["id"]
    http.control("DELETE", f"faults/{first}")

    assert http.token(HOME).status_code == 200

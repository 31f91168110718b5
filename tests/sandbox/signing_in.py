"""A person signs in as a browser and a client would do it together."""

import base64
import hashlib
from typing import Any
from urllib.parse import urlencode

import jwt
import requests

from sandbox.demo import CONNECTOR, HOME, NORTHWIND, PORTAL
from tests.sandbox.conftest import Http, parameters

RETURN = "http://localhost:8000/sign-in/return"
ADA, DANA, RUI = "ada@northwind.example", "dana@contoso.example", "rui@northwind.example"
GRAPH = "https://graph.microsoft.com"
SCOPE = "openid profile offline_access User.Read"
CONNECTOR_CREDENTIAL = {"client_id": CONNECTOR, "client_secret": "sandbox-connector-secret"}
VERIFIER = "v" * 43
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()


def address(tenant: str = "organizations", **changes: Any) -> str:
    fields = {
        "client_id": PORTAL,
        "response_type": "code",
        "redirect_uri": RETURN,
        "scope": SCOPE,
        "state": "state-1",
        "nonce": "nonce-1",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
        "client_info": "1",
    } | changes
    return f"/{tenant}/oauth2/v2.0/authorize?" + urlencode({k: v for k, v in fields.items() if v is not None})


def sign_in(http: Http, person: str, tenant: str = "organizations", **changes: Any) -> dict[str, str]:
    return parameters(http.post(address(tenant, **changes), data={"user": person}))


def redeem(http: Http, code: str, tenant: str = "organizations", **changes: Any) -> requests.Response:
    fields = {
        "client_id": PORTAL,
        "client_secret": "sandbox-portal-secret",
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": RETURN,
        "code_verifier": VERIFIER,
        "client_info": "1",
    } | changes
    return http.post(f"/{tenant}/oauth2/v2.0/token", data=fields)


def tokens(http: Http, person: str, **changes: Any) -> dict[str, Any]:
    answer = redeem(http, sign_in(http, person, **changes)["code"])
    assert answer.status_code == 200, answer.text
    utid = HOME if person == DANA else NORTHWIND
    body: dict[str, Any] = answer.json() | {"tenant": utid}
    return body


def id_claims(http: Http, body: dict[str, Any]) -> dict[str, Any]:
    """The id token's claims, its signature checked with the published keys as a client would."""
    keys = jwt.PyJWKSet.from_dict(http.get("/common/discovery/v2.0/keys").json())
    kid = jwt.get_unverified_header(body["id_token"])["kid"]
    issuer = f"https://login.microsoftonline.com/{body['tenant']}/v2.0"
    found: dict[str, Any] = jwt.decode(
        body["id_token"], keys[kid].key, algorithms=["RS256"], audience=PORTAL, issuer=issuer
    )
    return found


def code_of(answer: requests.Response) -> tuple[int, str, int]:
    return answer.status_code, answer.json()["error"], answer.json()["error_codes"][0]

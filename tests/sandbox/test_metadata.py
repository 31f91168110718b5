"""Metadata, keys and instance discovery."""

import pytest

from sandbox.demo import HOME
from tests.sandbox.conftest import Http

LOGIN = "https://login.microsoftonline.com"


@pytest.mark.parametrize("name", [HOME, "contoso.example"])
def test_a_tenants_metadata_names_its_id_and_microsofts_addresses(http: Http, name: str) -> None:
    body = http.get(f"/{name}/v2.0/.well-known/openid-configuration").json()

    assert body["issuer"] == f"{LOGIN}/{HOME}/v2.0"
    assert body["token_endpoint"] == f"{LOGIN}/{HOME}/oauth2/v2.0/token"
    assert body["authorization_endpoint"] == f"{LOGIN}/{HOME}/oauth2/v2.0/authorize"
    assert body["jwks_uri"] == f"{LOGIN}/{HOME}/discovery/v2.0/keys"
    assert body["msgraph_host"] == "graph.microsoft.com"


@pytest.mark.parametrize("name", ["common", "organizations"])
def test_the_issuer_for_everyone_is_a_template(http: Http, name: str) -> None:
    body = http.get(f"/{name}/v2.0/.well-known/openid-configuration").json()

    assert body["issuer"] == f"{LOGIN}/{{tenantid}}/v2.0"
    assert body["token_endpoint"] == f"{LOGIN}/{name}/oauth2/v2.0/token"


def test_the_first_version_has_the_other_issuer(http: Http) -> None:
    body = http.get(f"/{HOME}/.well-known/openid-configuration").json()

    assert body["issuer"] == f"https://sts.windows.net/{HOME}/"


def test_the_host_header_chooses_the_cloud_and_any_other_is_ignored(http: Http) -> None:
    path = "/common/v2.0/.well-known/openid-configuration"

    us = http.get(path, headers={"Host": "login.microsoftonline.us"}).json()
    other = http.get(path, headers={"Host": "anything.example"}).json()
    assert us["issuer"].startswith("https://login.microsoftonline.us/")
    assert other["issuer"].startswith(f"{LOGIN}/")


def test_an_unknown_tenant_has_no_metadata(http: Http) -> None:
    answer = http.get("/nobody.example/v2.0/.well-known/openid-configuration")

    assert answer.status_code == 400
    assert answer.json()["error_codes"] == [90002]


def test_keys_carry_the_issuer_they_may_sign_for(http: Http) -> None:
    shared = http.get("/common/discovery/v2.0/keys").json()["keys"]
    own = http.get(f"/{HOME}/discovery/v2.0/keys").json()["keys"]

    assert {key["issuer"] for key in shared} == {f"{LOGIN}/{{tenantid}}/v2.0"}
    assert {key["issuer"] for key in own} == {f"{LOGIN}/{HOME}/v2.0"}
    assert all({"kty", "use", "kid", "x5t", "n", "e", "x5c"} <= set(key) for key in own)


def kids(http: Http) -> list[str]:
    return [key["kid"] for key in http.get("/common/discovery/v2.0/keys").json()["keys"]]


def test_rotating_adds_a_key_and_keeps_the_old_one_unless_told_otherwise(http: Http) -> None:
    first = kids(http)
    http.control("POST", "keys/rotate")
    second = kids(http)
    http.control("POST", "keys/rotate", keep_old=False)
    third = kids(http)

    assert len(second) == 2
    assert second[0] == first[0]
    assert len(third) == 1
    assert third[0] not in second


def test_graph_still_reads_a_token_signed_before_the_rotation(http: Http) -> None:
    http.grant(HOME, "Organization.Read.All:application")
    token = http.token(HOME).json()["access_token"]
    http.control("POST", "keys/rotate", keep_old=False)

    answer = http.get("/v1.0/organization", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200


def test_instance_discovery_knows_microsofts_hosts_only(http: Http) -> None:
    path = "/common/discovery/instance?api-version=1.1&authorization_endpoint=https://{}/common/oauth2/v2.0/authorize"

    known = http.get(path.format("login.microsoftonline.com"))
    unknown = http.get(path.format("login.example"))
    assert known.json()["metadata"][0]["preferred_cache"] == "login.windows.net"
    assert (unknown.status_code, unknown.json()["error"]) == (400, "invalid_instance")

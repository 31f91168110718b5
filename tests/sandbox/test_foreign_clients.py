"""Clients that nobody here wrote: they keep Microsoft's addresses; only their transport goes elsewhere."""

import asyncio
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any
from urllib.parse import urlsplit

import azure.core.pipeline.transport as azure_transport
import httpx
import jwt
import msal
import pytest
import requests
from azure.core.exceptions import ClientAuthenticationError
from azure.identity import CertificateCredential, ClientSecretCredential
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from sandbox.demo import CONNECTOR, FABRIKAM, HOME, NORTHWIND, PORTAL
from tests.sandbox.conftest import Http

GRAPH_SCOPE = "https://graph.microsoft.com/.default"
RETURN = "http://localhost:8000/sign-in/return"
ADA = "ada@northwind.example"


def here(url: str, sandbox: str) -> str:
    """Microsoft's address with this origin instead; path and query stay."""
    parts = urlsplit(url)
    assert parts.scheme == "https"
    assert parts.hostname in ("login.microsoftonline.com", "graph.microsoft.com")
    return sandbox + url.partition(parts.netloc)[2]


class MsalTransport:
    def __init__(self, sandbox: str) -> None:
        self.sandbox = sandbox
        self.session = requests.Session()

    def get(self, url: str, **options: Any) -> requests.Response:
        return self.session.get(here(url, self.sandbox), timeout=10, **options)

    def post(self, url: str, **options: Any) -> requests.Response:
        return self.session.post(here(url, self.sandbox), timeout=10, **options)

    def close(self) -> None:
        self.session.close()


class AzureTransport(azure_transport.RequestsTransport):  # type: ignore[misc]
    def __init__(self, sandbox: str) -> None:
        super().__init__()
        self.sandbox = sandbox

    def send(self, request: Any, **options: Any) -> Any:
        request.url = here(request.url, self.sandbox)
        return super().send(request, **options)


class GraphTransport(httpx.AsyncBaseTransport):
    def __init__(self, sandbox: str) -> None:
        self.sandbox = sandbox
        self.inner = httpx.AsyncHTTPTransport()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        request.url = httpx.URL(here(str(request.url), self.sandbox))
        return await self.inner.handle_async_request(request)

    async def aclose(self) -> None:
        await self.inner.aclose()


@pytest.fixture(scope="module")
def certificate() -> tuple[str, str]:
    """A private key and a self-signed certificate, both PEM."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "connector")])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=30))
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return private.decode(), signed.public_bytes(serialization.Encoding.PEM).decode()


@pytest.fixture
def transport(http: Http) -> Iterator[MsalTransport]:
    made = MsalTransport(http.url)
    yield made
    made.close()


def msal_app(
    transport: MsalTransport,
    tenant: str,
    credential: Any = "sandbox-connector-secret",
    client_id: str = CONNECTOR,
) -> msal.ConfidentialClientApplication:
    return msal.ConfidentialClientApplication(
        client_id,
        client_credential=credential,
        authority=f"https://login.microsoftonline.com/{tenant}",
        http_client=transport,
    )


def claims(token: str) -> dict[str, Any]:
    found: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return found


def test_msal_discovers_the_instance_and_gets_a_token_with_the_granted_roles(
    transport: MsalTransport,
) -> None:
    answer = msal_app(transport, HOME).acquire_token_for_client([GRAPH_SCOPE])

    assert claims(answer["access_token"])["roles"] == ["SecurityEvents.Read.All"]


def test_msal_reports_a_tenant_that_never_consented(transport: MsalTransport) -> None:
    answer = msal_app(transport, NORTHWIND).acquire_token_for_client([GRAPH_SCOPE])

    assert answer["error"] == "invalid_client"
    assert answer["error_codes"] == [7000229]


def test_msal_takes_a_domain_as_the_tenant(transport: MsalTransport) -> None:
    answer = msal_app(transport, "contoso.example").acquire_token_for_client([GRAPH_SCOPE])

    assert claims(answer["access_token"])["tid"] == HOME


@pytest.mark.parametrize("modern", [True, False], ids=["PS256 x5t#S256", "RS256 x5t"])
def test_msal_proves_itself_with_a_certificate(
    http: Http, transport: MsalTransport, certificate: tuple[str, str], modern: bool
) -> None:
    private, public = certificate
    http.control("PATCH", f"applications/{CONNECTOR}", certificates=[public], secrets=[])
    loaded = x509.load_pem_x509_certificate(public.encode())
    thumbprint = loaded.fingerprint(hashes.SHA1()).hex()  # noqa: S303 - the name of the certificate, not a proof
    legacy = {"private_key": private, "thumbprint": thumbprint}
    credential = {"private_key": private, "public_certificate": public} if modern else legacy

    answer = msal_app(transport, HOME, credential).acquire_token_for_client([GRAPH_SCOPE])

    assert claims(answer["access_token"])["appidacr"] == "2"


def test_msal_signs_a_person_in_with_pkce_and_refreshes(http: Http, transport: MsalTransport) -> None:
    app = msal_app(transport, "organizations", "sandbox-portal-secret", PORTAL)
    flow = app.initiate_auth_code_flow(["User.Read"], redirect_uri=RETURN, response_mode="form_post")
    # The browser's part: the person's button, then the form that goes back to the application.
    path = flow["auth_uri"].removeprefix("https://login.microsoftonline.com")
    page = http.post(path, data={"user": ADA})
    answer = app.acquire_token_by_auth_code_flow(flow, form_fields(page.text))

    assert answer["id_token_claims"]["preferred_username"] == ADA
    assert "User.Read" in answer["scope"].split()
    account = app.get_accounts()[0]
    again = app.acquire_token_silent(["User.Read"], account, force_refresh=True)
    assert claims(again["access_token"])["upn"] == ADA


def form_fields(html: str) -> dict[str, str]:
    return {name: unescape(value) for name, value in re.findall(r'name="([^"]+)" value="([^"]*)"', html)}


@pytest.fixture
def secret_credential(http: Http) -> Iterator[ClientSecretCredential]:
    with ClientSecretCredential(
        HOME, CONNECTOR, "sandbox-connector-secret", transport=AzureTransport(http.url)
    ) as credential:
        yield credential


def test_azure_identity_gets_a_token_with_a_secret(secret_credential: ClientSecretCredential) -> None:
    token = secret_credential.get_token(GRAPH_SCOPE)

    assert claims(token.token)["roles"] == ["SecurityEvents.Read.All"]


def test_azure_identity_gets_a_token_with_a_certificate(http: Http, certificate: tuple[str, str]) -> None:
    http.control("PATCH", f"applications/{CONNECTOR}", certificates=[certificate[1]])

    with CertificateCredential(
        HOME,
        CONNECTOR,
        certificate_data="".join(certificate).encode(),
        transport=AzureTransport(http.url),
    ) as credential:
        token = credential.get_token(GRAPH_SCOPE)

    assert claims(token.token)["appidacr"] == "2"


def test_azure_identity_reports_microsofts_code(http: Http) -> None:
    with (
        ClientSecretCredential(
            FABRIKAM, CONNECTOR, "wrong", transport=AzureTransport(http.url)
        ) as credential,
        pytest.raises(ClientAuthenticationError, match="AADSTS7000215"),
    ):
        credential.get_token(GRAPH_SCOPE)


# The SDK's generated code uses classes that its own base package calls deprecated.
@pytest.mark.filterwarnings("ignore:GetQueryParameters is deprecated:DeprecationWarning")
@pytest.mark.filterwarnings("ignore:This class is deprecated. Please use the generic:DeprecationWarning")
@pytest.mark.slow
def test_the_graph_sdk_reads_what_was_granted(http: Http, secret_credential: ClientSecretCredential) -> None:
    http.control(
        "POST",
        f"tenants/{HOME}/apps/{CONNECTOR}/grant",
        permissions=[
            "Application.Read.All:application",
            "Directory.Read.All:application",
            "User.Read:delegated",
        ],
    )
    http.control("PATCH", "settings", page_size=1)

    principal, roles, scopes = asyncio.run(read_with_the_sdk(http.url, secret_credential))

    assert principal.app_id == CONNECTOR
    assert {str(role.app_role_id) for role in roles} >= {"bf394140-e372-4bf9-a898-299cfc7564e5"}
    assert len(roles) == 3  # three pages of one
    assert [grant.scope.split() for grant in scopes] == [["User.Read"]]


async def read_with_the_sdk(
    sandbox: str, credential: ClientSecretCredential
) -> tuple[Any, list[Any], list[Any]]:
    from kiota_abstractions.base_request_configuration import RequestConfiguration
    from kiota_authentication_azure.azure_identity_authentication_provider import (
        AzureIdentityAuthenticationProvider,
    )
    from msgraph import GraphRequestAdapter, GraphServiceClient  # type: ignore[attr-defined]
    from msgraph.generated.oauth2_permission_grants.oauth2_permission_grants_request_builder import (
        Oauth2PermissionGrantsRequestBuilder,
    )
    from msgraph_core import GraphClientFactory, PageIterator  # type: ignore[import-untyped]

    client = GraphClientFactory.create_with_default_middleware(
        client=httpx.AsyncClient(transport=GraphTransport(sandbox))
    )
    async with client:
        provider = AzureIdentityAuthenticationProvider(credential, scopes=[GRAPH_SCOPE])
        adapter = GraphRequestAdapter(provider, client=client)
        graph = GraphServiceClient(request_adapter=adapter)
        principal = await graph.service_principals_with_app_id(CONNECTOR).get()
        assert principal is not None
        assert principal.id
        page = await graph.service_principals.by_service_principal_id(principal.id).app_role_assignments.get()
        roles: list[Any] = []

        def keep(role: Any) -> bool:
            roles.append(role)
            return True

        await PageIterator(page, adapter).iterate(keep)
        query = Oauth2PermissionGrantsRequestBuilder.Oauth2PermissionGrantsRequestBuilderGetQueryParameters(
            filter=f"clientId eq '{principal.id}'"
        )
        grants = await graph.oauth2_permission_grants.get(RequestConfiguration(query_parameters=query))
        assert grants is not None
        return principal, roles, list(grants.value or [])

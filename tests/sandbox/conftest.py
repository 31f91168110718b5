from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import jwt
import pytest
import requests

from sandbox.demo import CONNECTOR, demo
from sandbox.server import Running, start


class Http:
    """A client that knows one address and follows no redirects."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.session = requests.Session()
        self.session.trust_env = False

    def get(self, path: str, **options: Any) -> requests.Response:
        return self.session.get(self.url + path, timeout=10, allow_redirects=False, **options)

    def post(self, path: str, **options: Any) -> requests.Response:
        return self.session.post(self.url + path, timeout=10, allow_redirects=False, **options)

    def control(self, method: str, path: str, /, **body: Any) -> Any:
        response = self.session.request(method, f"{self.url}/_sandbox/{path}", json=body, timeout=10)
        assert response.status_code == 200, response.text
        return response.json()

    def token(self, tenant: str, **changes: Any) -> requests.Response:
        """An app-only token of the connector, unless something is changed; None leaves a field out."""
        fields = {
            "client_id": CONNECTOR,
            "client_secret": "sandbox-connector-secret",
            "scope": "https://graph.microsoft.com/.default",
            "grant_type": "client_credentials",
        } | changes
        return self.post(f"/{tenant}/oauth2/v2.0/token", data=fields)

    def claims(self, tenant: str, **changes: Any) -> dict[str, Any]:
        answer = self.token(tenant, **changes)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = jwt.decode(answer.json()["access_token"], options={"verify_signature": False})
        return found

    def grant(self, tenant: str, *permissions: str) -> Any:
        return self.control("POST", f"tenants/{tenant}/apps/{CONNECTOR}/grant", permissions=list(permissions))

    def graph(self, tenant: str, path: str, **options: Any) -> requests.Response:
        """Ask Graph with the connector's own token."""
        token = self.token(tenant).json()["access_token"]
        return self.get(
            path, headers={"Authorization": f"Bearer {token}"} | options.pop("headers", {}), **options
        )


def parameters(response: requests.Response) -> dict[str, str]:
    """Of the address that a redirect leads to."""
    return dict(parse_qsl(urlsplit(response.headers["Location"]).query))


@pytest.fixture(scope="session")
def running() -> Iterator[Running]:
    with start(document=demo()) as sandbox:
        yield sandbox


@pytest.fixture
def http(running: Running) -> Iterator[Http]:
    """The demo story at its beginning, untouched by other tests."""
    client = Http(running.url)
    client.control("POST", "reset")
    yield client
    client.session.close()

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from sandbox.demo import demo
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

    def control(self, method: str, path: str, **body: Any) -> Any:
        response = self.session.request(method, f"{self.url}/_sandbox/{path}", json=body, timeout=10)
        assert response.status_code == 200, response.text
        return response.json()


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

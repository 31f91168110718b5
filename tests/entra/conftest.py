import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
from hypothesis import HealthCheck, settings

from entra.http import EntraSession
from entra.types import CLOUDS, Call, Client, Secret
from sandbox.demo import CONNECTOR, PORTAL, demo
from sandbox.server import Running, start
from tests.entra.peers import Peer, Respond

# Machines differ, and the first text that is generated takes its time.
PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

APP = Client(CONNECTOR, CLOUDS["global"], Secret("sandbox-connector-secret"))
STAFF = Client(PORTAL, CLOUDS["global"], Secret("sandbox-portal-secret"))


class Microsoft:
    """The sandbox, steered through its control API as anyone would."""

    def __init__(self, running: Running) -> None:
        self.url = running.url
        self._control = requests.Session()
        self._control.trust_env = False

    def control(self, method: str, path: str, /, **body: Any) -> Any:
        response = self._control.request(method, f"{self.url}/_sandbox/{path}", json=body or None)
        assert response.ok, response.text
        return response.json()

    def grant(self, tenant: str, *permissions: Any, app: str = CONNECTOR, **more: Any) -> None:
        self.control("POST", f"tenants/{tenant}/apps/{app}/grant", permissions=list(permissions), **more)

    def revoke(self, tenant: str, *permissions: str, app: str = CONNECTOR) -> None:
        self.control("POST", f"tenants/{tenant}/apps/{app}/revoke", permissions=list(permissions))

    def fault(self, kind: str, endpoint: str = "any", **options: Any) -> None:
        self.control("POST", "faults", kind=kind, endpoint=endpoint, **options)

    def asked(self, endpoint: str = "") -> list[dict[str, Any]]:
        suffix = f"?endpoint={endpoint}" if endpoint else ""
        found: list[dict[str, Any]] = self.control("GET", f"requests{suffix}")["requests"]
        return found


@pytest.fixture(scope="session")
def running_sandbox() -> Iterator[Running]:
    with start(document=demo()) as running:
        yield running


@pytest.fixture
def microsoft(running_sandbox: Running) -> Microsoft:
    microsoft = Microsoft(running_sandbox)
    microsoft.control("DELETE", "faults")
    microsoft.control("POST", "reset", empty=False)
    microsoft.control("DELETE", "requests")
    return microsoft


@pytest.fixture
def calls() -> list[Call]:
    return []


@pytest.fixture
def session(microsoft: Microsoft, calls: list[Call]) -> Iterator[EntraSession]:
    session = EntraSession(microsoft.url, on_call=calls.append)
    yield session
    session.close()


@pytest.fixture
def peer() -> Iterator[Callable[..., Peer]]:
    peers: list[Peer] = []

    def start_peer(respond: Respond, wrap: Callable[[socket.socket], socket.socket] | None = None) -> Peer:
        peers.append(Peer(respond, wrap))
        return peers[-1]

    yield start_peer
    for one in peers:
        one.stop()


@pytest.fixture
def facing(peer: Callable[..., Peer], calls: list[Call]) -> Iterator[Callable[..., EntraSession]]:
    """A session whose Microsoft answers as the test says: bytes, pieces, or a function of the request."""
    sessions: list[EntraSession] = []

    def face(respond: Any, **options: Any) -> EntraSession:
        one = peer(respond if callable(respond) else lambda request: respond)
        sessions.append(EntraSession(one.url, on_call=calls.append, **options))
        sessions[-1].peer = one  # type: ignore[attr-defined]
        return sessions[-1]

    yield face
    for session in sessions:
        session.close()

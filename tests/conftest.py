"""The cast and the stage: Microsoft is a sandbox on a loopback port, everything else is real."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.test import Client

from consent.models import Application
from sandbox.server import Server, start
from sandbox.seed import demo
from tests import factories


@pytest.fixture(scope="session")
def sandbox_server() -> Iterator[Server]:
    server = start(port=0)
    yield server
    server.stop()


@pytest.fixture
def microsoft(sandbox_server: Server, settings) -> Iterator[Server]:
    """A running Microsoft with the story's tenants, none of which consented yet."""
    sandbox_server.reset(demo())
    settings.ENTRA_SANDBOX_URL = sandbox_server.url
    yield sandbox_server


@pytest.fixture
def application(db) -> Application:
    return factories.make_application()


@pytest.fixture
def owner(db):
    return factories.make_person("Dana Okafor", "owner")


@pytest.fixture
def support(db):
    return factories.make_person("Sam Ito", "support")


@pytest.fixture
def viewer(db):
    return factories.make_person("Vera Lind", "viewer")


@pytest.fixture
def stranger(db):
    return factories.make_person("Ned Strange", "")


@pytest.fixture
def as_owner(client: Client, owner) -> Client:
    client.force_login(owner)
    return client

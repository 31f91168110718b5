"""The cast and the stage: Microsoft is a sandbox on a loopback port, everything else is real."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module

import pytest
from django.db import connection
from django.test import Client
from hypothesis import HealthCheck, settings

from consent.models import Application
from sandbox.demo import demo
from sandbox.server import Running, start
from tests import factories
from tests.stage import prove_again, start_over

if settings.get_current_profile_name() == "default":  # in CI Hypothesis has one that is as patient
    settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
    settings.load_profile("patient")


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker) -> None:
    """Let tests empty the database after themselves: the audit log's triggers refuse even that."""
    with django_db_blocker.unblock():
        import_module("tenants.migrations.0005_guard_audit_log").unguard(connection)


@pytest.fixture(scope="session")
def sandbox_server() -> Iterator[Running]:
    with start(document=demo()) as running:
        yield running


@pytest.fixture
def microsoft(sandbox_server: Running, settings) -> Running:
    """A running Microsoft with the story's tenants, none of which consented yet."""
    start_over(sandbox_server)
    settings.ENTRA_SANDBOX_URL = sandbox_server.url
    return sandbox_server


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
    """A browser of an owner who proved who they are a moment ago."""
    client.force_login(owner)
    prove_again(client)
    return client

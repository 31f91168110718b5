"""Checking again: only a new sign-in tells which of a person's roles are active now."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from consent.models import Application, Installation
from sandbox.directory_roles import template_id
from sandbox.server import Running
from tests import factories
from tests.consent.admin import main_of
from tests.consent.own import PAGE
from tests.visitor import Visitor, left

ROLES = f"{PAGE}roles"
NORA = "nora@northwind.example"


@pytest.fixture
def installation(application: Application) -> Installation:
    factories.make_revision(application, factories.P1, factories.D1)
    tenant = factories.make_tenant("Northwind Traders", id=factories.T1)
    return factories.make_installation(application, tenant)


@pytest.fixture
def nora(microsoft: Running, installation: Installation) -> Iterator[Visitor]:
    visitor = Visitor(microsoft)
    visitor.sign_in(NORA)
    yield visitor
    visitor.at_microsoft.close()


def check_again(visitor: Visitor) -> str:
    """Press the button; Microsoft sends the person straight back to the page."""
    url = left(visitor.submit(visitor.open(ROLES), "/sign-in/start"))
    back = visitor.open(visitor.choose(url, NORA))
    assert left(back) == ROLES
    return main_of(visitor.open(ROLES))


def test_a_role_given_meanwhile_counts_after_checking_again(nora, microsoft):
    found = microsoft.directory.user(NORA)
    assert "You don’t hold Security Reader" in main_of(nora.open(ROLES))

    found.roles = {*found.roles, template_id("Security Reader")}
    assert "You don’t hold Security Reader" in main_of(nora.open(ROLES))

    assert "You may see security data: Security Reader is active" in check_again(nora)


def test_a_role_that_ended_no_longer_counts_after_checking_again(nora, microsoft):
    found = microsoft.directory.user(NORA)
    held = found.roles
    found.roles = {*held, template_id("Security Administrator")}
    assert "Security Administrator is active" in check_again(nora)

    found.roles = held

    assert "You don’t hold Security Reader" in check_again(nora)


def test_who_is_no_admin_any_more_is_told_so_instead_of_shown_old_data(nora, microsoft):
    microsoft.directory.user(NORA).roles = set()
    url = left(nora.submit(nora.open(ROLES), "/sign-in/start"))
    nora.open(nora.choose(url, NORA))

    assert nora.open(ROLES).status_code == 404
    assert nora.open("/").status_code == 403

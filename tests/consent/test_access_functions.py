"""The functions between an address and an object refuse by themselves, whatever the view in front forgot."""

from __future__ import annotations

import uuid

import pytest
from django.http import Http404

from consent.access import application_for, installation_for, invitation_for, own_installation, tried_in
from tests import factories
from tests.world import ADMINS, make_world, nonexistent

pytestmark = pytest.mark.django_db

STAFF = ("viewer", "support", "owner")
NOT_STAFF = ("stranger", "member of T1", "admin of T1", "admin of T2")


@pytest.fixture
def world():
    return make_world()


@pytest.mark.parametrize("role", STAFF)
def test_staff_find_what_the_address_names(world, role):
    person, own = world.people[role], world.t1

    assert application_for(person, "sentinel-connector") == own.installation.application
    assert installation_for(person, "sentinel-connector", factories.T1) == own.installation
    assert installation_for(person, "sentinel-connector", factories.T2) == world.t2.installation


@pytest.mark.parametrize("role", NOT_STAFF)
def test_whoever_is_not_on_the_staff_finds_nothing(world, role):
    person = world.people[role]

    with pytest.raises(Http404):
        application_for(person, "sentinel-connector")
    with pytest.raises(Http404):
        installation_for(person, "sentinel-connector", factories.T1)


def test_an_installation_of_another_application_is_not_found(world):
    foreign = world.other.installation.tenant_id

    for slug, tenant_id in (("sentinel-connector", foreign), ("other", factories.T1), ("no-such", foreign)):
        with pytest.raises(Http404):
            installation_for(world.people["owner"], slug, tenant_id)


@pytest.mark.parametrize("role", sorted({*NOT_STAFF, *STAFF} - ADMINS))
def test_only_admins_of_a_customer_have_an_own_installation(world, role):
    with pytest.raises(Http404):
        own_installation(world.people[role], "sentinel-connector")


@pytest.mark.parametrize("role", sorted(ADMINS))
def test_an_admin_finds_the_own_installation_of_the_application_in_the_address(world, role):
    home = world.t2 if role == "admin of T2" else world.t1

    assert own_installation(world.people[role], "sentinel-connector") == home.installation
    with pytest.raises(Http404):
        own_installation(world.people[role], "other")


def test_a_link_opens_its_own_invitation_only(world):
    tokens = [str(home.ids["token"]) for home in (world.t1, world.t2)]
    swapped = ".".join((tokens[0].rpartition(".")[0], tokens[1].rpartition(".")[2]))

    assert [invitation_for(token) for token in tokens] == [world.t1.link, world.t2.link]
    for token in (swapped, world.t1.link.pk.hex, str(nonexistent()["token"])):
        with pytest.raises(Http404):
            invitation_for(token)


def test_a_try_is_found_where_it_was_made_only(world):
    assert tried_in(world.t1.installation, world.t1.tried.pk) == world.t1.tried
    for try_id in (world.t2.tried.pk, world.other.tried.pk, uuid.UUID(int=5)):
        with pytest.raises(Http404):
            tried_in(world.t1.installation, try_id)

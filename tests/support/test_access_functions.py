"""The functions between an address and a denied call refuse by themselves, whatever the view forgot."""

from __future__ import annotations

import pytest
from django.http import Http404
from django.utils import timezone

from support.access import failure_for, own_failure
from tests.world import ADMINS, NOBODYS, make_world

pytestmark = pytest.mark.django_db
SLUG = "sentinel-connector"


@pytest.fixture
def world():
    return make_world()


def test_staff_find_a_call_of_the_application_in_the_address_only(world):
    now, owner = timezone.now(), world.people["owner"]

    assert failure_for(owner, SLUG, world.t1.denied.pk, now=now)[0] == world.t1.denied
    for slug, failure_id in ((SLUG, world.other.denied.pk), ("other", world.t1.denied.pk), (SLUG, NOBODYS)):
        with pytest.raises(Http404):
            failure_for(owner, slug, failure_id, now=now)


@pytest.mark.parametrize("role", ["stranger", "member of T1", *sorted(ADMINS)])
def test_whoever_is_not_on_the_staff_finds_none_of_the_staffs(world, role):
    with pytest.raises(Http404):
        failure_for(world.people[role], SLUG, world.t1.denied.pk, now=timezone.now())


@pytest.mark.parametrize("role", sorted(ADMINS))
def test_an_admin_finds_the_calls_of_the_own_organization_only(world, role):
    own, neighbor = (world.t2, world.t1) if role == "admin of T2" else (world.t1, world.t2)

    assert own_failure(world.people[role], SLUG, own.denied.pk) == (own.installation, own.denied)
    for failure_id in (neighbor.denied.pk, world.other.denied.pk, NOBODYS):
        with pytest.raises(Http404):
            own_failure(world.people[role], SLUG, failure_id)


def test_an_admin_finds_no_call_of_another_application(world):
    world.other.denied.tenant_id = world.t1.installation.tenant_id
    world.other.denied.save()

    with pytest.raises(Http404):
        own_failure(world.people["admin of T1"], SLUG, world.other.denied.pk)


@pytest.mark.parametrize("role", ["stranger", "member of T1", "owner"])
def test_whoever_administers_no_customer_has_no_own_calls(world, role):
    with pytest.raises(Http404):
        own_failure(world.people[role], SLUG, world.t1.denied.pk)

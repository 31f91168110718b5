"""Somebody's access ends at once, from a terminal."""

from __future__ import annotations

import uuid

import pytest

from tenants.models import AuditEvent, Person
from tests.portal.directory import DANA, STAFF_PAGE
from tests.terminal import run
from tests.visitor import left

TENANTS = f"{STAFF_PAGE}tenants"


@pytest.fixture
def ids(visitor) -> list[str]:
    visitor.sign_in(DANA)
    dana = Person.objects.get()
    return [str(dana.tenant_id), str(dana.object_id)]


def test_who_is_locked_out_is_out_on_the_next_request_and_not_let_in_again(visitor, visitors, ids):
    ran = run("lock_out", *ids)

    assert (ran.code, ran.out) == (0, "Dana Okafor is locked out.\n")
    assert left(visitor.open(TENANTS)).startswith("/sign-in")
    assert visitors().sign_in(DANA).status_code == 403


def test_who_is_let_in_again_has_to_sign_in(visitor, ids):
    run("lock_out", *ids)
    ran = run("lock_out", *ids, "--undo", "--json")

    assert ran.json == {"tenant": ids[0], "object": ids[1], "locked_out": False}
    assert left(visitor.open(TENANTS)).startswith("/sign-in")
    visitor.sign_in(DANA)
    assert visitor.open(TENANTS).status_code == 200


def test_it_is_in_the_audit_log(ids):
    run("lock_out", *ids)

    event = AuditEvent.objects.order_by("sequence").last()
    assert event is not None
    assert (event.actor_kind, event.object_id, event.after) == ("command-line", ids[1], {"locked out": True})


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ([str(uuid.UUID(int=1)), str(uuid.UUID(int=2))], "Nobody with these ids ever signed in here"),
        (["contoso.example", str(uuid.UUID(int=2))], "contoso.example is not a GUID"),
    ],
)
@pytest.mark.django_db
def test_who_is_not_known_is_said(words, says):
    ran = run("lock_out", *words)

    assert ran.code == 1
    assert says in ran.err

"""Every address: closed unless listed, one answer for what is not yours and what does not exist.

Who may open what is said once, in tests/manifest.py; tests/test_matrix.py asks every question about it.
"""

from __future__ import annotations

import uuid

import pytest
from django.test import Client
from django.urls import reverse

from tests import factories
from tests.manifest import RULES, VIEWS, Who, names
from tests.world import make_world

PUBLIC = names(Who.ANYONE, Who.LINK, Who.KEY)
STAFF = names(Who.STAFF, Who.SUPPORT, Who.OWNER)
ADMINS = names(Who.ADMIN, Who.APPROVER)
ROLES = {Who.STAFF: {"owner", "support", "viewer"}, Who.SUPPORT: {"owner", "support"}, Who.OWNER: {"owner"}}
WRITES = names(method="POST")
NEVER_READ = [name for name in WRITES if "GET" not in RULES[name].methods]
VALUES = {
    "slug": "sentinel-connector",
    "tenant_id": factories.T1,
    "sequence": 1,
    "number": 1,
    "before": 1,
    "after": 2,
    "invitation_id": uuid.UUID(int=7),
    "scan_id": 1,
    "digest": "0" * 64,
    "token": "nobody-made-this",
    "try_id": uuid.UUID(int=7),
    "event": 1,
    "failure_id": uuid.UUID(int=7),
    "key_id": uuid.UUID(int=7),
}


def address(name: str, **overrides) -> str:
    return VIEWS[name].path({**VALUES, **overrides})


def ask(client, name: str, **overrides):
    url = address(name, **overrides)
    return client.post(url) if name in NEVER_READ else client.get(url)


@pytest.mark.parametrize("name", VIEWS)
def test_only_listed_views_are_public(name):
    assert getattr(VIEWS[name].callback, "login_required", True) is (name not in PUBLIC)


@pytest.mark.parametrize("name", names())
def test_each_view_is_opened_to_those_roles_that_the_manifest_names(name):
    """The functions that find objects refuse strangers too; this sees to it that both do."""
    opened = set(getattr(VIEWS[name].callback, "staff_roles", ()))
    to_admins = getattr(VIEWS[name].callback, "tenant_admin", False)

    assert opened == ROLES.get(RULES[name].who, set())
    assert to_admins is (name in ADMINS)


@pytest.mark.django_db
@pytest.mark.parametrize("name", STAFF + ADMINS)
def test_nobody_is_sent_to_sign_in(client, name):
    response = ask(client, name)

    assert response.status_code == 302
    assert response.headers["Location"].startswith(reverse("portal:sign_in"))


@pytest.mark.parametrize("name", STAFF + ADMINS)
def test_who_has_no_role_sees_nothing_at_all(client, application, stranger, name):
    client.force_login(stranger)

    response = ask(client, name)

    assert response.status_code == 404
    assert b"Nothing here" in response.content
    assert b"Sentinel" not in response.content


@pytest.mark.parametrize("name", names(Who.OWNER, Who.SUPPORT))
def test_a_viewer_is_told_who_can_help(client, application, owner, viewer, name):
    client.force_login(viewer)

    response = ask(client, name)

    assert response.status_code == 403
    assert owner.name in response.content.decode()


@pytest.mark.parametrize("name", names(Who.OWNER))
def test_support_may_not_do_what_owners_do(client, application, support, name):
    client.force_login(support)

    assert ask(client, name).status_code == 403


@pytest.mark.parametrize("name", [name for name in STAFF if "slug" in VIEWS[name].converters])
def test_an_application_that_is_not_there_is_not_found(as_owner, application, name):
    assert ask(as_owner, name, slug="another-app").status_code == 404


@pytest.mark.parametrize("name", [name for name in STAFF if "tenant_id" in VIEWS[name].converters])
def test_a_tenant_of_another_application_answers_like_one_that_does_not_exist(as_owner, application, name):
    other = factories.make_application(slug="other", name="Other", client_id=uuid.uuid4())
    foreign = factories.make_installation(other, has=factories.grants(factories.P1))

    answers = [
        ask(as_owner, name, tenant_id=tenant_id) for tenant_id in (foreign.tenant_id, uuid.UUID(int=5))
    ]

    assert [answer.status_code for answer in answers] == [404, 404]
    pages = [answer.content.replace(answer.headers["X-Request-Id"].encode(), b"") for answer in answers]
    assert pages[0] == pages[1]


@pytest.mark.parametrize("name", NEVER_READ)
def test_what_changes_things_is_never_a_get(client, application, owner, name):
    person = owner
    if name in ADMINS:
        tenant = factories.make_installation(application).tenant
        person = factories.make_tenant_admin(tenant, "Global Administrator")
    client.force_login(person)

    assert client.get(address(name)).status_code == 405


@pytest.mark.django_db
@pytest.mark.parametrize("name", [name for name in WRITES if name not in names(Who.KEY)])
def test_what_changes_things_needs_the_csrf_token(name):
    world = make_world()
    strict = Client(enforce_csrf_checks=True)
    person = world.people["admin of T1" if name in ADMINS else "owner"]
    assert person
    strict.force_login(person)

    response = strict.post(VIEWS[name].path(world.own("owner")))

    assert response.status_code == 403
    assert b"This form was open too long" in response.content


def test_every_answer_carries_the_headers(as_owner, application):
    factories.make_revision(application, factories.P1)
    for name in ("portal:sign_in", "portal:healthz", "consent:overview", "consent:tenant_list"):
        response = as_owner.get(address(name), follow=False)

        assert response.headers["Cache-Control"] == "no-store"
        assert "frame-ancestors 'none'" in response.headers["Content-Security-Policy"]
        assert "unsafe" not in response.headers["Content-Security-Policy"]
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["Referrer-Policy"] in {"same-origin", "no-referrer"}
        assert response.headers["X-Frame-Options"] == "DENY"

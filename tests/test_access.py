"""Every address: closed unless listed, one answer for what is not yours and what does not exist."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from tests import factories

# Who signs in nowhere may open these; an approval link is its own key.
PUBLIC = {
    "portal:sign_in",
    "portal:sign_in_start",
    "portal:sign_in_return",
    "portal:theme",
    "portal:healthz",
    "portal:readyz",
    "public:consent_return",
    "public:returned",
    "public:invitation",
    "public:go",
    "public:result",
    "public:receipt",
    "public:roles",
    "public:forward",
    "public:decline",
    "public:genuine",
    "public:check",
    "public:try_start",
    "public:try_result",
}
# Anyone who is signed in, with or without a role.
SIGNED_IN = {"portal:home", "portal:step_up", "portal:sign_out"}
OWNER_ONLY = {"consent:application_register", "consent:tenant_add", "consent:revision_draft"}
OWNER_AND_SUPPORT = {
    "consent:tenant_check",
    "consent:invitation_create",
    "consent:invitation_withdraw",
    "consent:scan_start",
}
POST_ONLY = {
    "consent:tenant_check",
    "consent:invitation_create",
    "consent:invitation_withdraw",
    "consent:scan_start",
    "portal:sign_in_start",
    "portal:sign_out",
    "portal:theme",
    "public:go",
    "public:decline",
    "public:check",
    "public:try_start",
}


def named_views(
    resolver: URLResolver | None = None, prefix: str = ""
) -> Iterator[tuple[str, URLPattern, dict]]:
    """Yield name, pattern and converters of every view of ours, through all includes."""
    for item in (resolver or get_resolver()).url_patterns:
        if isinstance(item, URLResolver):
            inner = f"{prefix}{item.namespace}:" if item.namespace else prefix
            yield from named_views(item, inner)
        else:
            yield f"{prefix}{item.name}", item, item.pattern.converters


VIEWS = {name: (pattern, converters) for name, pattern, converters in named_views()}
STAFF = sorted(set(VIEWS) - PUBLIC - SIGNED_IN - {"portal:search"})
VALUES = {
    "slug": "sentinel-connector",
    "tenant_id": factories.T1,
    "sequence": 1,
    "number": 1,
    "before": 1,
    "after": 2,
    "invitation_id": uuid.UUID(int=7),
    "scan_id": 1,
    "try_id": uuid.UUID(int=8),
    "digest": "0" * 64,
    "token": "nobody-made-this",
}


def address(name: str, **overrides) -> str:
    values = {**VALUES, **overrides}
    return reverse(name, kwargs={key: values[key] for key in VIEWS[name][1]})


def ask(client, name: str, **overrides):
    url = address(name, **overrides)
    return client.post(url) if name in POST_ONLY else client.get(url)


@pytest.mark.parametrize("name", VIEWS)
def test_only_listed_views_are_public(name):
    assert getattr(VIEWS[name][0].callback, "login_required", True) is (name not in PUBLIC)


@pytest.mark.django_db
@pytest.mark.parametrize("name", STAFF)
def test_nobody_is_sent_to_sign_in(client, name):
    response = ask(client, name)

    assert response.status_code == 302
    assert response.headers["Location"].startswith(reverse("portal:sign_in"))


@pytest.mark.parametrize("name", STAFF)
def test_who_has_no_role_sees_nothing_at_all(client, application, stranger, name):
    client.force_login(stranger)

    response = ask(client, name)

    assert response.status_code == 404
    assert b"Nothing here" in response.content
    assert b"Sentinel" not in response.content


@pytest.mark.parametrize("name", sorted(OWNER_ONLY | OWNER_AND_SUPPORT))
def test_a_viewer_is_told_who_can_help(client, application, owner, viewer, name):
    client.force_login(viewer)

    response = ask(client, name)

    assert response.status_code == 403
    assert owner.name in response.content.decode()


@pytest.mark.parametrize("name", sorted(OWNER_ONLY))
def test_support_may_not_do_what_owners_do(client, application, support, name):
    client.force_login(support)

    assert ask(client, name).status_code == 403


@pytest.mark.parametrize("name", [name for name in STAFF if "slug" in VIEWS[name][1]])
def test_an_application_that_is_not_there_is_not_found(as_owner, application, name):
    assert ask(as_owner, name, slug="another-app").status_code == 404


@pytest.mark.parametrize("name", [name for name in STAFF if "tenant_id" in VIEWS[name][1]])
def test_a_tenant_of_another_application_answers_like_one_that_does_not_exist(as_owner, application, name):
    other = factories.make_application(slug="other", name="Other", client_id=uuid.uuid4())
    foreign = factories.make_installation(other, has=factories.grants(factories.P1))

    answers = [
        ask(as_owner, name, tenant_id=tenant_id) for tenant_id in (foreign.tenant_id, uuid.UUID(int=5))
    ]

    assert [answer.status_code for answer in answers] == [404, 404]
    pages = [answer.content.replace(answer.headers["X-Request-Id"].encode(), b"") for answer in answers]
    assert pages[0] == pages[1]


@pytest.mark.parametrize("name", sorted(POST_ONLY))
def test_what_changes_things_is_never_a_get(as_owner, application, name):
    assert as_owner.get(address(name)).status_code == 405


@pytest.mark.parametrize("name", sorted(POST_ONLY))
def test_what_changes_things_needs_the_csrf_token(owner, application, name):
    from django.test import Client

    strict = Client(enforce_csrf_checks=True)
    strict.force_login(owner)

    assert strict.post(address(name)).status_code == 403


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

"""An approval link's address is a key: no page behind it tells the address to another site."""

from __future__ import annotations

import pytest

from tests.manifest import VIEWS, Who, names
from tests.world import make_world

pytestmark = pytest.mark.django_db

# Under no-referrer a form's own origin would be `null`, and its CSRF check would fail.
WITH_A_FORM = {"public:invitation", "public:result", "public:roles", "public:try_result"}


@pytest.fixture
def ids():
    return make_world().t1.ids


@pytest.mark.parametrize("name", names(Who.LINK, method="GET"))
def test_what_a_link_opens_sends_no_referrer_to_anybody_else(client, ids, name):
    answer = client.get(VIEWS[name].path(ids))

    expected = "same-origin" if name in WITH_A_FORM else "no-referrer"
    assert answer.headers["Referrer-Policy"] == expected


@pytest.mark.parametrize("name", names(Who.LINK, method="POST"))
def test_what_a_link_does_leaves_without_a_referrer(client, microsoft, ids, name):
    assert client.post(VIEWS[name].path(ids)).headers["Referrer-Policy"] == "no-referrer"


@pytest.mark.parametrize("query", ["", "?state=a&admin_consent=True", "?error=access_denied&state=b"])
def test_coming_back_sends_no_referrer(client, query):
    assert client.get(f"/c/return{query}").headers["Referrer-Policy"] == "no-referrer"
    assert client.get("/c/returned").headers["Referrer-Policy"] == "no-referrer"

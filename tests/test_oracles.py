"""What could be learned without being shown: by the work that an answer takes, by caches, by names alike.

Time cannot be compared exactly, so its cause is: how often an answer asks the database.
"""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from consent.services.invitations import token_of
from tests import factories
from tests.factories import P1, P2, T1, T2, grants
from tests.manifest import RULES, VIEWS, Who, names
from tests.matrix import Visitor
from tests.world import NOBODYS, make_world, nonexistent

pytestmark = pytest.mark.django_db

OF_ADMINS = names(Who.ADMIN, Who.APPROVER)
OF_STAFF = names(Who.STAFF, Who.SUPPORT, Who.OWNER)
NOT_CUSTOMERS = "99999999-9999-4999-8999-999999999999"


@pytest.fixture
def world():
    return make_world()


def work(ask, *arguments) -> int:
    with CaptureQueriesContext(connection) as queries:
        ask(*arguments)
    return len(queries)


class TestTheWorkOfAnAnswer:
    @pytest.mark.parametrize(
        ("role", "listed"), [("admin of T1", OF_ADMINS), ("owner", OF_STAFF), ("support", OF_STAFF)]
    )
    def test_is_the_same_for_what_is_somebody_elses_and_for_what_does_not_exist(self, world, role, listed):
        visitor = Visitor(world.people[role], tried=[world.own(role)["try_id"]])
        own, foreign, absent = world.own(role), world.foreign(role), nonexistent()
        compared = 0
        for name in listed:
            method = "GET" if "GET" in RULES[name].methods else "POST"
            for place in set(VIEWS[name].converters) - ({"slug"} if role != "admin of T1" else set()):
                paths = [VIEWS[name].path({**own, place: ids[place]}) for ids in (foreign, absent)]
                asked = [work(visitor.ask, method, path) for path in paths]

                assert asked[0] == asked[1], f"{method} {name} with another {place}"
                compared += 1
        assert compared > 8

    def test_is_the_same_for_a_forged_link_to_somebody_and_to_nobody(self, world, client):
        signature = token_of(world.t2.link).rpartition(".")[2]
        for name in names(Who.LINK, method="GET"):
            paths = [
                VIEWS[name].path({**world.t1.ids, "token": f"{key.hex}.{signature}"})
                for key in (world.t1.link.pk, NOBODYS)
            ]
            asked = [work(client.get, path) for path in paths]

            assert asked[0] == asked[1], name

    def test_is_the_same_for_a_sign_in_at_a_customer_and_elsewhere(self, world, microsoft, client):
        asked = [
            work(client.post, "/sign-in/start", {"organization": one})
            for one in (str(T1), NOT_CUSTOMERS, str(T1), NOT_CUSTOMERS)  # the first makes the session
        ]

        assert asked[2] == asked[3]
        assert asked[1] == asked[3]


@pytest.mark.parametrize("name", [name for name in OF_ADMINS if "GET" in RULES[name].methods])
def test_two_organizations_at_one_address_by_turns_get_each_its_own(world, name):
    browsers = {}
    for role in ("admin of T1", "admin of T2"):
        browsers[role] = Client()
        browsers[role].force_login(world.people[role])
    path = VIEWS[name].path(world.t1.ids)
    others = {"admin of T1": (b"abrikam", str(T2).encode()), "admin of T2": (b"orthwind", str(T1).encode())}

    for role in (*browsers, *browsers):
        answer = browsers[role].get(path, follow=True)

        assert answer.headers["Cache-Control"] == "no-store"
        assert not any(word in answer.content for word in others[role])


def test_organizations_with_the_same_name_domain_and_people_stay_apart(application):
    factories.make_revision(application, P1, P2)
    seen = []
    for tenant_id, granted in ((T1, P1), (T2, P2)):
        tenant = factories.make_tenant("Acme", id=tenant_id, domain="acme.example", contact="it@acme.example")
        factories.make_installation(application, tenant, has=grants(granted))
        client = Client()
        client.force_login(
            factories.make_tenant_admin(tenant, "Global Administrator", username="ada@acme.example")
        )
        page = client.get("/organization/sentinel-connector/")
        held = [one.shown.permission for one in page.context["page"].held]
        seen.append((page.context["organization"].pk, held))

    assert seen == [(T1, [P1]), (T2, [P2])]

"""What people try and have looked up is in the audit log: who, for which organization, what came of it."""

from __future__ import annotations

import json

import pytest
from django.test import Client

from consent.models import Installation, SignInEvidence
from tenants.models import AuditEvent
from tests import factories, stage
from tests.consent.admin import open_link
from tests.consent.trying import READER, RUI, Visitor, give_role
from tests.factories import D1, P1, T1, USER_READ, make_installation, make_revision, make_tenant

OWN = "/organization/sentinel-connector/"


@pytest.fixture
def northwind(microsoft, application) -> Installation:
    make_revision(application, P1, D1, USER_READ)
    stage.grant(microsoft.directory, T1, P1, D1, USER_READ)
    tenant = make_tenant("Northwind Traders", id=T1)
    return make_installation(application, tenant, has=factories.grants(P1))


@pytest.fixture
def visitor(northwind) -> Visitor:
    return Visitor(open_link(northwind))


@pytest.fixture
def ada(northwind) -> Client:
    client = Client()
    client.force_login(factories.make_tenant_admin(northwind.tenant, "Global Reader"))
    return client


def told(action: str) -> list[AuditEvent]:
    return list(AuditEvent.objects.filter(action=action).order_by("sequence"))


class TestATry:
    def test_is_told_as_the_person_who_signed_in_to_the_application(self, visitor, microsoft, northwind):
        answer = visitor.client.get(visitor.sign_in())

        (event,) = told("tried")
        rui = microsoft.directory.user(RUI)
        assert (event.actor_kind, event.actor_name) == ("person", rui.name)
        assert (event.actor_tid, str(event.actor_oid)) == (T1, rui.id)
        assert (event.tenant_id, event.object_label) == (T1, "Sentinel Connector in Northwind Traders")
        assert event.object_id == f"{northwind.application.client_id}/{T1}"
        assert event.request_id == answer.headers["X-Request-Id"]
        assert event.ip == "127.0.0.1"

    def test_tells_what_came_of_it(self, visitor, microsoft):
        visitor.try_it()
        give_role(microsoft, READER)
        visitor.try_it()

        without, with_role = told("tried")
        assert (without.after["directory roles"], with_role.after["directory roles"]) == ([], [READER])
        assert without.after["as the person"]["GET secureScore"] == "403"
        assert with_role.after["as the person"]["GET secureScore"] == "200"
        assert without.after["as the application"]["GET secureScore"] == "200"
        assert {"User.Read", D1.value} <= set(without.after["scopes"])
        assert with_role.after["evidence"] == str(SignInEvidence.objects.latest("at").pk)

    def test_tells_no_token_no_code_and_no_link(self, visitor):
        back = visitor.sign_in()
        visitor.come_back(back)

        (event,) = told("tried")
        text = json.dumps(event.content())
        code = back.partition("code=")[2].partition("&")[0]
        assert code
        for secret in ("eyJ", code, visitor.path, "Bearer"):
            assert secret not in text

    def test_by_somebody_whom_microsoft_did_not_name_is_not_told(self, visitor):
        visitor.come_back(f"{visitor.sign_in()}x")
        visitor.leave_to_try()
        visitor.come_back("/c/return?error=access_denied&state=wrong")

        assert not told("tried")


class TestALookUp:
    @pytest.mark.parametrize("guide", ["roles", "graph-explorer"])
    def test_is_told_once_for_each_time_that_microsoft_is_asked(self, ada, guide):
        answer = ada.post(f"{OWN}{guide}/check")
        ada.post(f"{OWN}{guide}/check")  # one is under way already

        (event,) = told("directory-asked")
        assert (event.actor_name, event.tenant_id) == ("Ada Alvarez", T1)
        assert event.object_label == "Sentinel Connector in Northwind Traders"
        assert event.request_id == answer.headers["X-Request-Id"]

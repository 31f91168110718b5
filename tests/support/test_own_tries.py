"""What a try was denied is found and explained like any other denied call."""

from __future__ import annotations

import pytest
from django.urls import reverse

from consent.models import SignInEvidence
from support.models import FailedRequest, FailureCount
from tests import factories, stage
from tests.consent.admin import open_link
from tests.consent.trying import READER, Visitor, give_role
from tests.factories import D1, P1, T1, USER_READ, grants


@pytest.fixture
def visitor(microsoft, application) -> Visitor:
    """Somebody at Northwind, which approved that the application asks on behalf of people, and alone."""
    factories.make_revision(application, P1, D1, USER_READ)
    stage.grant(microsoft.directory, T1, P1, D1, USER_READ)
    tenant = factories.make_tenant("Northwind Traders", id=T1)
    return Visitor(open_link(factories.make_installation(application, tenant, has=grants(P1))))


def test_what_a_try_was_denied_is_explained_from_its_client_request_id(visitor, client, support):
    visitor.try_it()
    scores = next(r for r in SignInEvidence.objects.get().results if r["entity"] == "secureScore")
    client.force_login(support)

    answer = client.get(
        reverse("support:lookup", args=["sentinel-connector"]),
        {"q": scores["client_request_id"]},
        follow=True,
    )

    shown = answer.content.decode()
    assert "Person lacks a role" in shown
    assert "the portal&#x27;s own call" in shown
    denied = FailedRequest.objects.get(client_request_id=scores["client_request_id"])
    assert (denied.source, denied.status, denied.tenant_id) == ("own", 403, T1)
    assert denied.token
    assert denied.token["scp"]
    assert denied.verdict == "user-lacks-role"
    assert FailureCount.objects.filter(verdict="user-lacks-role").exists()


def test_what_worked_is_no_denied_call(visitor, microsoft):
    give_role(microsoft, READER)

    visitor.try_it()

    assert {f.status for f in FailedRequest.objects.filter(status__gte=400)} <= {404}

"""The portal's own denied calls are kept like those of an application, and never get in its way."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.utils import timezone

from consent.services.checks import check_now
from consent.signals import Behalf
from entra.types import Call
from support.models import FailedRequest, FailureCount
from support.services.own_calls import hear, write
from tests import factories
from tests.factories import CONNECTOR, P1, T1


@pytest.fixture
def northwind(application):
    factories.make_revision(application, P1)
    tenant = factories.make_tenant("Northwind Traders", id=T1)
    return factories.make_installation(application, tenant)


def call(**overrides) -> Call:
    values = {
        "method": "GET",
        "url": "https://graph.microsoft.com/v1.0/security/alerts_v2",
        "status": 403,
        "duration_ms": 41,
        "request_id": str(uuid.uuid4()),
        "client_request_id": str(uuid.uuid4()),
        "at": timezone.now() - timedelta(minutes=1),
        "error": "Forbidden",
        "message": "Missing application roles.",
        **overrides,
    }
    return Call(**values)


def test_a_check_that_microsoft_denies_is_found_by_its_client_request_id(microsoft, northwind):
    checked = check_now(northwind, now=timezone.now())

    row = FailedRequest.objects.get()
    told = {item["client_request_id"] for item in checked.evidence} | {
        checked.last_error.get("client_request_id")
    }
    assert (row.source, row.tenant_id, row.door) == ("own", T1, "token")
    assert row.aadsts in (700016, 7000229)
    assert row.client_request_id in told
    assert row.verdict == "never-consented"
    assert FailureCount.objects.get().count == 1


def test_what_the_token_said_goes_along(northwind):
    graph, roles = "https://graph.microsoft.com", ["SecurityEvents.Read.All"]
    claims = {"aud": graph, "idtyp": "app", "roles": roles, "uti": "x"}
    behalf = Behalf(northwind.application_id, str(CONNECTOR), str(T1), claims)

    hear(call=call(), behalf=behalf)
    write(now=timezone.now())

    row = FailedRequest.objects.get()
    assert (row.code, row.message) == ("Forbidden", "Missing application roles.")
    assert row.token == {
        "kind": "application",
        "aud": graph,
        "roles": roles,
    }
    assert row.verdict == "permission-missing"


def test_of_calls_that_work_one_in_a_hundred_is_kept_and_none_counted(northwind):
    behalf = Behalf(northwind.application_id, str(CONNECTOR), str(T1))
    for number in range(1000):
        hear(call=call(status=200, error="", client_request_id=str(uuid.UUID(int=number))), behalf=behalf)
    write(now=timezone.now())

    assert 2 <= FailedRequest.objects.count() <= 30
    assert set(FailedRequest.objects.values_list("status", flat=True)) == {200}
    assert not FailureCount.objects.exists()


def test_a_call_without_an_answer_was_not_denied(northwind):
    hear(call=call(status=0), behalf=Behalf(northwind.application_id, str(CONNECTOR), str(T1)))
    write(now=timezone.now())

    assert not FailedRequest.objects.exists()


def test_a_database_that_refuses_the_note_does_not_fail_the_check(microsoft, northwind, caplog):
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE support_failedrequest RENAME TO elsewhere")

    checked = check_now(northwind, now=timezone.now())

    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE elsewhere RENAME TO support_failedrequest")
    assert checked.checked_at is not None
    assert "could not be stored" in caplog.text
    assert not FailedRequest.objects.exists()


def test_more_than_can_be_remembered_is_forgotten_not_piled_up(northwind):
    behalf = Behalf(northwind.application_id, str(CONNECTOR), str(T1))
    one = call()
    for _ in range(5000):
        hear(call=one, behalf=behalf)
    hear(call=call(client_request_id=str(uuid.UUID(int=7))), behalf=behalf)
    write(now=datetime.now(UTC))

    assert FailedRequest.objects.count() == 2

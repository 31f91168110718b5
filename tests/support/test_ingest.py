"""Failures come in: each is stored once, counted once, and says no more than was told."""

from __future__ import annotations

import json
import threading
import uuid
from datetime import timedelta

import pytest
from django.db import connection, connections

from support.models import FailedRequest, FailureCount
from support.rules.report import OtherApplicationError, ReportError, read
from support.services.ingest import take
from tests.factories import (
    CONNECTOR,
    NOW,
    P1,
    T1,
    grants,
    make_application,
    make_installation,
    make_revision,
)
from tests.support.reporting import reported, reports

EPOCH = int(NOW.timestamp())
API = FailedRequest.Source.API


def taken(application, rows, *, source=API):
    return take(application, rows, source=source, key=None, now=NOW)


class TestARow:
    def test_holds_what_was_told_in_one_spelling(self, application):
        told = reported(method="get", client_request_id="7D1C0A52-0000-4000-8000-000000000001")

        taken(application, read(json.dumps(told).encode()))

        row = FailedRequest.objects.get()
        assert (row.method, row.version, row.path) == ("GET", "v1.0", "/security/alerts_v2")
        assert (row.status, row.code) == (403, "Forbidden")
        assert row.client_request_id == "7d1c0a52-0000-4000-8000-000000000001"
        assert row.request_id == told["request_id"]
        assert (row.door, row.template) == ("graph", "/security/alerts_v2")
        assert row.message.startswith("Missing application roles.")
        assert row.occurred_at == NOW - timedelta(minutes=5)
        assert (row.received_at, row.source, row.tenant_id) == (NOW, "api", T1)
        assert row.token == told["token"]
        assert row.cut == 0

    def test_that_says_next_to_nothing_is_taken(self, application):
        least = {"occurred_at": NOW.isoformat(), "status": 500, "request_id": "A-1"}

        taken(application, read(json.dumps(least).encode()))

        row = FailedRequest.objects.get()
        assert (row.request_id, row.tenant_id, row.token, row.headers) == ("a-1", None, None, {})
        assert FailureCount.objects.get().tenant_id == uuid.UUID(int=0)

    def test_keeps_no_value_of_a_query(self, application):
        taken(
            application, reports(url="https://graph.microsoft.com/v1.0/users?$search=ada@northwind.example")
        )

        row = FailedRequest.objects.get()
        assert "northwind" not in json.dumps(FailedRequest.objects.values().get(), default=str)
        assert row.path == "/users"

    def test_is_one_printable_line(self, application):
        taken(application, reports(error="Denied\u0000\n\x1b[2J forged"))

        assert FailedRequest.objects.get().message.isprintable()


class TestTheSameReport:
    def test_twice_is_one_row_and_one_count(self, application):
        rows = reports(3)

        first, second = taken(application, rows), taken(application, rows)

        assert (first.accepted, first.new, second.accepted, second.new) == (3, 3, 3, 0)
        assert FailedRequest.objects.count() == 3
        assert [c.count for c in FailureCount.objects.all()] == [3]

    def test_twice_in_one_batch_is_one_row(self, application):
        [row] = reports()

        assert taken(application, [row, row]).new == 1
        assert FailureCount.objects.get().count == 1

    def test_by_another_application_or_in_another_way_is_another_row(self, application):
        rows = reports(application=None)
        other = make_application(slug="other", name="Other", client_id=uuid.uuid4())

        taken(application, rows)
        taken(other, rows)
        taken(application, rows, source=FailedRequest.Source.FILE)

        assert FailedRequest.objects.count() == 3

    @pytest.mark.slow
    @pytest.mark.django_db(transaction=True)
    def test_a_hundred_times_at_once_is_stored_and_counted_once(self):
        application = make_application()
        rows = reports(20)
        news, failures = [], []

        def post(number):
            try:
                # Each in another order: what waits for each other must not do so in a circle.
                news.append(taken(application, rows[number % 20 :] + rows[: number % 20]).new)
            except Exception as error:  # noqa: BLE001
                failures.append(error)
            finally:
                connections.close_all()

        for start in range(0, 100, 20):
            threads = [threading.Thread(target=post, args=(start + n,)) for n in range(20)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()

        assert failures == []
        assert (len(news), sum(news)) == (100, 20)
        assert FailedRequest.objects.count() == sum(c.count for c in FailureCount.objects.all()) == 20


class TestWhatCannotBeTaken:
    @pytest.mark.parametrize(
        ("change", "says"),
        [
            ({"occurred_at": "9999-12-31T23:59:59-10:00"}, "Row 2: occurred_at lies more than a day ahead."),
            ({"occurred_at": "2026-10-01T00:00:00Z"}, "Row 2: occurred_at lies more than 30 days back"),
            ({"application": str(uuid.UUID(int=3))}, f"Row 2: application has to be {CONNECTOR}, or"),
        ],
    )
    def test_is_named_and_nothing_is_stored(self, application, change, says):
        with pytest.raises(ReportError) as caught:
            taken(application, reports() + reports(**change))

        assert str(caught.value).startswith(says)
        assert isinstance(caught.value, OtherApplicationError) is ("application" in change)
        assert not FailedRequest.objects.exists()
        assert not FailureCount.objects.exists()


def test_a_batch_of_many_tenants_takes_few_queries(application, django_assert_max_num_queries):
    make_revision(application, P1)
    rows = []
    for _ in range(5):
        installation = make_installation(application, has=grants(P1))
        rows += reports(10, tenant_id=str(installation.tenant_id))

    with django_assert_max_num_queries(6):
        taken(application, rows)

    assert FailedRequest.objects.count() == 50


def test_times_and_ids_are_written_as_the_database_expects_them(application):
    """The rows go past Django's own writing: they have to be found by what it reads with."""
    taken(application, reports())
    row = FailedRequest.objects.get()

    assert FailedRequest.objects.filter(pk=row.pk, tenant_id=T1, occurred_at=row.occurred_at).exists()
    assert FailedRequest.objects.filter(
        occurred_at__lt=NOW, token__roles=["SecurityEvents.Read.All"]
    ).exists()
    assert FailureCount.objects.filter(hour=NOW - timedelta(hours=1), tenant_id=T1).exists()
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM support_failedrequest WHERE token IS NULL")
        assert cursor.fetchone() == (0,)


CANARY = "eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiJ9.eyJjYW5hcnkiOiJ5ZXMiLCJyb2xlcyI6W119.c2lnbmF0dXJlLWNhbmFyeQ"
SECRET = "K4n8Q~CanaryCanaryCanaryCanaryCanary1234"


@pytest.mark.parametrize("secret", [CANARY, SECRET])
def test_a_secret_in_any_field_is_cut_out_or_refused_and_nowhere_afterwards(application, secret, caplog):
    fields: dict[str, object] = {
        "client_request_id": secret[:64],
        "request_id": secret[:64],
        "correlation_id": secret[:64],
        "method": secret,
        "url": f"https://graph.microsoft.com/v1.0/users/{secret}/x?access_token={secret}",
        "error": {"error": {"code": secret, "message": f"Denied: Bearer {secret}", secret: secret}},
        "headers": {
            "Authorization": f"Bearer {secret}",
            "Set-Cookie": f"s={secret}",
            "Warning": f"199 - {secret}",
            "x-ms-ags-diagnostic": secret,
            "x-ms-throttle-scope": secret,
            "WWW-Authenticate": f'Bearer error="{secret}"',
            secret: secret,
        },
        "token": {"aud": secret, "roles": [secret, "User.Read"], "scp": f"a {secret}"},
        "tenant_id": secret,
        "occurred_at": secret,
        secret: secret,
    }
    bodies = [{**reported(), name: value} for name, value in fields.items()]
    bodies.append(reported(error=f"x {secret} " * 90))  # as text, and longer than what is kept
    bodies.append(
        reported(error={"error": "invalid_client", "error_description": f"AADSTS7000215: {secret}"})
    )
    refused: list[ReportError] = []
    for body in bodies:
        try:
            taken(application, read(json.dumps(body).encode()))
        except ReportError as error:
            refused.append(error)
    kept = json.dumps([*FailedRequest.objects.values(), *FailureCount.objects.values()], default=str)
    assert len(refused) == 4  # method, tenant_id, occurred_at, and a field that nobody knows
    assert secret[:20] not in kept
    assert secret[-16:] not in kept
    assert secret[:20] not in caplog.text
    assert not [e for e in refused if secret in e.problem.says]
    assert sum(FailedRequest.objects.values_list("cut", flat=True)) >= len(fields) - len(refused)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_many_rows_and_single_ones_at_the_same_time_are_each_stored_once():
    """Many rows go in by COPY and few as JSON: neither fails the other."""
    application = make_application()
    rows = reports(120)
    news, failures = [], []

    def post(number):
        try:
            few = rows[number * 6 : number * 6 + 3]
            # Each in another order: what waits for each other must not do so in a circle.
            turned = rows[number * 7 :] + rows[: number * 7]
            news.append(taken(application, turned if number % 2 else few).new)
        except Exception as error:  # noqa: BLE001
            failures.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=post, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
    assert sum(news) == FailedRequest.objects.count() == 120
    assert sum(c.count for c in FailureCount.objects.all()) == 120

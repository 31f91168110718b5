"""`POST /api/v1/failures`: a key opens it, everything else is refused with one sentence."""

from __future__ import annotations

import json
import logging
import uuid
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from support.models import FailedRequest, IngestKey
from support.services.keys import make_key, revoke_key
from tests.factories import T2, make_application
from tests.support.reporting import reported

URL = "/api/v1/failures"


@pytest.fixture(autouse=True)
def _refusals_are_meant():
    logging.disable(logging.WARNING)
    yield
    logging.disable(logging.NOTSET)


@pytest.fixture
def key(application):
    return make_key(application=application, name="production", person=None, now=timezone.now())


def row(**overrides):
    recent = (timezone.now() - timedelta(minutes=1)).isoformat()
    return reported(**{"occurred_at": recent, **overrides})


def post(body, key="", *, url=URL, content_type="application/json", **headers):
    content = body if isinstance(body, bytes | str) else json.dumps(body)
    if key:
        headers["HTTP_AUTHORIZATION"] = f"Bearer {key}"
    return Client(enforce_csrf_checks=True).post(url, content, content_type=content_type, **headers)


class TestWithAKey:
    def test_one_object_or_many_are_stored_once(self, key):
        one, many = row(), [row() for _ in range(3)]

        answers = [post(body, key.text) for body in (one, one, many, [*many, one])]

        assert [a.status_code for a in answers] == [200] * 4
        assert [a.json() for a in answers] == [
            {"accepted": 1, "new": 1},
            {"accepted": 1, "new": 0},
            {"accepted": 3, "new": 3},
            {"accepted": 4, "new": 0},
        ]
        assert FailedRequest.objects.count() == 4
        assert set(FailedRequest.objects.values_list("key", "source")) == {(key.key.pk, "api")}
        assert not answers[0].cookies

    def test_the_answer_is_found_by_the_tenant_it_was_told_of(self, key):
        post([row(tenant_id=str(T2))], key.text)

        assert FailedRequest.objects.get().tenant_id == T2

    def test_nobody_writes_under_another_applications_name(self, key):
        """Whoever learns a client-request-id may report it too, but as themselves: it replaces nothing."""
        mine = row()
        post(mine, key.text)
        other = make_application(slug="other", name="Other", client_id=uuid.uuid4())
        theirs = make_key(application=other, name="theirs", person=None, now=timezone.now())

        foreign = post(mine, theirs.text)
        poisoned = post({**mine, "application": str(other.client_id), "error": "Call 555"}, theirs.text)

        assert (foreign.status_code, foreign.json()["field"]) == (409, "application")
        assert poisoned.status_code == 200
        found = FailedRequest.objects.filter(client_request_id=mine["client_request_id"]).order_by("pk")
        assert {r.application.slug: r.message[:8] for r in found} == {
            "sentinel-connector": "Missing ",
            "other": "Call 555",
        }

    def test_its_use_is_noted_to_the_minute(self, key):
        post([row(), row()], key.text)

        used = IngestKey.objects.get()
        assert used.minute_rows == 2
        assert used.last_used_at is not None
        assert used.last_used_at.second == 0


class TestWithoutAKey:
    def test_everything_that_is_no_key_gets_the_same_bytes(self, key, application, owner):
        revoked = make_key(application=application, name="old", person=None, now=timezone.now())
        revoke_key(key=revoked.key, person=None, now=timezone.now())
        signed_in = Client()
        signed_in.force_login(owner)

        answers = [
            post(row()),
            post(row(), "cdk_" + "x" * 43),
            post(row(), "é" * 50),
            post(row(), revoked.text),
            post(row(), key.text[:-1]),
            post(row(), HTTP_AUTHORIZATION=f"Basic {key.text}"),
            post(row(), HTTP_AUTHORIZATION=key.text),
            post(row(), url=f"{URL}?key={key.text}&access_token={key.text}"),
            post(b"", url=URL, content_type="text/plain"),
            signed_in.post(URL, json.dumps(row()), content_type="application/json"),
        ]

        assert {a.status_code for a in answers} == {401}
        assert len({a.content for a in answers}) == 1
        assert {a.headers["WWW-Authenticate"] for a in answers} == {"Bearer"}
        assert not FailedRequest.objects.exists()

    def test_the_key_itself_is_nowhere(self, key):
        assert key.text not in json.dumps(IngestKey.objects.values().get(), default=str)


class TestRefusals:
    @pytest.mark.parametrize(
        ("change", "status"),
        [
            ({"content_type": "text/plain"}, 415),
            ({"content_type": "application/x-www-form-urlencoded"}, 415),
            ({"content_type": "multipart/form-data; boundary=x"}, 415),
            ({"content_type": "application/xml"}, 415),
            ({"HTTP_CONTENT_ENCODING": "gzip"}, 415),
            ({"HTTP_CONTENT_ENCODING": "br"}, 415),
            ({"CONTENT_LENGTH": ""}, 411),
            ({"CONTENT_LENGTH": "-1"}, 411),
            ({"CONTENT_LENGTH": "1e3"}, 411),
            ({"CONTENT_LENGTH": str(2 * 1024 * 1024 + 1)}, 413),
            ({"CONTENT_LENGTH": "9" * 5000}, 413),
        ],
    )
    def test_what_is_not_read_at_all(self, key, change, status):
        answer = post([row()], key.text, **change)

        assert answer.status_code == status
        assert answer.json()["error"].endswith(".")
        assert not FailedRequest.objects.exists()

    @pytest.mark.parametrize(
        ("body", "says"),
        [
            (b" ", "Row 1 is not JSON (EOF while parsing a value at line 1 column 1)."),
            (b'[{"occurred_at": "2026', "is not JSON"),
            (b"\xff\xfe", "is not JSON"),
            (b"[" * 100_000, "is not JSON (recursion limit exceeded"),
            (b"{" + b",".join(b'"f%d":1' % n for n in range(100_000)) + b"}", "Row 1: "),
            (b"null", "Row 1 has to be an object."),
            (b"[1]", "Row 1 has to be an object."),
            (b"[" + b"{}," * 1000 + b"{}]", "Row 1001 is one too many: a batch has at most 1,000."),
            ([row(), {**row(), "status": "403"}], "Row 2: status has to be a whole number."),
            (row(status=200), "Row 1: status has to be 206, or 400 to 599:"),
            (row(status=10**30), "Row 1: status has to be 206, or 400 to 599:"),
            (row(occurred_at="9999-12-31T23:59:59Z"), "Row 1: occurred_at lies more than a day ahead."),
            (row(occurred_at="yesterday"), "Row 1: occurred_at has to be a time as ISO 8601, such as"),
            (row(occurred_at="2026-11-23T09:00:00"), "Row 1: occurred_at has to name its zone, such as"),
            (row(client_request_id=None, request_id=None), "Row 1 has no id: one of client_request_id,"),
            (row(client_request_id="a b"), "Row 1: client_request_id holds characters that do not"),
            (row(tenant_id="T1"), "Row 1: tenant_id has to be a GUID."),
            (row(token={"kind": "app"}), "Row 1: token.kind has to be 'application' or 'delegated'."),
            (row(token={"access_token": "x"}), "Row 1: token.access_token is no field of a failure."),
            (row(password="x"), "Row 1: password is no field of a failure."),
            (row(error=[1]), "Row 1: error has to be an object, or text of at most"),
            (row(headers={"a": 1}), "Row 1: headers has to be text."),
            ({"status": 403, "request_id": "x"}, "Row 1: occurred_at is missing."),
        ],
        ids=lambda value: value[:40] if isinstance(value, str) else "",
    )
    def test_a_row_that_cannot_be_taken_is_named_with_its_field(self, key, body, says):
        answer = post(body, key.text)

        assert (answer.status_code, says in answer.json()["error"]) == (422, True), answer.json()
        assert set(answer.json()) == {"error", "row", "field"}
        assert "\n" not in answer.json()["error"]
        assert not FailedRequest.objects.exists()

    def test_a_batch_with_a_bad_row_stores_none_of_it(self, key):
        answer = post([row(), row(status=200), row()], key.text)

        assert (answer.json()["row"], answer.json()["field"]) == (2, "status")
        assert not FailedRequest.objects.exists()

    def test_who_sends_too_much_waits_and_nobody_else(self, key, application, settings):
        settings.FAILURES_PER_MINUTE = 5
        calm = make_key(application=application, name="calm", person=None, now=timezone.now())
        # The minute may end between two of these; five and five never fit into one and a half.
        noisy = [post([row() for _ in range(5)], key.text) for _ in range(3)]

        assert 429 in {a.status_code for a in noisy}
        refused = next(a for a in noisy if a.status_code == 429)
        assert 1 <= int(refused.headers["Retry-After"]) <= 60
        assert refused.json()["error"].startswith("At most 5 rows are taken in a minute.")
        assert post(row(), calm.text).status_code == 200
        stored = sum(a.json()["new"] for a in noisy if a.status_code == 200)
        assert FailedRequest.objects.count() == stored + 1

    def test_a_flood_of_what_cannot_be_taken_is_turned_away_too(self, key, settings):
        settings.FAILURES_PER_MINUTE = 5
        # The minute may end between two of these.
        answers = [post(b"[", key.text) for _ in range(12)]

        assert {a.status_code for a in answers} == {422, 429}

    def test_a_full_minute_is_told_before_the_body_is_read(self, key, settings):
        settings.FAILURES_PER_MINUTE = 0

        assert post(b"{}", key.text, content_type="text/plain").status_code == 429

    def test_it_is_closed_to_reading(self, key):
        assert Client().get(URL, HTTP_AUTHORIZATION=f"Bearer {key.text}").status_code == 405

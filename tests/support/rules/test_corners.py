"""Rare stories, each with what must be said of it."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from pydantic import ValidationError

from consent.rules.own_role import own_role
from consent.rules.try_it import trouble_of
from support.rules.errors import error_facts
from support.rules.facts import Facts, Slug, Who
from support.rules.paste import read
from support.rules.pieces import LARGEST_TEXT, NotReadableError, pieces, records
from support.rules.redact import cut
from support.rules.report import Report
from support.rules.token_compare import compare_token
from support.rules.token_reading import read as read_token
from support.rules.verdict import judge
from support.rules.words import moment
from tests.factories import D1
from tests.support.pasted import delegated, jws
from tests.support.rules.cases import (
    ALL_GRANTED,
    MEMBER,
    NOBODY_LOOKED,
    NORTHWIND,
    NOTHING_GRANTED,
    app_token,
    graph,
    person_token,
    sign_in,
    tenant,
)
from tests.support.rules.test_token_notes import TENANT

INDICATORS = "/security/tiIndicators"
OURS = "5e471e10-0000-4000-8000-0000000000c1"
REQUEST = "7d1c0a52-93f4-4f0b-8a3e-2f6f6c1f9b10"
EXPIRED_GRANT = {"code": "invalid_grant", "suberror": "bad_token"}
NO_PRIVILEGES = {"code": "Authorization_RequestDenied", "message": "Insufficient privileges to complete."}
UNKNOWN_CALLER = {"code": "Authorization_IdentityNotFound", "message": "The identity was not found."}
DISABLED = replace(ALL_GRANTED, condition="disabled")


class TestAVerdict:
    @pytest.mark.parametrize(
        ("failure", "place", "slug"),
        [
            (graph(INDICATORS, 410, version="beta"), ALL_GRANTED, Slug.API_RETIRED),
            (graph(INDICATORS, 404, version="beta"), ALL_GRANTED, Slug.API_RETIRED),
            (graph(status=401, **UNKNOWN_CALLER), NOTHING_GRANTED, Slug.NOT_ENOUGH_EVIDENCE),
            (graph(status=403, **UNKNOWN_CALLER), NOTHING_GRANTED, Slug.NEVER_CONSENTED),
            (
                graph(status=403, **UNKNOWN_CALLER),
                replace(ALL_GRANTED, gone=True),
                Slug.APP_DISABLED_OR_REMOVED,
            ),
            (sign_in(None, suberror="message_only"), ALL_GRANTED, Slug.CONDITIONAL_ACCESS),
            (sign_in(None, **EXPIRED_GRANT), ALL_GRANTED, Slug.TOKEN_EXPIRED),
            (
                sign_in(65001),
                replace(NOBODY_LOOKED, status="never-consented"),
                Slug.NEVER_CONSENTED,
            ),
            (graph(status=401, message="Unauthorized"), DISABLED, Slug.APP_DISABLED_OR_REMOVED),
            (
                graph(token=app_token()),
                replace(NOBODY_LOOKED, status="never-consented"),
                Slug.PERMISSION_MISSING,
            ),
        ],
    )
    def test_of_a_rare_answer(self, failure, place, slug):
        assert judge(Facts(failure, place, date(2026, 11, 23))).slug is slug

    def test_asks_for_proof_where_a_token_is_from_elsewhere(self):
        failure = graph(status=401, message="CompactToken validation failed with reason code: 80049228")
        verdict = judge(Facts(failure, ALL_GRANTED))

        assert (verdict.slug, verdict.who) == (Slug.NOT_ENOUGH_EVIDENCE, Who.UNKNOWN)

    def test_of_the_directory_blames_no_role_that_nobody_saw(self):
        token = person_token("Directory.Read.All", wids=None)
        verdict = judge(Facts(graph("/servicePrincipals", 403, token=token, **NO_PRIVILEGES), tenant()))

        assert verdict.slug is not Slug.USER_LACKS_ROLE

    def test_of_the_directory_blames_the_role_that_is_not_there(self):
        token = person_token("Directory.Read.All", wids=frozenset({MEMBER}))
        verdict = judge(Facts(graph("/servicePrincipals", 403, token=token, **NO_PRIVILEGES), tenant()))

        assert verdict.slug in {Slug.USER_LACKS_ROLE, Slug.NOT_ENOUGH_EVIDENCE}

    def test_tells_of_an_unknown_time_as_such(self):
        assert moment(None, None) == "an unknown time"
        assert moment(datetime(2026, 11, 2, 3, 4, tzinfo=UTC), None) == "2 November 2026, 03:04 UTC"


class TestAPastedText:
    def test_may_be_a_whole_report(self):
        row = {
            "occurred_at": "2026-11-23T03:10:00Z",
            "status": 403,
            "application": OURS,
            "client_request_id": REQUEST,
            "url": "https://graph.microsoft.com/v1.0/security/incidents",
        }
        pasted = read(json.dumps(row))

        assert pasted.ids[0] == REQUEST
        assert pasted.facts.status == 403

    def test_may_be_half_a_report(self):
        row = {"occurred_at": "yesterday", "status": 403, "client_request_id": REQUEST}

        assert REQUEST in str(read(json.dumps(row)).ids)

    def test_counts_its_objects_no_further_than_it_must(self):
        assert read(json.dumps({"a": [0] * 20_000, "error": {"code": "Forbidden"}})).facts.code == "Forbidden"

    def test_may_be_a_row_of_a_log_that_names_no_kind(self):
        row = {
            "TimeGenerated": "2026-11-23T03:10:00Z",
            "AadTenantId": NORTHWIND,
            "AppId": OURS,
            "RequestId": REQUEST,
            "RequestMethod": "GET",
            "RequestUri": "https://graph.microsoft.com/v1.0/security/incidents",
            "ResponseStatusCode": 403,
            "UserId": "0b1ec700-0000-4000-8000-000000000002",
            "Scopes": "User.Read",
            "Type": "MicrosoftGraphActivityLogs",
        }
        token = read(json.dumps(row)).facts.token

        assert token is not None
        assert token.kind == "delegated"

    def test_with_an_id_that_stands_for_nothing_gives_none(self):
        assert read("request-id: 00000000-0000-0000-0000-000000000000, and more").ids == ()

    def test_with_a_code_of_the_sign_in_in_an_answer_of_graph_is_about_the_sign_in(self):
        error = {"code": "InvalidAuthenticationToken", "message": "AADSTS65001: Nobody consented."}
        text = f"GET https://graph.microsoft.com/v1.0/security/incidents\n{json.dumps({'error': error})}"
        assert (read(text).facts.aadsts, read(text).facts.path) == (65001, "")

    def test_is_stored_shortened_when_its_message_has_no_end(self):
        row = {
            "occurred_at": "2026-11-23T03:10:00Z",
            "status": 403,
            "client_request_id": REQUEST,
            "error": {"code": "Forbidden", "message": "no " * 900},
        }
        assert 900 < len(read(json.dumps(row)).facts.message) <= 1000

    def test_with_a_response_in_it_tells_the_status_in_words(self):
        assert read(json.dumps({"statusCode": "403", "error": {"code": "Forbidden"}})).facts.status == 403

    def test_with_an_address_as_a_field_tells_the_call(self):
        text = json.dumps(
            {
                "method": "GET",
                "url": f"https://graph.microsoft.com/v1.0/security/incidents?x={NORTHWIND}",
                "status": 403,
                "error": {"code": "Forbidden", "message": "No."},
            }
        )
        assert read(text).facts.path == "/security/incidents"

    def test_of_a_sign_in_beside_a_call_is_about_the_sign_in(self):
        text = (
            "GET https://graph.microsoft.com/v1.0/security/incidents\n"
            f"AADSTS65001: The user or administrator has not consented. Trace ID: {REQUEST}"
        )
        facts = read(text).facts

        assert (facts.aadsts, facts.path) == (65001, "")


class TestAFile:
    def test_with_a_broken_first_line_still_gives_the_others(self):
        found = list(pieces(io.BytesIO(b'{"a": 1\n{"b": 2}\n{"c": 3}')))

        assert [piece.content for piece in found] == [b'{"a": 1', b'{"b": 2}', b'{"c": 3}']

    def test_of_one_text_that_is_too_large_is_refused_whole(self):
        with pytest.raises(NotReadableError, match="JSON Lines"):
            list(pieces(io.BytesIO(b"[\n" + b" " * (LARGEST_TEXT + 1))))

    def test_of_something_else_that_is_large_is_read_by_lines(self):
        first = next(iter(pieces(io.BytesIO(b"nothing\n" + b"x\n" * 10))))

        assert first.content == b"nothing"

    def test_with_many_objects_in_a_line_gives_each(self):
        (piece,) = pieces(io.BytesIO(b'{"records": [{"a": 1}, {"b": 2}]}\n'))

        assert records(piece) == [{"a": 1}, {"b": 2}]
        (piece,) = pieces(io.BytesIO(b"7\n"))
        assert records(piece) == [piece.content]


class TestASecret:
    def test_goes_with_a_block_that_another_block_interrupts(self):
        begin, end = "-----BEGIN PRIVATE KEY-----", "-----END PRIVATE KEY-----"

        assert cut(f"{begin}\nAAAA\n{begin}\nBBBB\n{end} and on") == ("[cut][cut] and on", 2)

    def test_is_not_an_end_without_a_beginning(self):
        story = "-----END A KEY----- and -----BEGIN A KEY-----\nAAAA\n-----END A KEY-----"
        assert cut(story) == ("-----END A KEY----- and [cut]", 1)


def test_an_error_nested_without_end_is_read_as_deep_as_it_pays():
    body: dict = {"code": "deepest"}
    for _ in range(50):
        body = {"code": "", "innerError": body}

    assert error_facts({"error": body}).code == ""


def test_a_report_of_what_was_not_denied_is_refused():
    with pytest.raises(ValidationError, match="206"):
        Report.model_validate({"occurred_at": datetime(2026, 11, 23, tzinfo=UTC), "status": 301})


def test_a_delegated_permission_may_be_granted_for_somebody_else():
    place = replace(TENANT, required_now=frozenset({D1}), granted_now=frozenset({D1}), granted_since={})
    facts = read_token(jws(delegated("openid"))).facts

    assert [line.remark for line in compare_token(facts, place) if line.value == D1.value] == [
        "Granted there, but not for the person of this token."
    ]


def test_a_sentences_full_stop_is_no_part_of_a_token():
    whole = jws(delegated("User.Read"))

    assert read_token(f"It was {whole}. Why?").facts.scp == frozenset({"User.Read"})


def test_nobody_knows_a_role_that_microsoft_did_not_tell():
    assert own_role(needed=True, active=None, eligible=[]).state == "unknown"


def test_another_organizations_account_has_a_page_of_its_own():
    assert trouble_of(code=None, error="another_organization", retryable=False) == "wrong-organization"

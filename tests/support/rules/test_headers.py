"""What the headers of an answer say."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.rules.headers import header_facts, header_facts_and_ids, header_time

DIAGNOSTIC = '{"ServerInfo":{"DataCenter":"UK South","Slice":"E","Ring":"3"}}'
SCOPE = "Tenant_Application/Read/5e471e10-0000-4000-8000-0000000000c1/11111111-1111-4111-8111-111111111111"


def test_what_a_verdict_can_use_is_kept_and_nothing_else():
    headers = {
        "Content-Type": "application/json",
        "WWW-Authenticate": 'Bearer realm="", error="insufficient_claims", claims="eyJhY2Nlc3NfdG9rZW4i"',
        "WARNING": '199 - "Microsoft/WDATP/401/228"',
        "Retry-After": "17",
        "x-ms-throttle-scope": SCOPE,
        "x-ms-ags-diagnostic": DIAGNOSTIC,
        "Set-Cookie": "fpc=x",
    }
    assert header_facts(headers) == {
        "challenge": "insufficient_claims",
        "warning": '199 - "Microsoft/WDATP/401/228"',
        "retry_after": 17,
        "throttle_scope": SCOPE,
        "diagnostic": DIAGNOSTIC,
    }


def test_a_list_of_values_is_read_as_one():
    assert header_facts({"warning": ["199 - a", "199 - b"]}) == {"warning": "199 - a, 199 - b"}


def test_a_challenge_without_an_error_is_none():
    assert header_facts({"www-authenticate": 'Bearer realm="", client_id="x"'}) == {}


@pytest.mark.parametrize(
    ("wait", "seconds"),
    [
        ("0", 0),
        (30, 30),
        ("2.5", 2),
        ("999999999", 86_400),
        ("Fri, 20 Nov 2026 10:00:30 GMT", 30),
        ("Fri, 20 Nov 2026 09:00:00 GMT", 0),
        ("-1", None),
        ("soon", None),
        (True, None),
        (10**40, None),
    ],
)
def test_a_wait_is_seconds_or_a_date(wait, seconds):
    headers = {"Retry-After": wait, "Date": "Fri, 20 Nov 2026 10:00:00 GMT"}
    assert header_facts(headers).get("retry_after") == seconds


def test_ids_are_found_under_the_names_of_graph_and_of_the_token_endpoint():
    mine, theirs = "7D1C0A52-93F4-4F0B-8A3E-2F6F6C1F9B10", "0c0ffee0-0000-4000-8000-00000000ab01"
    assert header_facts_and_ids({"Client-Request-Id": f" {mine} ", "request-id": theirs})[1] == {
        "client_request_id": mine.lower(),
        "request_id": theirs,
    }
    _, ids = header_facts_and_ids({"x-ms-request-id": theirs, "client-request-id": "none"})
    assert ids == {"request_id": theirs}


def test_the_date_is_the_answers_own():
    assert header_time({"date": "Fri, 20 Nov 2026 10:00:00 GMT"}) == datetime(2026, 11, 20, 10, tzinfo=UTC)
    assert header_time({}) is None


NAMES = ["Retry-After", "Date", "Warning", "WWW-Authenticate", "request-id", "x-ms-ags-diagnostic"]
values = st.text() | st.integers() | st.none() | st.booleans() | st.floats() | st.lists(st.text() | st.none())


@given(st.dictionaries(st.sampled_from(NAMES) | st.text(), values))
def test_any_headers_are_read_without_an_exception(headers):
    facts, _ = header_facts_and_ids(headers)
    header_time(headers)
    assert all(value.isprintable() for value in facts.values() if isinstance(value, str))

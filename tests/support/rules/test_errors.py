"""Error bodies as Microsoft Graph and the token endpoint write them, and everything else."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.rules.errors import ErrorFacts, error_facts, moment, one_line
from tests.growth import growth

MINE = "7d1c0a52-93f4-4f0b-8a3e-2f6f6c1f9b10"
THEIRS = "0c0ffee0-0000-4000-8000-00000000ab01"
WHEN = datetime(2026, 1, 15, 10, 22, 33, tzinfo=UTC)
TEXT = "AADSTS7000215: Invalid client secret provided."


def graph(**inner):
    return {"error": {"code": "Authorization_RequestDenied", "message": "Insufficient privileges.", **inner}}


class TestGraph:
    def test_code_text_ids_and_time(self):
        ids = {"date": "2026-01-15T10:22:33", "request-id": THEIRS.upper(), "client-request-id": MINE}
        facts = error_facts(graph(innerError=ids))
        assert facts == ErrorFacts(
            door="graph",
            code="Authorization_RequestDenied",
            message="Insufficient privileges.",
            client_request_id=MINE,
            request_id=THEIRS,
            time="2026-01-15T10:22:33",
        )
        assert facts.occurred_at == WHEN

    @pytest.mark.parametrize("name", ["innerError", "innererror", "inner_error"])
    def test_what_is_nested_deeper_is_found_too(self, name):
        deep = {name: {"code": "inner", name: {"request_id": THEIRS}}}
        facts = error_facts({"error": {"message": "", **deep}})
        assert (facts.code, facts.request_id) == ("inner", THEIRS)

    def test_the_outer_code_goes_before_the_inner(self):
        assert error_facts(graph(innerError={"code": "inner"})).code == "Authorization_RequestDenied"

    def test_the_body_alone_without_the_word_error(self):
        assert error_facts(graph()["error"]).code == "Authorization_RequestDenied"

    def test_as_text(self):
        assert error_facts(json.dumps(graph())) == error_facts(graph())

    def test_as_azure_ad_graph_wrote_it(self):
        body = {"odata.error": {"code": "x", "message": {"lang": "en", "value": "no"}, "requestId": THEIRS}}
        facts = error_facts(body)
        assert (facts.code, facts.message, facts.request_id) == ("x", "no", THEIRS)

    def test_a_body_within_the_text_says_what_the_outer_does_not(self):
        body = {"error": {"code": "UnknownError", "message": json.dumps(graph())}}
        facts = error_facts(body)
        assert (facts.code, facts.message) == ("Authorization_RequestDenied", "Insufficient privileges.")

    def test_an_unknown_error_without_a_text(self):
        assert error_facts({"error": {"code": "UnknownError", "message": ""}}).code == "UnknownError"


class TestTheTokenEndpoint:
    BODY = {  # noqa: RUF012  (never changed)
        "error": "invalid_client",
        "error_description": f"{TEXT} Trace ID: {THEIRS} Correlation ID: {MINE}"
        " Timestamp: 2026-01-15 10:22:33Z",
        "error_codes": [7000215],
        "timestamp": "2026-01-15 10:22:33Z",
        "trace_id": THEIRS,
        "correlation_id": MINE,
        "suberror": "basic_action",
    }
    SAID = ErrorFacts(
        door="token",
        code="invalid_client",
        message=TEXT,
        aadsts=7000215,
        suberror="basic_action",
        request_id=THEIRS,
        correlation_id=MINE,
        time="2026-01-15 10:22:33Z",
    )

    def test_its_body(self):
        assert error_facts(self.BODY) == self.SAID
        assert self.SAID.occurred_at == WHEN

    @pytest.mark.parametrize("between", [" ", "\r\n", "\n", " - "])
    def test_the_description_alone_says_the_same(self, between):
        pieces = (TEXT, f"Trace ID: {THEIRS}", f"Correlation ID: {MINE}", "Timestamp: 2026-01-15 10:22:33Z")
        body = {
            "error": "invalid_client",
            "error_description": between.join(pieces),
            "suberror": "basic_action",
        }
        assert error_facts(body) == self.SAID

    def test_the_first_code_of_the_list_counts(self):
        assert error_facts({**self.BODY, "error_codes": [53003, 50076]}).aadsts == 53003

    @pytest.mark.parametrize("codes", [[], ["7000215"], None, [True], [-1], [10**30], {"a": 1}])
    def test_without_a_usable_list_the_text_does(self, codes):
        assert error_facts({**self.BODY, "error_codes": codes}).aadsts == 7000215

    def test_a_redirect_names_a_subcode(self):
        assert error_facts({"error": "access_denied", "error_subcode": "cancel"}).suberror == "cancel"


class TestForeignText:
    def test_is_one_short_line(self):
        hostile = "a\r\nHTTP/1.1 200 OK\x1b[2J\u202eb\u200bc\x00" + "x" * 5000
        line = one_line(hostile)
        assert line.startswith("a HTTP/1.1 200 OK [2J b c x")
        assert line.isprintable()
        assert len(line) == 1000

    def test_html_stays_text(self):
        assert error_facts("<script>alert(1)</script>").message == "<script>alert(1)</script>"

    def test_an_id_that_is_none_is_left_out(self):
        assert (
            error_facts(graph(innerError={"request-id": "<img src=x>", "date": "yesterday"})).request_id == ""
        )


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("2026-01-15T10:22:33", "2026-01-15T10:22:33+00:00"),
        ("2026-01-15 10:22:33Z", "2026-01-15T10:22:33+00:00"),
        ("2026-01-15T10:22:33.1234567Z", "2026-01-15T10:22:33.123456+00:00"),
        ("2026-01-15T12:22:33+02:00", "2026-01-15T10:22:33+00:00"),
        ("0001-01-01T00:00:00+09:00", None),
        ("9999-12-31T23:59:59-09:00", None),
        ("2026-13-15T10:22:33", None),
        ("soon", None),
        (17, None),
    ],
)
def test_times_are_utc_unless_they_name_a_zone(text, iso):
    found = moment(text)
    assert (found.isoformat() if found else None) == iso


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["error", "code", "message", "innerError", "request-id", "date", "error_codes", "value"]
            )
            | st.text(max_size=5),
            inner,
            max_size=5,
        )
    ),
    max_leaves=15,
)


@given(st.dictionaries(st.sampled_from(["error", "error_description", "odata.error", "code"]), json_values))
def test_any_object_is_read_without_an_exception(body):
    facts = error_facts(body)
    assert facts.message.isprintable()
    assert facts == error_facts(body)


@given(st.text() | json_values.map(lambda value: json.dumps(value)))
def test_any_text_is_read_without_an_exception(text):
    assert len(error_facts(text).message) <= 1000


@pytest.mark.parametrize(
    "piece", [" ", "-", "{", "[", "AADSTS", "Trace ID: ", "Timestamp: 2026-", '{"error":']
)
def test_work_grows_with_the_text_and_no_faster(piece):
    assert growth(error_facts, piece, length=8192) < 30

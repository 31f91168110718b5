import pickle
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entra import errors
from entra.errors import (
    AppDisabled,
    CredentialRejected,
    EntraError,
    Forbidden,
    NotConsented,
    PolicyBlocked,
    Refused,
    SignInFailed,
    TenantNotFound,
    Throttled,
    Unavailable,
    WrongCloud,
)
from entra.refusals import describe, refusal, retry_after
from tests.entra.conftest import PATIENT

NOW = datetime(2026, 3, 1, tzinfo=UTC)
TRACE = "00000000-aaaa-4aaa-8aaa-000000000001"
CORRELATION = "00000000-aaaa-4aaa-8aaa-000000000002"


NAMES = ["error", "error_codes", "error_description", "trace_id", "code", "innerError"]
ANSWERS = st.recursive(
    st.none() | st.text() | st.integers(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=5), inner, max_size=4)
    ),
)


def of(status, body, wait=None, request_id="") -> EntraError:
    found = refusal(status, body, wait, request_id)
    assert found is not None
    return found


class TestTokenEndpointErrors:
    @pytest.mark.parametrize(
        ("kind", "codes"),
        [
            (NotConsented, [700016, 7000229]),
            (AppDisabled, [7000112]),
            (CredentialRejected, [7000215, 7000222, 700027, 7000218]),
            (TenantNotFound, [90002, 900023]),
            (PolicyBlocked, [53000, 53001, 53002, 53003, 53004, 530032, 530034, 530035]),
            (WrongCloud, [90038, 900382, 900432]),
            (Throttled, [50196, 90055]),
            (Refused, [65001, 70011, 1002012, 54005, 123456789]),
        ],
    )
    def test_the_code_decides(self, kind, codes):
        for code in codes:
            failure = of(400, {"error": "invalid_request", "error_codes": [code]})
            assert type(failure) is kind
            assert failure.code == code
            assert failure.retryable == (kind is Throttled)
            assert str(code) in failure.summary

    @pytest.mark.parametrize("separator", [" ", "\r\n"])
    def test_a_code_is_also_found_in_the_text_of_old_and_new_bodies(self, separator):
        parts = ["AADSTS700016: Not found.", f"Trace ID: {TRACE}", f"Correlation ID: {CORRELATION}"]
        text = separator.join([*parts, "Timestamp: 2026-01-15 10:22:33Z"])
        failure = of(400, {"error": "unauthorized_client", "error_description": text})
        assert isinstance(failure, NotConsented)
        assert (failure.code, failure.request_id) == (700016, TRACE)
        assert failure.message == "AADSTS700016: Not found."

    @pytest.mark.parametrize("codes", [None, "700016", [], ["700016"], [True], [None], {"a": 1}])
    def test_strange_lists_of_codes_are_passed_over(self, codes):
        body = {"error": "x", "error_codes": codes, "error_description": "AADSTS7000112: Disabled."}
        assert isinstance(of(400, body), AppDisabled)

    def test_a_trace_id_in_the_body_counts_before_the_header(self):
        body = {"error": "x", "trace_id": TRACE, "error_description": None}
        assert of(400, body, request_id="header").request_id == TRACE
        assert of(400, {"error": "x", "trace_id": "y" * 100}, request_id="header").request_id == "header"

    @pytest.mark.parametrize("error", ["server_error", "temporarily_unavailable"])
    def test_passing_troubles_are_outages(self, error):
        assert type(of(400, {"error": error})) is Unavailable

    def test_the_status_decides_where_no_code_does(self):
        assert type(of(503, {"error": "x"})) is Unavailable
        assert type(of(429, {"error": "x"})) is Throttled
        assert type(of(400, {"error": "x", "error_codes": [0]})) is Refused
        assert type(of(500, {"error": "x", "error_codes": [700016]})) is NotConsented


class TestGraphErrors:
    @pytest.mark.parametrize(
        ("status", "kind"),
        [
            (400, Refused),
            (401, Forbidden),
            (403, Forbidden),
            (404, Refused),
            (410, Refused),
            (429, Throttled),
            (500, Unavailable),
            (503, Unavailable),
            (504, Unavailable),
        ],
    )
    def test_the_status_decides(self, status, kind):
        body = {"error": {"code": "UnknownError", "message": "", "innerError": {"request-id": TRACE}}}
        failure = of(status, body, wait=3.0)
        assert type(failure) is kind
        assert (failure.status, failure.error, failure.request_id) == (status, "UnknownError", TRACE)
        assert failure.retry_after == 3.0

    @pytest.mark.parametrize("inner", [None, 5, {"request-id": 5}, {"request-id": "y" * 100}, {}])
    def test_the_header_stands_in_for_a_missing_inner_error(self, inner):
        assert of(403, {"error": {"innererror": inner}}, request_id="header").request_id == "header"

    def test_a_code_is_a_word(self):
        assert of(403, {"error": {"code": "<b>x</b>\r\n" + "y" * 500}}).error == "bxb" + "y" * 61


class TestOtherAnswers:
    @pytest.mark.parametrize("body", [None, [], "x", {}, {"error": None}, {"error": 5}, {"error": ""}])
    def test_an_error_without_a_body_of_microsofts_is_an_outage(self, body):
        assert type(of(400, body)) is Unavailable
        assert type(of(403, body)) is Unavailable
        assert type(of(302, body)) is Unavailable
        assert type(of(429, body)) is Throttled

    @pytest.mark.parametrize("status", [200, 201, 204, 206])
    def test_success_is_no_error(self, status):
        assert refusal(status, {"error": "x"}, None) is None

    @PATIENT
    @given(st.integers(100, 599), ANSWERS)
    def test_any_answer_is_judged_without_failing(self, status, body):
        failure = refusal(status, body, None)
        assert (failure is None) == (200 <= status < 300)
        if failure is not None:
            assert failure.summary.endswith(".")
            assert failure.summary.isprintable()


class TestDescriptions:
    @PATIENT
    @given(st.text())
    def test_they_come_out_short_printable_and_on_one_line(self, raw):
        text = describe(raw).text
        assert len(text) <= 300
        assert text.isprintable()
        assert text == " ".join(text.split())

    def test_marks_that_turn_text_around_are_dropped(self):
        assert describe("a\u202eb\u2066c\u2028d\x00e").text == "a b c d e"

    def test_fields_are_cut_out(self):
        raw = f"AADSTS1: No. Trace ID: {TRACE} Correlation ID: {CORRELATION} Timestamp: 2026-01-15 10:22:33Z"
        found = describe(raw)
        assert (found.text, found.trace_id, found.correlation_id) == ("AADSTS1: No.", TRACE, CORRELATION)
        assert found.timestamp == "2026-01-15 10:22:33Z"
        assert found.code is None
        assert describe("AADSTS50020: x").code == 50020


@PATIENT
@given(st.none() | st.text(max_size=40))
def test_any_retry_after_is_a_bounded_wait_or_nothing(header):
    wait = retry_after(header, NOW)
    assert wait is None or 0 <= wait <= 3600


class TestErrors:
    def kinds(self) -> list[type[EntraError]]:
        found = [
            one for one in vars(errors).values() if isinstance(one, type) and issubclass(one, EntraError)
        ]
        assert len(found) >= 13
        return found

    def test_each_says_one_plain_sentence(self):
        for kind in self.kinds():
            for failure in (kind(), kind("Why."), kind(code=7000222), kind(error="access_denied")):
                assert failure.summary.strip()
                assert "\n" not in failure.summary

    def test_microsofts_text_is_in_no_summary_of_a_refusal(self):
        for kind in (NotConsented, Refused, Forbidden, TenantNotFound, CredentialRejected):
            assert "evil" not in kind("evil", code=1).summary

    def test_only_what_passes_is_retryable_unless_said_otherwise(self):
        assert {kind.__name__ for kind in self.kinds() if kind().retryable} == {"Throttled", "Unavailable"}
        assert not Unavailable(retryable=False).retryable
        assert SignInFailed(retryable=True).retryable

    def test_they_survive_being_sent_to_another_process(self):
        failure = NotConsented("m", code=700016, request_id="r", client_request_id="c", at=NOW)
        again = pickle.loads(pickle.dumps(failure))  # noqa: S301
        assert type(again) is NotConsented
        assert vars(again) == vars(failure)

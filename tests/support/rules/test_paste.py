"""Ids and error bodies that people paste are found and read; whatever else comes, nothing fails."""

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from support.rules.facts import FailureFacts
from support.rules.paste import LONGEST, read
from tests.growth import growth
from tests.support.rules.pastes import (
    APP,
    BLOCK,
    GRAPH,
    MINE,
    MISSING,
    SECRET,
    SPAN,
    TENANT,
    THEIRS,
    TOKEN,
    URL,
    WHEN,
    labels,
)


class TestABareId:
    @pytest.mark.parametrize(
        "text",
        [
            MINE,
            MINE.upper(),
            f"  {MINE}\r\n",
            f"{{{MINE}}}",
            f"({MINE})",
            f'"{MINE}"',
            f"urn:uuid:{MINE}",
            MINE.replace("-", ""),
            f"<{MINE.upper()}>",
        ],
    )
    def test_is_found_however_it_is_written(self, text):
        pasted = read(text)
        assert labels(pasted) == [("unknown", MINE)]
        assert pasted.facts == FailureFacts()
        assert pasted.found == ()

    def test_is_found_in_a_sentence(self):
        assert read(f"Hi, it failed again, the id was {MINE}. Thanks, Ada").ids == (MINE,)

    def test_longer_strings_of_digits_are_no_ids(self):
        assert read(f"a{MINE}").ids == read(f"{MINE}0").ids == read(f"{MINE}-1").ids == ()


class TestOrder:
    def test_the_callers_own_id_comes_first_and_one_that_nobody_named_last(self):
        other = "aaaaaaaa-0000-4000-8000-000000000001"
        text = f"{other}\ncorrelation_id={SPAN}\nTrace ID: {THEIRS}\nclient-request-id: {MINE}"
        assert labels(read(text)) == [
            ("client-request-id", MINE),
            ("trace", THEIRS),
            ("correlation", SPAN),
            ("unknown", other),
        ]

    def test_tenants_applications_and_microsofts_own_ids_are_not_ids_of_calls(self):
        text = (
            f"tid={TENANT} appid: {APP} aud 00000003-0000-0000-c000-000000000000 oid: {THEIRS}"
            " https://graph.microsoft.com/v1.0/servicePrincipals/22222222-2222-4222-8222-222222222222/owners"
            f" wids: b79fbf4d-3ef9-4689-8143-76b194e85509 request-id {MINE}"
        )
        pasted = read(text)
        assert labels(pasted) == [("request-id", MINE)]
        assert (pasted.facts.tenant_id, pasted.facts.client_id) == (TENANT, APP)

    def test_a_call_without_an_id_of_its_own_has_one_id(self):
        assert labels(read(f"request-id: {MINE}\nclient-request-id: {MINE}")) == [("client-request-id", MINE)]


FORBIDDEN = FailureFacts(occurred_at=WHEN, door="graph", code="Forbidden", message=MISSING)


class TestGraphsError:
    @pytest.mark.parametrize(
        "text",
        [
            json.dumps(GRAPH),
            json.dumps(GRAPH, indent=2),
            f"the answer was {json.dumps(GRAPH)} and then nothing",
            json.dumps({"body": json.dumps(GRAPH)}),
            f"HTTP error: b'{json.dumps(GRAPH)}'",
            json.dumps(GRAPH["error"]),
        ],
    )
    def test_is_read_whole(self, text):
        pasted = read(text)
        assert labels(pasted) == [("client-request-id", MINE), ("request-id", THEIRS)]
        assert pasted.facts == FORBIDDEN

    def test_of_a_batch_what_failed_is_read(self):
        answers = [
            {"id": "1", "status": 200, "body": {"value": []}},
            {"id": "2", "status": 403, "headers": {"Retry-After": "4"}, "body": GRAPH},
        ]
        facts = read(json.dumps({"responses": answers})).facts
        assert (facts.status, facts.code, facts.retry_after) == (403, "Forbidden", 4)

    def test_text_that_is_half_a_body_still_gives_what_it_holds(self):
        pasted = read(json.dumps(GRAPH)[:-12])
        assert labels(pasted)[0] == ("request-id", THEIRS)
        assert (pasted.facts.code, pasted.facts.message) == ("Forbidden", MISSING)


SIGN_IN = FailureFacts(
    occurred_at=WHEN, door="token", code="invalid_client", aadsts=7000215, message=SECRET, client_id=APP
)


class TestTheTokenEndpointsError:
    def test_as_json(self):
        pasted = read(json.dumps(TOKEN))
        assert labels(pasted) == [("trace", THEIRS), ("correlation", SPAN)]
        assert pasted.facts == SIGN_IN

    @pytest.mark.parametrize("between", [" ", "\r\n", "\n", "\\r\\n", " - "])
    def test_as_text(self, between):
        pieces = (SECRET, f"Trace ID: {THEIRS}", f"Correlation ID: {SPAN}", "Timestamp: 2026-11-20 02:58:14Z")
        pasted = read(f"invalid_client: {between.join(pieces)}")
        assert labels(pasted) == [("trace", THEIRS), ("correlation", SPAN)]
        assert pasted.facts == SIGN_IN

    def test_as_msal_for_python_prints_it(self):
        assert read(repr(TOKEN)).facts == SIGN_IN

    def test_as_azure_identity_raises_it(self):
        text = f"""Traceback (most recent call last):
  File "/app/run.py", line 9, in <module>
azure.core.exceptions.ClientAuthenticationError: Authentication failed: {TOKEN["error_description"]}
To mitigate this issue, please refer to the troubleshooting guidelines here at https://aka.ms/azsdk/python"""
        facts = read(text).facts
        assert (facts.door, facts.aadsts, facts.occurred_at) == ("token", 7000215, WHEN)
        assert facts.message.startswith("AADSTS7000215: Invalid client secret")

    def test_as_msal_for_dotnet_throws_it(self):
        text = (
            "MSAL.NetCore.4.61.3.0.MsalServiceException: \r\n\tErrorCode: invalid_client\r\n"
            "Microsoft.Identity.Client.MsalServiceException: A configuration issue is"
            " preventing authentication."
            f" Original exception: {SECRET} Trace ID: {THEIRS} Correlation ID: {SPAN}"
            " Timestamp: 2026-11-20 02:58:14Z\r\n   at"
            " Microsoft.Identity.Client.Internal.RequestBase.Handle()\r\n"
            f"\tStatusCode: 401\r\n\tResponseBody: \r\n\tHeaders: \r\n\tCorrelationId: {SPAN}"
        )
        pasted = read(text)
        assert labels(pasted) == [("trace", THEIRS), ("correlation", SPAN)]
        assert pasted.facts.status == 401
        assert (pasted.facts.code, pasted.facts.aadsts) == ("invalid_client", 7000215)

    def test_a_suberror_is_kept(self):
        body = {**TOKEN, "error": "invalid_grant", "error_codes": [65001], "suberror": "consent_required"}
        assert read(json.dumps(body)).facts.suberror == "consent_required"

    def test_the_page_that_explains_an_error(self):
        text = (
            f"Request Id: {THEIRS}\nCorrelation Id: {SPAN}\nTimestamp:"
            f" 2026-11-20T02:58:14Z\nMessage: AADSTS700016:"
            f" Application with identifier '{APP}' was not found in the directory 'Northwind Traders'."
        )
        pasted = read(text)
        assert labels(pasted) == [("request-id", THEIRS), ("correlation", SPAN)]
        assert (pasted.facts.aadsts, pasted.facts.client_id, pasted.facts.occurred_at) == (700016, APP, WHEN)


SHAPES = [
    *(MINE, THEIRS, TENANT, json.dumps(GRAPH), json.dumps(TOKEN), BLOCK, repr(TOKEN), URL),
    *(
        "{",
        "}",
        "[",
        '"',
        "'",
        "\\",
        "\r\n",
        "AADSTS",
        "AADSTS53003",
        "Trace ID: ",
        "Code: ",
        "message='",
        "%",
    ),
    *(
        "https://login.microsoftonline.com/error?code=",
        "https://[",
        "?error=access_denied&error_description=",
    ),
    *(
        "GET ",
        "curl -X ",
        "HTTP/1.1 ",
        "status: ",
        "Date: ",
        "datetime.datetime(9999, 99, 99, 99, 99)",
        "9999-99-99T99:99Z",
    ),
    *(
        '{"occurred_at":1,"status":403}',
        '{"Type":"MicrosoftGraphActivityLogs","AppId":"',
        "Retry-After: 99999999999",
    ),
]


@given(st.lists(st.sampled_from(SHAPES) | st.text(max_size=30), max_size=10).map("".join))
@example("https://graph.microsoft.com:port/v1.0/x")
@example("https://login.microsoftonline.com/error?code=9999999999999999999999")
@example("0001-01-01T00:00:00+23:59")
def test_any_text_is_read_without_an_exception(text):
    pasted = read(text)
    assert len(pasted.ids) == len(set(pasted.ids)) <= 20
    assert pasted.facts.message.isprintable()
    assert read(text) == pasted


@given(st.text())
def test_any_text_at_all(text):
    read(text)


@pytest.mark.parametrize(
    "piece",
    [
        *(
            " ",
            "{",
            "[",
            '{"a":',
            '{"error":',
            "a",
            "0",
            "-",
            MINE,
            MINE[:-1],
            f"{MINE} ",
            "AADSTS",
            "AADSTS53003 ",
        ),
        *(
            "GET /v1.0/",
            "https://",
            "https://graph.microsoft.com/v1.0/a ",
            "Date: ",
            "Warning: ",
            'Warning": "a',
        ),
        *(
            "message=",
            "message='",
            "code: ",
            "error=",
            "status ",
            "2026-01-01T00:00",
            "client-request-id: ",
            "Code:",
        ),
        *(
            "Missing application ",
            "\r\n",
            "Trace ID: ",
            "Date: Fri, ",
            "403 ",
            "curl ",
            "-X",
            "method: ",
            "&quot;",
        ),
    ],
)
def test_work_grows_with_the_text_and_no_faster(piece):
    assert growth(read, piece, length=LONGEST // 8) < 30

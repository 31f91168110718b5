"""What people paste: each shape gives the ids and the facts that are in it, and nothing ever fails."""

import json
import time
from datetime import UTC, datetime
from urllib.parse import quote, urlencode

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from support.rules.facts import FailureFacts
from support.rules.paste import LONGEST, Pasted, read

MINE = "7d1c0a52-93f4-4f0b-8a3e-2f6f6c1f9b10"  # client-request-id
THEIRS = "0c0ffee0-0000-4000-8000-00000000ab01"  # request-id, or trace id
SPAN = "c0221a7e-5f5d-4f0e-9d53-1c2d3e4f5a6b"  # correlation id
TENANT = "11111111-1111-4111-8111-111111111111"
APP = "5e471e10-0000-4000-8000-0000000000c1"
WHEN = datetime(2026, 11, 20, 2, 58, 14, tzinfo=UTC)
MISSING = (
    "Missing application roles. API required roles: SecurityIncident.Read.All,SecurityIncident.ReadWrite.All,"
    " application roles: SecurityEvents.Read.All."
)
GRAPH = {
    "error": {
        "code": "Forbidden",
        "message": MISSING,
        "innerError": {"date": "2026-11-20T02:58:14", "request-id": THEIRS, "client-request-id": MINE},
    }
}
SECRET = (
    f"AADSTS7000215: Invalid client secret provided. Ensure it is right, for a secret added to app '{APP}'."
)
TOKEN = {
    "error": "invalid_client",
    "error_description": f"{SECRET} Trace ID: {THEIRS} Correlation ID: {SPAN} Timestamp:"
    f" 2026-11-20 02:58:14Z",
    "error_codes": [7000215],
    "timestamp": "2026-11-20 02:58:14Z",
    "trace_id": THEIRS,
    "correlation_id": SPAN,
    "error_uri": "https://login.microsoftonline.com/error?code=7000215",
}


def labels(pasted: Pasted):
    return [(one.label, one.value) for one in pasted.labelled]


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


class TestHeaders:
    BLOCK = (
        "HTTP/1.1 429 Too Many Requests\r\nContent-Type: application/json\r\nRetry-After: 17\r\n"
        f"request-id: {THEIRS}\r\nclient-request-id: {MINE}\r\n"
        f"x-ms-throttle-scope: Tenant_Application/Read/{APP}/{TENANT}\r\n"
        "Date: Fri, 20 Nov 2026 02:58:14 GMT\r\n"
    )
    FACTS = FailureFacts(
        occurred_at=WHEN,
        status=429,
        retry_after=17,
        throttle_scope=f"Tenant_Application/Read/{APP}/{TENANT}",
    )

    def test_a_block_of_them(self):
        pasted = read(self.BLOCK)
        assert labels(pasted) == [("client-request-id", MINE), ("request-id", THEIRS)]
        assert pasted.facts == self.FACTS

    def test_as_curl_prints_them(self):
        sent = (
            "> GET /v1.0/security/incidents?$top=5 HTTP/2\n> Host: graph.microsoft.com\n"
            f"> Authorization: Bearer eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiJ9.eyJ0aWQiOiJ4In0.c2ln\n"
            f"> client-request-id: {MINE}\n>\n"
        )
        answered = "".join(f"< {line}\n" for line in self.BLOCK.replace("HTTP/1.1", "HTTP/2").splitlines())
        facts = read(sent + answered).facts
        assert (facts.method, facts.version, facts.path) == ("GET", "v1.0", "/security/incidents")
        assert (facts.status, facts.retry_after, facts.occurred_at) == (429, 17, WHEN)

    def test_as_a_dictionary_of_python(self):
        headers = {"Retry-After": "17", "request-id": THEIRS, "Date": "Fri, 20 Nov 2026 02:58:14 GMT"}
        pasted = read(f"403 {headers!r}")
        assert labels(pasted) == [("request-id", THEIRS)]
        assert (pasted.facts.retry_after, pasted.facts.occurred_at) == (17, WHEN)

    def test_a_challenge_and_a_warning(self):
        text = (
            'WWW-Authenticate: Bearer realm="", authorization_uri="https://login.microsoftonline.com/common/oauth2'
            '/authorize", error="insufficient_claims", claims="eyJhY2Nlc3NfdG9rZW4iOnsibmJmIjp7fX19"\n'
            'Warning: 199 - "Microsoft/WDATP/401/228"'
        )
        facts = read(text).facts
        assert facts.challenge == "insufficient_claims"
        assert facts.warning == '199 - "Microsoft/WDATP/401/228"'
        assert facts.door == facts.path == ""

    def test_the_last_answer_counts(self):
        assert read("HTTP/1.1 302 Found\n\nHTTP/1.1 403 Forbidden\n").facts.status == 403


CALLED = ("graph", "v1.0", "/security/incidents")
URL = "https://graph.microsoft.com/v1.0/security/incidents"


class TestStackTraces:
    @pytest.mark.parametrize(
        ("text", "status", "code"),
        [
            (f"requests.exceptions.HTTPError: 403 Client Error: Forbidden for url: {URL}", 403, ""),
            (f"httpx.HTTPStatusError: Client error '403 Forbidden' for url '{URL}?$top=1'", 403, ""),
            (
                f"GET {URL}\nkiota_abstractions.api_error.APIError: \n        APIError\n        Code: 403\n"
                "        message: None\n        error: MainError(additional_data={},"
                " code='Forbidden', details=None,"
                f" inner_error=InnerError(client_request_id='{MINE}', request_id='{THEIRS}',"
                f" date=datetime.datetime(2026, 11, 20, 2, 58, 14)), message='{MISSING}', target=None)",
                403,
                "Forbidden",
            ),
            (
                f"msgraph.generated.models.o_data_errors.o_data_error.ODataError: {MISSING}"
                f" (status 403)\n{URL}",
                403,
                "",
            ),
            (
                f"GET {URL}\nMicrosoft.Graph.ServiceException: Code: Authorization_RequestDenied\r\n"
                "Message: Insufficient privileges to complete the operation.\r\nInner"
                " error:\r\n\tAdditionalData:\r\n"
                f"\tdate: 2026-11-20T02:58:14\r\n\trequest-id: {THEIRS}\r\n\tclient-request-id: {MINE}\r\n"
                f"ClientRequestId: {MINE}\r\n   at"
                f" Microsoft.Graph.HttpProvider.SendAsync()\r\nStatus Code: Forbidden",
                403,
                "Authorization_RequestDenied",
            ),
            (
                f"GET {URL}\nGraphError: {MISSING}\n    at GraphErrorHandler.constructErrorFromResponse {{\n"
                f"  statusCode: 403,\n  code: 'Forbidden',\n  requestId: '{THEIRS}',\n"
                "  date: 2026-11-20T02:58:14.000Z,\n"
                f"  body: '{json.dumps(GRAPH['error'])}'\n}}",
                403,
                "Forbidden",
            ),
        ],
        ids=["requests", "httpx", "kiota", "msgraph-sdk", "dotnet", "javascript"],
    )
    def test_give_the_call_and_the_answer(self, text, status, code):
        pasted = read(text)
        facts = pasted.facts
        assert (facts.door, facts.version, facts.path) == CALLED
        assert (facts.status, facts.code) == (status, code)
        if THEIRS in text:
            assert THEIRS in pasted.ids
            assert facts.occurred_at == WHEN
        if MISSING in text:
            assert facts.message.startswith(MISSING)

    def test_a_token_that_was_refused_on_the_way_to_graph_is_a_failed_sign_in(self):
        facts = read(f"GET {URL}\n  caused by ClientAuthenticationError: {TOKEN['error_description']}").facts
        assert (facts.door, facts.aadsts, facts.path) == ("token", 7000215, "")


class TestAddresses:
    def test_a_return_with_an_error(self):
        query = {
            "error": "access_denied",
            "error_description": "AADSTS65004: User declined to consent to access the app.\r\n"
            f"Trace ID: {THEIRS}\r\nCorrelation ID: {SPAN}\r\nTimestamp: 2026-11-20 02:58:14Z",
            "error_uri": "https://login.microsoftonline.com/error?code=65004",
            "admin_consent": "True",
            "state": "s",
        }
        pasted = read(f"https://portal.example/c/return?{urlencode(query)}#")
        assert labels(pasted) == [("trace", THEIRS), ("correlation", SPAN)]
        assert pasted.facts == FailureFacts(
            occurred_at=WHEN,
            door="token",
            code="access_denied",
            aadsts=65004,
            message="AADSTS65004: User declined to consent to access the app.",
        )

    def test_a_sign_in_address(self):
        query = f"client_id={APP}&client-request-id={MINE}&redirect_uri={quote('https://a.example/')}"
        pasted = read(f"https://login.microsoftonline.com/{TENANT}/oauth2/v2.0/authorize?{query}")
        assert labels(pasted) == [("client-request-id", MINE)]
        facts = pasted.facts
        assert (facts.door, facts.tenant_id, facts.client_id) == ("token", TENANT, APP)

    def test_microsofts_page_about_a_code(self):
        facts = read("https://login.microsoftonline.com/error?code=50105").facts
        assert (facts.door, facts.aadsts) == ("token", 50105)

    def test_a_command_of_curl(self):
        text = (
            f"curl -s -X PATCH '{URL}/12' -H 'Authorization: Bearer abcdefghijklmnopqrstuvwxyz.123456'"
            f" -H 'client-request-id: {MINE}' -d '{{\"status\":\"resolved\"}}'"
        )
        pasted = read(text)
        assert labels(pasted) == [("client-request-id", MINE)]
        assert (pasted.facts.method, pasted.facts.path) == ("PATCH", "/security/incidents/12")
        assert pasted.cut == 1

    def test_a_scope_is_no_call(self):
        assert read("scope https://graph.microsoft.com/.default").facts.path == ""

    @pytest.mark.parametrize(
        "text", [f"GET {URL} 403", f"I called {URL}, got a 403", "/v1.0/security/incidents -> HTTP 403"]
    )
    def test_free_text(self, text):
        facts = read(text).facts
        assert (facts.door, facts.version, facts.path, facts.status) == (*CALLED, 403)


class TestWholeFailures:
    def test_a_row_of_an_activity_log(self):
        row = {
            "TimeGenerated": "2026-11-20T02:58:14Z",
            "TenantId": "99999999-9999-4999-8999-999999999999",
            "AadTenantId": TENANT,
            "AppId": APP,
            "RequestId": THEIRS,
            "ClientRequestId": MINE,
            "OperationId": THEIRS,
            "RequestMethod": "GET",
            "RequestUri": URL,
            "ResponseStatusCode": 403,
            "Roles": "SecurityEvents.Read.All",
            "Type": "MicrosoftGraphActivityLogs",
        }
        pasted = read(json.dumps(row))
        assert pasted.ids[:2] == (MINE, THEIRS)
        facts = pasted.facts
        assert (facts.tenant_id, facts.client_id, facts.status, facts.path) == (TENANT, APP, 403, CALLED[2])
        assert facts.token is not None
        assert facts.token.roles == {"SecurityEvents.Read.All"}
        assert "a row of MicrosoftGraphActivityLogs" in pasted.found

    def test_a_failure_as_it_is_reported(self):
        report = {
            "occurred_at": "2026-11-20T02:58:14Z",
            "tenant_id": TENANT,
            "client_request_id": MINE,
            "method": "GET",
            "url": URL,
            "status": 403,
            "error": GRAPH,
            "token": {"kind": "application", "roles": []},
        }
        pasted = read(json.dumps(report))
        assert pasted.ids[0] == MINE
        assert pasted.facts.token is not None
        assert pasted.facts.token.roles == frozenset()
        assert pasted.facts.code == "Forbidden"


class TestWhatIsNotKept:
    def test_tokens_and_secrets_are_cut_out_before_anything_is_read(self):
        jwt = "eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiJ9.eyJ0aWQiOiJjYW5hcnkifQ.c2lnbmF0dXJl"
        body = {"error": {"code": "Forbidden", "message": f"no, {jwt} is wrong"}}
        pasted = read(f"Authorization: Bearer {jwt}\n{json.dumps(body)}")
        assert "eyJ" not in repr(pasted)
        assert pasted.cut == 2
        assert pasted.facts.message == "no, [cut] is wrong"

    def test_lines_and_turned_text_stay_within_one_line(self):
        body = {"error": {"code": "Forbidden\x1b[31m\n", "message": "a\r\n2026-01-01 INFO forged\u202e"}}
        pasted = read(json.dumps(body))
        assert pasted.facts.message == "a 2026-01-01 INFO forged"
        assert all(word.isprintable() for word in pasted.found)

    def test_only_the_beginning_of_a_large_text_is_read(self):
        assert read(" " * LONGEST + MINE).ids == ()


SHAPES = [
    *(MINE, THEIRS, TENANT, json.dumps(GRAPH), json.dumps(TOKEN), TestHeaders.BLOCK, repr(TOKEN), URL),
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
def test_the_worst_texts_take_no_time(piece):
    text = piece * (LONGEST // len(piece))
    started = time.process_time()
    read(text)
    assert time.process_time() - started < 1

"""Headers, stack traces, addresses and whole failures, as libraries and people print them."""

import json
from urllib.parse import quote, urlencode

import pytest

from support.rules.facts import FailureFacts
from support.rules.paste import LONGEST, read
from tests.support.rules.pastes import (
    APP,
    BLOCK,
    GRAPH,
    MINE,
    MISSING,
    SPAN,
    TENANT,
    THEIRS,
    TOKEN,
    URL,
    WHEN,
    labels,
)


class TestHeaders:
    FACTS = FailureFacts(
        occurred_at=WHEN,
        status=429,
        retry_after=17,
        throttle_scope=f"Tenant_Application/Read/{APP}/{TENANT}",
    )

    def test_a_block_of_them(self):
        pasted = read(BLOCK)
        assert labels(pasted) == [("client-request-id", MINE), ("request-id", THEIRS)]
        assert pasted.facts == self.FACTS

    def test_as_curl_prints_them(self):
        sent = (
            "> GET /v1.0/security/incidents?$top=5 HTTP/2\n> Host: graph.microsoft.com\n"
            f"> Authorization: Bearer eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiJ9.eyJ0aWQiOiJ4In0.c2ln\n"
            f"> client-request-id: {MINE}\n>\n"
        )
        answered = "".join(f"< {line}\n" for line in BLOCK.replace("HTTP/1.1", "HTTP/2").splitlines())
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

    def test_as_the_sdk_of_powershell_prints_an_error(self):
        text = (
            "Get-MgSecurityIncident_List: Missing application roles.\r\n\r\nStatus: 403 (Forbidden)\r\n"
            f"ErrorCode: Forbidden\r\nDate: 2026-11-20T02:58:14\r\n\r\nHeaders:\r\nrequest-id   "
            f" : {THEIRS}\r\n"
            f"client-request-id             : {MINE}\r\nRetry-After                   : 12\r\n"
            "Date                          : Fri, 20 Nov 2026 02:58:14 GMT\r\n"
        )
        pasted = read(text)
        assert labels(pasted) == [("client-request-id", MINE), ("request-id", THEIRS)]
        facts = pasted.facts
        assert (facts.status, facts.code, facts.message) == (403, "Forbidden", "Missing application roles.")
        assert (facts.retry_after, facts.occurred_at) == (12, WHEN)

    def test_as_msal_for_javascript_throws_it(self):
        text = (
            "ServerError: invalid_client: 7000215 - [2026-11-20 02:58:14Z]: AADSTS7000215:"
            " Invalid client secret."
            f" - Correlation ID: {SPAN} - Trace ID: {THEIRS}\n    at ResponseHandler.validateTokenResponse"
        )
        pasted = read(text)
        assert labels(pasted) == [("trace", THEIRS), ("correlation", SPAN)]
        facts = pasted.facts
        assert (facts.code, facts.aadsts, facts.occurred_at) == ("invalid_client", 7000215, WHEN)
        assert facts.message == "AADSTS7000215: Invalid client secret."

    def test_an_error_of_a_sign_in_without_its_number_is_no_error_of_graph(self):
        facts = read(
            "MsalServiceException calling Graph\n\tErrorCode: invalid_grant\n\tStatusCode: 400"
        ).facts
        assert (facts.door, facts.code, facts.status) == ("token", "invalid_grant", 400)

    def test_the_name_of_an_application_before_its_id(self):
        pasted = read(
            f"AADSTS50105: Your administrator has configured the application Connector ('{APP}') to block"
        )
        assert pasted.ids == ()
        assert pasted.facts.client_id == APP


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

    def test_a_call_written_down_without_its_version(self):
        facts = read(f"for tenant {TENANT}, GET /security/incidents gave 403 at 2026-11-20 02:58 UTC").facts
        assert (facts.door, facts.method, facts.path, facts.status) == ("graph", "GET", CALLED[2], 403)
        assert facts.tenant_id == TENANT
        assert facts.occurred_at == WHEN.replace(second=0)


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
        assert facts.token.roles == frozenset({"SecurityEvents.Read.All"})
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

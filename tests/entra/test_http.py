import gzip
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from entra.errors import EntraError, Forbidden, NotConsented, Refused, Throttled, Unavailable
from entra.http import EntraSession
from entra.types import CLOUDS, Call
from tests.entra.peers import reply

GRAPH = "https://graph.microsoft.com/v1.0/organization"
TOKEN = "https://login.microsoftonline.com/x/oauth2/v2.0/token"
OK = reply({"value": []})

Facing = Callable[..., Any]


def failure_of(session: EntraSession, url: str = GRAPH) -> EntraError:
    with pytest.raises(EntraError) as caught:
        session.request_json("GET", url)
    return caught.value


class TestWhereCallsGo:
    def test_path_and_query_reach_the_sandbox_unchanged(self, facing: Facing):
        session = facing(OK)
        session.request_json("GET", f"{GRAPH}/a%2Fb?$filter=clientId eq 'x'&$skiptoken=a+b%20c")
        assert session.peer.requests[0].target == (
            "/v1.0/organization/a%2Fb?$filter=clientId%20eq%20'x'&$skiptoken=a+b%20c"
        )

    @pytest.mark.parametrize("cloud", CLOUDS.values(), ids=CLOUDS)
    def test_every_cloud_is_microsoft(self, facing: Facing, cloud):
        session = facing(OK)
        for host in (*cloud.login_hosts, cloud.graph_host):
            assert session.get(f"https://{host}/p").status_code == 200

    @pytest.mark.parametrize(
        "url",
        [
            "https://evil.example/v1.0/organization",
            "http://graph.microsoft.com/v1.0/organization",
            "https://graph.microsoft.com:8443/v1.0",
            "https://user@graph.microsoft.com/v1.0",
            "https://graph.microsoft.com.evil.example/",
            "https://entra.microsoft.com/",
            "https://[graph.microsoft.com/",
            "//graph.microsoft.com/v1.0",
            "",
        ],
    )
    def test_nothing_else_is_called_not_even_the_sandbox(self, facing: Facing, url):
        session = facing(OK)
        with pytest.raises(Unavailable) as caught:
            session.request_json("GET", url, "a-token")
        assert not caught.value.retryable
        assert session.peer.requests == []

    @pytest.mark.parametrize("url", ["localhost:9000", "ftp://localhost", "http://localhost/path", "http://"])
    def test_a_sandbox_is_an_origin(self, url):
        with pytest.raises(ValueError, match="origin"):
            EntraSession(url)

    def test_without_a_sandbox_the_url_is_the_one_that_was_asked(self):
        session = EntraSession()
        url = "https://graph.microsoft.com/v1.0/users?$top=1"
        assert session.browser_url(url) == url
        assert session._route(url) == (url, "https://graph.microsoft.com/v1.0/users")

    @pytest.mark.parametrize(
        ("url", "there"),
        [
            ("https://login.microsoftonline.com/t/adminconsent?a=b", "{sandbox}/t/adminconsent?a=b"),
            ("https://entra.microsoft.com/#view/x", "{sandbox}/#view/x"),
            ("https://learn.microsoft.com/graph", "https://learn.microsoft.com/graph"),
            ("http://localhost:1/x", "http://localhost:1/x"),
        ],
    )
    def test_a_browser_is_sent_to_the_sandbox_for_microsofts_pages(self, facing: Facing, url, there):
        session = facing(OK)
        mapped = session.browser_url(url)
        assert mapped == there.format(sandbox=session.peer.url)
        assert session.browser_url(mapped) == mapped

    def test_proxies_and_credentials_of_the_environment_are_ignored(
        self, facing: Facing, monkeypatch: pytest.MonkeyPatch, tmp_path
    ):
        (tmp_path / "netrc").write_text("machine localhost login me password secret\n")
        monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
        monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
        monkeypatch.setenv("NO_PROXY", "")
        session = facing(OK)
        session.request_json("GET", GRAPH)
        assert "authorization" not in session.peer.requests[0].headers

    def test_cookies_are_not_kept(self, facing: Facing):
        session = facing(reply({}, headers={"Set-Cookie": "fpc=1; Path=/"}))
        session.request_json("GET", GRAPH)
        session.request_json("GET", GRAPH)
        assert "cookie" not in session.peer.requests[1].headers


class TestWhatComesBack:
    @pytest.mark.parametrize(
        "answer",
        [
            b"not json",
            b"",
            b"[1]",
            b"null",
            b'"text"',
            b"\x00\xff{",
            b"[" * 200_000,
            b'{"value": [',
        ],
    )
    def test_what_is_not_a_json_object_is_no_answer(self, facing: Facing, answer):
        failure = failure_of(facing(reply(answer)))
        assert isinstance(failure, Unavailable)
        assert failure.summary.endswith("its answer was not readable.")

    @pytest.mark.parametrize("status", [300, 301, 302, 303, 307, 308])
    def test_a_redirect_is_not_followed(self, facing: Facing, status):
        elsewhere = facing(OK)
        session = facing(reply({}, status, {"Location": elsewhere.peer.url}))
        assert isinstance(failure_of(session), Unavailable)
        assert elsewhere.peer.requests == []

    @pytest.mark.parametrize("status", [200, 302])
    def test_a_large_body_is_not_read_to_its_end(self, facing: Facing, status):
        def endless(request):
            yield f"HTTP/1.1 {status} X\r\nLocation: /\r\nContent-Length: 1000000000\r\n\r\n".encode()
            while True:
                yield b"x" * 65536

        failure = failure_of(facing(endless, max_bytes=1_000_000))
        assert "too large" in failure.summary

    def test_a_compressed_answer_is_read(self, facing: Facing):
        body = gzip.compress(b'{"value": [1]}')
        session = facing(reply(body, headers={"Content-Encoding": "gzip"}))
        assert session.request_json("GET", GRAPH).body == {"value": [1]}

    def test_a_small_body_that_unpacks_to_a_large_one_is_too_large(self, facing: Facing):
        body = gzip.compress(b"x" * 50_000_000)
        failure = failure_of(facing(reply(body, headers={"Content-Encoding": "gzip"})))
        assert "too large" in failure.summary

    @pytest.mark.parametrize(
        "answer",
        [
            reply(b"not gzip", headers={"Content-Encoding": "gzip"}),
            b"HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
            b"HTTP/1.1 200 X\r\nContent-Length: abc\r\n\r\n{",
            b"HTTP/1.1 200 X\r\n" + b"A: b\r\n" * 200 + b"\r\n",
            b"garbage\r\n\r\n",
        ],
    )
    def test_broken_http_is_no_answer(self, facing: Facing, answer):
        assert isinstance(failure_of(facing([answer])), Unavailable)

    def test_a_body_that_breaks_off_is_no_answer(self, facing: Facing):
        failure = failure_of(facing([b'HTTP/1.1 200 X\r\nContent-Length: 100\r\n\r\n{"value": []}']))
        assert isinstance(failure, Unavailable)

    def test_nothing_to_say_is_an_answer(self, facing: Facing):
        answer = facing(b"HTTP/1.1 204 X\r\n\r\n").request_json("DELETE", GRAPH)
        assert (answer.status_code, answer.body) == (204, {})

    def test_the_text_of_an_answer_never_fails_to_decode(self, facing: Facing):
        assert facing(reply(b'{"a": "b"}')).get(GRAPH).text == '{"a": "b"}'

    def test_an_answer_keeps_its_body_out_of_its_repr(self, facing: Facing):
        answer = facing(reply({"access_token": "very-secret"})).post(TOKEN, data={})
        assert answer.body["access_token"] == "very-secret"
        assert "very-secret" not in repr(answer)


class TestRequestIds:
    def test_each_call_gets_an_id_of_its_own(self, facing: Facing, calls: list[Call]):
        session = facing(OK)
        for _ in range(2):
            session.request_json("GET", GRAPH)
        sent = [request.headers["client-request-id"] for request in session.peer.requests]
        assert len({UUID(one) for one in sent}) == 2
        assert [call.client_request_id for call in calls] == sent

    def test_an_id_that_the_caller_chose_stays(self, facing: Facing):
        session = facing(OK)
        answer = session.request_json("GET", GRAPH, headers={"Client-Request-Id": "mine"})
        assert answer.client_request_id == "mine"
        assert session.peer.requests[0].headers["client-request-id"] == "mine"

    @pytest.mark.parametrize("name", ["x-ms-request-id", "request-id", "Request-Id"])
    def test_microsofts_id_is_kept(self, facing: Facing, calls: list[Call], name):
        assert facing(reply({}, headers={name: "abc-1"})).get(GRAPH).request_id == "abc-1"
        assert calls[0].request_id == "abc-1"

    def test_an_id_that_is_none_is_dropped(self, facing: Facing):
        assert facing(reply({}, headers={"request-id": "<script>"})).get(GRAPH).request_id == ""

    def test_a_failure_carries_both_ids_and_the_time(self, facing: Facing):
        at = datetime(2026, 3, 1, tzinfo=UTC)
        failure = failure_of(facing(reply({}, 503, {"request-id": "abc-1"}), clock=lambda: at))
        assert (failure.request_id, failure.at) == ("abc-1", at)
        assert str(UUID(failure.client_request_id)) == failure.client_request_id


class TestReports:
    def test_a_call_is_reported_without_its_query(self, facing: Facing, calls: list[Call]):
        facing(OK).request_json("GET", f"{GRAPH}?$skiptoken=secret", "secret-token")
        (call,) = calls
        assert (call.method, call.url, call.status, call.error) == ("GET", GRAPH, 200, "")
        assert call.duration_ms >= 0
        assert "secret" not in repr(call)

    @pytest.mark.parametrize(
        ("answer", "status", "error"),
        [
            (reply({"error": {"code": "Forbidden"}}, 403), 403, "Forbidden"),
            (reply({"error": "x", "error_codes": [700016]}, 400), 400, "AADSTS700016"),
            (reply(b"", 503), 503, "Unavailable"),
            ([b"garbage"], 0, "Unavailable"),
        ],
    )
    def test_a_failed_call_is_reported_with_its_code(self, facing: Facing, calls, answer, status, error):
        failure_of(facing(answer))
        assert [(call.status, call.error) for call in calls] == [(status, error)]

    def test_nobody_has_to_listen(self, facing: Facing):
        assert EntraSession(facing(OK).peer.url).get(GRAPH).status_code == 200


class TestTokenEndpoint:
    @pytest.mark.parametrize(
        "body",
        [
            {"hello": 1},
            {"access_token": ""},
            {"access_token": 5},
            {"access_token": ["x"]},
            {"access_token": "x", "expires_in": "soon"},
            {"access_token": "x", "expires_in": -1},
            {"access_token": "x", "ext_expires_in": {}},
            {"access_token": "x", "client_info": "%%%"},
            {"access_token": "x", "client_info": "e30.x"},
            {"access_token": "x", "scope": ["a"]},
            {"id_token": "one.two"},
            {"id_token": "a.b.c"},
        ],
    )
    def test_a_token_answer_of_another_shape_never_reaches_msal(self, facing: Facing, body):
        with pytest.raises(Unavailable):
            facing(reply(body)).post(TOKEN, data={})

    def test_a_cut_off_token_is_in_no_exception_and_no_log(self, facing: Facing, caplog):
        caplog.set_level("DEBUG")
        session = facing(reply(b'{"token_type":"Bearer","access_token":"eyJsecret'))
        with pytest.raises(Unavailable) as caught:
            session.post(TOKEN, data={"client_secret": "hush"})
        assert (
            "eyJsecret" not in f"{caught.value!r}{vars(caught.value)}{caught.value.__context__}{caplog.text}"
        )
        assert "hush" not in caplog.text

    def test_errors_are_raised_before_msal_could_keep_them(self, facing: Facing):
        session = facing(reply({"error": "unauthorized_client", "error_codes": [700016]}, 400))
        with pytest.raises(NotConsented):
            session.post(TOKEN, data={})


def test_graph_errors_keep_their_kind(facing: Facing):
    for status, kind in (
        (401, Forbidden),
        (403, Forbidden),
        (404, Refused),
        (429, Throttled),
        (503, Unavailable),
    ):
        failure = failure_of(facing(reply({"error": {"code": "c"}}, status)))
        assert type(failure) is kind
        assert failure.status == status

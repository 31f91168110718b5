"""Hostile text in every field of a failure, reported or pasted: no token is kept, and no text"
" does anything."""

import json
from dataclasses import asdict
from urllib.parse import quote

import pytest

from support.rules.normal import normalize
from support.rules.paste import read
from support.rules.report import checked

JWT = (
    "eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiIsImtpZCI6ImNhbmFyeSJ9"
    ".eyJ0aWQiOiJjYW5hcnktY2FuYXJ5LWNhbmFyeSJ9.Q0FOQVJZLUNBTkFSWS1DQU5BUlk"
)
REFRESH = "0.AXkAcanarycanarycanarycanary.AgABAwEcanary"
KEPT = ("Q0FOQVJZ", "Y2FuYXJ5", "canary", "eyJ")
# A forged line of a log, a terminal's escape, text turned around, characters without width, markup, a
# template's syntax, a formula of a spreadsheet.
MISCHIEF = (
    "a\r\n2026-11-20T02:58:14Z INFO forged",
    "\x1b[2J\x1b]0;title\x07",
    "abc\u202egpj.exe",
    "a\u200bb\u2066c\ufeffd",
    "\x00\x85\u2028\u2029",
    "<script>alert(1)</script>",
    "'\"><img src=x onerror=alert(1)>",
    "{{ settings.SECRET_KEY }}{% debug %}%s{0.__class__}",
    "=HYPERLINK(1)",
)
ID = "7d1c0a52-93f4-4f0b-8a3e-2f6f6c1f9b10"


def report(**fields):
    told = {
        "occurred_at": "2026-11-20T02:58:14Z",
        "client_request_id": ID,
        "url": "https://graph.microsoft.com/v1.0/security/incidents",
        "status": 403,
    }
    return {**told, **fields}


def with_text(text):
    """Each place of a report that takes text of strangers."""
    inner = {"request-id": text, "client-request-id": text, "date": text, "code": text, text: text}
    graph = {"error": {"code": text, "message": text, "innerError": inner}}
    token = {
        "error": text,
        "error_description": text,
        "suberror": text,
        "trace_id": text,
        "error_codes": [text],
    }
    kept = ("Warning", "x-ms-ags-diagnostic", "x-ms-throttle-scope", "WWW-Authenticate", "Retry-After")
    others = ("Authorization", "Cookie", "Set-Cookie", "request-id", "X-Anything")
    return {
        "the address": report(
            url=f"https://graph.microsoft.com/v1.0/users/{quote(text)}?access_token={quote(text)}"
        ),
        "the address, as it is": report(url=f"https://graph.microsoft.com/v1.0/users/{text}#{text}"),
        "an address of another host": report(url=f"https://proxy.example/{text}"),
        "Graph's error": report(error=graph),
        "Graph's error as text": report(error=json.dumps(graph)),
        "the token endpoint's error": report(error=token),
        "an error without a shape": report(error=text),
        "an error within an error": report(error={"error": {"code": "x", "message": json.dumps(graph)}}),
        "headers": report(headers=dict.fromkeys((*kept, *others), text)),
        "the token's audience": report(token={"aud": text[:200]}),
        "the token's roles": report(token={"roles": [text[:200], "User.Read"]}),
        "the token's scopes": report(token={"scp": text}),
    }


PLACES = tuple(with_text(""))


def columns_of(told):
    columns = normalize(checked(told), client_id="").columns
    return {name: value for name, value in columns.items() if name != "cut"}


def texts_in(value):
    if isinstance(value, dict):
        return [text for pair in value.items() for one in pair for text in texts_in(one)]
    if isinstance(value, list | tuple | set | frozenset):
        return [text for one in value for text in texts_in(one)]
    return [value] if isinstance(value, str) else []


@pytest.mark.parametrize("place", PLACES)
class TestReported:
    @pytest.mark.parametrize("secret", [JWT, REFRESH, f"Bearer {JWT}", f"a=b; session={JWT}"])
    def test_no_token_is_kept(self, place, secret):
        kept = json.dumps(columns_of(with_text(secret)[place]), default=list)
        assert not [part for part in KEPT if part in kept]

    @pytest.mark.parametrize("text", MISCHIEF)
    def test_every_text_is_one_printable_line(self, place, text):
        assert all(one.isprintable() for one in texts_in(columns_of(with_text(text)[place])))


@pytest.mark.parametrize("place", PLACES)
class TestPasted:
    @pytest.mark.parametrize("secret", [JWT, REFRESH, f"Bearer {JWT}", f"a=b; session={JWT}"])
    def test_no_token_is_passed_on(self, place, secret):
        told = with_text(secret)[place]
        pasted = [read(json.dumps(told)), read(repr(told)), read(json.dumps(told.get("error", told)))]
        assert not [part for part in KEPT if part in repr(pasted)]

    @pytest.mark.parametrize("text", MISCHIEF)
    def test_every_text_is_one_printable_line(self, place, text):
        told = with_text(text)[place]
        for pasted in (
            read(json.dumps(told)),
            read(repr(told)),
            read(f"{text}\n{told.get('error', '')}\n{text}"),
        ):
            assert all(one.isprintable() for one in texts_in(asdict(pasted)))


def test_markup_stays_the_text_that_it_is():
    message = "<b>no</b> {{ x }} & 'quoted'"
    assert (
        columns_of(report(error={"error": {"code": "Forbidden", "message": message}}))["message"] == message
    )
    assert read(json.dumps({"error": {"code": "Forbidden", "message": message}})).facts.message == message


def test_an_id_is_a_guid_or_it_is_none():
    pasted = read(
        json.dumps({"error": {"code": "x", "innerError": {"request-id": "<img src=x>", "date": ID}}})
    )
    assert pasted.ids == (ID,)

"""Finding a token in whatever was pasted, and never keeping its signature."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.rules.plain_text import visible
from support.rules.token_reading import What, read
from support.rules.token_text import LONGEST, MOST_CLAIMS, Shape, decode
from tests.growth import growth
from tests.support.pasted import SIGNATURE, app_only, delegated, identity, jws, part

CLAIMS = app_only("SecurityAlert.Read.All")
TOKEN = jws(CLAIMS)
HEAD, BODY, _ = TOKEN.split(".")
ENCRYPTED = f"{part({'alg': 'RSA-OAEP', 'enc': 'A256GCM', 'zip': 'DEF'})}.a2V5.aXY.Y2lwaGVy.dGFn"
OPAQUE = "EwB4A8l6BAAUO9chh8cJscQLmU+LSWpbnr0vmwwAAQ" * 4


def wrapped(text: str, width: int, end: str = "\n") -> str:
    return end.join(text[i : i + width] for i in range(0, len(text), width))


SURROUNDED = [
    TOKEN,
    f"{HEAD}.{BODY}.",
    f"{HEAD}.{BODY}",
    f"  {TOKEN}\n",
    f"Bearer {TOKEN}",
    f"Authorization: bearer {TOKEN}\r\nHost: graph.microsoft.com",
    f'"{TOKEN}"',
    f"My token is {TOKEN}.",
    wrapped(TOKEN, 76),
    wrapped(TOKEN, 64, "\r\n> "),
    "Bearer " + wrapped(TOKEN, 80, "\n  "),
    json.dumps({"token_type": "Bearer", "expires_in": 3599, "access_token": TOKEN}, indent=2),
    json.dumps({"id_token": jws(identity()), "refresh_token": OPAQUE, "access_token": TOKEN}),
    json.dumps(json.dumps({"id_token": jws(identity()), "access_token": TOKEN})),
    f"https://localhost/#id_token={jws(identity())}&access_token={TOKEN}&token_type=Bearer",
    f"curl -H 'Authorization: Bearer {TOKEN}' https://graph.microsoft.com/v1.0/security/alerts_v2",
]


@pytest.mark.parametrize("text", SURROUNDED)
def test_a_token_is_found_in_what_surrounds_it(text):
    found = decode(text)

    assert found.shape is Shape.READABLE
    assert found.claims == CLAIMS
    assert SIGNATURE[:24] not in repr(found)


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        ("", Shape.EMPTY),
        (" \n\t", Shape.EMPTY),
        ("x" * (LONGEST + 1), Shape.TOO_LONG),
        ("7d1c0a52-0000-4000-8000-000000000001", Shape.NO_TOKEN),
        ("My token doesn't work, can you help me with this please? Thank you very much.", Shape.NO_TOKEN),
        ("Please help me with this token as it does not work for me", Shape.NO_TOKEN),
        ("https://graph.microsoft.com/v1.0/security/alerts_v2", Shape.NO_TOKEN),
        (HEAD, Shape.BROKEN),
        (f"{HEAD}.{BODY[:-9]}", Shape.BROKEN),
        (f"{HEAD[:-3]}.{BODY}.{SIGNATURE}", Shape.BROKEN),
        (f"{part([1])}.{BODY}.", Shape.OPAQUE),
        (f"{HEAD}.{part([1])}.", Shape.BROKEN),
        (f"{HEAD}.{part(b'{')}.", Shape.BROKEN),
        (OPAQUE, Shape.OPAQUE),
        (f"Bearer {OPAQUE}", Shape.OPAQUE),
        (wrapped(OPAQUE, 60), Shape.OPAQUE),
        (json.dumps({"access_token": OPAQUE, "expires_in": 3599}), Shape.OPAQUE),
        ("EwB4A8l6…", Shape.OPAQUE),
        ("Bearer EwB4A8l6…", Shape.OPAQUE),
        ('{"access_token": "EwB4A8l6…", "expires_in": 3599}', Shape.OPAQUE),
        ('{"access_token": "short", "refresh_token": "EwB4A8l6…"}', Shape.NO_TOKEN),
        ("eyJ0eXAi…", Shape.BROKEN),
        (ENCRYPTED, Shape.ENCRYPTED),
        (f"{ENCRYPTED.split('.')[0]}....", Shape.ENCRYPTED),
    ],
)
def test_what_is_no_readable_token_is_told_apart(text, shape):
    assert decode(text).shape is shape


def test_of_an_encrypted_token_only_the_header_is_read():
    found = decode(ENCRYPTED)

    assert found.header["zip"] == "DEF"
    assert found.claims == {}


def test_further_tokens_are_counted():
    assert decode(f"{TOKEN}\n{jws(delegated('User.Read'))}\n{jws(identity())}").others == 2


def test_more_claims_than_any_token_has_are_counted_and_left_out():
    found = decode(jws({f"c{i}": 1 for i in range(MOST_CLAIMS + 7)}))

    assert (len(found.claims), found.left_out) == (MOST_CLAIMS, 7)


def test_deep_claims_end_in_words():
    deep: object = 1
    for _ in range(50):
        deep = [deep]

    assert "nested too deeply" in repr(decode(jws({"aud": deep})).claims)


@pytest.mark.parametrize(
    "header",
    [{"kid": 5, "alg": "RS256"}, {"alg": "RS256", "crit": ["x"]}, {"alg": 5, "kid": None}],
)
def test_a_header_that_breaks_the_rules_is_read_all_the_same(header):
    found = decode(jws(CLAIMS, header=header))

    assert found.claims == CLAIMS
    assert found.header == header


def payload(content: bytes) -> str:
    return f"e30.{part(content)}."


def worst() -> list[str]:
    """Texts made to keep a reader busy."""
    return [
        "a" * LONGEST,
        "eyJ" * (LONGEST // 3),
        "eyJ." * (LONGEST // 4),
        "eyJ\n" * (LONGEST // 4),
        "e30.e30.x " * 1600,
        "access_token" * 1300,
        "access_token" + " " * 16_000,
        ". " * 8000,
        payload(b"{" + b"[" * 11_000),
        payload(b"[" * 6000 + b"]" * 6000),
        payload(b"{" + b"9" * 11_000 + b"}"),
        payload(b'{"a":[' + b"0," * 5500 + b"0]}"),
        payload(json.dumps({str(i): 0 for i in range(1200)}).encode()),
        f"{part({'alg': 'dir', 'zip': 'DEF'})}...{'A' * 16_000}.",
        "\u202e" * LONGEST,
    ]


@pytest.mark.parametrize("text", worst())
def test_a_text_made_to_take_long_is_read_in_time_that_grows_with_it(text):
    assert growth(read, text[: LONGEST // 8], length=LONGEST // 8) < 30


SHORT_TEXT = st.text(max_size=30)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | SHORT_TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(SHORT_TEXT, inner, max_size=3),
    max_leaves=6,
)
NAMES = st.sampled_from(
    ["aud", "appid", "azp", "tid", "oid", "roles", "scp", "wids", "iat", "exp", "nbf", "iss", "sub", "ver"]
)
OBJECTS = st.dictionaries(NAMES | SHORT_TEXT, JSON, max_size=8)


@settings(max_examples=60, deadline=None)
@given(header=OBJECTS, claims=OBJECTS)
def test_any_token_is_read_without_its_signature(header, claims):
    found = read(jws(claims, header=header))

    assert found.shape is Shape.READABLE
    assert SIGNATURE[:24] not in repr(found)


@settings(max_examples=80, deadline=None)
@given(
    st.text(max_size=200)
    | st.builds("{}.{}.{}".format, st.sampled_from(["eyJh", HEAD, "e30"]), SHORT_TEXT, SHORT_TEXT)
    | st.binary(max_size=200).map(lambda b: f"{HEAD}.{part(b)}.")
)
def test_any_text_is_read(text):
    found = read(text)

    assert isinstance(found.shape, Shape)
    assert found.what in What


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Northwind Traders", "Northwind Traders"),
        ("Größe 東京 🏢", "Größe 東京 🏢"),
        ("a\u202eb\u200bc\u00a0d\x00e\x1bf", "a[U+202E]b[U+200B]c[U+00A0]d[U+0000]e[U+001B]f"),
        ("\ud800\ufeff\u3164\ufe0f\u2028\r\n", "[U+D800][U+FEFF][U+3164][U+FE0F][U+2028][U+000D][U+000A]"),
        ("<b>{{ 7*7 }}%s", "<b>{{ 7*7 }}%s"),
    ],
)
def test_characters_that_nobody_sees_are_spelled_out(text, shown):
    assert visible(text) == shown


def test_in_an_identifier_a_foreign_letter_is_spelled_out():
    assert visible("1111аbcd-ſ", ascii_only=True) == "1111[U+0430]bcd-[U+017F]"
    assert len(visible("x" * 20_000)) < 500


@given(st.text(max_size=60))
def test_whatever_is_made_visible_can_be_sent(text):
    shown = visible(text)

    assert shown.encode().decode() == shown
    assert shown.isprintable()

"""A pasted token is found nowhere afterwards, whatever came of pasting it; and nothing it names is asked."""

from __future__ import annotations

import base64
import json
import logging
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.contrib.sessions.models import Session
from django.core import mail
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.utils import timezone
from kombu.transport.memory import Channel

from tests import factories
from tests.factories import P1, P2, T1, grants
from tests.support.pasted import HEADER, SIGNATURE, app_only, jws, part

URL = "/sentinel-connector/support/token"
MARK = "canary-4f1d7c2e9b"  # in the token's claims and header: shown by the page, kept by nobody
OPAQUE = "0.AXcAnary" + "k3Tf9QxZ1vB7nM4w" * 12
CHUNK = 20


def token(**header: object) -> str:
    claims = app_only(P1.value, at=timezone.now(), uti=MARK, app_displayname=f"{MARK} app")
    return jws(claims, header={**HEADER, "nonce": MARK, **header})


def traces(*pasted: str) -> set[str]:
    """Return what may be found nowhere: pieces of the texts, and of the texts encoded once more."""
    found = {MARK}
    for text in pasted:
        shifted = [base64.b64encode(b" " * n + text.encode()).decode()[4:-4] for n in range(3)]
        for whole in (text, *shifted):
            found |= {whole[i : i + CHUNK] for i in range(0, len(whole) - CHUNK, CHUNK)}
    return found


class Log(logging.Handler):
    """Every record as it would be written, and everything that hangs on it."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(f"{logging.Formatter().format(record)} {record.__dict__!r}")


@pytest.fixture
def log() -> Iterator[Log]:
    handler = Log()
    loggers = [logging.getLogger(name) for name in ("", "django", "django.request", "django.security")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.addHandler(handler)
        logger.setLevel(logging.DEBUG)
    yield handler
    for logger, level in zip(loggers, levels, strict=True):
        logger.removeHandler(handler)
        logger.setLevel(level)


@pytest.fixture
def tmp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    settings.FILE_UPLOAD_TEMP_DIR = str(tmp_path)
    return tmp_path


@pytest.fixture
def portal(application, owner):
    factories.make_revision(application, P1, P2)
    factories.make_installation(application, factories.make_tenant("Northwind", id=T1), has=grants(P1))
    factories.make_application(slug="broken", name="Broken", client_id=T1, cloud="nowhere")
    return application


def stored() -> Iterator[str]:
    """Everything that is kept anywhere, as text."""
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")  # noqa: S608
            yield f"{table}: {cursor.fetchall()!r}"
    yield repr([session.get_decoded() for session in Session.objects.all()])
    yield repr(vars(cache).get("_cache"))
    yield repr([message.message().as_string() for message in mail.outbox])
    yield repr([list(queue.queue) for queue in Channel.queues.values()])


def paste_everywhere(text: str, people: dict[str, Client]) -> list[int]:
    """Paste into the form and into everything that it could be mistaken for."""
    owner, viewer, nobody = people["owner"], people["viewer"], people["nobody"]
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = owner.cookies
    body = json.dumps({"token_type": "Bearer", "access_token": text, "refresh_token": OPAQUE})
    answers = [
        owner.post(URL, {"token": text}),
        owner.post(URL, {"token": f"Authorization: Bearer {text}"}),
        owner.post(URL, {"token": body}),
        owner.post(URL, {"token": body * 20}),
        owner.post(URL, {"token": text[: len(text) // 2]}),
        owner.post(URL, f"token={text}", content_type="application/x-www-form-urlencoded"),
        owner.post(URL, body, content_type="application/json"),
        owner.put(URL, body, content_type="application/json"),
        owner.get(URL, {"token": text}),
        owner.post("/nothing/support/token", {"token": text}),
        viewer.post(URL, {"token": text}),
        nobody.post(URL, {"token": text}),
        strict.post(URL, {"token": text}),
        owner.post(URL, {"token": text}),  # last, lest a later one overwrites what it left
    ]
    return [answer.status_code for answer in answers]


@pytest.fixture
def people(portal, owner, viewer) -> dict[str, Client]:
    found = {name: Client(raise_request_exception=False) for name in ("owner", "viewer", "nobody")}
    found["owner"].force_login(owner)
    found["viewer"].force_login(viewer)
    return found


@pytest.mark.parametrize("kind", ["token", "opaque", "encrypted", "forged"])
def test_nothing_of_it_is_kept(kind, people, log, tmp, capfd):
    text = {
        "token": token(),
        "opaque": OPAQUE,
        "encrypted": f"{part({'alg': 'dir', 'zip': 'DEF', 'kid': MARK})}..aXY.{SIGNATURE}.dGFn",
        "forged": token(alg="none", jwk={"k": MARK}),
    }[kind]

    statuses = paste_everywhere(text, people)
    later = [people["owner"].get(page).content.decode() for page in ("/", URL, "/audit")]

    assert statuses[0] == 200
    assert max(statuses) < 500
    written = capfd.readouterr()
    places = {
        "log": log.lines,
        "tables": list(stored()),
        "pages": later,
        "streams": [written.out, written.err],
    }
    assert all(any(texts) for name, texts in places.items() if name != "streams")
    wanted = traces(text, OPAQUE)
    found = {name for name, texts in places.items() for one in wanted if one in "\n".join(texts)}
    assert found == set()
    assert list(tmp.rglob("*")) == []


@pytest.mark.parametrize("kind", ["signed", "opaque"])
def test_in_an_address_it_does_not_wait_for_the_sign_in(kind):
    """Pasted behind the address by somebody who is signed out: signing in would keep where they came from."""
    pasted = {"signed": token(), "opaque": OPAQUE}[kind]

    answer = Client().get(f"{URL}?show=claims&token={pasted}")

    assert answer.status_code == 302
    assert "show%3Dclaims" in answer["Location"]
    assert not [trace for trace in traces(pasted) if trace in answer["Location"]]


def test_a_page_about_a_failure_shows_none_of_it(people, log, settings):
    """The application's cloud is none: the page fails after the text was read. Developers see locals."""
    settings.DEBUG = True
    text = token()

    page = people["owner"].post("/broken/support/token", {"token": text})

    assert page.status_code == 500
    assert "KeyError" in page.content.decode()
    wanted = traces(text) - {MARK}
    assert [one for one in wanted if one in page.content.decode() or one in "\n".join(log.lines)] == []


def test_the_answer_itself_holds_claims_and_no_token(people):
    text = token()

    page = people["owner"].post(URL, {"token": text})

    source = page.content.decode() + repr(page.headers) + repr(page.cookies)
    assert MARK in source
    assert [one for one in traces(text) - {MARK} if one in source] == []


@pytest.mark.parametrize("name", ["jku", "x5u", "iss"])
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_no_address_in_it_is_asked(people, name, scheme):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        address = f"{scheme}://127.0.0.1:{listener.getsockname()[1]}/keys"
        claims = app_only(P1.value, at=timezone.now(), **({"iss": address} if name == "iss" else {}))
        header = HEADER if name == "iss" else {**HEADER, name: address}

        page = people["owner"].post(URL, {"token": jws(claims, header=header)})

        assert "Forged, or not from Microsoft" in page.content.decode()
        with pytest.raises(BlockingIOError):
            listener.accept()


@pytest.mark.parametrize(
    "address", ["file:///etc/passwd", "data:,{}", "http://169.254.169.254/", "redis://x"]
)
def test_an_address_of_any_kind_is_only_named(people, address):
    page = people["owner"].post(URL, {"token": jws(app_only(P1.value), header={**HEADER, "jku": address})})

    assert "which was not followed" in page.content.decode()

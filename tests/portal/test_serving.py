"""The portal as it is served: whoever is slow, broken or too loud holds nobody else up."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from scripts.services import Served, portal, url_of
from support.models import FailedRequest
from support.services.keys import make_key
from tests.factories import make_application
from tests.support.reporting import reported

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

FAILURES = "/api/v1/failures"
PATIENCE = 30  # seconds; whoever is held up waits for good


@contextlib.contextmanager
def serving(**environment: str) -> Iterator[Served]:
    """Serve the portal on the database of the tests."""
    url = url_of(str(connection.settings_dict["NAME"]))
    settings = {"DJANGO_SETTINGS_MODULE": "tests.settings", "DATABASE_URL": url, "LOG_LEVEL": "ERROR"}
    with portal({**settings, **environment}, threads=4) as server:
        yield server


@pytest.fixture
def served(transactional_db: None) -> Iterator[Served]:
    with serving() as server:
        yield server


@pytest.fixture
def key(transactional_db: None) -> str:
    return make_key(application=make_application(), name="noisy", person=None, now=timezone.now()).text


def ask(server: Served, method: str, path: str, body: object = None, key: str = "") -> tuple[int, bytes]:
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE)) as client:
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {key}"}
        client.request(method, path, json.dumps(body) if body else None, headers)
        answer = client.getresponse()
        return answer.status, answer.read()


def recent() -> dict[str, object]:
    return reported(occurred_at=timezone.now().isoformat(), token=None)


def opened(server: Served, text: bytes) -> socket.socket:
    client = socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE)
    client.sendall(text)
    return client


def answered(client: socket.socket) -> bytes:
    """Return all that comes until the portal hangs up."""
    pieces = []
    while piece := client.recv(65536):
        pieces.append(piece)
    return b"".join(pieces)


def test_hundreds_of_slow_clients_are_nobodys_delay(served, key):
    head = f"POST {FAILURES} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {key}\r\n"
    body = f"{head}Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n["
    with contextlib.ExitStack() as stack:
        for text in (body, "GET /healthz HTTP/1.1\r\nHost: loc"):
            for _ in range(250):
                stack.enter_context(opened(served, text.encode()))

        pages = [ask(served, "GET", "/healthz")[0] for _ in range(10)]
        reports = [ask(served, "POST", FAILURES, recent(), key)[0] for _ in range(10)]

    assert (set(pages), set(reports)) == ({200}, {200})


def test_a_flood_is_turned_away_others_are_served_and_what_was_taken_is_there(key):
    calm = make_key(
        application=make_application(
            slug="calm", name="Calm", client_id="0c0ffee0-0000-4000-8000-0000000000b7"
        ),
        name="calm",
        person=None,
        now=timezone.now(),
    ).text
    noisy: list[tuple[int, bytes]] = []

    with serving(FAILURES_PER_MINUTE="200") as server:

        def flood() -> None:
            noisy.extend(ask(server, "POST", FAILURES, [recent() for _ in range(20)], key) for _ in range(25))

        threads = [threading.Thread(target=flood) for _ in range(4)]
        for thread in threads:
            thread.start()
        others = [ask(server, "POST", FAILURES, {**recent(), "application": None}, calm) for _ in range(20)]
        for thread in threads:
            thread.join()

    assert {status for status, _ in others} == {200}
    assert {status for status, _ in noisy} == {200, 429}
    taken = sum(json.loads(body)["new"] for status, body in [*others, *noisy] if status == 200)
    assert FailedRequest.objects.count() == taken


BEHIND = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
AMBIGUOUS = [
    "Content-Length: 5\r\nContent-Length: 48\r\n",
    "Content-Length: 5, 48\r\n",
    "Content-Length: +5\r\n",
    "Content-Length: -5\r\n",
    "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
    "Transfer-Encoding: xchunked\r\n",
    "Transfer-Encoding: chunked, identity\r\n",
    "Transfer-Encoding : chunked\r\n",
    "Content-Length: 5\n\r\n",
    "Content-Length\r\n",
]


def test_a_request_that_two_servers_could_read_differently_is_the_last_of_its_connection(served):
    """RFC 9112, sections 5.1 and 6.3: else what stands behind it would be somebody else's request."""
    replies = {}
    for head in AMBIGUOUS:
        text = f"POST {FAILURES} HTTP/1.1\r\nHost: localhost\r\n{head}\r\n0\r\n\r\n{BEHIND}"
        with opened(served, text.encode()) as client:
            answer = answered(client)
        replies[head] = (answer.count(b"HTTP/1."), b"200 OK" in answer)

    assert replies == dict.fromkeys(AMBIGUOUS, (1, False))


def test_a_body_that_breaks_off_or_is_too_large_changes_nothing(served, key):
    head = f"POST {FAILURES} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {key}\r\n"
    head += "Content-Type: application/json\r\nContent-Length: "
    whole = json.dumps(recent())
    with opened(served, f"{head}{len(whole) + 1}\r\n\r\n{whole}".encode()) as client:
        client.shutdown(socket.SHUT_WR)
        broken_off = answered(client)
    with opened(served, f"{head}{1024**3}\r\n\r\n{whole}".encode()) as client:
        too_large = answered(client)

    assert broken_off == b""
    assert too_large.startswith(b"HTTP/1.1 413 ")
    assert not FailedRequest.objects.exists()


@pytest.mark.parametrize("early", range(3))
def test_it_ends_when_it_is_told_to_while_it_starts(transactional_db, early):
    """As soon as it listens: its processes may not be there yet, or only some of them."""
    with serving() as server:
        server.process.send_signal(signal.SIGTERM)

        assert server.process.wait(PATIENCE) == 0
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", server.port)) != 0


def test_it_ends_when_it_is_told_to(served):
    ask(served, "GET", "/healthz")

    served.process.send_signal(signal.SIGTERM)

    assert served.process.wait(PATIENCE) == 0
    assert served.log.read_text() == ""
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", served.port)) != 0


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="only Linux tells a process's children so")
def test_it_ends_with_an_error_when_one_of_its_processes_does(served):
    ask(served, "GET", "/healthz")
    pid = served.process.pid
    workers = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()

    os.kill(int(workers[0]), signal.SIGKILL)

    assert served.process.wait(PATIENCE) == 1
    assert "A process of the portal ended by itself" in served.log.read_text()


def test_a_port_that_is_taken_is_one_line():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(CommandError, match=rf"^Port {port} of 127.0.0.1 cannot be had: Address already"):
            call_command("serve", port=port)

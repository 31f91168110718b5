"""The portal as `make run` serves it, on the database that is measured."""

from __future__ import annotations

import contextlib
import http.client
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from django.db import connection

from scripts.services import free_port

PATIENCE = 30.0  # seconds for the server to answer


@contextlib.contextmanager
def served(**environment: str) -> Iterator[Callable[[str, str, str, bytes], None]]:
    """Serve the portal as `make run` does, with one worker; yield what asks it over a kept connection."""
    port = free_port()
    database = str(connection.settings_dict["NAME"])
    there = os.environ["DATABASE_URL"]
    beside = f"{there.rpartition('/')[0]}/{database}"
    url = beside if connection.vendor == "postgresql" else f"sqlite:///{database}"
    command = ["granian", "--interface", "wsgi", "--port", str(port), "--workers", "1"]
    command += ["--blocking-threads", "2", "--no-access-log", "portal.wsgi:application"]
    program = Path(sys.executable).with_name(command[0])
    portal = {"DJANGO_SETTINGS_MODULE": "portal.settings", "DATABASE_URL": url, "LOG_LEVEL": "ERROR"}
    server = subprocess.Popen(
        [str(program), *command[1:]],
        env={**os.environ, **portal, **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=30)

    def ask(method: str, path: str, key: str, body: bytes) -> None:
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        client.request(method, path, body or None, headers)
        answer = client.getresponse()
        answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{path} answered {answer.status}")

    try:
        _wait(client)
        yield ask
    finally:
        client.close()
        server.terminate()
        server.wait(10)


def _wait(client: http.client.HTTPConnection) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            client.connect()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return

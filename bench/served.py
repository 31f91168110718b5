"""The portal as `make run` serves it, on the database that is measured."""

from __future__ import annotations

import contextlib
import http.client
from collections.abc import Callable, Iterator

from django.db import connection

from scripts.services import portal, url_of


@contextlib.contextmanager
def served(**environment: str) -> Iterator[Callable[[str, str, str, bytes], None]]:
    """Serve the portal in one process; yield what asks it over a kept connection."""
    url = url_of(str(connection.settings_dict["NAME"]))
    settings = {"DJANGO_SETTINGS_MODULE": "portal.settings", "DATABASE_URL": url, "LOG_LEVEL": "ERROR"}
    with portal({**settings, **environment}, workers=1, threads=2) as server:
        client = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)

        def ask(method: str, path: str, key: str, body: bytes) -> None:
            headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
            client.request(method, path, body or None, headers)
            answer = client.getresponse()
            answer.read()
            if answer.status != 200:
                raise RuntimeError(f"{path} answered {answer.status}")

        with contextlib.closing(client):
            yield ask

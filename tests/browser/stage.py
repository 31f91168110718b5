"""The portal as it runs in earnest: a web server's threads and a worker beside them, on one database."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Self

from django.core.wsgi import get_wsgi_application
from django.db import connection
from werkzeug.serving import WSGIRequestHandler, make_server

from consent import tasks
from tests.browser.deadline import until

TURN = 0.2  # seconds between two looks of the worker at what is due


class _Handler(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log(self, type: str, message: str, *args: Any) -> None:
        """Tests look at pages, not at an access log."""


class WebServer:
    """The portal on a free port of localhost: a host of its own, for the sandbox is at 127.0.0.1."""

    def __init__(self) -> None:
        self._application = get_wsgi_application()
        self._busy = 0
        self._lock = threading.Lock()
        self._server = make_server("127.0.0.1", 0, self._answer, threaded=True, request_handler=_Handler)
        self.url = f"http://localhost:{self._server.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def _answer(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        self._count(1)
        try:
            answer = self._application(environ, start_response)
            try:
                return list(answer)
            finally:
                answer.close()
        finally:
            self._count(-1)

    def _count(self, change: int) -> None:
        with self._lock:
            self._busy += change

    def wait_until_idle(self) -> None:
        """Nothing may be under way when the database is emptied for the next test."""
        until(lambda: self._busy == 0, "the portal has answered everything")

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class Worker:
    """Does what Celery does: looks at what is due, again and again."""

    def __init__(self) -> None:
        self._stopping = threading.Event()
        self._turn = threading.Lock()
        self._failure: Exception | None = None
        self._thread = threading.Thread(target=self._run, name="worker")

    def _run(self) -> None:
        try:
            while not self._stopping.wait(TURN):
                with self._turn:
                    tasks.check_due()
                    tasks.sweep()
        except Exception as failure:  # noqa: BLE001  (the test that this worker served reports it)
            self._failure = failure
        finally:
            connection.close()

    @contextmanager
    def away(self) -> Iterator[None]:
        """Nothing is checked meanwhile, as when no worker is up."""
        with self._turn:
            yield

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping.set()
        self._thread.join()
        if self._failure is not None and error is None:
            raise self._failure

"""A running sandbox in a thread of this process: `with start() as sandbox: ... sandbox.url`."""

import threading
from types import TracebackType
from typing import Any, Self

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from sandbox import documents
from sandbox.app import create_app
from sandbox.directory import Directory
from sandbox.model import JSON


class _Handler(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log(self, type: str, message: str, *args: Any) -> None:
        """The journal says more, and clients that hang up are part of the plan."""


def listen(directory: Directory, *, host: str = "127.0.0.1", port: int = 0) -> BaseWSGIServer:
    server = make_server(host, port, create_app(directory), threaded=True, request_handler=_Handler)
    return server


class Running:
    def __init__(self, directory: Directory, *, host: str, port: int) -> None:
        self.directory = directory
        self._server = listen(directory, host=host, port=port)
        self.url = f"http://{host}:{self._server.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self.directory.stopping.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def start(port: int = 0, *, host: str = "127.0.0.1", document: JSON | None = None) -> Running:
    """`document` is what the directory holds at first, and what a reset goes back to."""
    directory = Directory()
    directory.start = document or {}
    documents.load(directory, directory.start)
    return Running(directory, host=host, port=port)

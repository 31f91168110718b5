"""Serves the portal: a few processes that share one port, each with a few threads.

Waitress reads a request as it comes, among all the others, and gives it to a thread once it is whole: who
sends a byte a second takes up a connection, and nobody's turn.
"""

from __future__ import annotations

import multiprocessing
import multiprocessing.connection
import os
import signal
import socket
from argparse import ArgumentParser
from typing import Any, Final

import waitress
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser, ParsingError

BACKLOG: Final = 1024
MOST_CONNECTIONS: Final = 900  # of a process: many systems let one open 1,024 files
LARGEST_REQUEST: Final = 64 * 1024 * 1024  # pages and the API refuse less than that, in words
GRACE: Final = 8  # seconds that a process may take for the requests it is at
ENDS: Final = (signal.SIGTERM, signal.SIGINT)
IDLE: Final = 30  # seconds after which a silent connection is closed


class Command(BaseCommand):
    help = "Serve the portal until Ctrl-C or SIGTERM. Ends with an error when one of its processes does."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
        parser.add_argument("--port", type=int, default=8000, help="port to listen on (%(default)s)")
        parser.add_argument("--workers", type=int, default=2, help="processes, one per core (%(default)s)")
        parser.add_argument("--threads", type=int, default=8, help="threads of each process (%(default)s)")

    def handle(self, *, host: str, port: int, workers: int, threads: int, **options: Any) -> None:
        try:
            listening = socket.create_server((host, port), backlog=BACKLOG)
        except OSError as error:
            raise CommandError(
                f"Port {port} of {host} cannot be had: {os.strerror(error.errno or 0)}."
            ) from None
        # While processes fork nobody may be told to leave: Python loses what is raised just then.
        signal.pthread_sigmask(signal.SIG_BLOCK, ENDS)
        # Loaded once, before the processes part: they share its memory.
        from portal.wsgi import application

        fork = multiprocessing.get_context("fork")
        serving = [
            fork.Process(target=_serve, args=(application, listening, threads), daemon=True)
            for _ in range(workers)
        ]
        for process in serving:
            process.start()
        try:
            _may_leave()
            multiprocessing.connection.wait([process.sentinel for process in serving])
        finally:
            for process in serving:
                process.terminate()
            for process in serving:
                process.join(GRACE)
                process.kill()
        raise CommandError("A process of the portal ended by itself, so all do. Start it again.")


class Parser(HTTPRequestParser):
    """Refuses a request with two lengths (RFC 9112, section 6.3): somebody in front may go by the other."""

    def parse_header(self, header_plus: bytes) -> None:
        super().parse_header(header_plus)
        if self.chunked and "CONTENT_LENGTH" in self.headers:
            raise ParsingError("Content-Length and Transfer-Encoding")


def _may_leave() -> None:
    for number in ENDS:
        signal.signal(number, _leave)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDS)


def _leave(number: int, frame: object) -> None:
    raise SystemExit(0)


def _serve(application: Any, listening: socket.socket, threads: int) -> None:
    _may_leave()
    HTTPChannel.parser_class = Parser
    waitress.serve(
        application,
        sockets=[listening],
        threads=threads,
        connection_limit=MOST_CONNECTIONS,
        channel_timeout=IDLE,
        asyncore_use_poll=True,
        max_request_body_size=LARGEST_REQUEST,
        # In memory as far as anything but a file goes: what somebody sent may be a secret.
        inbuf_overflow=settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1,
        clear_untrusted_proxy_headers=False,  # BEHIND_PROXY says which of them are believed
        ident=None,
        _quiet=True,
    )

"""Connections whose every read and connect attempt shares one deadline.

A timeout of requests is per read: a peer that sends one byte a second never meets it, not even while
it sends headers. Here the time that is left is set on the socket before each read.
"""

import io
import math
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

_SIMULTANEOUS = 64


class Budget(threading.local):
    """The time that the current thread's call has left."""

    until = 0.0
    limit = math.inf

    def start(self, seconds: float) -> None:
        self.until = min(time.monotonic() + seconds, self.limit)

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """Let all calls of this thread together take no longer than this; each has its own deadline still."""
        before = self.limit
        self.limit = min(before, time.monotonic() + seconds)
        try:
            yield
        finally:
            self.limit = before

    def left(self) -> float:
        left = self.until - time.monotonic()
        if left <= 0:
            raise TimeoutError("the call took longer than it may")
        return left


budget = Budget()


class _Reader(io.RawIOBase):
    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._file = sock.makefile("rb", buffering=0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._sock.settimeout(budget.left())
        return self._file.readinto(buffer)

    def close(self) -> None:
        self._file.close()
        super().close()


class _TimedSocket:
    """A connected socket, read through `_Reader`; everything else is the socket's own."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sock, name)

    def makefile(self, *_: Any, **__: Any) -> io.BufferedReader:
        return io.BufferedReader(_Reader(self._sock))


def _connect(host: str, port: int) -> socket.socket:
    """Try each address of the host, each with its share of the time that is left."""
    addresses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    failure: OSError = OSError("the name has no address")
    for tried, (family, kind, protocol, _, address) in enumerate(addresses):
        sock = socket.socket(family, kind, protocol)
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.settimeout(budget.left() / (len(addresses) - tried))
            sock.connect(address)
            sock.settimeout(budget.left())
        except OSError as error:
            sock.close()
            failure = error
        else:
            return sock
    raise failure


class _TimedHTTPConnection(HTTPConnection):
    def _new_conn(self) -> socket.socket:
        return _connect(self.host, self.port)

    def connect(self) -> None:
        super().connect()
        self.sock: Any = _TimedSocket(self.sock)


class _TimedHTTPSConnection(HTTPSConnection):
    def _new_conn(self) -> socket.socket:
        return _connect(self.host, self.port or 443)

    def connect(self) -> None:
        super().connect()
        self.sock: Any = _TimedSocket(self.sock)


class _HTTPPool(HTTPConnectionPool):
    ConnectionCls = _TimedHTTPConnection


class _HTTPSPool(HTTPSConnectionPool):
    ConnectionCls = _TimedHTTPSConnection


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _HTTPPool, "https": _HTTPSPool}


class PlainSession(requests.Session):
    """No proxy or netrc from the environment, no cookies, no redirects, no retries."""

    def __init__(self) -> None:
        super().__init__()
        self.trust_env = False
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))
        for scheme in ("https://", "http://"):
            self.mount(scheme, _Adapter(pool_connections=16, pool_maxsize=_SIMULTANEOUS, max_retries=0))

    def get_redirect_target(self, resp: requests.Response) -> None:
        """Never follow one; asked otherwise, requests would also read the whole body of a redirect."""
        return None

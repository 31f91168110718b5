"""The answers of faults: see `faults.py` for what each kind does."""

import json
import socket
from collections.abc import Callable, Iterator

from werkzeug.wrappers import Response

from sandbox.aadsts import CATALOG
from sandbox.errors import EntraError, as_json
from sandbox.exchange import Exchange
from sandbox.faults import Fault
from sandbox.graph_call import GraphError, headers
from sandbox.login_pages import error_page

# Faults that replace the answer, or delay or cut the usual one. The others are asked for where they apply.
REPLACING = (
    *("throttle", "error503", "error500", "garbage", "hello", "html200", "redirect302", "huge"),
    *("reset", "hang", "aadsts", "graph"),
)
CHANGING = ("slow", "truncated", "drip")


def answer(exchange: Exchange, fault: Fault) -> Response:
    return _ANSWERS[fault.kind](exchange, fault)


def changed(exchange: Exchange, fault: Fault, usual: Callable[[], Response]) -> Response:
    if fault.kind == "slow":
        pause(exchange, fault.number("seconds", 1))
        return usual()
    response = usual()
    body = response.get_data()
    if fault.kind == "truncated":
        response.set_data(body[: len(body) // 2])
        return response
    response.response = _dripping(exchange, body, fault.number("seconds", 10))
    return response


def _dripping(exchange: Exchange, body: bytes, seconds: float) -> Iterator[bytes]:
    pieces = 40
    size = max(1, -(-len(body) // pieces))
    for start in range(0, len(body), size):
        pause(exchange, seconds / pieces)
        yield body[start : start + size]


def pause(exchange: Exchange, seconds: float) -> None:
    """Wait, but not after the server was told to stop."""
    exchange.directory.stopping.wait(seconds)


def _throttle(exchange: Exchange, fault: Fault) -> Response:
    seconds = fault.options.get("seconds", 1)
    if exchange.endpoint == "graph":
        message = "Too many requests."
        response = headers(exchange, GraphError(429, "TooManyRequests", message).response(exchange))
        response.headers["x-ms-throttle-scope"] = (
            f"Tenant_Application/ReadWrite/{exchange.app_id}/{exchange.tenant_id}"
        )
        response.headers["x-ms-throttle-information"] = "ResourceUnitLimitExceeded"
    else:
        response = EntraError(90055).response(exchange)
        response.status_code = 429
    if seconds is not None:
        response.headers["Retry-After"] = str(seconds)
    return response


def _gateway(exchange: Exchange, fault: Fault) -> Response:
    return _html("<html><body><h1>503 Service Unavailable</h1>No server is available.</body></html>", 503)


def _html(text: str, status: int) -> Response:
    return Response(text, status=status, content_type="text/html; charset=us-ascii")


def _server_error(exchange: Exchange, fault: Fault) -> Response:
    if exchange.endpoint == "graph":
        return headers(exchange, GraphError(500, "UnknownError", "").response(exchange))
    return as_json({"error": "server_error", "error_description": "An unexpected error occurred."}, 500)


def _garbage(exchange: Exchange, fault: Fault) -> Response:
    return Response(b'\x00\xff{"access_token": nonsense', content_type="application/json; charset=utf-8")


def _hello(exchange: Exchange, fault: Fault) -> Response:
    return as_json({"hello": "world"})


def _web_page(exchange: Exchange, fault: Fault) -> Response:
    return _html("<html><body><h1>Sign in to the hotel network</h1></body></html>", 200)


def _elsewhere(exchange: Exchange, fault: Fault) -> Response:
    location = str(fault.options.get("location", "http://127.0.0.1:9/elsewhere"))
    return Response("", status=302, headers={"Location": location})


def _huge(exchange: Exchange, fault: Fault) -> Response:
    size = int(fault.number("bytes", 20_000_000))
    piece = b"x" * 65536

    def pieces() -> Iterator[bytes]:
        yield b'{"access_token": "'
        for _ in range(size // len(piece)):
            yield piece
        yield b'"}'

    return Response(pieces(), content_type="application/json; charset=utf-8")


def _cut(exchange: Exchange, fault: Fault) -> Response:
    connection = exchange.request.environ.get("werkzeug.socket")
    if isinstance(connection, socket.socket):
        connection.shutdown(socket.SHUT_RDWR)
    return Response("", status=500)


def _hang(exchange: Exchange, fault: Fault) -> Response:
    pause(exchange, fault.number("seconds", 60))
    return _cut(exchange, fault)


def _aadsts(exchange: Exchange, fault: Fault) -> Response:
    """An error code where it comes up: JSON at the token endpoint and metadata, a page in the browser."""
    values = {"app": exchange.app_id, "name": exchange.app_id, "tenant": exchange.tenant_id}
    code = int(fault.number("code", 50196))
    error = EntraError(
        code,
        error=str(fault.options.get("error", "")),
        suberror=str(fault.options.get("suberror", "")),
        **values,
    )
    exchange.error = str(code)
    if exchange.endpoint in ("authorize", "adminconsent"):
        return error_page(exchange, error)
    response = error.response(exchange)
    if "claims" in fault.options:
        response = as_json(
            error.body(exchange) | {"claims": json.dumps(fault.options["claims"])}, error.status
        )
    response.status_code = int(fault.number("status", CATALOG[code][1] if code in CATALOG else 400))
    return response


def _graph(exchange: Exchange, fault: Fault) -> Response:
    error = GraphError(
        int(fault.number("status", 403)),
        str(fault.options.get("code", "UnknownError")),
        str(fault.options.get("message", "")),
    )
    return headers(exchange, error.response(exchange))


_ANSWERS: dict[str, Callable[[Exchange, Fault], Response]] = {
    "throttle": _throttle,
    "error503": _gateway,
    "error500": _server_error,
    "garbage": _garbage,
    "hello": _hello,
    "html200": _web_page,
    "redirect302": _elsewhere,
    "huge": _huge,
    "reset": _cut,
    "hang": _hang,
    "aadsts": _aadsts,
    "graph": _graph,
}

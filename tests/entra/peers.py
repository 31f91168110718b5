"""Microsoft as it should not be: a peer on loopback that answers exactly what a test says."""

import base64
import contextlib
import json
import socket
import socketserver
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

Pieces = Iterable[bytes | float]  # bytes to send, or seconds to wait


@dataclass(frozen=True)
class Request:
    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def form(self) -> dict[str, str]:
        return {name: values[0] for name, values in parse_qs(self.body.decode()).items()}


Respond = Callable[[Request], bytes | Pieces]


def reply(body: object = b"", status: int = 200, headers: Mapping[str, str] | None = None) -> bytes:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(content)}"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    return "\r\n".join([*lines, "", ""]).encode() + content


class Peer:
    """Keeps connections open while answers are plain bytes; pieces, or no bytes at all, end them."""

    def __init__(
        self, respond: Respond, wrap: Callable[[socket.socket], socket.socket] | None = None
    ) -> None:
        self.respond = respond
        self.requests: list[Request] = []
        self.connections = 0
        self.stopping = threading.Event()
        peer = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                peer.connections += 1
                with contextlib.suppress(OSError), wrap(self.request) if wrap else self.request as connection:
                    peer.serve(connection)

        class Server(socketserver.ThreadingTCPServer):
            request_queue_size = 128
            daemon_threads = True

        self._server = Server(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]
        self.url = f"{'https' if wrap else 'http'}://localhost:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def serve(self, connection: socket.socket) -> None:
        with connection.makefile("rb") as incoming:
            while (request := _read(incoming)) is not None:
                self.requests.append(request)
                answer = self.respond(request)
                if isinstance(answer, bytes):
                    if not answer:
                        _reset(connection)
                        return
                    connection.sendall(answer)
                    continue
                for piece in answer:
                    if isinstance(piece, bytes):
                        connection.sendall(piece)
                    elif self.stopping.wait(piece):
                        return
                return

    def stop(self) -> None:
        self.stopping.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def _read(incoming: Any) -> Request | None:
    line = incoming.readline().decode("latin-1").split()
    if len(line) < 2:
        return None
    headers = {}
    while (header := incoming.readline().decode("latin-1").strip()) != "":
        name, _, value = header.partition(":")
        headers[name.lower()] = value.strip()
    body = incoming.read(int(headers.get("content-length", 0)))
    return Request(line[0], line[1], headers, body)


def _reset(connection: socket.socket) -> None:
    """Close so that the other side sees a reset, not an orderly end."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
    connection.close()


def encoded(part: object) -> str:
    raw = part if isinstance(part, bytes) else json.dumps(part).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def unsigned(claims: object) -> str:
    """A token as Graph's look to a client: readable perhaps, its signature beyond checking."""
    return (
        f"{encoded({'alg': 'RS256', 'typ': 'JWT', 'nonce': 'x'})}.{encoded(claims)}.{encoded(b'signature')}"
    )


@dataclass
class SigningKey:
    kid: str = "key-1"
    issuer: str = "https://login.microsoftonline.com/{tenantid}/v2.0"
    bits: int = 2048
    private: rsa.RSAPrivateKey = field(init=False)

    def __post_init__(self) -> None:
        self.private = rsa.generate_private_key(public_exponent=65537, key_size=self.bits)

    def jwk(self, **changes: Any) -> dict[str, Any]:
        numbers = self.private.public_key().public_numbers()
        known = {
            "kty": "RSA",
            "use": "sig",
            "kid": self.kid,
            "n": encoded(numbers.n.to_bytes((numbers.n.bit_length() + 7) // 8, "big")),
            "e": encoded(numbers.e.to_bytes(3, "big")),
            "issuer": self.issuer,
        }
        return {name: value for name, value in (known | changes).items() if value is not None}

    def sign(self, claims: Mapping[str, Any], **headers: Any) -> str:
        return jwt.encode(dict(claims), self.private, algorithm="RS256", headers={"kid": self.kid, **headers})

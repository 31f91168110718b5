import ssl
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from entra.errors import Unavailable
from entra.http import EntraSession
from entra.types import Call
from entra.wire import PlainSession, budget
from tests.entra.certificates import make_certificate
from tests.entra.peers import reply
from tests.entra.test_http import GRAPH, OK, Facing, failure_of


def dripping(piece: bytes) -> list[bytes | float]:
    return [drop for _ in range(300) for drop in (0.05, piece)]


class TestTime:
    """Each of these would pass a timeout that counts per read."""

    def test_a_body_that_drips_is_cut_off(self, facing: Facing):
        start = b"HTTP/1.1 200 X\r\nContent-Length: 100\r\n\r\n"
        self._is_cut_off(facing, [start, *dripping(b"x")])

    def test_headers_that_drip_are_cut_off(self, facing: Facing):
        self._is_cut_off(facing, [b"HTTP/1.1 200 X\r\n", *dripping(b"X-Header: 1\r\n")])

    def test_a_status_line_that_drips_is_cut_off(self, facing: Facing):
        self._is_cut_off(facing, dripping(b"H"))

    def test_silence_is_cut_off(self, facing: Facing):
        self._is_cut_off(facing, [30.0])

    def _is_cut_off(self, facing: Facing, pieces: list[bytes | float]) -> None:
        session = facing(pieces, deadline=0.3)
        started = time.monotonic()
        failure = failure_of(session)
        assert isinstance(failure, Unavailable)
        assert failure.retryable
        assert "longer than 0.3 seconds" in failure.summary
        assert time.monotonic() - started < 8

    def test_time_spent_waiting_counts_over_all_of_a_call(self):
        budget.start(0)
        with pytest.raises(TimeoutError):
            budget.left()


class TestTheNetwork:
    def test_a_refused_connection_is_no_answer(self, facing: Facing):
        session = facing(OK)
        session.peer.stop()
        failure = failure_of(session)
        assert failure.summary.endswith("the connection failed.")

    def test_a_name_without_an_address_is_no_answer(self):
        assert isinstance(failure_of(EntraSession("http://nowhere.invalid", deadline=5)), Unavailable)

    def test_a_connection_cut_once_is_tried_once_more(self, facing: Facing, calls: list[Call]):
        answers = [b"", OK]
        session = facing(lambda request: answers.pop(0))
        assert session.request_json("GET", GRAPH).status_code == 200
        first, second = session.peer.requests
        assert first.headers["client-request-id"] == second.headers["client-request-id"]
        assert [call.status for call in calls] == [200]

    def test_a_connection_cut_twice_is_no_answer(self, facing: Facing):
        session = facing(b"")
        assert isinstance(failure_of(session), Unavailable)
        assert len(session.peer.requests) == 2

    def test_connections_are_kept(self, facing: Facing):
        session = facing(OK)
        for _ in range(5):
            session.request_json("GET", GRAPH)
        assert session.peer.connections == 1

    def test_sixty_four_threads_share_one_session(self, facing: Facing):
        def echo(request):
            return reply({"said": request.headers["client-request-id"]})

        session = facing(echo)

        def ask(number: int) -> bool:
            answer = session.request_json("GET", GRAPH, headers={"client-request-id": f"id-{number}"})
            return bool(
                answer.body == {"said": f"id-{number}"} and answer.client_request_id == f"id-{number}"
            )

        with ThreadPoolExecutor(64) as pool:
            assert all(pool.map(ask, range(640)))
        assert session.peer.connections <= 64


class TestTls:
    def test_a_certificate_that_nobody_vouches_for_is_refused(self, facing, peer, tls):
        session = EntraSession(peer(lambda request: OK, tls.wrap).url)
        assert failure_of(session).summary.endswith("the secure connection could not be set up.")

    def test_a_trusted_one_is_read_within_the_deadline(self, peer, tls):
        one = peer(lambda request: OK, tls.wrap)
        plain = PlainSession()
        plain.verify = str(tls.path)
        budget.start(10)
        assert plain.get(one.url, stream=True).raw.read() == b'{"value": []}'
        one.respond = lambda request: [b"HTTP/1.1 200 X\r\n", *dripping(b"X-Header: 1\r\n")]
        started = time.monotonic()
        budget.start(0.3)
        with pytest.raises(requests.RequestException):
            plain.get(one.url, stream=True)
        assert time.monotonic() - started < 8
        plain.close()


@pytest.fixture
def tls(tmp_path):
    class Tls:
        path = tmp_path / "server.pem"

        def wrap(self, connection):
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(self.path)
            return context.wrap_socket(connection, server_side=True)

    Tls.path.write_text(make_certificate("localhost"))
    return Tls()

"""The one door to Microsoft: deadlines, size limits, no redirects, typed failures, each call reported.

URLs are always Microsoft's own. With a sandbox, the door alone knows that they lead elsewhere.
"""

import http.client
import time
import uuid
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import SplitResult, urlsplit, urlunsplit

import requests
import urllib3

from entra.answers import Answer, checked_json, checked_token, request_id_of
from entra.errors import EntraError, Unavailable
from entra.keys import KeyCache
from entra.types import CLOUDS, Call
from entra.wire import PlainSession, budget

MAX_BYTES: Final = 4 * 1024 * 1024
_CHUNK = 64 * 1024
_LONGEST_MESSAGE = 1000

_SERVICE_HOSTS = frozenset(
    host for cloud in CLOUDS.values() for host in (*cloud.login_hosts, cloud.graph_host)
)
_BROWSER_HOSTS = _SERVICE_HOSTS | {cloud.portal_host for cloud in CLOUDS.values()}

_NETWORK_FAILURES = (
    requests.RequestException,
    urllib3.exceptions.HTTPError,
    http.client.HTTPException,
    OSError,
)


class EntraSession:
    """Share one between threads and keep it: it holds the connections and Microsoft's signing keys.

    `on_call` hears of every call, also of failed ones, in the thread that made it.
    """

    def __init__(
        self,
        sandbox_url: str = "",
        deadline: float = 15,
        max_bytes: int = MAX_BYTES,
        on_call: Callable[[Call], None] | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.sandbox = _origin(sandbox_url)
        self.keys = KeyCache()
        self._deadline = deadline
        self._max_bytes = max_bytes
        self._on_call = on_call
        self._clock = clock
        self._session = PlainSession()

    def get(
        self,
        url: str,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        **_: Any,
    ) -> Answer:
        return self._call("GET", url, params=params, headers=headers)

    def post(
        self,
        url: str,
        params: Mapping[str, str] | None = None,
        data: Any = None,
        headers: Mapping[str, str] | None = None,
        **_: Any,
    ) -> Answer:
        """A call of a token endpoint, the only thing that MSAL posts to."""
        return self._call("POST", url, judge=checked_token, params=params, headers=headers, data=data)

    def request_json(
        self,
        method: str,
        url: str,
        token: str = "",
        *,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        body: Any = None,
    ) -> Answer:
        """A call whose answer must be a JSON object, found in `.body`."""
        sent = dict(headers or {})
        if token:
            sent["Authorization"] = f"Bearer {token}"
        return self._call(method, url, params=params, headers=sent, json=body)

    def close(self) -> None:
        self._session.close()

    def within(self, seconds: float) -> AbstractContextManager[None]:
        """A time that all calls of this thread share: for a person who waits for more than one."""
        return budget.within(seconds)

    def browser_url(self, url: str) -> str:
        """Where a person's browser must go for this page of Microsoft's."""
        parts = urlsplit(url)
        if not self.sandbox or parts.scheme != "https" or parts.hostname not in _BROWSER_HOSTS:
            return url
        return urlunsplit((*self.sandbox, parts.path, parts.query, parts.fragment))

    def microsoft_url(self, url: str, host: str) -> str:
        """A link that the sandbox made of its own address, as the same link at Microsoft's `host`."""
        parts = _split(url)
        if self.sandbox and (parts.scheme, parts.netloc) == self.sandbox:
            return urlunsplit(("https", host, parts.path, parts.query, ""))
        return url

    def _call(
        self, method: str, url: str, judge: Callable[[Answer], Answer] | None = None, **kwargs: Any
    ) -> Answer:
        headers = {"Accept": "application/json", "Accept-Encoding": "gzip", **(kwargs.pop("headers") or {})}
        given = {name.lower(): value for name, value in headers.items()}.get("client-request-id")
        if not given:
            headers["client-request-id"] = given = str(uuid.uuid4())
        target, shown = self._route(url)
        call = _InProgress(method, shown, given, self._clock())
        answer = None
        try:
            answer = self._fetch(call, target, headers, kwargs)
            believed = (judge or checked_json)(answer)
        except EntraError as failure:
            failure.client_request_id = call.client_request_id
            failure.at = call.at
            self._report(call, answer, failure)
            raise
        self._report(call, answer, None)
        return believed

    def _route(self, url: str) -> tuple[str, str]:
        parts = _split(url)
        if parts.scheme != "https" or parts.netloc.lower() not in _SERVICE_HOSTS:
            raise Unavailable("it pointed us to an address that is not Microsoft's", retryable=False)
        shown = urlunsplit((parts.scheme, parts.netloc.lower(), parts.path, "", ""))
        if not self.sandbox:
            return urlunsplit((parts.scheme, parts.netloc, parts.path, parts.query, "")), shown
        return urlunsplit((*self.sandbox, parts.path, parts.query, "")), shown

    def _fetch(
        self, call: "_InProgress", url: str, headers: Mapping[str, str], kwargs: Mapping[str, Any]
    ) -> Answer:
        budget.start(self._deadline)
        try:
            with self._send(call.method, url, headers, kwargs) as response:
                content = self._read(response)
        except Unavailable:
            raise
        except _NETWORK_FAILURES as error:
            # The cause may quote what was sent or received: only the kind of failure goes on.
            raise Unavailable(_reason(error, min(self._deadline, budget.limit - call.started))) from None
        return Answer(
            status_code=response.status_code,
            headers=dict(response.headers),
            content=content,
            request_id=request_id_of(response.headers),
            client_request_id=call.client_request_id,
            at=call.at,
        )

    def _send(
        self, method: str, url: str, headers: Mapping[str, str], kwargs: Mapping[str, Any]
    ) -> requests.Response:
        for attempt in (1, 2):
            try:
                return self._session.request(
                    method, url, headers=dict(headers), stream=True, timeout=budget.left(), **kwargs
                )
            except _NETWORK_FAILURES as error:
                # Mostly a kept connection that Microsoft closed just now. Once more, at once, then no more.
                if attempt == 2 or not _was_reset(error):
                    raise
        raise AssertionError("unreachable")  # pragma: no cover

    def _read(self, response: requests.Response) -> bytes:
        content = bytearray()
        while chunk := response.raw.read(_CHUNK, decode_content=True):
            content += chunk
            if len(content) > self._max_bytes:
                raise Unavailable("its answer was too large")
            budget.left()
        return bytes(content)

    def _report(self, call: "_InProgress", answer: Answer | None, failure: EntraError | None) -> None:
        if self._on_call is None:
            return
        self._on_call(
            Call(
                method=call.method,
                url=call.url,
                status=answer.status_code if answer else 0,
                duration_ms=round((time.monotonic() - call.started) * 1000),
                request_id=(failure.request_id if failure else "") or (answer.request_id if answer else ""),
                client_request_id=call.client_request_id,
                at=call.at,
                error=_label(failure) if failure else "",
                message=failure.message[:_LONGEST_MESSAGE] if failure else "",
            )
        )


@dataclass(frozen=True)
class _InProgress:
    method: str
    url: str
    client_request_id: str
    at: datetime
    started: float = field(default_factory=time.monotonic)


def _split(url: str) -> SplitResult:
    try:
        return urlsplit(url)
    except ValueError:
        raise Unavailable("it pointed us to an address that is not one", retryable=False) from None


def _origin(sandbox_url: str) -> tuple[str, str] | None:
    if not sandbox_url:
        return None
    parts = urlsplit(sandbox_url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/") or parts.query:
        raise ValueError("the sandbox's URL must be an origin, such as http://localhost:9000")
    return parts.scheme, parts.netloc


def _was_reset(error: BaseException) -> bool:
    seen: BaseException | None = error
    while seen is not None:
        causes = (seen, *(arg for arg in seen.args if isinstance(arg, BaseException)))
        if any(isinstance(cause, ConnectionResetError | BrokenPipeError) for cause in causes):
            return True
        seen = seen.__cause__ or seen.__context__
    return False


def _reason(error: BaseException, deadline: float) -> str:
    if isinstance(error, requests.exceptions.SSLError):
        return "the secure connection could not be set up"
    if isinstance(error, requests.Timeout | TimeoutError | urllib3.exceptions.TimeoutError):
        return f"it took longer than {deadline:g} seconds"
    if isinstance(error, requests.exceptions.ConnectionError):
        return "the connection failed"
    return "its answer broke off or was not readable"


def _label(failure: EntraError) -> str:
    if failure.code:
        return f"AADSTS{failure.code}"
    return failure.error or type(failure).__name__

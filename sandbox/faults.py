"""Ways to be broken on purpose: each fault answers some of the requests, a number of times or until cleared.

match: endpoint (token, authorize, adminconsent, metadata, keys, graph, any), tenant, app, path (a part of it)

kind            answers
throttle        429 with Retry-After: `seconds` (default 1), without it when `seconds` is null
error503        503 with an HTML body, as gateways send
error500        500 with a JSON body
garbage         200, application/json, not JSON
truncated       200, a token's or a collection's JSON cut in half
hello           200, JSON of another shape: {"hello": "world"}
html200         200 with a web page
redirect302     302 to `location` (default http://127.0.0.1:9/elsewhere)
huge            200 with `bytes` bytes of JSON (default 20,000,000)
reset           the connection is cut without an answer
hang            nothing for `seconds` (default 60), then the connection is cut
slow            `seconds` (default 1) of waiting, then the usual answer
drip            the usual answer, a few bytes at a time over `seconds`
aadsts          the AADSTS `code` in the shape of the endpoint (401/400 JSON, error page, or error redirect)
graph           Graph's error body with `status`, `code`, `message`
opaque_token    the usual token answer, but the access token is an opaque string
id_token        the usual answer, its id token spoiled: `how` = audience, issuer, nonce, expired, signature,
                none (the algorithm), tenant
empty_page      a collection's first page is empty and has a next link
partial         206 with a Warning header, as federated alert providers cause
no_redirect     a consent is written, but the browser is not sent back
"""

import threading
import uuid
from dataclasses import asdict, dataclass, field
from typing import Any

ENDPOINTS = ("token", "authorize", "adminconsent", "metadata", "keys", "graph", "any")
KINDS = (
    *("throttle", "error503", "error500", "garbage", "truncated", "hello", "html200", "redirect302", "huge"),
    *("reset", "hang", "slow", "drip", "aadsts", "graph"),
    *("opaque_token", "id_token", "empty_page", "partial", "no_redirect"),
)


@dataclass
class Fault:
    kind: str
    endpoint: str = "any"
    tenant: str = ""
    app: str = ""
    path: str = ""
    times: int | None = None  # how often it still answers; None until cleared
    options: dict[str, Any] = field(default_factory=dict)
    id: str = field(default_factory=lambda: uuid.uuid4().hex[:8])

    @classmethod
    def parse(cls, document: dict[str, Any]) -> "Fault":
        known = {
            key: document[key]
            for key in ("kind", "endpoint", "tenant", "app", "path", "times")
            if key in document
        }
        options = {key: value for key, value in document.items() if key not in known and key != "id"}
        fault = cls(**known, options=options)
        if fault.kind not in KINDS:
            raise ValueError(f"no fault kind '{fault.kind}'; known: {', '.join(KINDS)}")
        if fault.endpoint not in ENDPOINTS:
            raise ValueError(f"no endpoint '{fault.endpoint}'; known: {', '.join(ENDPOINTS)}")
        fault.tenant, fault.app = fault.tenant.lower(), fault.app.lower()
        return fault

    def number(self, name: str, default: float) -> float:
        return float(self.options.get(name, default))

    def matches(self, *, endpoint: str, tenant: str, app: str, path: str) -> bool:
        return (
            self.endpoint in ("any", endpoint)
            and self.tenant in ("", tenant)
            and self.app in ("", app)
            and self.path in path
        )


class Faults:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[Fault] = []

    def add(self, fault: Fault) -> None:
        with self._lock:
            self._faults.append(fault)

    def clear(self, fault_id: str = "") -> None:
        with self._lock:
            self._faults = [fault for fault in self._faults if fault_id and fault.id != fault_id]

    def listed(self) -> list[dict[str, Any]]:
        with self._lock:
            return [asdict(fault) for fault in self._faults]

    def take(
        self, *, kinds: tuple[str, ...], endpoint: str, tenant: str, app: str, path: str
    ) -> Fault | None:
        """The first of these kinds that answers this request, counted."""
        with self._lock:
            for fault in self._faults:
                if fault.kind in kinds and fault.matches(
                    endpoint=endpoint, tenant=tenant.lower(), app=app.lower(), path=path
                ):
                    if fault.times is not None:
                        fault.times -= 1
                        self._faults = [kept for kept in self._faults if kept.times is None or kept.times > 0]
                    return fault
        return None

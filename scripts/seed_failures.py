"""Denied calls for the demo: what an application would have reported over the last weeks, tenant by tenant.

They come in as all others do, through the service behind the API. The same fleet gives the same calls.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from consent.models import Application, Installation
from support.models import FailedRequest
from support.rules.report import MOST_ROWS, checked
from support.services.ingest import take

GRAPH = "https://graph.microsoft.com"
# What each call needs of an application.
CALLS = (
    ("GET", "/v1.0/security/alerts_v2", "SecurityAlert.Read.All"),
    ("GET", "/v1.0/security/incidents", "SecurityIncident.Read.All"),
    ("POST", "/v1.0/security/runHuntingQuery", "ThreatHunting.Read.All"),
    ("GET", "/v1.0/security/secureScores", "SecurityEvents.Read.All"),
)
READER = "b79fbf4d-3ef9-4689-8143-76b194e85509"  # an ordinary member: no directory role
SIGN_IN = {
    7000229: "The client application is missing a service principal in the tenant.",
    7000112: "Application is disabled.",
    700016: "Application was not found in the directory.",
    7000222: "The provided client secret keys are expired.",
    53003: "Access has been blocked by Conditional Access policies.",
}

Row = dict[str, Any]


class Reporter:
    """Makes up the calls of one application."""

    def __init__(self, application: Application, *, now: datetime, seed: int = 20261123) -> None:
        self.application, self.now = application, now
        self.dice = random.Random(seed)  # noqa: S311
        self.example = ""

    def rows(self) -> Iterator[Row]:
        installations = self.application.installations.select_related("pattern").order_by("sort_name", "pk")
        for number, installation in enumerate(installations):
            yield from self._of_tenant(installation, number)

    def _of_tenant(self, installation: Installation, number: int) -> Iterator[Row]:
        granted = {p.value for p in installation.pattern.grants.granted}
        if not granted:
            if number % 2:
                yield from self._repeated(2, lambda at: self._sign_in(installation, at, 7000229))
            return
        lacking = [call for call in CALLS if call[2] not in granted]
        if lacking and number % 3 == 0:
            yield from self._repeated(
                self.dice.choice((2, 3, 5, 9, 14)),
                lambda at: self._denied(installation, at, self.dice.choice(lacking), granted),
            )
        yield from self._now_and_then(installation, number, granted)

    def _now_and_then(self, installation: Installation, number: int, granted: set[str]) -> Iterator[Row]:
        held = [call for call in CALLS if call[2] in granted]
        if not held:
            return
        call = self.dice.choice(held)
        if number % 17 == 0:
            yield from self._repeated(6, lambda at: self._throttled(installation, at, call, granted))
        if number % 23 == 0:
            yield from self._repeated(2, lambda at: self._without_role(installation, at, call))
        if number % 29 == 0:
            yield from self._repeated(2, lambda at: self._expired(installation, at, call, granted))
        if number % 41 == 0:
            yield from self._repeated(2, lambda at: self._sign_in(installation, at, 53003))
        if number % 47 == 0:
            yield from self._repeated(2, lambda at: self._outage(installation, at, call, granted))

    def _repeated(self, times: int, make: Any) -> Iterator[Row]:
        """Yield calls over the last week, most of them lately."""
        for _ in range(times):
            yield make(self.now - timedelta(minutes=self.dice.expovariate(1 / 1500) % 10_000))

    def _base(self, installation: Installation, at: datetime, status: int) -> Row:
        return {
            "occurred_at": at.isoformat(),
            "tenant_id": str(installation.tenant_id),
            "client_request_id": self._id(),
            "request_id": self._id(),
            "status": status,
        }

    def _graph(
        self, installation: Installation, at: datetime, call: tuple[str, str, str], *answer: Any, **more: Any
    ) -> Row:
        status, code, message = answer
        row = self._base(installation, at, status)
        error = {"code": code, "message": message, "innerError": {"request-id": row["request_id"]}}
        return {**row, "method": call[0], "url": GRAPH + call[1], "error": {"error": error}, **more}

    def _token(
        self, installation: Installation, at: datetime, granted: set[str], *, age: int = 20
    ) -> dict[str, Any]:
        issued = int((at - timedelta(minutes=age)).timestamp())
        return {
            "kind": "application",
            "aud": GRAPH,
            "appid": str(self.application.client_id),
            "tid": str(installation.tenant_id),
            "roles": sorted(granted),
            "iat": issued,
            "exp": issued + 3900,
        }

    def _denied(
        self, installation: Installation, at: datetime, call: tuple[str, str, str], granted: set[str]
    ) -> Row:
        held = ", ".join(sorted(granted))
        message = f"Missing application roles. API required roles: {call[2]}, application roles: {held}."
        token = self._token(installation, at, granted)
        row = self._graph(installation, at, call, 403, "Forbidden", message, token=token)
        self.example = self.example or row["client_request_id"]
        return row

    def _throttled(
        self, installation: Installation, at: datetime, call: tuple[str, str, str], granted: set[str]
    ) -> Row:
        token, wait = self._token(installation, at, granted), str(self.dice.randint(5, 90))
        headers = {"Retry-After": wait, "x-ms-throttle-scope": "Tenant_Application/ReadWrite"}
        words = "Too many requests"
        return self._graph(
            installation, at, call, 429, "TooManyRequests", words, token=token, headers=headers
        )

    def _without_role(self, installation: Installation, at: datetime, call: tuple[str, str, str]) -> Row:
        token = self._token(installation, at, set())
        del token["roles"]
        token |= {"kind": "delegated", "scp": ["User.Read", call[2]], "wids": [READER], "oid": self._id()}
        words = "Insufficient privileges to complete the operation."
        return self._graph(installation, at, call, 403, "Forbidden", words, token=token)

    def _expired(
        self, installation: Installation, at: datetime, call: tuple[str, str, str], granted: set[str]
    ) -> Row:
        token = self._token(installation, at, granted, age=75)
        words = "Lifetime validation failed, the token is expired."
        return self._graph(installation, at, call, 401, "InvalidAuthenticationToken", words, token=token)

    def _outage(
        self, installation: Installation, at: datetime, call: tuple[str, str, str], granted: set[str]
    ) -> Row:
        token = self._token(installation, at, granted)
        return self._graph(
            installation, at, call, 502, "BadGateway", "The service is unavailable.", token=token
        )

    def _sign_in(self, installation: Installation, at: datetime, code: int) -> Row:
        row = self._base(installation, at, 400 if code in (53003, 700016) else 401)
        trace = f"Trace ID: {row['request_id']} Timestamp: {at:%Y-%m-%d %H:%M:%SZ}"
        text = f"AADSTS{code}: {SIGN_IN[code]} {trace}"
        error = {"error": "invalid_client", "error_description": text, "error_codes": [code]}
        if code == 53003:
            error |= {"error": "interaction_required", "suberror": "message_only"}
        url = f"https://login.microsoftonline.com/{installation.tenant_id}/oauth2/v2.0/token"
        return {**row, "method": "POST", "url": url, "error": error}

    def _id(self) -> str:
        return str(uuid.UUID(int=self.dice.getrandbits(128), version=4))


def seed_failures(application: Application, *, now: datetime) -> str:
    """Report denied calls of an application; return the id of one to look up."""
    reporter = Reporter(application, now=now)
    rows = [checked(row) for row in reporter.rows()]
    for start in range(0, len(rows), MOST_ROWS):
        take(
            application,
            rows[start : start + MOST_ROWS],
            source=FailedRequest.Source.API,
            key=None,
            now=now,
        )
    return reporter.example

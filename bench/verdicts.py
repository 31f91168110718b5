"""How many verdicts one core gives in a second: facts of many kinds, in memory, words and all."""

from __future__ import annotations

import gc
import itertools
import statistics
import time
from datetime import UTC, datetime, timedelta

from bench.shape import ALERTS, EVENTS, INCIDENTS, POOL
from consent.rules.security_api import CALLS, SECURITY_READER
from support.rules.facts import Facts, FailureFacts, TenantFacts, TokenFacts
from support.rules.verdict import judge

MANY = 5_000
ROUNDS = 7
_AT = datetime(2026, 11, 23, 3, 10, tzinfo=UTC)
_REFUSED = "Missing application roles. API required roles: SecurityAlert.Read.All, application roles: none."
_MEMBER = "b79fbf4d-3ef9-4689-8143-76b194e85509"


def per_second() -> float:
    """Return the median of some rounds, in seconds of this process's own work: others may use the machine."""
    told = facts()
    rounds = []
    for _ in range(ROUNDS + 1):
        gc.collect()
        gc.disable()
        started = time.process_time()
        for one in told:
            judge(one)
        rounds.append(len(told) / (time.process_time() - started))
        gc.enable()
    return statistics.median(rounds[1:])


def facts() -> list[Facts]:
    """Nine denied calls of ten at Graph and with facts of the token, most in tenants that are known."""
    kinds = itertools.cycle(itertools.product(CALLS, _tokens(), _tenants()))
    codes = itertools.cycle((7000229, 65001, 53003, 7000112, 7000222, 50105, 999999))
    made = []
    for number, (call, token, tenant) in zip(range(MANY), kinds, strict=False):
        if number % 10 == 0:
            failure = FailureFacts(occurred_at=_AT, door="token", status=400, aadsts=next(codes))
        else:
            failure = FailureFacts(
                occurred_at=_AT,
                door="graph",
                method=call.method,
                path=call.path.replace("{id}", f"da{number:032d}_{number}"),
                version=call.version,
                status=(403, 403, 403, 401, 429, 206)[number % 6],
                code="Forbidden",
                message=_REFUSED if number % 3 else "",
                token=token,
            )
        made.append(Facts(failure, tenant))
    return made


def _tokens() -> list[TokenFacts | None]:
    times = {"issued_at": _AT - timedelta(minutes=30), "expires_at": _AT + timedelta(minutes=35)}
    graph = {"aud": "https://graph.microsoft.com", **times}
    roles = [frozenset(p.value for p in POOL[:size]) for size in range(4)]
    apps = [TokenFacts(kind="application", roles=some, **graph) for some in roles]  # type: ignore[arg-type]
    people = [
        TokenFacts(kind="delegated", scp=some, wids=frozenset({_MEMBER, role}), **graph)  # type: ignore[arg-type]
        for some, role in itertools.product(roles, (_MEMBER, SECURITY_READER))
    ]
    return [None, *apps, *people]


def _tenants() -> list[TenantFacts | None]:
    required = frozenset({EVENTS, ALERTS, INCIDENTS})
    made: list[TenantFacts | None] = [None]
    for size in range(1, 5):
        granted = frozenset(POOL[:size])
        made.append(
            TenantFacts(
                name="Northwind Traders",
                status="re-consent-needed",
                condition="proved",
                proved_at=_AT,
                granted_then=granted,
                granted_now=granted,
                knows_then=frozenset({"application"}),
                knows_now=frozenset({"application"}),
                granted_since=dict.fromkeys(granted, _AT - timedelta(minutes=size * 10)),
                required_then=required,
                required_now=required,
                required_since={EVENTS: 1, ALERTS: 2, INCIDENTS: 3},
                revision_then=3,
                revision_now=3,
            )
        )
    return made


if __name__ == "__main__":
    print(round(per_second()))

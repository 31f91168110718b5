"""Random fleets: revisions, grants and conditions drawn from a seed, to hold the pages to the pure rules."""

from __future__ import annotations

import random
from datetime import timedelta

from consent.models import Application, Installation
from consent.rules.drift import compare
from consent.rules.status import Condition, Status, standing_of
from tests.factories import (
    D1,
    EVERYTHING,
    NOW,
    P1,
    P2,
    P3,
    TOKEN_KNOWS,
    USER_READ,
    grants,
    make_application,
    make_installation,
    make_revision,
    make_tenant,
)

PERMISSIONS = (P1, P2, P3, D1, USER_READ)
WORDS = (
    "Alpha",
    "Beta",
    "alpha",
    "Gamma Bank",
    "Delta_Co",
    "50% Club",
    "Zeta",
    "Émile",
    "Beta Works",
    "O'Neil",
)


def make_fleet(seed: int, *, tenants: int = 30, revisions: int = 3) -> Application:
    draw = random.Random(seed)
    application = make_application()
    for _ in range(revisions):
        make_revision(application, *draw.sample(PERMISSIONS, draw.randint(1, len(PERMISSIONS))))
    for number in range(tenants):
        make_random_installation(application, draw, number)
    return application


def make_random_installation(application: Application, draw: random.Random, number: int) -> Installation:
    granted = draw.sample(PERMISSIONS, draw.randint(0, 3))
    rest = [p for p in PERMISSIONS if p not in granted]
    knows = draw.choice([frozenset(), TOKEN_KNOWS, EVERYTHING])
    has = grants(*granted, knows=knows, withdrawn=draw.choice([[], rest[:1]]))
    name = f"{draw.choice(WORDS)} {draw.randint(1, 9)}"
    tenant = make_tenant(name, domain=f"d{number}.example", id=f"00000000-0000-4000-8000-{number:012d}")
    return make_installation(
        application,
        tenant,
        has=has,
        condition=draw.choice(list(Condition)),
        proved_at=draw.choice([None, NOW, NOW - timedelta(days=3)]),
    )


def status_by_the_rule(installation: Installation) -> Status:
    """The status of one row by the pure rules alone, without any roll-up or kept comparison."""
    revision = installation.application.current_revision
    required = revision.required if revision else frozenset()
    known = installation.pattern.grants
    drift = compare(required=required, grants=known)
    return installation.status(standing_of(drift=drift, grants=known))

"""A believable fleet for the demo: about 300 invented organizations and three months of their consents.

Pure data from a fixed seed: which organization did what on which day. seed_demo.py plays it back
through the portal's own services and the sandbox.
"""

from __future__ import annotations

import random
import uuid
from dataclasses import dataclass, field
from typing import Literal

CLIENT_ID = "7d3a5e00-0000-4000-8000-0000000000d2"
NAME = "Threat Desk"
DAYS = 90

# (days ago, required application permissions of Microsoft Graph, note to admins)
REVISIONS: tuple[tuple[int, tuple[str, ...], str], ...] = (
    (DAYS, ("SecurityEvents.Read.All", "SecurityActions.Read.All"), ""),
    (
        66,
        ("SecurityEvents.Read.All", "SecurityActions.Read.All", "SecurityAlert.Read.All"),
        "Microsoft retires the older alerts; the new ones need a permission of their own.",
    ),
    (
        38,
        ("SecurityEvents.Read.All", "SecurityAlert.Read.All", "SecurityIncident.Read.All"),
        "Related alerts are now shown as one incident. We no longer read security actions.",
    ),
    (
        11,
        (
            "SecurityEvents.Read.All",
            "SecurityAlert.Read.All",
            "SecurityIncident.Read.All",
            "ThreatHunting.Read.All",
        ),
        "Saved hunting queries can be run from Threat Desk.",
    ),
)
REASONS = {
    "SecurityEvents.Read.All": "To show your secure score and the older alerts",
    "SecurityActions.Read.All": "To show which responses were taken",
    "SecurityAlert.Read.All": "To show alerts from every Microsoft security product",
    "SecurityIncident.Read.All": "To show related alerts as one incident",
    "ThreatHunting.Read.All": "To run the hunting queries that you saved",
}

FIRST = (
    "Adatum,Alpine,Bellows,Blue Yonder,City Power,Coho,Consolidated,Contoso,Datum,Fourth Coffee,Graphic",
    "Humongous,Lamna,Liberty,Litware,Lucerne,Margie,Munson,Nod,Northwind,Olive,Phone Company,Proseware",
    "Relecloud,School of Fine Art,Southridge,Tailspin,Terra Firm,Trey,VanArsdel,Wide World,Wingtip,Woodgrove",
)
SECOND = (
    "Airlines,Bank,Capital,Clinics,Consulting,Design,Energy,Foods,Freight,Health,Insurance,Labs,Logistics",
    "Media,Pharma,Research,Retail,Shipping,Studios,Telecom,Travel,Utilities",
)
LONG = (
    "Kraftfahrzeug-Haftpflichtversicherung Süddeutscher Kommunen eG",
    "Société Lyonnaise de Distribution et de Logistique Réunies",
    "The Royal Colchester Institute for Advanced Marine Hydrography",
)

Act = Literal["join", "consent", "revoke", "remove", "disable", "vanish", "claim"]


@dataclass(frozen=True)
class Event:
    days_ago: int
    organization: int
    act: Act
    permissions: tuple[str, ...] = ()


@dataclass(frozen=True)
class Fleet:
    organizations: list[tuple[str, str, str]]  # tenant id, name, domain
    events: list[Event] = field(default_factory=list)  # oldest first


def required_on(days_ago: int) -> tuple[str, ...]:
    return next(required for published, required, _ in reversed(REVISIONS) if days_ago <= published)


def plan(*, size: int = 300, seed: int = 20261123) -> Fleet:
    """Return the same fleet for the same size and seed."""
    dice = random.Random(seed)  # noqa: S311
    organizations = _organizations(dice, size)
    events: list[Event] = []
    for number in range(size):
        events.extend(_life(dice, number))
    return Fleet(organizations, sorted(events, key=lambda event: -event.days_ago))


def _organizations(dice: random.Random, size: int) -> list[tuple[str, str, str]]:
    first, second = (",".join(lines).split(",") for lines in (FIRST, SECOND))
    names = [f"{a} {b}" for a in first for b in second]
    dice.shuffle(names)
    chosen = [*LONG, *names[: size - len(LONG)]]
    slugs = ["".join(c for c in name.lower() if c.isascii() and c.isalnum())[:24] for name in chosen]
    ids = [str(uuid.UUID(int=dice.getrandbits(128), version=4)) for _ in chosen]
    return [(i, name, f"{slug}.example") for i, name, slug in zip(ids, chosen, slugs, strict=True)]


def _life(dice: random.Random, number: int) -> list[Event]:
    """One organization's three months: when it joined, how fast its admin follows, what goes wrong."""
    joined = DAYS if dice.random() < 0.7 else dice.randint(1, DAYS - 5)
    events = [Event(joined, number, "join")]
    day = joined - dice.randint(0, min(joined, 4))
    if dice.random() < 0.04:
        return [*events, Event(0, number, "claim")] if dice.random() < 0.3 else events
    patience = dice.choice((2.0, 5.0, 5.0, 9.0, 30.0))
    while True:
        granted = required_on(day)
        if dice.random() < 0.02:
            granted = granted[:-1]
        events.append(Event(day, number, "consent", granted))
        later = [published for published, _, _ in REVISIONS if published < day]
        if not later:
            break
        day = max(later) - round(dice.expovariate(1 / patience)) - 1
        if day < 0:
            break
    return [*events, *_trouble(dice, number)]


def _trouble(dice: random.Random, number: int) -> list[Event]:
    """What goes wrong lately, for a few in a hundred."""
    kind = dice.random()
    if kind < 0.025:
        return [Event(dice.randint(0, 9), number, "revoke", ("SecurityEvents.Read.All",))]
    if kind < 0.04:
        return [Event(dice.randint(0, 30), number, "remove")]
    if kind < 0.05:
        return [Event(dice.randint(0, 20), number, "disable")]
    return [Event(dice.randint(5, 9), number, "vanish")] if kind < 0.07 else []

"""Who needs the Security Reader role in one organization, and whether the person who asks holds it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from consent.models import DirectoryLookup, Installation
from consent.models.grants import permissions_of
from consent.queries.approval import Place, place_of
from consent.queries.permission_list import Shown, by_name, show
from consent.rules.own_role import OwnRole, own_role
from consent.rules.security_api import SECURITY_ADMINISTRATOR, SECURITY_READER
from entra.directory_rights import READS_ROLES
from entra.permission_words import needs_security_role
from entra.types import GRAPH
from tenants.models import Person
from tenants.rules.directory_roles import names_of

WAITING = timedelta(minutes=2)  # then the page stops asking; the answer still comes


@dataclass(frozen=True)
class Holding:
    """How many people and groups of the organization hold one role."""

    role: str
    active: int
    eligible: int | None


@dataclass(frozen=True)
class Lookup:
    """What the directory answered to this person, and whether another answer is under way."""

    may_ask: bool
    waiting: bool
    poll: bool
    read_at: datetime | None
    trouble: str
    answer: dict[str, Any]

    @property
    def version(self) -> str:
        return f"{self.waiting:d}.{self.read_at.timestamp() if self.read_at else 0}.{bool(self.trouble):d}"


@dataclass(frozen=True)
class Page:
    place: Place
    needing: list[Shown]  # delegated permissions that take the role
    own: OwnRole
    through: tuple[str, ...]
    roles: tuple[str, ...]
    eligible: tuple[str, ...]
    read_at: datetime | None
    is_guest: bool
    lookup: Lookup
    holdings: list[Holding]

    @property
    def needs_reader(self) -> bool:
        return bool(self.needing)


def roles_page(installation: Installation, person: Person, *, now: datetime) -> Page:
    revision = installation.application.current_revision
    needing = [p for p in (revision.required if revision else ()) if needs_security_role(p)]
    lookup = lookup_of(installation, person, rights=READS_ROLES, now=now)
    own = role_of(person, lookup, needed=bool(needing))
    return Page(
        place=place_of(installation),
        needing=[show(permission) for permission in by_name(needing)],
        own=own,
        through=names_of(own.through),
        roles=person.role_names,
        eligible=person.eligible_role_names,
        read_at=person.roles_read_at,
        is_guest=person.is_guest,
        lookup=lookup,
        holdings=_holdings(lookup),
    )


def lookup_of(
    installation: Installation, person: Person, *, rights: Collection[str], now: datetime
) -> Lookup:
    """Return this person's own lookup. Any of `rights`, application permissions, opens the directory."""
    held = {
        p.value
        for p in permissions_of(installation.pattern.granted)
        if p.kind == "application" and p.resource == GRAPH
    }
    row = DirectoryLookup.objects.filter(installation=installation, person=person).first()
    waiting = bool(row and row.asked_at)
    return Lookup(
        may_ask=not held.isdisjoint(rights),
        waiting=waiting,
        poll=bool(row and row.asked_at and row.asked_at > now - WAITING),
        read_at=row.read_at if row else None,
        trouble=row.trouble if row else "",
        answer=row.answer if row else {},
    )


def role_of(person: Person, lookup: Lookup, *, needed: bool) -> OwnRole:
    """Return where the person stands by the last sign-in; a newer look into the directory wins.

    The directory lists groups as one holder, so not finding a person there says nothing, unless it lists
    them as eligible.
    """
    active = set(person.directory_roles) if person.roles_read_at else None
    holders = lookup.answer.get("holders") or {}
    if lookup.read_at and (person.roles_read_at is None or lookup.read_at > person.roles_read_at):
        gained = {role for role, found in holders.items() if found["person_active"]}
        lapsed = {role for role, found in holders.items() if found["person_eligible"]} - gained
        if gained or active is not None:
            active = ((active or set()) | gained) - lapsed
    listed = {role for role, found in holders.items() if found["person_eligible"]}
    return own_role(needed=needed, active=active, eligible=listed | set(person.eligible_roles or ()))


def _holdings(lookup: Lookup) -> list[Holding]:
    holders = lookup.answer.get("holders") or {}
    return [
        Holding(role=names_of([role])[0], active=holders[role]["active"], eligible=holders[role]["eligible"])
        for role in (SECURITY_READER, SECURITY_ADMINISTRATOR)
        if role in holders
    ]

"""Graph Explorer in one organization: what it takes to call the security API there, and what is missing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from consent.models import Installation
from consent.queries.approval import Place, place_of
from consent.queries.own_roles import Lookup, lookup_of, role_of
from consent.rules import entra_pages
from consent.rules.own_role import OwnRole
from consent.rules.security_api import CALLS, ApiCall
from entra.directory_rights import GRAPH_EXPLORER, READS_APPS, READS_SCOPES
from tenants.models import Person
from tenants.rules.directory_roles import names_of


@dataclass(frozen=True)
class Query:
    """One call of the security API as Graph Explorer would make it. `state` is the slug of a cell."""

    call: ApiCall
    permission: str  # the least that opens it
    state: str
    some_users_only: bool = False


@dataclass(frozen=True)
class Page:
    place: Place
    offered: bool
    client_id: str
    app_url: str
    lookup: Lookup
    consented: str  # yes, some, no, off or unknown
    scopes_known: bool
    scopes: list[str]
    queries: list[Query]
    missing: list[str]
    own: OwnRole
    through: tuple[str, ...]
    read_at: datetime | None


def explorer_page(installation: Installation, person: Person, *, now: datetime) -> Page:
    place = place_of(installation)
    lookup = lookup_of(installation, person, rights=READS_APPS | READS_SCOPES, now=now)
    seen = lookup.answer.get("explorer")
    everyone = None if seen is None else seen["everyone"]
    # Without a service principal in the tenant there is nothing that a grant could hang on.
    known = [] if seen is not None and not seen["present"] else everyone
    some = (seen or {}).get("somebody") or []
    queries = [_query(call, known, some) for call in CALLS if call.method == "GET"]
    own = role_of(person, lookup, needed=True)
    return Page(
        place=place,
        offered=place.cloud.name == "global",
        client_id=GRAPH_EXPLORER,
        app_url=entra_pages.enterprise_app(place.cloud, GRAPH_EXPLORER),
        lookup=lookup,
        consented=_consented(seen),
        scopes_known=known is not None,
        scopes=sorted(known or (), key=str.lower),
        queries=queries,
        missing=sorted({q.permission for q in queries if q.state == "missing"}),
        own=own,
        through=names_of(own.through),
        read_at=person.roles_read_at,
    )


def _consented(seen: dict[str, object] | None) -> str:
    if seen is None:
        return "unknown"
    if not seen["present"]:
        return "no"
    if not seen["enabled"]:
        return "off"
    if seen["everyone"] is None:
        return "yes"
    return "yes" if seen["everyone"] else "some" if seen["somebody"] else "none"


def _query(call: ApiCall, known: list[str] | None, some: list[str]) -> Query:
    accepted = call.delegated
    if not accepted:
        return Query(call, call.application[0], "not-required")
    if known is None:
        return Query(call, accepted[0], "unknown")
    held = next((name for name in accepted if name in known), "")
    if held:
        return Query(call, held, "granted")
    partly = any(name in some for name in accepted)
    return Query(call, accepted[0], "missing", some_users_only=partly)

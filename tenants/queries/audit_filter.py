"""The filters of the audit log as they stand in an address."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from typing import Any, TypeVar
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import Q

from tenants.models import AuditEvent

Params = Mapping[str, Sequence[str]]
Read = TypeVar("Read")

LONGEST = 200
KINDS = {kind.value: kind for kind in AuditEvent.ActorKind if kind != AuditEvent.ActorKind.PERSON}
KIND_LABELS = {kind.label.lower(): kind for kind in KINDS.values()}
OBJECTS = {
    "application": "Application",
    "revision": "Revision",
    "installation": "Tenant's installation",
    "invitation": "Approval link",
    "consent": "Consent",
    "scan": "Scan",
    "person": "Person",
    "page": "Page",
    "portal": "Portal",
    "audit-log": "Audit log",
}


@dataclass(frozen=True)
class AuditFilter:
    actor: str = ""  # an object id, a kind of actor, or a name as it was
    action: str = ""
    target: str = ""  # TYPE, or TYPE:ID
    tenant: UUID | None = None
    since: date | None = None
    until: date | None = None  # that day included
    problems: tuple[str, ...] = ()

    @property
    def narrows(self) -> bool:
        return bool(self.params())

    @property
    def target_type(self) -> str:
        return self.target.partition(":")[0]

    def params(self) -> dict[str, str]:
        pairs = {
            "actor": self.actor,
            "action": self.action,
            "object": self.target,
            "tenant": str(self.tenant or ""),
            "from": str(self.since or ""),
            "to": str(self.until or ""),
        }
        return {name: value for name, value in pairs.items() if value}

    def query(self, **more: Any) -> str:
        """Return the query string of this filter, "?" included."""
        return f"?{urlencode({**self.params(), **more})}"

    def without(self, **blank: Any) -> str:
        return replace(self, **blank).query()

    def condition(self) -> Q:
        """Return what the events have to be. Each filter is served by an index."""
        found = _actor(self.actor)
        if self.action:
            found &= Q(action=self.action)
        if self.target:
            kind, _, identity = self.target.partition(":")
            found &= Q(object_type=kind) & (Q(object_id=identity) if identity else Q())
        if self.tenant:
            found &= Q(tenant_id=self.tenant)
        if self.since:
            found &= Q(at__gte=datetime.combine(self.since, time.min, UTC))
        if self.until:
            found &= Q(at__lte=datetime.combine(self.until, time.max, UTC))
        return found


def parse_filter(params: Params) -> AuditFilter:
    """Read a query string. What makes no sense is left out, and named in `problems`."""
    reading = _Reading(params)
    return AuditFilter(
        actor=reading.last("actor"),
        action=reading.read("action", "action", _one_of(AuditEvent.Action.values)) or "",
        target=reading.read("object", "object", _target) or "",
        tenant=reading.read("tenant", "tenant id", UUID),
        since=reading.read("from", "day", date.fromisoformat),
        until=reading.read("to", "day", date.fromisoformat),
        problems=tuple(reading.problems),
    )


class _Reading:
    def __init__(self, params: Params) -> None:
        self.params = params
        self.problems: list[str] = []

    def last(self, name: str) -> str:
        values = self.params.get(name) or [""]
        return values[-1].replace("\x00", "").strip()[:LONGEST]

    def read(self, name: str, what: str, parse: Callable[[str], Read]) -> Read | None:
        text = self.last(name)
        if not text:
            return None
        try:
            return parse(text)
        except ValueError:
            self.problems.append(f"There is no {what} “{text[:80]}”, so this filter was left out.")
            return None


def _one_of(known: Sequence[str]) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text not in known:
            raise ValueError(text)
        return text

    return parse


def _target(text: str) -> str:
    _one_of(list(OBJECTS))(text.partition(":")[0])
    return text


def _actor(text: str) -> Q:
    if not text:
        return Q()
    kind = KINDS.get(text) or KIND_LABELS.get(text.lower())
    if kind:
        return Q(actor_kind=kind)
    try:
        return Q(actor_oid=UUID(text))
    except ValueError:
        return Q(actor_name=text)

"""The audit log: a page of it, one event, and all that a filter leaves."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from tenants.models import AuditCheck, AuditEvent, AuditTail, Person
from tenants.queries.audit_filter import KINDS, OBJECTS, AuditFilter, Params, parse_filter
from tenants.rules.browsers import browser_of

PAGE = 50
BATCH = 1000  # events that an export has in memory at once
NAMES = 100  # of staff, offered while typing
LARGEST = 2**63 - 1
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT.*(Z|[+-]\d\d:\d\d)$")

Json = Mapping[str, Any]


@dataclass(frozen=True)
class Change:
    """One thing as it was before and after; a set of permissions as what came and what went."""

    label: str
    before: str = ""
    after: str = ""
    is_set: bool = False
    added: tuple[Json, ...] = ()
    removed: tuple[Json, ...] = ()
    kept: tuple[Json, ...] = ()


@dataclass(frozen=True)
class Listed:
    event: AuditEvent
    actor: str  # as the filter takes it
    target: str
    object_type: str
    browser: str
    changes: tuple[Change, ...]


def audit_page(params: Params) -> dict[str, Any]:
    """Return a page of events, newest first. Four queries, however long the log is."""
    where = parse_filter(params)
    rows, newer, older = _page(where, after=_cursor(params, "after"), before=_cursor(params, "before"))
    return {
        "rows": [listed(event) for event in rows],
        "where": where,
        "chips": _chips(where, actor=rows[0].actor_name if rows else ""),
        "newer": where.query(before=rows[0].sequence) if newer else "",
        "older": where.query(after=rows[-1].sequence) if older else "",
        "actions": AuditEvent.Action.choices,
        "objects": OBJECTS.items(),
        "actors": [*_staff_names(), *(kind.label for kind in KINDS.values())],
        **standing(),
    }


def standing() -> dict[str, Any]:
    """Return how many events there are, and what the last reading of all of them found."""
    tail = AuditTail.objects.first() or AuditTail()
    return {"total": tail.sequence, "check": AuditCheck.objects.order_by("-at", "-pk").first()}


def event_page(sequence: int) -> dict[str, Any] | None:
    """Return one event with its neighbors, or None when there is no such event."""
    if sequence > LARGEST:
        return None
    event = AuditEvent.objects.filter(sequence=sequence).first()
    if event is None:
        return None
    return {
        "row": listed(event),
        "event": event,
        "intact": event.digest() == event.hash,
        "newer": sequence + 1,
        "older": sequence - 1,
        **standing(),
    }


def events_of(where: AuditFilter, *, last: int) -> Iterator[AuditEvent]:
    """Yield what a filter leaves, oldest first, up to and with this event, batch by batch."""
    found = AuditEvent.objects.filter(where.condition(), sequence__lte=last).order_by("sequence")
    reached = 0
    while batch := list(found.filter(sequence__gt=reached)[:BATCH]):
        yield from batch
        reached = batch[-1].sequence


def event_json(event: AuditEvent) -> dict[str, Any]:
    """Return an event with its hash, which is that of all the rest: see `AuditEvent.digest`."""
    return {**event.content(), "hash": event.hash}


def listed(event: AuditEvent) -> Listed:
    return Listed(
        event=event,
        actor=str(event.actor_oid or event.actor_kind),
        target=f"{event.object_type}:{event.object_id}" if event.object_id else event.object_type,
        object_type=OBJECTS.get(event.object_type, event.object_type),
        browser=browser_of(event.user_agent),
        changes=changes_of(event.before, event.after),
    )


def changes_of(before: Json, after: Json) -> tuple[Change, ...]:
    """Return what differs between before and after, and what is new: a new "no" is nothing."""
    names = sorted({*before, *after}, key=lambda name: (name == "permissions", name))
    named = (name for name in names if name in before or after[name] is not False)
    changes = (_change(name, before.get(name), after.get(name)) for name in named)
    return tuple(c for c in changes if c.is_set or c.before != c.after)


def _change(name: str, before: Any, after: Any) -> Change:
    label = name.capitalize()
    if not (_is_permissions(before) or _is_permissions(after)):
        return Change(label, _words(before), _words(after))
    was, has = ({(p["resource"], p["kind"], p["id"]): p for p in side or ()} for side in (before, after))
    return Change(
        label,
        is_set=True,
        added=_by_name(p for key, p in has.items() if key not in was),
        removed=_by_name(p for key, p in was.items() if key not in has),
        kept=_by_name(p for key, p in has.items() if key in was),
    )


def _is_permissions(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], dict) and "value" in value[0]


def _by_name(permissions: Iterator[Json]) -> tuple[Json, ...]:
    return tuple(sorted(permissions, key=lambda p: (p["value"], p["kind"])))


def _words(value: Any) -> str:
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return "; ".join(f"{name}: {_words(item)}" for name, item in sorted(value.items()))
    return ", ".join(map(_words, value)) if isinstance(value, list) else _text(str(value))


def _text(value: str) -> str:
    """Return a moment as pages write it, and any other text as it is."""
    try:
        moment = datetime.fromisoformat(value) if MOMENT.match(value) else None
    except ValueError:
        return value
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC" if moment else value


def _page(
    where: AuditFilter, *, after: int | None, before: int | None
) -> tuple[list[AuditEvent], bool, bool]:
    """Return a page's events, whether there are newer ones, and whether there are older ones."""
    found = AuditEvent.objects.filter(where.condition())
    if before is not None:
        rows = list(found.filter(sequence__gt=before).order_by("sequence")[: PAGE + 1])
        return rows[:PAGE][::-1], len(rows) > PAGE, bool(rows)
    if after is not None:
        found = found.filter(sequence__lt=after)
    rows = list(found.order_by("-sequence")[: PAGE + 1])
    return rows[:PAGE], after is not None and bool(rows), len(rows) > PAGE


def _cursor(params: Params, name: str) -> int | None:
    text = (params.get(name) or [""])[-1]
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def _staff_names() -> list[str]:
    people = Person.objects.exclude(role=Person.Role.NONE).order_by("name")
    return list(people.values_list("name", flat=True).distinct()[:NAMES])


def _chips(where: AuditFilter, *, actor: str) -> list[dict[str, str]]:
    """Return what is filtered by in words, each with the address that takes it away."""
    action = dict(AuditEvent.Action.choices).get(where.action)
    chips: list[tuple[object, str, dict[str, Any]]] = [
        (where.actor, f"by {actor or where.actor}", {"actor": ""}),
        (where.action, f"{action}", {"action": ""}),
        (where.target, f"about {_target_words(where)}", {"target": ""}),
        (where.tenant, f"tenant {where.tenant}", {"tenant": None}),
        (where.since, f"from {where.since}", {"since": None}),
        (where.until, f"to {where.until}", {"until": None}),
    ]
    return [{"text": text, "url": where.without(**blank)} for value, text, blank in chips if value]


def _target_words(where: AuditFilter) -> str:
    kind, _, identity = where.target.partition(":")
    return f"{OBJECTS.get(kind, kind)} {identity}".rstrip()

"""The audit log: who did what, when, from where, written in the transaction of what was done.

Events form a chain: each has the hash of the one before, and one row, the tail, says where it ends.
Whoever adds an event locks the tail until the commit. So `record` is the last thing a transaction does:
it holds the lock for a moment, and never waits for another lock while it does.
"""

from __future__ import annotations

import getpass
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.transaction import TransactionManagementError, atomic

from tenants.models import AuditEvent, AuditTail, Person

Action = AuditEvent.Action
Kind = AuditEvent.ActorKind

LONGEST_TEXT = 2000  # of one value in before and after
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


@dataclass(frozen=True)
class Origin:
    """Where a request came from, and the id that its answer carries."""

    ip: str
    user_agent: str
    request_id: str


@dataclass(frozen=True)
class Actor:
    """Whoever acts and is not a person who signed in here. Of a person Microsoft told the ids."""

    kind: AuditEvent.ActorKind
    name: str
    tid: UUID | None = None
    oid: UUID | None = None


@dataclass(frozen=True)
class Target:
    """What an event is about, named as it was then."""

    type: str
    id: str = ""
    label: str = ""


MICROSOFT = Actor(Kind.MICROSOFT, "Microsoft's records")
LINK_HOLDER = Actor(Kind.LINK, "Holder of an approval link")

_origin: ContextVar[Origin | None] = ContextVar("audit_origin", default=None)


@contextmanager
def coming_from(origin: Origin) -> Iterator[None]:
    """Say where everything recorded meanwhile comes from."""
    token = _origin.set(origin)
    try:
        yield
    finally:
        _origin.reset(token)


def record(
    action: AuditEvent.Action,
    *,
    actor: Person | Actor | None,
    target: Target,
    now: datetime,
    tenant_id: UUID | None = None,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> AuditEvent:
    """Add an event to the log. Call it last, in the transaction of the change it tells of.

    No actor means the command line, so a request always has to name one.
    """
    if not connection.in_atomic_block:
        raise TransactionManagementError("An event is recorded in the transaction of what it tells of.")
    origin = _origin.get()
    tail = _locked_tail()
    event = AuditEvent(
        sequence=tail.sequence + 1,
        at=now,
        **_who(actor, origin),
        ip=_short(origin.ip, 45) if origin else "",
        user_agent=_short(origin.user_agent, 200) if origin else "",
        request_id=_short(origin.request_id, 36) if origin else "",
        action=action,
        object_type=target.type,
        object_id=_short(target.id, 100),
        object_label=_short(target.label, 200),
        tenant_id=tenant_id,
        before=_plain(before or {}),
        after=_plain(after or {}),
        previous_hash=tail.hash,
    )
    event.hash = event.digest()
    event.save(force_insert=True)
    tail.sequence, tail.hash = event.sequence, event.hash
    tail.save(update_fields=["sequence", "hash"])
    return event


def record_sign_in(person: Person, *, before: Person | None, now: datetime) -> AuditEvent:
    """Record that Microsoft vouched for somebody, and whether that opens anything here."""
    opens = person.is_active and (person.is_staff or person.is_tenant_admin)
    return record(
        Action.SIGNED_IN if opens else Action.SIGN_IN_REFUSED,
        actor=person,
        target=person_target(person),
        tenant_id=UUID(str(person.tenant_id)),
        before=_standing(before) if before else {},
        after=_standing(person),
        now=now,
    )


def record_step_up(person: Person, *, before: Person, now: datetime) -> AuditEvent:
    """Record that somebody proved again who they are, and what Microsoft said that they hold now."""
    return record(
        Action.STEPPED_UP,
        actor=person,
        target=person_target(person),
        tenant_id=UUID(str(person.tenant_id)),
        before=_standing(before),
        after=_standing(person),
        now=now,
    )


def record_refusal(person: Person, *, view: str, path: str, roles: Iterable[str], now: datetime) -> None:
    """Record that a member of staff asked for what their role does not open. Changes nothing else."""
    with atomic():
        record(
            Action.ACCESS_REFUSED,
            actor=person,
            target=Target("page", view, path),
            after={"role": person.role, "needs": " or ".join(roles)},
            now=now,
        )


def person_target(person: Person) -> Target:
    return Target("person", str(person.object_id), str(person))


def _standing(person: Person) -> dict[str, Any]:
    """Return what decides which pages somebody may see."""
    return {
        "role": person.role,
        "directory roles": list(person.role_names),
        "guest": person.is_guest,
        "locked out": not person.is_active,
    }


def _locked_tail() -> AuditTail:
    """Return the tail, locked until the commit. The first event ever finds none and makes it."""
    tails = AuditTail.objects.select_for_update()
    tail = tails.first()
    if tail is None:
        AuditTail.objects.bulk_create([AuditTail()], ignore_conflicts=True)
        tail = tails.get()
    return tail


def _who(actor: Person | Actor | None, origin: Origin | None) -> dict[str, Any]:
    if isinstance(actor, Person):
        return {
            "actor_kind": Kind.PERSON,
            "actor_tid": UUID(str(actor.tenant_id)),  # a row just made still has what it was made of
            "actor_oid": UUID(str(actor.object_id)),
            "actor_name": _short(actor.name or actor.username or str(actor.object_id), 200),
        }
    if actor is None:
        if origin is not None:
            raise ValueError("Whoever acts in a request has to be named.")
        actor = Actor(Kind.COMMAND_LINE, f"Command line ({_system_user()})")
    return {
        "actor_kind": actor.kind,
        "actor_tid": actor.tid,
        "actor_oid": actor.oid,
        "actor_name": _short(actor.name or str(actor.oid or ""), 200),
    }


def _system_user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user often has no name
        return f"uid {os.getuid()}"


def _plain(value: Any) -> Any:
    """Return a value that every database gives back exactly as it was: the hash is taken of it."""
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, str | UUID):
        return _short(str(value), LONGEST_TEXT)
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {_short(str(key), 100): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    raise TypeError(f"A {type(value).__name__} has no place in the audit log.")


def _short(text: str, longest: int) -> str:
    """Return printable text of at most this length: PostgreSQL takes no NUL and no half of a surrogate."""
    return "".join(c if c.isprintable() or c == "\n" else REPLACEMENT for c in text[:longest])

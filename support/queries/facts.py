"""What a verdict is made of, collected: the failure's own facts, and what the portal holds of the tenant.

Two queries, whatever the tenant's past: the installation with its snapshots, and the revisions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import F

from consent.models import Installation
from consent.models.grants import permissions_of
from consent.queries.patterns import load_history
from consent.rules.drift import Drift, Grants, Permissions, compare
from consent.rules.requirements import History, Requirement
from consent.rules.status import Status, standing_of
from entra.types import Permission
from support.models import FailedRequest
from support.rules.facts import Facts, FailureFacts, TenantFacts
from support.rules.normal import token_facts

SNAPSHOTS = 200  # the newest ones; a tenant has a handful
NO_SERVICE_PRINCIPAL = {700016, 7000229}  # "Microsoft Entra authentication and authorization error codes"


@dataclass(frozen=True)
class Seen:
    """One snapshot: what was seen granted, and when."""

    sequence: int
    at: datetime
    grants: Grants


@dataclass(frozen=True)
class Past:
    """An installation with its snapshots, newest first, and everything that was ever required."""

    installation: Installation
    seen: Sequence[Seen]
    history: History

    @property
    def grants(self) -> Grants:
        return self.installation.pattern.grants

    @property
    def drift(self) -> Drift:
        return compare(required=self.history.required, grants=self.grants)

    @property
    def status(self) -> Status:
        return self.installation.status(standing_of(drift=self.drift, grants=self.grants))


def load_past(*, application_id: int, tenant_id: UUID | None) -> Past | None:
    """Return what is held of an application in a tenant; None where it is not installed. Two queries."""
    if tenant_id is None:
        return None
    rows = list(
        Installation.objects.filter(application_id=application_id, tenant_id=tenant_id)
        .select_related("application", "tenant", "pattern")
        .annotate(
            seen_sequence=F("snapshots__sequence"),
            seen_at=F("snapshots__observed_at"),
            seen_granted=F("snapshots__pattern__granted"),
            seen_knows=F("snapshots__pattern__knows"),
            seen_withdrawn=F("snapshots__pattern__withdrawn"),
        )
        .order_by("-snapshots__sequence")[:SNAPSHOTS]
    )
    if not rows:
        return None
    return Past(
        installation=rows[0],
        seen=[_seen(row) for row in rows if row.seen_sequence is not None],
        history=load_history(rows[0].application),
    )


def _seen(row: Any) -> Seen:
    grants = Grants(
        granted=permissions_of(row.seen_granted),
        knows=frozenset(row.seen_knows),
        withdrawn=permissions_of(row.seen_withdrawn),
    )
    return Seen(row.seen_sequence, row.seen_at, grants)


def facts_of(failure: FailedRequest | FailureFacts, *, past: Past | None, now: datetime) -> Facts:
    """Return all that a verdict on this failure may use. Where nothing is installed it has itself only."""
    told = failure_facts(failure) if isinstance(failure, FailedRequest) else failure
    tenant = tenant_facts(past, at=told.occurred_at or now) if past else None
    return Facts(failure=told, tenant=tenant, today=None if told.occurred_at else now.date())


def failure_facts(row: FailedRequest) -> FailureFacts:
    """Return a stored failure as the values that the rules take."""
    headers = row.headers
    return FailureFacts(
        occurred_at=row.occurred_at,
        door=row.door,  # type: ignore[arg-type]  # written by us only
        client_id=str(row.application.client_id),
        tenant_id=str(row.tenant_id or ""),
        method=row.method,
        path=row.path,
        version=row.version,
        status=row.status,
        code=row.code,
        aadsts=row.aadsts,
        suberror=row.suberror,
        message=row.message,
        challenge=str(headers.get("challenge", "")),
        warning=str(headers.get("warning", "")),
        retry_after=_whole(headers.get("retry_after")),
        throttle_scope=str(headers.get("throttle_scope", "")),
        token=token_facts(row.token or None),
    )


def tenant_facts(past: Past, *, at: datetime) -> TenantFacts:
    """Return what is held of an installation, now and at that moment."""
    installation, history, present = past.installation, past.history, past.grants
    then = _grants_at(past, at=at)
    revision, current = revision_at(history, at), history.current
    proved = installation.proved_at is not None
    return TenantFacts(
        name=installation.tenant.name,
        status=past.status.value,
        condition=installation.condition,
        proved_at=installation.proved_at,
        granted_then=then.granted if then else None,
        knows_then=then.knows if then else frozenset(),
        granted_now=present.granted if proved else None,
        knows_now=present.knows if proved else frozenset(),
        granted_since=_granted_since(past.seen, present.granted),
        withdrawn_at=_withdrawn_at(past.seen, present),
        revision_then=revision.number if revision else None,
        required_then=revision.required if revision else frozenset(),
        revision_now=current.number if current else None,
        required_now=history.required,
        required_since={p: added.number for p in history.required if (added := history.added_in(p))},
        gone=_is_gone(installation),
        credential_error=installation.application.credential_error,
    )


def _grants_at(past: Past, *, at: datetime) -> Grants | None:
    """Return what was proved by a moment. None when nothing was, even if more was proved since."""
    read_at, since = past.installation.proved_at, past.installation.condition_since
    unchanged = not past.seen or past.seen[0].at <= at
    if read_at is not None and at >= min(since, read_at) and unchanged:
        return past.grants
    return next((seen.grants for seen in past.seen if seen.at <= at), None)


def revision_at(history: History, at: datetime) -> Requirement | None:
    return next((r for r in reversed(history.revisions) if r.published_at <= at), None)


def held_words(seen: Seen, history: History) -> str:
    """Say how much of what was required then a snapshot shows as granted."""
    revision = revision_at(history, seen.at)
    if revision is None:
        return "before the first revision"
    held = len(revision.required & seen.grants.granted)
    return f"{held} of {len(revision.required)} that revision {revision.number} asked for"


def _granted_since(past: Sequence[Seen], granted: Permissions) -> dict[Permission, datetime]:
    """Return since when each permission is seen without a gap. A proof that could not see is no gap."""
    since: dict[Permission, datetime] = {}
    for seen in reversed(past):
        for permission in granted:
            if permission in seen.grants.granted:
                since.setdefault(permission, seen.at)
            elif seen.grants.covers(permission):
                since.pop(permission, None)
    return since


def _withdrawn_at(past: Sequence[Seen], present: Grants) -> dict[Permission, datetime]:
    """Return when each permission that was once granted was first seen to be gone, if it still is."""
    gone: dict[Permission, datetime] = {}
    ever: set[Permission] = set()
    for seen in reversed(past):
        for permission in ever - seen.grants.granted:
            if seen.grants.covers(permission):
                gone.setdefault(permission, seen.at)
        for permission in seen.grants.granted:
            gone.pop(permission, None)
        ever |= seen.grants.granted
    return {permission: at for permission, at in gone.items() if permission not in present.granted}


def _is_gone(installation: Installation) -> bool:
    """Whether the last read was told that the tenant has no service principal of the application."""
    codes = {(item.get("claims") or {}).get("code") for item in installation.evidence}
    return bool(codes & NO_SERVICE_PRINCIPAL)


def _whole(value: Any) -> int | None:
    return value if isinstance(value, int) else None

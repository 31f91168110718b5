"""What a verdict is made of, collected: the failure's own facts, and what the portal holds of the tenant.

Three queries, whatever the tenant's past: revisions, snapshots, and rarely the one snapshot of long ago.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from consent.models import Installation, Snapshot
from consent.queries.patterns import load_history
from consent.rules.drift import Grants, Permissions, compare
from consent.rules.requirements import History, Requirement
from consent.rules.status import standing_of
from entra.types import Permission
from support.models import FailedRequest
from support.rules.facts import Facts, FailureFacts, TenantFacts, TokenFacts

SNAPSHOTS = 200  # the newest ones; a tenant has a handful
NO_SERVICE_PRINCIPAL = {700016, 7000229}  # "Microsoft Entra authentication and authorization error codes"


def facts_of(
    failure: FailedRequest | FailureFacts, *, installation: Installation | None, now: datetime
) -> Facts:
    """Return all that a verdict on this failure may use. Without an installation it has itself only."""
    told = failure_facts(failure) if isinstance(failure, FailedRequest) else failure
    tenant = tenant_facts(installation, at=told.occurred_at or now) if installation else None
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
        token=token_facts(row.token) if row.token else None,
    )


def token_facts(told: Mapping[str, Any]) -> TokenFacts:
    """Return the facts of a token as they are stored: those that were told."""
    kind = told.get("kind")
    return TokenFacts(
        kind=kind if kind in ("application", "delegated") else None,
        aud=str(told.get("aud") or ""),
        appid=str(told.get("appid") or ""),
        tid=str(told.get("tid") or ""),
        oid=str(told.get("oid") or ""),
        roles=_names(told.get("roles")),
        scp=_names(told.get("scp")),
        wids=_names(told.get("wids")),
        issued_at=_moment(told.get("iat")),
        expires_at=_moment(told.get("exp")),
    )


def tenant_facts(installation: Installation, *, at: datetime) -> TenantFacts:
    """Return what is held of an installation, now and at that moment. Two queries, or three."""
    history = load_history(installation.application)
    snapshots = list(installation.snapshots.select_related("pattern").order_by("-sequence")[:SNAPSHOTS])
    present = installation.pattern.grants
    drift = compare(required=history.required, grants=present)
    then = _grants_at(installation, snapshots, present, at=at)
    revision, current = _revision_at(history, at), history.current
    proved = installation.proved_at is not None
    past = [(snapshot.observed_at, snapshot.pattern.grants) for snapshot in reversed(snapshots)]
    return TenantFacts(
        name=installation.tenant.name,
        status=installation.status(standing_of(drift=drift, grants=present)).value,
        condition=installation.condition,
        proved_at=installation.proved_at,
        granted_then=then.granted if then else None,
        knows_then=then.knows if then else frozenset(),
        granted_now=present.granted if proved else None,
        knows_now=present.knows if proved else frozenset(),
        granted_since=_granted_since(past, present.granted),
        withdrawn_at=_withdrawn_at(past, present),
        revision_then=revision.number if revision else None,
        required_then=revision.required if revision else frozenset(),
        revision_now=current.number if current else None,
        required_now=history.required,
        required_since={p: added.number for p in history.required if (added := history.added_in(p))},
        gone=_is_gone(installation),
        credential_error=installation.application.credential_error,
    )


def _grants_at(
    installation: Installation, snapshots: Sequence[Snapshot], present: Grants, *, at: datetime
) -> Grants | None:
    """Return what was proved by a moment. None when nothing was, even if more was proved since."""
    if installation.proved_at is not None and at >= min(installation.condition_since, installation.proved_at):
        newer = [snapshot for snapshot in snapshots if snapshot.observed_at > at]
        if not newer:
            return present
    found = next((snapshot for snapshot in snapshots if snapshot.observed_at <= at), None)
    if found is None and len(snapshots) == SNAPSHOTS:
        older = installation.snapshots.select_related("pattern").filter(observed_at__lte=at)
        found = older.order_by("-sequence").first()
    return found.pattern.grants if found else None


def _revision_at(history: History, at: datetime) -> Requirement | None:
    return next((r for r in reversed(history.revisions) if r.published_at <= at), None)


def _granted_since(
    past: Sequence[tuple[datetime, Grants]], granted: Permissions
) -> dict[Permission, datetime]:
    """Return since when each permission is seen without a gap. A proof that could not see is no gap."""
    since: dict[Permission, datetime] = {}
    for moment, grants in past:
        for permission in granted:
            if permission in grants.granted:
                since.setdefault(permission, moment)
            elif grants.covers(permission):
                since.pop(permission, None)
    return since


def _withdrawn_at(past: Sequence[tuple[datetime, Grants]], present: Grants) -> dict[Permission, datetime]:
    """Return when each permission that was once granted was first seen to be gone, if it still is."""
    gone: dict[Permission, datetime] = {}
    seen: set[Permission] = set()
    for moment, grants in past:
        for permission in seen - grants.granted:
            if grants.covers(permission):
                gone.setdefault(permission, moment)
        for permission in grants.granted:
            gone.pop(permission, None)
        seen |= grants.granted
    return {permission: at for permission, at in gone.items() if permission not in present.granted}


def _is_gone(installation: Installation) -> bool:
    """Whether the last read was told that the tenant has no service principal of the application."""
    codes = {(item.get("claims") or {}).get("code") for item in installation.evidence}
    return bool(codes & NO_SERVICE_PRINCIPAL)


def _names(value: Any) -> frozenset[str] | None:
    if value is None:
        return None
    return frozenset(value.split() if isinstance(value, str) else map(str, value))


def _whole(value: Any) -> int | None:
    return value if isinstance(value, int) else None


def _moment(value: Any) -> datetime | None:
    try:
        if isinstance(value, int | float):
            return datetime.fromtimestamp(value, UTC)
        moment = datetime.fromisoformat(str(value))
    except (ValueError, OverflowError, OSError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)

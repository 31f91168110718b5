"""What happened in one tenant, newest first: proofs, revisions, invitations, and trips to Microsoft."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core import signing
from django.db.models import CharField, F, Q, QuerySet, Value
from django.db.models.functions import Cast

from consent.models import ConsentAttempt, Installation, Invitation, Revision, Snapshot
from consent.rules.change import change_of
from consent.rules.drift import Permissions
from consent.rules.requirements import History, Requirement
from entra.types import Permission

EVENTS = 25
INVITED = ("invited", "opened", "declined", "withdrawn")
ATTEMPTED = ("left", "returned", "settled")
# Among events of one instant, what is later in this order is listed first.
STREAMS = (
    "revision", "invited", "opened", "left", "returned", "snapshot", "settled", "declined", "withdrawn",
)  # fmt: skip

Mark = tuple[datetime, str, str]  # when, stream, key of the row behind it
Start = tuple[datetime, int, str]
Outcome = ConsentAttempt.Outcome


@dataclass(frozen=True)
class Event:
    at: datetime
    title: str
    detail: str = ""
    tone: str = ""
    icon: str = "clock"
    snapshot: int = 0
    before: int = 0  # the snapshot to compare with
    revision: int = 0
    invitation_id: Any = None
    added: Sequence[Permission] = ()
    removed: Sequence[Permission] = ()


def timeline(installation: Installation, history: History, *, token: str) -> tuple[list[Event], str]:
    """Return a page of events and the token of the older page. A token nobody here made starts at the top."""
    marks = _marks(installation, _read_token(token))
    older = ""
    if len(marks) > EVENTS:
        marks = marks[:EVENTS]
        at, stream, key = marks[-1]
        older = signing.dumps([at.isoformat(), STREAMS.index(stream), key], salt="timeline")
    return _events(installation, history, marks), older


def _read_token(token: str) -> Start | None:
    try:
        at, rank, key = signing.loads(token, salt="timeline")
        return datetime.fromisoformat(at), rank, key
    except (signing.BadSignature, TypeError, ValueError):
        return None


def _marks(installation: Installation, start: Start | None) -> list[Mark]:
    """Return when what happened, as one union; the rows behind it are read for the page only."""
    invitations = Invitation.objects.filter(installation=installation)
    attempts = ConsentAttempt.objects.filter(invitation__installation=installation)
    revisions = Revision.objects.filter(
        application=installation.application_id, published_at__gte=installation.created_at
    )
    sources: dict[str, tuple[QuerySet[Any], str]] = {
        "revision": (revisions, "published_at"),
        "invited": (invitations, "created_at"),
        "opened": (invitations, "opened_at"),
        "left": (attempts, "started_at"),
        "returned": (attempts, "returned_at"),
        "snapshot": (Snapshot.objects.filter(installation=installation), "observed_at"),
        "settled": (attempts.exclude(settled_at=F("returned_at")), "settled_at"),
        "declined": (invitations, "declined_at"),
        "withdrawn": (invitations, "withdrawn_at"),
    }
    parts = [_part(rows, stream, moment, start) for stream, (rows, moment) in sources.items()]
    rows = parts[0].union(*parts[1:], all=True).order_by("-at", "-stream", "-key")[: EVENTS + 1]
    return [(at, STREAMS[stream], key) for at, stream, key in rows]


def _part(rows: QuerySet[Any], stream: str, moment: str, start: Start | None) -> QuerySet[Any]:
    rank = STREAMS.index(stream)
    rows = rows.filter(**{f"{moment}__isnull": False}).annotate(
        at=F(moment), stream=Value(rank), key=Cast("pk", CharField())
    )
    if start is not None:
        at, start_rank, key = start
        older = Q(at__lte=at) if rank < start_rank else Q(at__lt=at)
        if rank == start_rank:
            older |= Q(at=at, key__lt=key)
        rows = rows.filter(older)
    return rows.order_by().values_list("at", "stream", "key")


def _events(installation: Installation, history: History, marks: list[Mark]) -> list[Event]:
    keys = {stream: [key for _, s, key in marks if s == stream] for stream in STREAMS}
    snapshots = _snapshots(installation, keys["snapshot"])
    invitations = {
        i.pk: i
        for i in Invitation.objects.filter(
            installation=installation, pk__in={k for s in INVITED for k in keys[s]}
        ).select_related("created_by")
    }
    attempts = {
        str(a.pk): a
        for a in ConsentAttempt.objects.filter(
            invitation__installation=installation, pk__in={k for s in ATTEMPTED for k in keys[s]}
        )
    }
    revisions = {str(r.id): r for r in history.revisions}
    as_uuid = Invitation._meta.pk.to_python
    events = []
    for at, stream, key in marks:
        if stream == "snapshot" and key in snapshots:
            events.append(_snapshot_event(*snapshots[key]))
        elif stream == "revision" and key in revisions:
            events.append(_revision_event(revisions[key], history))
        elif stream in INVITED and (invitation := invitations.get(as_uuid(key))):
            events.append(_invitation_event(stream, at, invitation))
        elif stream in ATTEMPTED and (attempt := attempts.get(key)):
            events.append(_attempt_event(stream, at, attempt))
    return events


def _snapshots(installation: Installation, keys: list[str]) -> dict[str, tuple[Snapshot, Snapshot | None]]:
    """Return each snapshot of the page with the one before it. One query."""
    if not keys:
        return {}
    wanted = Snapshot.objects.filter(pk__in=keys)
    rows = Snapshot.objects.filter(
        Q(sequence__in=wanted.values("sequence"))
        | Q(sequence__in=wanted.annotate(previous=F("sequence") - 1).values("previous")),
        installation=installation,
    ).select_related("pattern", "revision")
    by_sequence = {row.sequence: row for row in rows}
    return {str(row.pk): (row, by_sequence.get(row.sequence - 1)) for row in by_sequence.values()}


def _snapshot_event(snapshot: Snapshot, before: Snapshot | None) -> Event:
    if before:
        change = change_of(before=before.pattern.grants, after=snapshot.pattern.grants)
        added, removed, unclear = change.added, change.removed, len(change.unclear)
    else:
        added, removed, unclear = snapshot.granted, frozenset(), 0
    against = f", while revision {snapshot.revision.number} was current" if snapshot.revision else ""
    unseen = (
        f"; {unclear} permission{'s' * (unclear > 1)} only one of the two proofs could see" if unclear else ""
    )
    return Event(
        at=snapshot.observed_at,
        title=f"Snapshot {snapshot.sequence}",
        detail=f"{_how(snapshot)}{against}{unseen}",
        tone="revoked" if removed and not added else "in-step",
        icon="shield",
        snapshot=snapshot.sequence,
        before=before.sequence if before else 0,
        added=sorted(added, key=_by_name),
        removed=sorted(removed, key=_by_name),
    )


def _how(snapshot: Snapshot) -> str:
    """Return how a snapshot was proved; evidence of a refusal carries Microsoft's code instead of claims."""
    if any((item.get("claims") or {}).get("code") for item in snapshot.evidence):
        return "Microsoft refused a token: nothing is granted"
    sources = sorted({str(item.get("source", "")) for item in snapshot.evidence} - {""})
    return f"Proved by {' and '.join(SOURCES.get(s, s) for s in sources) or 'a read'}"


SOURCES = {
    "token": "an app-only token",
    "graph": "a directory read",
    "sign_in": "an administrator's sign-in",
    "claim": "a claim",
}


def _revision_event(revision: Requirement, history: History) -> Event:
    position = history.revisions.index(revision)
    had: Permissions = history.revisions[position - 1].required if position else frozenset()
    return Event(
        at=revision.published_at,
        title=f"Revision {revision.number} published",
        detail="What the application requires changed; this tenant's grants did not",
        tone="info",
        icon="edit",
        revision=revision.number,
        added=sorted(revision.required - had, key=_by_name),
        removed=sorted(had - revision.required, key=_by_name),
    )


def _invitation_event(stream: str, at: datetime, invitation: Invitation) -> Event:
    who = f"By {invitation.created_by}" if invitation.created_by else "From the command line"
    title, detail, tone, icon = {
        "invited": ("Approval link made", who, "info", "send"),
        "opened": ("Approval link opened", "", "", "open"),
        "declined": ("Declined on the approval page", "Nothing changed", "", "close"),
        "withdrawn": ("Approval link withdrawn", "", "", "close"),
    }[stream]
    return Event(at=at, title=title, detail=detail, tone=tone, icon=icon, invitation_id=invitation.pk)


def _attempt_event(stream: str, at: datetime, attempt: ConsentAttempt) -> Event:
    outcome = Outcome(attempt.outcome)
    code = f"AADSTS{attempt.code}" if attempt.code else attempt.error
    if stream == "left":
        title, detail, tone, icon = "An admin left for Microsoft", "", "", "arrow"
    elif stream == "returned" and outcome in AT_ONCE:
        title, detail, tone, icon = RETURNED[outcome], code, AT_ONCE[outcome], "warn"
    elif stream == "returned":
        title, detail = "The admin returned from Microsoft with a yes", "Not proof by itself"
        tone, icon = "", "sync"
    else:
        title, tone, icon = SETTLED.get(outcome, (outcome.label, "", "clock"))
        detail = ""
    return Event(at=at, title=title, detail=detail, tone=tone, icon=icon, invitation_id=attempt.invitation_id)


AT_ONCE = {Outcome.DECLINED: "", Outcome.REFUSED: "error", Outcome.OTHER_TENANT: "warning"}
RETURNED = {
    Outcome.DECLINED: "The admin chose Cancel at Microsoft; nothing changed",
    Outcome.REFUSED: "Microsoft refused the approval; nothing changed",
    Outcome.OTHER_TENANT: "The admin approved in another tenant; nothing changed here",
}
SETTLED = {
    Outcome.APPROVED: ("Approval proved: everything required is granted", "in-step", "success"),
    Outcome.PARTLY: ("Approved in part: some of the permissions are granted", "warning", "warn"),
    Outcome.NOT_CONFIRMED: ("Never confirmed by Microsoft", "unverified", "clock"),
    Outcome.UNPROVABLE: ("Nothing that can be read changed", "unverified", "clock"),
    Outcome.STARTED: ("Nothing came back from Microsoft", "", "clock"),
}


def _by_name(permission: Permission) -> tuple[str, str]:
    return (permission.value.lower(), permission.kind)

"""What one trip to Microsoft came to, and how we know: before and now for each permission."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from django.utils.crypto import constant_time_compare

from consent.models import ConsentAttempt, Installation, Invitation
from consent.models.grants import permissions_json, permissions_of
from consent.queries.approval import Place, latest_attempt, place_of
from consent.queries.proof import Row, rows_of
from consent.rules.approvers import Approvers, approvers_of, needs_security_reader
from consent.rules.drift import Drift, compare
from consent.rules.status import Condition
from consent.rules.visit import TITLES, Reading, Trip, visit_of

QUICK, SLOW = 2, 10  # seconds between two looks of a page that waits
CONSENTED = {"approved", "approved-as-far-as-seen", "partly", "withdrawn-since"}


@dataclass(frozen=True)
class Step:
    label: str
    state: str  # done, now, todo, failed
    at: datetime | None = None


@dataclass(frozen=True)
class Result:
    place: Place
    state: str
    attempt: ConsentAttempt
    earlier: list[ConsentAttempt]
    rows: list[Row]
    steps: list[Step]
    granted: int
    required: int
    missing: list[str]
    unknown: list[str]
    read_at: datetime | None
    sources: list[dict[str, Any]]
    approvers: Approvers
    needs_reader: bool
    other_organization: str  # only in the browser that was there
    receipt: str
    trouble: str  # why the last read failed
    newer_version: int | None
    poll: int  # seconds; 0: nothing is under way

    @property
    def is_proved(self) -> bool:
        return self.state in CONSENTED

    @property
    def title(self) -> str:
        return TITLES[self.state]

    @property
    def template(self) -> str:
        return f"consent/result/_{self.state}.html"

    @property
    def version(self) -> str:
        """Return what a waiting page compares, to leave everything alone while nothing changed."""
        seen = (self.state, self.attempt.pk, self.poll, self.read_at, self.trouble)
        return sha256(repr(seen).encode()).hexdigest()[:12]


def result_page(invitation: Invitation, *, session_key: str | None, now: datetime) -> Result | None:
    """Return what the last trip of this link came to, or None when nobody went yet."""
    attempt = latest_attempt(invitation)
    if attempt is None:
        return None
    installation = invitation.installation
    required = attempt.revision.required if attempt.revision else frozenset()
    granted = permissions_of(installation.pattern.granted)
    before = permissions_of(attempt.before)
    drift = compare(required=required, grants=installation.pattern.grants)
    reading = _reading(attempt, installation, drift, gained=bool(granted - before))
    state = visit_of(_trip(attempt), reading, now=now)
    read_at = installation.proved_at
    current = installation.application.current_revision
    return Result(
        place=place_of(installation),
        state=state,
        attempt=attempt,
        earlier=_earlier(invitation, attempt),
        rows=rows_of(
            required=required,
            before=before,
            grants=installation.pattern.grants,
            evidence=installation.evidence,
            is_read=_is_read(attempt, read_at),
        ),
        steps=_steps(attempt, installation, state),
        granted=len(required & granted),
        required=len(required),
        missing=[p.value for p in sorted(drift.missing, key=lambda p: p.value)],
        unknown=[p.value for p in sorted(drift.unknown, key=lambda p: p.value)],
        read_at=read_at,
        sources=installation.evidence if read_at else [],
        approvers=approvers_of(required),
        needs_reader=needs_security_reader(required),
        other_organization=_other(attempt, session_key),
        receipt=receipt_number(attempt),
        trouble=installation.last_error.get("summary", "") if reading.failing else "",
        newer_version=current.number if current and current != attempt.revision else None,
        poll=_poll(state, installation, now=now),
    )


def receipt_json(result: Result) -> dict[str, Any]:
    """Return the proof as data: what was granted before and now, and Microsoft's request ids."""
    attempt = result.attempt
    installation = attempt.invitation.installation
    return {
        "receipt": result.receipt,
        "outcome": result.state,
        "application": {
            "name": result.place.application.name,
            "client_id": str(result.place.application.client_id),
        },
        "organization": {"name": result.place.organization, "id": result.place.tenant_id},
        "version": attempt.revision.number if attempt.revision else None,
        "left_at": attempt.started_at,
        "returned_at": attempt.returned_at,
        "read_at": result.read_at,
        "before": attempt.before,
        "granted": permissions_json(permissions_of(installation.pattern.granted)),
        "missing": result.missing,
        "unknown": result.unknown,
        "evidence": result.sources,
    }


def receipt_number(attempt: ConsentAttempt) -> str:
    digest = sha256(f"receipt:{attempt.state_hash}".encode()).hexdigest().upper()
    return f"{digest[:4]}-{digest[4:8]}"


def _trip(attempt: ConsentAttempt) -> Trip:
    return Trip(outcome=attempt.outcome, code=attempt.code, returned_at=attempt.returned_at)


def _reading(attempt: ConsentAttempt, installation: Installation, drift: Drift, *, gained: bool) -> Reading:
    since = attempt.returned_at or attempt.started_at
    return Reading(
        read_since=installation.checked_at is not None and installation.checked_at >= since,
        failing=installation.failures > 0
        and installation.checked_at is not None
        and installation.checked_at >= since,
        disabled=installation.condition == Condition.DISABLED,
        gained=gained,
        missing=bool(drift.missing),
        unknown=bool(drift.unknown),
    )


def _is_read(attempt: ConsentAttempt, read_at: datetime | None) -> bool:
    """Whether the last complete read can tell what this trip came to."""
    waiting = attempt.outcome == ConsentAttempt.Outcome.CHECKING
    return read_at is not None and not (waiting and attempt.returned_at and read_at < attempt.returned_at)


def _steps(attempt: ConsentAttempt, installation: Installation, state: str) -> list[Step]:
    """Return where the trip stands: returned, read, proved; each with its time."""
    returned, read_at, checked = attempt.returned_at, installation.proved_at, installation.checked_at
    first = Step("Returned from Microsoft", "done", returned)
    if returned is None:
        first = Step("Left for Microsoft", "done", attempt.started_at)
    if state == "nothing-came-back":
        return [first, Step("Returned", "now"), Step("Proved", "todo")]
    if state in CONSENTED:
        proved = Step("Proved", "done", attempt.settled_at or read_at)
        return [first, Step("Read the grants", "done", read_at), proved]
    if state == "unseen":
        return [first, Step("Read what we may", "done", read_at), Step("Proved", "todo")]
    if attempt.settled_at:
        label = "Nothing confirmed" if state == "not-confirmed" else "Not approved"
        return [first, Step(label, "failed", attempt.settled_at)]
    looked = checked if checked and returned and checked >= returned else None
    return [first, Step("Reading the grants", "now", looked), Step("Proved", "todo")]


def _earlier(invitation: Invitation, attempt: ConsentAttempt) -> list[ConsentAttempt]:
    return [a for a in invitation.attempts.order_by("-started_at")[:10] if a.pk != attempt.pk]


def _other(attempt: ConsentAttempt, session_key: str | None) -> str:
    if not attempt.other_tenant or not session_key:
        return ""
    own = constant_time_compare(sha256(session_key.encode()).hexdigest(), attempt.session_hash)
    return str(attempt.other_tenant) if own else ""


def _poll(state: str, installation: Installation, *, now: datetime) -> int:
    """Return how soon to look again; not visible yet and unreachable change in minutes, not seconds."""
    if state == "checking":
        return QUICK
    if installation.asked_at and installation.asked_at > now - timedelta(minutes=2):
        return QUICK
    return SLOW if state in {"not-visible-yet", "unreachable", "switched-off"} else 0

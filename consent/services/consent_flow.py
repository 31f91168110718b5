"""One trip of an admin to Microsoft's consent page and back.

What comes back is a claim by whoever holds the browser. It ends the trip and rings for a check of the
tenant that was meant all along; what is granted is decided by that check alone.
"""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Any, Literal, cast
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils.crypto import constant_time_compare

from consent.models import ConsentAttempt, Installation, Invitation
from consent.rules.status import Condition
from consent.services import doorbell, trail
from consent.services.gateway import entra_session
from consent.services.patterns import count_moves
from entra.admin_consent import ConsentReturn, consent_url, parse_return
from entra.errors import MalformedReturn
from entra.types import CLOUDS
from tenants.services.audit import LINK_HOLDER, Action

ATTEMPT_LIFETIME = timedelta(hours=1)
ATTEMPTS_AN_HOUR = 30  # of one link; more is a script
CHECK_PAUSE = timedelta(seconds=10)

Outcome = ConsentAttempt.Outcome


class Place(StrEnum):
    """Where a browser that came back is sent."""

    RESULT = "result"  # the one that left: its own result
    NEUTRAL = "neutral"  # another one with a state of ours: a page that shows nothing
    LATE = "late"  # the one that left, after its state had expired: nothing was changed
    REJECTED = "rejected"  # anything else: nothing was changed


@dataclass(frozen=True)
class Returned:
    """`invitation` is there only for the browser that left for Microsoft."""

    place: Place
    invitation: Invitation | None = None


def start(*, invitation: Invitation, session_key: str, now: datetime) -> str:
    """Open a trip to Microsoft and return the address for the browser.

    Raises ValidationError when the link no longer opens one.
    """
    state = secrets.token_urlsafe(32)
    with transaction.atomic():
        held = _lock(invitation)
        if held.state(now) != "open":
            raise ValidationError("This link can no longer be used to approve.", code=held.state(now))
        if held.attempts.filter(started_at__gt=now - ATTEMPT_LIFETIME).count() >= ATTEMPTS_AN_HOUR:
            raise ValidationError("This link was used too often. Try again in an hour.", code="often")
        installation = held.installation
        attempt = ConsentAttempt.objects.create(
            invitation=held,
            state_hash=_hash(state),
            session_hash=_hash(session_key),
            revision=installation.application.current_revision,
            before=installation.pattern.granted,
            started_at=now,
            expires_at=now + ATTEMPT_LIFETIME,
        )
        if held.declined_at:
            held.declined_at = None  # whoever goes on has thought better of it
            held.save(update_fields=["declined_at"])
        trail.consent_started(attempt, now=now)
    return _microsoft_page(installation, state)


def complete_return(*, params: Mapping[str, list[str]], session_key: str | None, now: datetime) -> Returned:
    """End the trip that a return belongs to, once, and have the tenant checked that was meant."""
    try:
        claim = parse_return(params)
    except MalformedReturn:
        return Returned(Place.REJECTED, _latest_of(session_key, now=now))
    attempt = (
        ConsentAttempt.objects.select_related("invitation__installation")
        .filter(state_hash=_hash(claim.state))
        .first()
    )
    if attempt is None:
        return Returned(Place.REJECTED, _latest_of(session_key, now=now))
    bound = _is_same_browser(attempt, session_key)
    consumed = _consume(attempt, claim, bound=bound, now=now)
    if not consumed and attempt.returned_at is None and attempt.expires_at <= now:
        return Returned(Place.LATE, attempt.invitation) if bound else Returned(Place.REJECTED)
    return Returned(Place.RESULT, attempt.invitation) if bound else Returned(Place.NEUTRAL)


def request_check(*, invitation: Invitation, now: datetime) -> bool:
    """Have the tenant checked now, as somebody with the link asks; tell whether that was accepted.

    Not more often than every ten seconds, and not while Microsoft has asked us to wait.
    """
    installation = Installation.objects.get(pk=invitation.installation_id)
    if installation.last_error.get("kind") == "Throttled" and installation.failures:
        return False
    rested = Q(checked_at=None) | Q(checked_at__lte=now - CHECK_PAUSE)
    not_asked = Q(asked_at=None) | Q(asked_at__lte=now - CHECK_PAUSE)
    with transaction.atomic():
        accepted = Installation.objects.filter(rested, not_asked, pk=installation.pk).update(
            next_check_at=now, asked_at=now
        )
        if accepted:
            doorbell.ring()
            trail.check_asked(installation, by=LINK_HOLDER, now=now)
    return bool(accepted)


def decline(*, invitation: Invitation, now: datetime) -> None:
    """Note that somebody with the link said no on our page. Nothing changes at Microsoft."""
    open_ones = Invitation.objects.filter(
        pk=invitation.pk, withdrawn_at=None, used_at=None, declined_at=None, expires_at__gt=now
    )
    with transaction.atomic():
        if open_ones.update(declined_at=now):
            trail.invitation(Action.INVITATION_DECLINED, invitation, by=LINK_HOLDER, now=now)


def note_opened(*, invitation: Invitation, now: datetime) -> None:
    with transaction.atomic():
        if Invitation.objects.filter(pk=invitation.pk, opened_at=None).update(opened_at=now):
            trail.invitation(Action.INVITATION_OPENED, invitation, by=LINK_HOLDER, now=now)


def _lock(invitation: Invitation) -> Invitation:
    return (
        Invitation.objects.select_for_update(of=("self",))
        .select_related("installation__application", "installation__pattern")
        .get(pk=invitation.pk)
    )


def _microsoft_page(installation: Installation, state: str) -> str:
    application = installation.application
    url = consent_url(
        client_id=str(application.client_id),
        cloud=CLOUDS[application.cloud],
        tenant=str(installation.tenant_id),
        redirect_uri=f"{settings.PORTAL_URL}/c/return",
        state=state,
        version=cast(Literal["v1", "v2"], application.consent_endpoint),
    )
    return entra_session().browser_url(url)


def _consume(attempt: ConsentAttempt, claim: ConsentReturn, *, bound: bool, now: datetime) -> bool:
    """Write down the first return of this state; return False for every other one."""
    with transaction.atomic():
        # Checks lock the installation first as well, so the two never wait for each other in a ring.
        installation = Installation.objects.select_for_update().get(pk=attempt.invitation.installation_id)
        findings = _findings(claim, expected=installation.tenant_id, bound=bound, now=now)
        consumed = ConsentAttempt.objects.filter(
            pk=attempt.pk, returned_at__isnull=True, expires_at__gt=now
        ).update(returned_at=now, same_browser=bound, **findings)
        if consumed and findings["outcome"] == Outcome.CHECKING:
            _claim(installation, now=now)
        if consumed and _worth_a_look(claim, findings["outcome"]):
            Installation.objects.filter(pk=installation.pk).update(next_check_at=now, asked_at=now)
            doorbell.ring()
        if consumed:
            trail.consent_returned(attempt, findings, bound=bound, now=now)
    return bool(consumed)


def _findings(claim: ConsentReturn, *, expected: UUID, bound: bool, now: datetime) -> dict[str, Any]:
    """Return what a return says, in the words of an attempt. None of it is proof."""
    failed = claim.outcome != "claimed" and claim.error != "unclear"
    if not failed and claim.tenant and claim.tenant != str(expected):
        named = UUID(claim.tenant) if bound else None
        return {"outcome": Outcome.OTHER_TENANT, "other_tenant": named, "settled_at": now}
    if claim.outcome == "claimed":
        return {"outcome": Outcome.CHECKING}
    return {
        "outcome": Outcome.DECLINED if claim.outcome == "declined" else Outcome.REFUSED,
        "settled_at": now,
        "error": claim.error[:60],
        "code": claim.code,
        "description": claim.description[:300],
    }


def _worth_a_look(claim: ConsentReturn, outcome: str) -> bool:
    """A plain refusal changes nothing at Microsoft; anything less clear is looked into."""
    return outcome in {Outcome.CHECKING, Outcome.OTHER_TENANT} or claim.error == "unclear"


def _claim(installation: Installation, *, now: datetime) -> None:
    """Keep a claim open until a check confirms it or patience runs out."""
    before = (installation.pattern_id, installation.condition)
    after = (installation.pattern_id, str(Condition.CLAIMED))
    changes: dict[str, Any] = {"claimed_at": now}
    if after != before:
        changes |= {"condition": Condition.CLAIMED, "condition_since": now}
        count_moves(installation.application_id, Counter({before: -1, after: 1}))
    Installation.objects.filter(pk=installation.pk).update(**changes)


def _is_same_browser(attempt: ConsentAttempt, session_key: str | None) -> bool:
    return bool(session_key) and constant_time_compare(_hash(session_key or ""), attempt.session_hash)


def _latest_of(session_key: str | None, *, now: datetime) -> Invitation | None:
    """Return the invitation that this browser last left with, to show the way back. Changes nothing.

    "OAuth 2.0 client credentials flow on the Microsoft identity platform" shows an error response
    without a state; then the session alone tells where the person came from.
    """
    if not session_key:
        return None
    attempt = (
        ConsentAttempt.objects.select_related("invitation")
        .filter(session_hash=_hash(session_key), started_at__gt=now - 2 * ATTEMPT_LIFETIME)
        .order_by("-started_at")
        .first()
    )
    return attempt.invitation if attempt else None


def _hash(value: str) -> str:
    return sha256(value.encode()).hexdigest()

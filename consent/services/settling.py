"""Decide what trips to Microsoft came to, whenever a read of their tenant is written down."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q

from consent.models import ConsentAttempt, Installation, Revision
from consent.models.grants import permissions_of
from consent.rules import pace
from consent.rules.drift import compare
from consent.rules.outcome import is_final, outcome_of
from consent.rules.status import Condition
from consent.services.trail import Settled
from entra.types import Observation

Outcome = ConsentAttempt.Outcome


def settle_attempts(
    installation: Installation, seen: Observation, revision: Revision | None, *, gained: bool, now: datetime
) -> list[Settled]:
    """Decide open trips; keep the claim open while nothing, or not everything, shows yet.

    Return those that this read decided for good.

    `gained` says that this read shows more than the one before. Then trips from which nothing came back
    are looked at too: the browser was lost, the consent was not.
    """
    if installation.claimed_at is None and not gained:
        return []
    required = revision.required if revision else frozenset()
    drift = compare(required=required, grants=installation.pattern.grants)
    open_outcomes = set()
    settled = []
    for attempt in _open_attempts(installation, lost_ones=gained, now=now):
        since = attempt.returned_at or attempt.started_at
        outcome = outcome_of(
            before=permissions_of(attempt.before),
            granted=seen.granted,
            drift=drift,
            consented=seen.consented,
            claimed_at=since,
            now=now,
        )
        if attempt.returned_at is None and outcome != Outcome.APPROVED:
            continue  # nobody claimed anything
        was, attempt.outcome = attempt.outcome, outcome
        if is_final(outcome, claimed_at=since, now=now):
            attempt.settled_at = now
            settled.append(Settled(attempt, was=was, granted=seen.granted))
        else:
            open_outcomes.add(outcome)
        attempt.save(update_fields=["outcome", "settled_at"])
        if outcome == Outcome.APPROVED and not attempt.invitation.used_at:
            attempt.invitation.used_at = now
            attempt.invitation.save(update_fields=["used_at"])
    _look_again(installation, open_outcomes, now=now)
    return settled


def _open_attempts(installation: Installation, *, lost_ones: bool, now: datetime) -> list[ConsentAttempt]:
    which = Q(outcome__in=[Outcome.CHECKING, Outcome.PARTLY])
    if lost_ones:
        which |= Q(outcome=Outcome.STARTED, started_at__gt=now - pace.CLAIM_PATIENCE)
    return list(
        ConsentAttempt.objects.filter(
            which, invitation__installation=installation, settled_at__isnull=True
        ).select_related("invitation__installation__tenant", "invitation__installation__application")
    )


def _look_again(installation: Installation, open_outcomes: set[str], *, now: datetime) -> None:
    """Roles come minutes after a consent, some of them later than others."""
    if not open_outcomes or installation.claimed_at is None:
        installation.claimed_at = None
        return
    installation.next_check_at = pace.after_claim(claimed_at=installation.claimed_at, now=now)
    if Outcome.CHECKING in open_outcomes:
        installation.condition = Condition.CLAIMED

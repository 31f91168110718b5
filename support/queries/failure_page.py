"""One denied call as its page shows it: the trail of evidence, who else has the gap, what was reported."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from consent.queries.patterns import load_cohorts
from consent.queries.tenant_filter import TenantFilter, name_of
from consent.rules.drift import Permissions
from consent.rules.requirements import History
from support.models import FailedRequest
from support.queries.facts import Past, Seen, held_words, revision_at
from support.rules.facts import Facts, FailureFacts, TokenFacts, Verdict
from support.rules.labels import CONFIDENCE_MEANINGS, CONFIDENCES, WHO, cause_of

SNAPSHOTS_AFTER = 3  # of those taken after the call; the timeline has all
DOORS = {"graph": "Microsoft Graph", "token": "Microsoft’s token endpoint", "": "Microsoft"}


@dataclass(frozen=True)
class Event:
    """One point of the trail of evidence."""

    at: datetime
    title: str
    detail: str = ""
    tone: str = ""
    icon: str = "clock"
    snapshot: int = 0
    revision: int = 0


@dataclass(frozen=True)
class Gap:
    """How many tenants lack the same, and the list that shows them."""

    tenants: int
    query: str


def verdict_page(facts: Facts, verdict: Verdict, past: Past | None) -> dict[str, Any]:
    """Return what a page says of a verdict, whatever the call is known from."""
    return {
        "facts": facts,
        "verdict": verdict,
        "cause": cause_of(verdict.slug),
        "confidence": CONFIDENCES[verdict.confidence],
        "confidence_meaning": CONFIDENCE_MEANINGS[verdict.confidence],
        "who": WHO[verdict.who],
        "past": past,
        "installation": past.installation if past else None,
        "trail": sorted(_trail(facts, verdict, past), key=lambda event: event.at, reverse=True),
    }


def others_of(reports: Sequence[FailedRequest], *, now: datetime) -> int:
    """Return how many more of the cause the tenant had today, besides the call itself."""
    counted = getattr(reports[0], "today", None) or 0
    return max(counted - (reports[0].occurred_at.date() == now.date()), 0)


def gap_of(verdict: Verdict, past: Past | None) -> Gap | None:
    """Return how many tenants lack what the verdict names and the current revision requires. One query."""
    if past is None:
        return None
    lacking = lacking_of(verdict, past)
    if not lacking:
        return None
    cohorts = load_cohorts(past.installation.application, past.history)
    tenants = sum(c.installations for c in cohorts if lacking <= c.drift.missing)
    first = min(lacking, key=name_of)
    return Gap(tenants, TenantFilter(permission=name_of(first), state="missing").query())


def lacking_of(verdict: Verdict, past: Past) -> Permissions:
    """Return the permission that the verdict names, as far as it is required and still missing."""
    named = [p for p in past.drift.missing if p.value in verdict.missing]
    return frozenset(sorted(named, key=lambda p: verdict.missing.index(p.value))[:1])


def _trail(facts: Facts, verdict: Verdict, past: Past | None) -> Iterator[Event]:
    failure = facts.failure
    if failure.occurred_at:
        yield _call_event(failure, failure.occurred_at, cause_of(verdict.slug).tone)
    if failure.token:
        yield from _token_events(failure.token, failure.occurred_at)
    if past:
        yield from _revision_events(past.history, verdict)
        yield from _snapshot_events(past, failure.occurred_at)


def _call_event(failure: FailureFacts, at: datetime, tone: str) -> Event:
    what = f"{failure.status} from {DOORS[failure.door]}" if failure.status else DOORS[failure.door]
    call = f"{failure.method} {failure.path}".strip()
    return Event(at, what, call, tone, "error")


def _token_events(token: TokenFacts, called_at: datetime | None) -> Iterator[Event]:
    carried = token.roles if token.kind == "application" else token.scp
    count = f" with {len(carried)} permission{'s' * (len(carried) != 1)}" if carried is not None else ""
    if token.issued_at:
        yield Event(token.issued_at, f"Token issued{count}", "as the application reported it", icon="token")
    if token.expires_at and (called_at is None or token.expires_at <= called_at):
        yield Event(token.expires_at, "Token expired", icon="clock")


def _revision_events(history: History, verdict: Verdict) -> Iterator[Event]:
    """Tell of the revisions that asked for what is missing, and of the current one."""
    named = {p for p in history.required if p.value in verdict.missing}
    numbers = {r.number: r for p in named if (r := history.added_in(p))}
    if history.current:
        numbers.setdefault(history.current.number, history.current)
    for number, revision in numbers.items():
        added = sorted({p.value for p in named if history.added_in(p) == revision})
        words = f": asks for {', '.join(added)}" if added else ""
        yield Event(
            revision.published_at,
            f"Revision {number} published{words}",
            tone="info",
            icon="edit",
            revision=number,
        )


def _snapshot_events(past: Past, at: datetime | None) -> Iterator[Event]:
    """Tell of the last snapshot before the call, and of the first ones after it."""
    before = next((seen for seen in past.seen if at is None or seen.at <= at), None)
    after = [seen for seen in past.seen if at is not None and seen.at > at][-SNAPSHOTS_AFTER:]
    for seen in (*after, *([before] if before else [])):
        yield _snapshot_event(seen, past.history)


def _snapshot_event(seen: Seen, history: History) -> Event:
    revision = revision_at(history, seen.at)
    required = revision.required if revision else frozenset()
    whole = required <= seen.grants.granted
    count = len(seen.grants.granted)
    title = (
        f"Seen granted: {count} permission{'s' * (count != 1)}" if count else "Seen granted: nothing any more"
    )
    return Event(
        seen.at,
        title,
        held_words(seen, history),
        tone="in-step" if whole else "re-consent-needed",
        icon="st-in-step" if whole else "st-re-consent-needed",
        snapshot=seen.sequence,
    )

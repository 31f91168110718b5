"""The desk's answer as a page shows it: the verdict, and what support does next."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.conf import settings

from consent.models import Invitation
from consent.services.invitations import link
from support.models import FailedRequest
from support.queries.failure_page import gap_of, others_of, verdict_page
from support.queries.failures import is_same_call
from support.rules.kql import activity_query, sign_in_query
from support.rules.labels import cause_of
from support.rules.reply import customer_reply, microsoft_bundle, wants_approval
from support.services.explain import Explained, explain_and_note
from tenants.models import Person


def failure_page(reports: Sequence[FailedRequest], *, person: Person, now: datetime) -> dict[str, Any]:
    """Return the page of a stored call, with what else was reported under its ids."""
    failure = reports[0]
    explained = explain_and_note(failure, person=person, now=now)
    invitation = getattr(failure, "invitation", None)
    return {
        **_answer(explained, link(Invitation(pk=invitation)) if invitation else ""),
        "application": failure.application,
        "failure": failure,
        "invitation": invitation,
        "reports": [other for other in reports[1:] if is_same_call(failure, other)],
        "conversation": [other for other in reports[1:] if not is_same_call(failure, other)],
        "others": others_of(reports, now=now),
        "counted_as": cause_of(failure.verdict),
        "bundle": _bundle(failure),
    }


def own_page(failure: FailedRequest, *, person: Person, now: datetime) -> dict[str, Any]:
    """Return the page of a call for an admin of the organization itself, in the words of a reply to them."""
    explained = explain_and_note(failure, person=person, now=now)
    letter = customer_reply(explained.verdict, explained.facts).strip().split("\n\n")
    return {
        **verdict_page(explained.facts, explained.verdict, explained.past),
        "failure": failure,
        "words": letter[1:-1],  # without salutation and regards
        "approval_helps": wants_approval(explained.verdict),
    }


def told_page(explained: Explained, *, ids: Sequence[str]) -> dict[str, Any]:
    """Return the page of a call that is not stored, with queries for the customer's own log."""
    told, days = explained.facts.failure, settings.FAILURE_RETENTION_DAYS
    return {
        **_answer(explained, ""),
        "activity_query": activity_query(told, ids, days=days),
        "sign_in_query": sign_in_query(told, ids, days=days),
    }


def _answer(explained: Explained, address: str) -> dict[str, Any]:
    verdict, past = explained.verdict, explained.past
    wanted = past is not None and past.history.current is not None and wants_approval(verdict)
    return {
        **verdict_page(explained.facts, verdict, past),
        "gap": gap_of(verdict, past),
        "can_invite": wanted,
        "reply": customer_reply(verdict, explained.facts, address),
    }


def _bundle(failure: FailedRequest) -> str:
    return microsoft_bundle(
        client_request_id=failure.client_request_id,
        request_id=failure.request_id,
        correlation_id=failure.correlation_id,
        occurred_at=failure.occurred_at,
        tenant_id=str(failure.tenant_id or ""),
        diagnostic=str(failure.headers.get("diagnostic", "")),
        call=f"{failure.method} {failure.path}".strip(),
        status=failure.status,
    )

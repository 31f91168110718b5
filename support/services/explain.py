"""Why a call was denied: found by what somebody reads out, judged by what was granted and required then.

Nothing pasted is kept, and nothing pasted changes anything. What is kept is that somebody looked.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction

from consent.models import Application, Installation
from entra.types import is_guid
from support.models import FailedRequest
from support.queries.facts import Past, facts_of, load_past
from support.queries.failures import application_meant, find
from support.queries.tenant_failures import tenant_failures
from support.rules.facts import Facts, FailureFacts, Verdict
from support.rules.paste import Pasted, read
from support.rules.report import AHEAD
from support.rules.verdict import judge
from tenants.models import Person
from tenants.services.audit import Action, Target, record

LONGEST_ID = 64
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
_ID = re.compile(r"(?=.*\d)[\w.:-]{8,64}", re.ASCII)
NOTHING_IN_IT = (
    "There is no id and no error in this text. An id is a GUID: Microsoft sends it back as request-id and"
    " client-request-id."
)


@dataclass(frozen=True)
class Explained:
    """A verdict and what it was made of. `failure` is None when only pasted facts were judged."""

    facts: Facts
    verdict: Verdict
    application: Application | None
    past: Past | None
    failure: FailedRequest | None = None


@dataclass(frozen=True)
class Found:
    """What came of reading a pasted text: calls with its ids, or else a verdict on the facts in it."""

    pasted: Pasted
    ids: Sequence[str]
    failures: Sequence[FailedRequest]
    explained: Explained | None
    expired: bool  # the call was longer ago than failures are kept

    @property
    def is_empty(self) -> bool:
        """Whether there was nothing in the text to go by."""
        return not self.ids and not self.pasted.found

    @property
    def failure(self) -> FailedRequest | None:
        return self.failures[0] if self.failures else None


def look_up(*, text: str, application: Application | None, person: Person | None, now: datetime) -> Found:
    """Find the calls that a pasted text is about; where there are none, judge the facts in it."""
    pasted = read(text)
    ids = pasted.ids or _bare(text)
    failures = find(ids, application=application)
    explained = None if failures else explain_told(pasted.facts, application=application, now=now)
    at = _possible(pasted.facts.occurred_at, now=now)
    found = Found(pasted, ids, failures, explained, is_expired(at, now=now))
    meant = failures[0].application if failures else (explained.application if explained else application)
    _note(
        meant,
        person=person,
        tenant_id=failures[0].tenant_id if failures else _guid(pasted.facts.tenant_id),
        after={
            "searched": [one[:LONGEST_ID] for one in ids[:5]],
            "found": len(failures),
            "verdict": explained.verdict.slug if explained else failures[0].verdict,
        },
        now=now,
    )
    return found


def explained_by(*, text: str, person: Person | None, now: datetime) -> Explained:
    """Explain what a pasted text is about. Raises ValidationError when there is nothing in it to go by."""
    found = look_up(text=text, application=None, person=person, now=now)
    if found.failure is not None:
        return explain_failure(found.failure, now=now)
    if found.explained is None or found.is_empty:
        raise ValidationError(NOTHING_IN_IT)
    return found.explained


def explain_failure(failure: FailedRequest, *, now: datetime) -> Explained:
    """Judge a stored call afresh, with everything that is known of its tenant by now."""
    past = load_past(application_id=failure.application_id, tenant_id=failure.tenant_id)
    facts = facts_of(failure, past=past, now=now)
    return Explained(facts, judge(facts), failure.application, past, failure)


def explain_told(told: FailureFacts, *, application: Application | None, now: datetime) -> Explained:
    """Judge a call of which somebody told: by its own facts, and by the snapshots of its tenant."""
    told = replace(
        told,
        tenant_id=told.tenant_id or (told.token.tid if told.token else ""),
        occurred_at=_possible(told.occurred_at, now=now),
    )
    tenant_id = _guid(told.tenant_id)
    client_id = told.client_id or (told.token.appid if told.token else "")
    meant = application_meant(client_id if is_guid(client_id) else "", tenant_id, application)
    past = load_past(application_id=meant.pk, tenant_id=tenant_id) if meant else None
    facts = facts_of(told, past=past, now=now)
    return Explained(facts, judge(facts), meant, past)


def explain_and_note(failure: FailedRequest, *, person: Person, now: datetime) -> Explained:
    """Judge a stored call for somebody, and keep that they looked."""
    explained = explain_failure(failure, now=now)
    _note(
        failure.application,
        person=person,
        tenant_id=failure.tenant_id,
        after={
            "failure": failure.pk,
            "client-request-id": failure.client_request_id,
            "request-id": failure.request_id,
            "verdict": explained.verdict.slug,
        },
        now=now,
    )
    return explained


def explain_described(
    told: FailureFacts, *, application: Application, person: Person, now: datetime
) -> Explained:
    """Judge a call that somebody described in a few words, and keep that they looked."""
    explained = explain_told(told, application=application, now=now)
    after = {"described": f"{told.method} {told.path}".strip(), "verdict": explained.verdict.slug}
    _note(application, person=person, tenant_id=_guid(told.tenant_id), after=after, now=now)
    return explained


def list_and_note(
    installation: Installation, *, person: Person, after: str, cause: str, now: datetime
) -> dict[str, Any]:
    """Return a page of a tenant's denied calls, and keep that somebody looked."""
    page = tenant_failures(installation, after=after, cause=cause)
    _note(
        installation.application,
        person=person,
        tenant_id=installation.tenant_id,
        after={"listed": page["shown"]},
        now=now,
    )
    return page


def retention() -> timedelta:
    return timedelta(days=settings.FAILURE_RETENTION_DAYS)


def is_expired(occurred_at: datetime | None, *, now: datetime) -> bool:
    """Whether a call is longer ago than failures are kept."""
    return occurred_at is not None and occurred_at < now - retention()


def _note(
    application: Application | None,
    *,
    person: Person | None,
    tenant_id: UUID | None,
    after: Mapping[str, Any],
    now: datetime,
) -> None:
    target = (
        Target("application", str(application.client_id), application.name)
        if application
        else Target("portal", "", "Denied calls")
    )
    with transaction.atomic():
        record(Action.LOOKED_UP, actor=person, target=target, tenant_id=tenant_id, after=after, now=now)


def _possible(at: datetime | None, *, now: datetime) -> datetime | None:
    """Return a time at which a call can have been made. Text can hold any, such as one in the year 9999."""
    return at if at is not None and EARLIEST <= at <= now + AHEAD else None


def _bare(text: str) -> tuple[str, ...]:
    """Return a text that is nothing but an id of somebody's own making: Microsoft takes any as it comes."""
    return (text.strip(),) if _ID.fullmatch(text.strip()) else ()


def _guid(text: str) -> UUID | None:
    return UUID(text) if is_guid(text) else None

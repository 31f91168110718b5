"""What the audit log says of applications, revisions, tenants and consents. Never a token, link or state.

Each of these is the last line of the transaction that makes the change: see `tenants.services.audit`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from consent.models import (
    Application,
    ConsentAttempt,
    Installation,
    Invitation,
    Revision,
    Scan,
    SignInEvidence,
)
from consent.models.grants import permissions_json
from entra.types import Permission
from tenants.models import Person, Tenant
from tenants.rules.directory_roles import names_of
from tenants.services.audit import LINK_HOLDER, MICROSOFT, Action, Actor, Kind, Target, record

Who = Person | Actor | None


@dataclass(frozen=True)
class Settled:
    """A consent that a read of its tenant decided."""

    attempt: ConsentAttempt
    was: str  # its outcome before
    granted: frozenset[Permission]


def registered(application: Application, *, by: Who, now: datetime) -> None:
    after = {
        "client id": application.client_id,
        "home tenant": application.home_tenant,
        "cloud": application.cloud,
        "credential": application.credential,
        "consent endpoint": application.consent_endpoint,
    }
    record(
        Action.APPLICATION_REGISTERED, actor=by, target=application_target(application), after=after, now=now
    )


def published(
    revision: Revision, *, before: Revision | None, reasons: Mapping[Permission, str], by: Who, now: datetime
) -> None:
    held = before.required if before else frozenset()
    added = {f"{p.value} ({p.kind})": reason for p, reason in reasons.items() if reason and p not in held}
    record(
        Action.REVISION_PUBLISHED,
        actor=by,
        target=revision_target(revision),
        before={"revision": before.number if before else None, "permissions": permissions_json(held)},
        after={
            "revision": revision.number,
            "permissions": permissions_json(frozenset(reasons)),
            "reasons": added,
            "note": revision.note,
        },
        now=now,
    )


def tenants_added(application: Application, ids: Sequence[UUID], *, by: Who, now: datetime) -> None:
    """One event, however many were added; a single one is named."""
    only = Tenant.objects.get(pk=ids[0]) if len(ids) == 1 else None
    record(
        Action.TENANTS_ADDED,
        actor=by,
        target=application_target(application),
        tenant_id=only.pk if only else None,
        after={"tenants": len(ids), **({"tenant": only.name} if only else {})},
        now=now,
    )


def invitation(
    action: Action, held: Invitation, *, by: Who, now: datetime, after: Mapping[str, Any] | None = None
) -> None:
    installation = held.installation
    record(
        action,
        actor=by,
        target=Target(
            "invitation",
            str(held.pk),
            f"Approval link of {installation.application.name} for {installation.tenant.name}",
        ),
        tenant_id=installation.tenant_id,
        after=after,
        now=now,
    )


def consent_started(attempt: ConsentAttempt, *, by: Who = LINK_HOLDER, now: datetime) -> None:
    after = {
        "outcome": attempt.outcome,
        "revision": attempt.revision.number if attempt.revision else None,
        "invitation": attempt.invitation_id,
    }
    _consent(Action.CONSENT_STARTED, attempt, by=by, before={}, after=after, now=now)


def consent_returned(
    attempt: ConsentAttempt, findings: Mapping[str, Any], *, bound: bool, by: Who = LINK_HOLDER, now: datetime
) -> None:
    """Only a claim so far. A tenant that was named instead of the expected one is not written here."""
    after = {
        "outcome": findings["outcome"],
        "same browser": bound,
        "error": findings.get("error", ""),
        "code": findings.get("code"),
    }
    before = {"outcome": attempt.outcome}
    _consent(Action.CONSENT_RETURNED, attempt, by=by, before=before, after=after, now=now)


def consents_settled(settled: Iterable[Settled], *, now: datetime) -> None:
    for one in settled:
        _consent(
            Action.CONSENT_SETTLED,
            one.attempt,
            by=MICROSOFT,
            before={"outcome": one.was, "permissions": one.attempt.before},
            after={"outcome": one.attempt.outcome, "permissions": permissions_json(one.granted)},
            now=now,
        )


def check_asked(installation: Installation, *, by: Who, now: datetime) -> None:
    record(
        Action.CHECK_ASKED,
        actor=by,
        target=installation_target(installation),
        tenant_id=installation.tenant_id,
        now=now,
    )


def directory_asked(installation: Installation, *, by: Who, now: datetime) -> None:
    record(
        Action.DIRECTORY_ASKED,
        actor=by,
        target=installation_target(installation),
        tenant_id=installation.tenant_id,
        now=now,
    )


def tried(evidence: SignInEvidence, *, now: datetime) -> None:
    """The person is the one who signed in to the application, whoever is signed in to the portal."""
    installation, own = evidence.installation, evidence.app_only
    record(
        Action.TRIED,
        actor=Actor(Kind.PERSON, evidence.name, installation.tenant_id, evidence.object_id),
        target=installation_target(installation),
        tenant_id=installation.tenant_id,
        after={
            "scopes": evidence.scopes,
            "directory roles": None if evidence.roles is None else list(names_of(evidence.roles)),
            "as the person": _answers(evidence.results),
            "as the application": _answers(own.get("results", ())),
            "application refused": own.get("code"),
            "evidence": evidence.pk,
        },
        now=now,
    )


def _answers(results: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Return what Microsoft answered to each call, in words that need no explanation."""
    return {f"{call['method']} {call['entity']}": str(call["status"]) for call in results}


def scan_started(scan: Scan, *, by: Who, now: datetime) -> None:
    record(
        Action.SCAN_STARTED,
        actor=by,
        target=Target("scan", str(scan.pk), f"Scan {scan.pk} of {scan.application.name}"),
        after={"tenants": scan.total},
        now=now,
    )


def application_target(application: Application) -> Target:
    return Target("application", str(application.client_id), application.name)


def revision_target(revision: Revision) -> Target:
    application = revision.application
    return Target(
        "revision",
        f"{application.client_id}/{revision.number}",
        f"Revision {revision.number} of {application.name}",
    )


def installation_target(installation: Installation) -> Target:
    application, tenant = installation.application, installation.tenant
    return Target(
        "installation",
        f"{application.client_id}/{installation.tenant_id}",
        f"{application.name} in {tenant.name}",
    )


def _consent(
    action: Action,
    attempt: ConsentAttempt,
    *,
    by: Who,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    now: datetime,
) -> None:
    installation = attempt.invitation.installation
    record(
        action,
        actor=by,
        target=Target(
            "consent",
            str(attempt.pk),
            f"Consent of {installation.tenant.name} to {installation.application.name}",
        ),
        tenant_id=installation.tenant_id,
        before=before,
        after=after,
        now=now,
    )

"""What scripts read: an installation, a revision and an application as JSON, the same everywhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from consent.models import Application, GrantPattern, Installation, Revision, SignInEvidence
from consent.models.grants import permissions_json
from consent.rules.drift import compare
from consent.rules.status import Standing, standing_of

PATTERNS = 4096  # grant patterns kept at hand; a fleet has a few dozen

REQUEST_IDS = ("request_id", "client_request_id")
SIGN_IN = ("at", "scopes", "roles", "results", "app_only", *REQUEST_IDS)  # what a row of it is made of
EVIDENCE = ("source", "observed_at", *REQUEST_IDS)

Row = dict[str, Any]


def installation_json(installation: Installation) -> Row:
    """Return an installation as it is printed everywhere.

    Its sets are those of the last proof. Where nothing was ever proved, all that is required is unknown.
    """
    yardstick = Yardstick(installation.application.current_revision)
    return installation_row(installation, installation.application, yardstick)


def revision_json(revision: Revision) -> Row:
    """Return a revision as it is printed everywhere; `reasons` are in the order of `required`."""
    return revision_row(revision, revision.application)


def application_json(application: Application) -> Row:
    """Return a watched application; its credential is a reference, never a secret."""
    return {
        "slug": application.slug,
        "name": application.name,
        "client_id": str(application.client_id),
        "home_tenant": str(application.home_tenant),
        "cloud": application.cloud,
        "credential": application.credential,
        "credential_error": application.credential_error,
        "consent_endpoint": application.consent_endpoint,
        "created_at": time_json(application.created_at),
    }


def time_json(moment: datetime | None) -> str | None:
    """Return a moment as ISO 8601 in UTC with a Z."""
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


@dataclass(frozen=True)
class _Comparison:
    standing: Standing
    sets: dict[str, list[dict[str, str]]]  # granted, missing, surplus, unknown


class Yardstick:
    """A revision to compare patterns with, each once."""

    def __init__(self, revision: Revision | None) -> None:
        self.number = revision.number if revision else None
        self._required = revision.required if revision else frozenset()
        self._computed = lru_cache(PATTERNS)(self._compute)

    def compare(self, pattern: GrantPattern) -> _Comparison:
        return self._computed(pattern)

    def _compute(self, pattern: GrantPattern) -> _Comparison:
        grants = pattern.grants
        drift = compare(required=self._required, grants=grants)
        return _Comparison(
            standing=standing_of(drift=drift, grants=grants),
            sets={
                "granted": permissions_json(grants.granted),
                "missing": permissions_json(drift.missing),
                "surplus": permissions_json(drift.surplus),
                "unknown": permissions_json(drift.unknown),
            },
        )


def installation_row(installation: Installation, application: Application, yardstick: Yardstick) -> Row:
    comparison = yardstick.compare(installation.pattern)
    return {
        "application": str(application.client_id),
        "tenant": str(installation.tenant_id),
        "status": installation.status(comparison.standing).value,
        "revision": yardstick.number,
        **comparison.sets,
        "proved_at": time_json(installation.proved_at),
        "checked_at": time_json(installation.checked_at),
        "evidence": [{key: item.get(key, "") for key in EVIDENCE} for item in installation.evidence],
        "note": " ".join(installation.note.split()),
    }


def revision_row(revision: Revision, application: Application) -> Row:
    rows = sorted(revision.permissions.all(), key=lambda row: row.permission)
    return {
        "application": str(application.client_id),
        "number": revision.number,
        "published_at": time_json(revision.published_at),
        "note": revision.note,
        "required": [row.permission.json() for row in rows],
        "reasons": [row.reason for row in rows],
    }


def sign_in_row(evidence: SignInEvidence, application: Application) -> Row:
    """Return the facts of one person's try: what came back and what Microsoft answered, not whose it was."""
    own = evidence.app_only
    return {
        "application": str(application.client_id),
        "tenant": str(evidence.installation.tenant_id),
        "observed_at": time_json(evidence.at),
        "scopes": evidence.scopes,
        "roles": evidence.roles,  # template ids; null: nobody could look
        "results": [_answer_row(answer) for answer in evidence.results],
        "app_only": {
            "roles": own.get("roles"),
            "code": own.get("code"),
            "results": [_answer_row(answer) for answer in own.get("results", ())],
            **{key: own.get(key, "") for key in REQUEST_IDS},
        },
        **{key: getattr(evidence, key) for key in REQUEST_IDS},
    }


def _answer_row(answer: Mapping[str, Any]) -> Row:
    return {key: answer.get(key, "") for key in ("entity", "method", "status", *REQUEST_IDS)}

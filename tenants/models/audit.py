"""The audit log: who did what, one row after another, each holding the hash of the one before.

Rows are only ever added; triggers of the database refuse everything else (migration 0004).
"""

from __future__ import annotations

import json
from datetime import UTC
from hashlib import sha256
from typing import Any, ClassVar

from django.db import models

BEGINNING = "0" * 64  # what the first event has for the hash of the one before


class AuditEvent(models.Model):
    """One thing that somebody did. People are kept as values: an event outlives whoever it names."""

    class Action(models.TextChoices):
        SIGNED_IN = "sign-in", "Signed in"
        SIGN_IN_REFUSED = "sign-in-refused", "Sign-in refused"
        SIGNED_OUT = "sign-out", "Signed out"
        STEPPED_UP = "step-up", "Confirmed who they are"
        ACCESS_REFUSED = "access-refused", "Refused for lack of a role"
        APPLICATION_REGISTERED = "application-registered", "Registered an application"
        CREDENTIAL_CHANGED = "credential-changed", "Changed a credential's reference"
        SETTINGS_CHANGED = "settings-changed", "Changed settings"
        REVISION_PUBLISHED = "revision-published", "Published a revision"
        TENANTS_ADDED = "tenants-added", "Added tenants"
        INVITATION_MADE = "invitation-made", "Made an approval link"
        INVITATION_OPENED = "invitation-opened", "Opened an approval link"
        INVITATION_DECLINED = "invitation-declined", "Declined on the approval page"
        INVITATION_WITHDRAWN = "invitation-withdrawn", "Withdrew an approval link"
        CONSENT_STARTED = "consent-started", "Left for Microsoft to consent"
        CONSENT_RETURNED = "consent-returned", "Came back from Microsoft"
        CONSENT_SETTLED = "consent-settled", "Settled a consent"
        CHECK_ASKED = "check-asked", "Asked for a check"
        DIRECTORY_ASKED = "directory-asked", "Had a directory looked at"
        TRIED = "tried", "Tried an application"
        SCAN_STARTED = "scan-started", "Started a scan"
        EXPORTED = "exported", "Exported data"
        LOOKED_UP = "looked-up", "Looked up a denied call"
        FAILURES_IMPORTED = "failures-imported", "Imported denied calls"
        KEY_MADE = "key-made", "Made an ingest key"
        KEY_REVOKED = "key-revoked", "Revoked an ingest key"

    class ActorKind(models.TextChoices):
        PERSON = "person", "Person"
        COMMAND_LINE = "command-line", "Command line"
        LINK = "link", "Holder of an approval link"
        MICROSOFT = "microsoft", "Microsoft's records"

    sequence = models.PositiveBigIntegerField(primary_key=True)  # 1, 2, 3 … without a gap
    at = models.DateTimeField()
    actor_kind = models.CharField(max_length=12, choices=ActorKind.choices)
    actor_tid = models.UUIDField(null=True)
    actor_oid = models.UUIDField(null=True)
    actor_name = models.CharField(max_length=200)  # as it was then
    ip = models.CharField(max_length=45, blank=True)
    user_agent = models.CharField(max_length=200, blank=True)
    request_id = models.CharField(max_length=36, blank=True)
    action = models.CharField(max_length=24, choices=Action.choices)
    object_type = models.CharField(max_length=20)
    object_id = models.CharField(max_length=100, blank=True)
    object_label = models.CharField(max_length=200, blank=True)
    tenant_id = models.UUIDField(null=True)
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["at"], name="audit_at"),
            models.Index(fields=["actor_oid", "sequence"], name="audit_actor"),
            models.Index(fields=["actor_name", "sequence"], name="audit_actor_name"),
            models.Index(fields=["action", "sequence"], name="audit_action"),
            models.Index(fields=["object_type", "object_id", "sequence"], name="audit_object"),
            models.Index(fields=["tenant_id", "sequence"], name="audit_tenant"),
        ]

    def __str__(self) -> str:
        return f"event {self.sequence}: {self.action}"

    def content(self) -> dict[str, Any]:
        """Return everything that the hash is taken of, as plain JSON values."""
        return {
            "sequence": self.sequence,
            "at": self.at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z"),
            "actor_kind": self.actor_kind,
            "actor_tid": _text(self.actor_tid),
            "actor_oid": _text(self.actor_oid),
            "actor_name": self.actor_name,
            "ip": self.ip,
            "user_agent": self.user_agent,
            "request_id": self.request_id,
            "action": self.action,
            "object_type": self.object_type,
            "object_id": self.object_id,
            "object_label": self.object_label,
            "tenant_id": _text(self.tenant_id),
            "before": self.before,
            "after": self.after,
            "previous_hash": self.previous_hash,
        }

    def digest(self) -> str:
        """Return the SHA-256 of the content as JSON: keys sorted, no spaces, ASCII only."""
        text = json.dumps(self.content(), sort_keys=True, separators=(",", ":"))
        return sha256(text.encode()).hexdigest()


class AuditTail(models.Model):
    """The one row that says where the log ends. Whoever adds an event locks it first."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    sequence = models.PositiveBigIntegerField(default=0)
    hash = models.CharField(max_length=64, default=BEGINNING)

    def __str__(self) -> str:
        return f"{self.sequence}:{self.hash}"


class AuditCheck(models.Model):
    """One reading of the whole log, and what it found."""

    at = models.DateTimeField()
    events = models.PositiveBigIntegerField()
    problem = models.CharField(max_length=300, blank=True)  # empty: every event was as it was written

    class Meta:
        indexes: ClassVar = [models.Index(fields=["at"], name="audit_check_at")]

    def __str__(self) -> str:
        return f"check of {self.events} events"


def _text(value: object) -> str | None:
    return None if value is None else str(value)

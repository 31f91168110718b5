"""The way to consent: the link an admin receives, and each trip to Microsoft and back."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import ClassVar

from django.conf import settings
from django.db import models

from consent.models.application import Revision
from consent.models.grants import Installation


class Invitation(models.Model):
    """An approval link. Its token is signed from the id, so nothing that opens it is at rest."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    installation = models.ForeignKey(Installation, on_delete=models.CASCADE, related_name="invitations")
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )  # null: from the command line
    expires_at = models.DateTimeField()
    opened_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)
    declined_at = models.DateTimeField(null=True)  # "Decline" pressed on our page
    used_at = models.DateTimeField(null=True)  # an attempt was proved complete

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["created_at", "id"], name="invitation_newest"),
            models.Index(
                fields=["installation"],
                condition=models.Q(withdrawn_at=None, used_at=None, declined_at=None),
                name="invitation_open",
            ),
        ]

    def __str__(self) -> str:
        return f"invitation {self.id}"

    def state(self, now: datetime) -> str:
        """Return withdrawn, used, expired or open; the first that holds."""
        if self.withdrawn_at:
            return "withdrawn"
        if self.used_at:
            return "used"
        return "expired" if now >= self.expires_at else "open"


class ConsentAttempt(models.Model):
    """One trip to Microsoft. The state is stored hashed; the redirect's words are claims, not proof."""

    class Outcome(models.TextChoices):
        STARTED = "started", "At Microsoft"
        CHECKING = "checking", "Returned with a yes; reading the grants"
        APPROVED = "approved", "Every required permission proved"
        PARTLY = "partly", "Some permissions proved, some missing"
        NOT_CONFIRMED = "not-confirmed", "Never confirmed by Microsoft"
        UNPROVABLE = "unprovable", "Nothing that can be read changed"
        DECLINED = "declined", "The admin chose Cancel"
        REFUSED = "refused", "Microsoft refused"
        OTHER_TENANT = "other-tenant", "Came back for another tenant"

    invitation = models.ForeignKey(Invitation, on_delete=models.CASCADE, related_name="attempts")
    state_hash = models.CharField(max_length=64, unique=True)
    session_hash = models.CharField(max_length=64)
    revision = models.ForeignKey(Revision, on_delete=models.SET_NULL, null=True, related_name="+")
    before = models.JSONField(default=list)  # permissions granted when the admin left for Microsoft
    started_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    returned_at = models.DateTimeField(null=True)  # set once: the state is consumed
    same_browser = models.BooleanField(null=True)  # null: nothing came back yet
    outcome = models.CharField(max_length=14, choices=Outcome.choices, default=Outcome.STARTED)
    settled_at = models.DateTimeField(null=True)  # when the outcome became final
    error = models.CharField(max_length=60, blank=True)  # OAuth error value of the redirect
    code = models.PositiveIntegerField(null=True)  # AADSTS number, evidence only
    description = models.CharField(max_length=300, blank=True)  # sanitized
    other_tenant = models.UUIDField(null=True)  # only from the same browser, only for that person's page

    class Meta:
        indexes: ClassVar = [models.Index(fields=["outcome", "invitation"], name="attempt_outcome")]

    def __str__(self) -> str:
        return f"attempt {self.pk}: {self.outcome}"

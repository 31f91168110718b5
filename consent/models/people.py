"""What one person's sign-in to a watched application showed."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models

from consent.models.grants import Installation


class SignInEvidence(models.Model):
    """Facts of one trip, never a token: one person's view, which says nothing of anybody else.

    It changes neither pattern nor condition of the installation.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    installation = models.ForeignKey(Installation, on_delete=models.CASCADE, related_name="sign_ins")
    object_id = models.UUIDField()  # of the person, in the installation's tenant
    name = models.CharField(max_length=200, blank=True)  # a label, as of this sign-in
    at = models.DateTimeField()
    scopes = models.JSONField()  # all that came back, whatever was asked for
    claims = models.JSONField()  # facts of the access token, decoded and not verified
    claim_names = models.JSONField()  # of all its claims, also of those that are not kept
    roles = models.JSONField(null=True)  # template ids of active directory roles; null: nobody could look
    roles_source = models.CharField(max_length=9, blank=True)  # "token" or "directory"
    eligible = models.JSONField(null=True)  # roles that they could activate; null: nobody could look
    results = models.JSONField()  # what Microsoft answered to each call: consent.services.try_it
    app_only = models.JSONField()  # the same of the application's own token
    request_id = models.CharField(max_length=64, blank=True)
    client_request_id = models.CharField(max_length=64, blank=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["installation", "object_id", "-at"], name="sign_in_newest"),
            models.Index(fields=["installation", "-at"], name="sign_in_latest"),
        ]

    def __str__(self) -> str:
        return f"sign-in {self.id}"

"""What an administrator asked us to look up in their own organization's directory."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models

from consent.models.grants import Installation


class DirectoryLookup(models.Model):
    """One administrator's question and its last answer. Of other people only numbers are kept."""

    installation = models.ForeignKey(Installation, on_delete=models.CASCADE, related_name="directory_lookups")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    asked_at = models.DateTimeField(null=True, db_index=True)  # null: answered
    lease_until = models.DateTimeField(null=True)  # while a worker is at it
    read_at = models.DateTimeField(null=True)  # of the answer; null: never
    answer: models.JSONField[dict[str, Any]] = models.JSONField(default=dict)
    trouble = models.CharField(max_length=300, blank=True)  # why the last look failed

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["installation", "person"], name="directory_lookup_once"),
        ]

    def __str__(self) -> str:
        return f"directory lookup {self.pk}"

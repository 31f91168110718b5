"""Scans of a whole fleet, and the daily counts that the trend is drawn from."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models

from consent.models.application import Application


class Scan(models.Model):
    """A check of every installation: a row, and `next_check_at` moved up. Progress is a count."""

    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="scans")
    started_at = models.DateTimeField()
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )  # null: from the command line
    finished_at = models.DateTimeField(null=True)
    total = models.PositiveIntegerField()
    failed = models.PositiveIntegerField(default=0)  # filled in when it finishes
    changed = models.PositiveIntegerField(default=0)  # filled in when it finishes

    class Meta:
        indexes: ClassVar = [models.Index(fields=["application", "started_at"], name="scan_newest")]

    def __str__(self) -> str:
        return f"scan {self.pk}"


class DailyCount(models.Model):
    """Installations per status at the end of a day (of today: at the last sweep)."""

    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="daily_counts")
    day = models.DateField()
    status = models.CharField(max_length=20)
    installations = models.PositiveIntegerField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["application", "day", "status"], name="daily_count_once"),
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.status}: {self.installations}"

"""Calls to Microsoft that were denied, as applications reported them."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from consent.models import Application


class IngestKey(models.Model):
    """Lets an application report its failures, and nothing else. Only a digest of the key is kept."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="ingest_keys")
    name = models.CharField(max_length=80)  # whose it is: "production", "eu-west"
    hint = models.CharField(max_length=12)  # its first characters, to tell keys apart
    digest = models.CharField(max_length=64, unique=True)  # SHA-256, hexadecimal
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    revoked_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)  # to the minute
    minute_rows = models.PositiveIntegerField(default=0)  # taken in the minute of `last_used_at`

    def __str__(self) -> str:
        return f"{self.name} ({self.hint}…)"


class FailedRequest(models.Model):
    """One denied call. Facts only: what looked like a token or a secret was cut out and counted."""

    class Source(models.TextChoices):
        API = "api", "reported by the application"
        FILE = "file", "imported from a file"
        OWN = "own", "the portal's own call"

    # Made from what was reported and by whom: the same report twice is one row.
    id = models.UUIDField(primary_key=True, editable=False)
    application = models.ForeignKey(
        Application, on_delete=models.CASCADE, related_name="failures", db_index=False
    )
    tenant_id = models.UUIDField(null=True)  # as reported: perhaps of a tenant that nobody added
    occurred_at = models.DateTimeField()
    received_at = models.DateTimeField()
    source = models.CharField(max_length=4, choices=Source)
    key = models.ForeignKey(IngestKey, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False)
    # All three in lower case; "" when nobody told. A trace id of the token endpoint is its request id.
    client_request_id = models.CharField(max_length=64, blank=True)
    request_id = models.CharField(max_length=64, blank=True)
    correlation_id = models.CharField(max_length=64, blank=True)
    door = models.CharField(max_length=5, blank=True)  # "graph" or "token"
    method = models.CharField(max_length=10, blank=True)
    version = models.CharField(max_length=4, blank=True)
    path = models.CharField(max_length=500, blank=True)  # below the version, without its query
    template = models.CharField(max_length=300, blank=True)  # the path with {id} for what identifies
    status = models.PositiveSmallIntegerField()
    code = models.CharField(max_length=120, blank=True)  # Graph's error.code, or OAuth's error
    aadsts = models.PositiveIntegerField(null=True)
    suberror = models.CharField(max_length=60, blank=True)
    message = models.CharField(max_length=1000, blank=True)
    # {"challenge", "warning", "retry_after", "throttle_scope", "diagnostic"}, those that there were
    headers = models.JSONField(default=dict)
    # {"kind", "aud", "appid", "tid", "oid", "roles", "scp", "wids", "iat", "exp"}, those that were told
    token = models.JSONField(null=True)
    cut = models.PositiveSmallIntegerField(default=0)  # how much looked like a token or a secret
    verdict = models.CharField(max_length=30)  # as judged on arrival, to group by

    class Meta:
        indexes: ClassVar = [
            models.Index(
                fields=["client_request_id"],
                name="failure_client_request",
                condition=~Q(client_request_id=""),
            ),
            models.Index(fields=["request_id"], name="failure_request", condition=~Q(request_id="")),
            models.Index(
                fields=["correlation_id"], name="failure_correlation", condition=~Q(correlation_id="")
            ),
            models.Index(fields=["application", "tenant_id", "-occurred_at"], name="failure_of_tenant"),
            models.Index(fields=["application", "-occurred_at"], name="failure_newest"),
            models.Index(fields=["occurred_at"], name="failure_oldest"),
        ]

    def __str__(self) -> str:
        return f"{self.status} {self.method} {self.template}"


class FailureCount(models.Model):
    """How often a cause was seen, rolled up on arrival: charts and groups never count rows."""

    application = models.ForeignKey(
        Application, on_delete=models.CASCADE, related_name="failure_counts", db_index=False
    )
    hour = models.DateTimeField()  # of the call, its start
    tenant_id = models.UUIDField()  # all zeros when nobody told: SQL's nulls would never be the same row
    method = models.CharField(max_length=10, blank=True)
    template = models.CharField(max_length=300, blank=True)
    verdict = models.CharField(max_length=30)
    count = models.PositiveIntegerField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["application", "hour", "verdict", "tenant_id", "method", "template"],
                name="failure_count_once",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["application", "tenant_id", "hour"], name="failure_count_tenant"),
        ]

    def __str__(self) -> str:
        return f"{self.count} {self.verdict}"

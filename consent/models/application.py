"""The app registration that is watched, and the revisions of what it requires."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models

from entra.types import CLOUDS, Permission


class Application(models.Model):
    class ConsentEndpoint(models.TextChoices):
        V1 = "v1", "v1: everything in the registration"
        V2 = "v2", "v2: .default of Microsoft Graph"

    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=120)
    client_id = models.UUIDField(unique=True)
    home_tenant = models.UUIDField()
    cloud = models.CharField(max_length=12, choices=[(name, name) for name in CLOUDS], default="global")
    credential = models.CharField(max_length=300)  # "env:NAME" or "file:PATH": a reference, never a secret
    consent_endpoint = models.CharField(
        max_length=2, choices=ConsentEndpoint.choices, default=ConsentEndpoint.V1
    )
    created_at = models.DateTimeField()
    # Set while Microsoft refuses the credential: one alarm for the owner instead of one per tenant.
    credential_error = models.CharField(max_length=300, blank=True)
    credential_error_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.name

    @property
    def current_revision(self) -> Revision | None:
        return self.revisions.order_by("-number").first()


class Revision(models.Model):
    """A numbered, immutable set of required permissions."""

    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="revisions")
    number = models.PositiveIntegerField()
    published_at = models.DateTimeField()
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )  # null: from the command line
    note = models.TextField(blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["application", "number"], name="revision_number"),
        ]

    def __str__(self) -> str:
        return f"revision {self.number}"

    @property
    def required(self) -> frozenset[Permission]:
        return frozenset(row.permission for row in self.permissions.all())


class RequiredPermission(models.Model):
    revision = models.ForeignKey(Revision, on_delete=models.CASCADE, related_name="permissions")
    resource = models.CharField(max_length=36)
    kind = models.CharField(
        max_length=11, choices=[("application", "application"), ("delegated", "delegated")]
    )
    permission_id = models.CharField(max_length=36)
    value = models.CharField(max_length=200)
    reason = models.CharField(max_length=500, blank=True)  # shown to every tenant admin

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["revision", "resource", "kind", "permission_id"], name="required_permission_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.value} ({self.kind})"

    @property
    def permission(self) -> Permission:
        return Permission(
            resource=self.resource,
            kind=self.kind,  # type: ignore[arg-type]  # held by the choices
            id=self.permission_id,
            value=self.value,
        )

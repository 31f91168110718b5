"""Customers' tenants."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class Tenant(models.Model):
    """A customer's Entra tenant. Its GUID is its identity; name and domain are labels."""

    id = models.UUIDField(primary_key=True, editable=False)
    name = models.CharField(max_length=200)
    domain = models.CharField(max_length=253, blank=True, db_index=True)
    contact = models.EmailField(blank=True, help_text="Who receives approval links")
    created_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["contact"], name="tenant_contact")]

    def __str__(self) -> str:
        return self.name

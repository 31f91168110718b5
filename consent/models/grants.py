"""What tenants granted: interned patterns, one installation per tenant, immutable snapshots."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from consent.models.application import Application, Revision
from consent.rules.drift import Drift, Grants, Permissions
from consent.rules.status import Condition, Standing, Status, status_of
from entra.types import Permission
from tenants.models import Tenant


def permissions_json(permissions: Permissions) -> list[dict[str, str]]:
    """Return permissions as sorted JSON objects: resource, kind, id, value."""
    return [p.json() for p in sorted(permissions)]


def permissions_of(rows: list[dict[str, str]]) -> Permissions:
    return frozenset(Permission(**row) for row in rows)  # type: ignore[arg-type]


class GrantPattern(models.Model):
    """A distinct granted set, what the proof covered, and what was withdrawn since the last consent.

    A hundred thousand tenants hold a few dozen of these, so whatever is costly is done per pattern.
    Rows are immutable and shared by all installations.
    """

    digest = models.CharField(max_length=64, unique=True)
    granted = models.JSONField()
    knows = models.JSONField()
    withdrawn = models.JSONField()

    def __str__(self) -> str:
        return self.digest[:12]

    @property
    def grants(self) -> Grants:
        return Grants(
            granted=permissions_of(self.granted),
            knows=frozenset(self.knows),
            withdrawn=permissions_of(self.withdrawn),
        )


class Comparison(models.Model):
    """One pattern against one revision, computed once by the pure rule and kept."""

    revision = models.ForeignKey(Revision, on_delete=models.CASCADE, related_name="comparisons")
    pattern = models.ForeignKey(GrantPattern, on_delete=models.CASCADE, related_name="comparisons")
    standing = models.CharField(max_length=16, choices=[(s.value, s.value) for s in Standing])
    missing = models.JSONField()
    surplus = models.JSONField()
    unknown = models.JSONField()
    revoked = models.JSONField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["revision", "pattern"], name="comparison_once"),
        ]

    def __str__(self) -> str:
        return f"{self.revision_id} against {self.pattern_id}: {self.standing}"

    @property
    def drift(self) -> Drift:
        return Drift(
            missing=permissions_of(self.missing),
            surplus=permissions_of(self.surplus),
            unknown=permissions_of(self.unknown),
            revoked=permissions_of(self.revoked),
        )


class Installation(models.Model):
    """One (application, tenant) pair, what is known of it, and when it is to be checked next."""

    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="installations")
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="installations")
    sort_name = models.CharField(max_length=200)  # the tenant's name in lower case, for ordered reads
    created_at = models.DateTimeField()

    pattern = models.ForeignKey(GrantPattern, on_delete=models.PROTECT, related_name="installations")
    condition = models.CharField(
        max_length=12, choices=[(c.value, c.value) for c in Condition], default=Condition.UNREAD
    )
    condition_since = models.DateTimeField()  # when pattern or condition last changed
    proved_at = models.DateTimeField(null=True)  # last complete read; null: never
    checked_at = models.DateTimeField(null=True)  # last attempt to read, whatever came of it
    claimed_at = models.DateTimeField(null=True)  # last unconfirmed "yes" of a redirect; null: none open
    some_users_only = models.BooleanField(default=False)  # individuals consented for themselves
    evidence = models.JSONField(default=list)  # of the last complete read, newest first
    note = models.CharField(max_length=300, blank=True)  # one line about the last check
    failures = models.PositiveIntegerField(default=0)  # failed reads in a row
    last_error = models.JSONField(default=dict)  # of the last failed read: summary, code, ids, at

    next_check_at = models.DateTimeField(null=True, db_index=True)
    # When somebody asked for a check and waits for it; null: nobody does. Goes before a fleet's scan.
    asked_at = models.DateTimeField(null=True, db_index=True)
    lease_token = models.CharField(max_length=32, blank=True, db_index=True)
    lease_until = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["application", "tenant"], name="installation_once"),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["application", "pattern", "condition", "sort_name", "id"], name="installation_list"
            ),
            models.Index(fields=["application", "sort_name", "id"], name="installation_name"),
            models.Index(fields=["application", "checked_at"], name="installation_checked"),
            models.Index(fields=["application", "condition_since"], name="installation_changed"),
            models.Index(fields=["application", "proved_at"], name="installation_proved"),
            models.Index(
                fields=["application", "id"], condition=models.Q(failures__gt=0), name="installation_failing"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.application_id} in {self.tenant_id}"

    def status(self, standing: str) -> Status:
        return status_of(condition=Condition(self.condition), standing=Standing(standing))


class Snapshot(models.Model):
    """What was seen granted, and how. Written only when it changed; never changed afterwards."""

    installation = models.ForeignKey(Installation, on_delete=models.CASCADE, related_name="snapshots")
    sequence = models.PositiveIntegerField()
    observed_at = models.DateTimeField()
    pattern = models.ForeignKey(GrantPattern, on_delete=models.PROTECT, related_name="+")
    revision = models.ForeignKey(Revision, on_delete=models.SET_NULL, null=True, related_name="+")
    evidence = models.JSONField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["installation", "sequence"], name="snapshot_sequence"),
        ]

    def __str__(self) -> str:
        return f"snapshot {self.sequence}"

    @property
    def granted(self) -> Permissions:
        return permissions_of(self.pattern.granted)


class PatternCount(models.Model):
    """How many installations an application has per pattern and condition.

    Changed in the transaction that moves an installation, so that no page ever counts installations.
    """

    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="pattern_counts")
    pattern = models.ForeignKey(GrantPattern, on_delete=models.PROTECT, related_name="+")
    condition = models.CharField(max_length=12)
    installations = models.IntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["application", "pattern", "condition"], name="pattern_count_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.installations} of {self.pattern_id}, {self.condition}"

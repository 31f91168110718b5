"""The people who sign in."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.utils.crypto import salted_hmac

from tenants.rules.directory_roles import is_admin, names_of


class PersonManager(BaseUserManager["Person"]):
    def get_by_natural_key(self, username: str | None) -> Person:
        raise Person.DoesNotExist("People sign in with Microsoft; there are no user names.")


class Person(AbstractBaseUser):
    """Somebody who signed in with Microsoft: (tid, oid) of a validated id token, nothing else.

    Name and user name are labels as of the last sign-in. E-mail addresses identify nobody.
    """

    class Role(models.TextChoices):
        OWNER = "owner", "Owner"
        SUPPORT = "support", "Support"
        VIEWER = "viewer", "Viewer"
        NONE = "", "None"

    password = None  # type: ignore[assignment]  # there are no passwords
    tenant_id = models.UUIDField()
    object_id = models.UUIDField()
    name = models.CharField(max_length=200, blank=True)
    username = models.CharField(max_length=320, blank=True)
    role = models.CharField(max_length=10, choices=Role.choices, blank=True, default=Role.NONE)
    is_active = models.BooleanField(default=True)
    session_epoch = models.PositiveIntegerField(default=0)  # raised to end every session of this person
    signed_in_at = models.DateTimeField(null=True)
    # Template ids as of the last sign-in. Active ones open pages; eligible ones only explain why none opens.
    directory_roles = models.JSONField(default=list)
    eligible_roles = models.JSONField(null=True)  # null: nobody could tell
    roles_read_at = models.DateTimeField(null=True)  # null: Microsoft never told this person's active roles
    is_guest = models.BooleanField(default=False)  # of this tenant; at home in another

    USERNAME_FIELD = "id"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects = PersonManager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant_id", "object_id"], name="person_tid_oid"),
        ]

    def __str__(self) -> str:
        return self.name or str(self.object_id)

    @property
    def initials(self) -> str:
        words = self.name.split()
        return "".join(word[0] for word in [*words[:1], *words[1:][-1:]]).upper() or "?"

    @property
    def is_staff(self) -> bool:
        return bool(self.role)

    @property
    def at_home(self) -> bool:
        """Whether the publisher's own tenant vouches for this person."""
        return bool(str(self.tenant_id) == settings.ENTRA_HOME_TENANT)

    @property
    def is_tenant_admin(self) -> bool:
        """Whether directory roles of a customer's tenant open that tenant's own pages."""
        return not self.role and not self.at_home and is_admin(self.directory_roles)

    @property
    def role_names(self) -> tuple[str, ...]:
        """Return the names of the active directory roles, the most powerful first."""
        return names_of(self.directory_roles)

    @property
    def eligible_role_names(self) -> tuple[str, ...]:
        return names_of(self.eligible_roles or ())

    @property
    def can_invite(self) -> bool:
        return self.role in {self.Role.OWNER, self.Role.SUPPORT}

    @property
    def can_publish(self) -> bool:
        return self.role == self.Role.OWNER

    def get_session_auth_hash(self) -> str:
        return self._epoch_hmac(None)

    def get_session_auth_fallback_hash(self) -> Any:
        return (self._epoch_hmac(key) for key in settings.SECRET_KEY_FALLBACKS)

    def _epoch_hmac(self, secret: str | None) -> str:
        return salted_hmac(
            "tenants.Person.session", f"{self.pk}:{self.session_epoch}", secret=secret, algorithm="sha256"
        ).hexdigest()

"""What an application required over time: who satisfies what, and where a permission came and went."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from consent.rules.drift import Permissions
from entra.types import Permission


@dataclass(frozen=True)
class Requirement:
    """One revision, as a value."""

    id: int
    number: int
    published_at: datetime
    required: Permissions
    reasons: Mapping[Permission, str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class History:
    """Every revision of one application, oldest first."""

    revisions: tuple[Requirement, ...] = ()
    scanned_at: datetime | None = None  # when the last scan ended

    @property
    def current(self) -> Requirement | None:
        return self.revisions[-1] if self.revisions else None

    @property
    def required(self) -> Permissions:
        return self.current.required if self.current else frozenset()

    @property
    def ever_required(self) -> Permissions:
        return frozenset(p for revision in self.revisions for p in revision.required)

    def added_in(self, permission: Permission) -> Requirement | None:
        """Return the revision since which the permission is required without a break."""
        found = None
        for revision in reversed(self.revisions):
            if permission not in revision.required:
                break
            found = revision
        return found

    def removed_in(self, permission: Permission) -> Requirement | None:
        """Return the revision that stopped requiring the permission; None when none ever required it."""
        after = None
        for revision in reversed(self.revisions):
            if permission in revision.required:
                return after
            after = revision
        return None

    def numbered(self, number: int) -> Requirement | None:
        return next((r for r in self.revisions if r.number == number), None)

    def satisfied_by(self, granted: Permissions) -> tuple[int, ...]:
        """Return the numbers of the revisions whose every permission is granted: a set question."""
        return tuple(r.number for r in self.revisions if r.required <= granted)

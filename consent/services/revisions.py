"""Revisions: publish one, and say beforehand what publishing it will do.

Both work on the distinct grant patterns in use, never on tenants, and publishing moves no tenant's row.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef

from consent.models import Application, GrantPattern, PatternCount, RequiredPermission, Revision
from consent.queries.permission_list import by_name
from consent.rules.approvers import Approvers, approvers_of, either
from consent.rules.drift import Permissions, compare
from consent.rules.status import SEVERITY, Condition, Standing, Status, standing_of, status_of
from consent.services import trail
from consent.services.patterns import compare_with, patterns_in_use
from entra import catalog
from entra.types import GRAPH, Permission
from tenants.models import Person, Tenant

CONFLICT = "conflict"  # code of the error when somebody else published first
LONGEST_REASON = 500
LONGEST_NOTE = 2000
CONTACTS_COUNTED = 200  # tenants without a contact are counted up to here: a fleet's size costs nothing


@dataclass(frozen=True)
class Move:
    """So many tenants go from one status to another, or stay where they are."""

    before: Status
    after: Status
    tenants: int


@dataclass(frozen=True)
class Change:
    """A permission that a draft adds or removes, and how many tenants have it granted today."""

    permission: Permission
    granted_in: int


@dataclass(frozen=True)
class Impact:
    """What publishing a required set does. Nothing that tenants granted changes by itself."""

    number: int  # of the revision that publishing makes
    tenants: int
    moves: tuple[Move, ...]  # all tenants, also those that stay; sums to `tenants`
    added: tuple[Change, ...]
    removed: tuple[Change, ...]
    keep_removed: int  # tenants in which a removed permission stays granted
    approvers_before: Approvers
    approvers: Approvers
    without_contact: int  # at most CONTACTS_COUNTED

    @property
    def changing(self) -> int:
        return sum(move.tenants for move in self.moves if move.before is not move.after)

    @property
    def stays_in_step(self) -> int:
        return sum(m.tenants for m in self.moves if m.before is m.after is Status.IN_STEP)

    @property
    def must_approve(self) -> int:
        """Tenants that newly need their admin's approval."""
        return sum(
            m.tenants for m in self.moves if m.after is Status.RE_CONSENT_NEEDED and m.before is not m.after
        )

    @property
    def approvers_rise(self) -> bool:
        return 0 < self.approvers_before.rank < self.approvers.rank

    @property
    def contacts_words(self) -> str:
        """Return how many tenants have no contact address, as far as they were counted."""
        return f"{self.without_contact:,}" + ("+" if self.without_contact == CONTACTS_COUNTED else "")

    @property
    def adds_and_removes(self) -> bool:
        return bool(self.added and self.removed)


def publish(
    *,
    application: Application,
    required: Sequence[tuple[Permission, str]],
    note: str,
    person: Person | None,
    now: datetime,
    based_on: int | None,
) -> Revision:
    """Publish the next revision: permissions with the reason that every tenant's admin reads.

    `based_on` is the number of the revision that was edited (0: none yet, None: whichever is current).
    Raises ValidationError; with the code "conflict" when somebody else published meanwhile.
    """
    reasons = {permission: reason.strip() for permission, reason in required}
    _check(required, note=note)
    try:
        with transaction.atomic():
            # One publication and one arrival of tenants at a time: no pattern is left without comparison.
            Application.objects.select_for_update().get(pk=application.pk)
            current = application.revisions.prefetch_related("permissions").order_by("-number").first()
            _check_against(current, frozenset(reasons), based_on=based_on)
            revision = Revision.objects.create(
                application=application,
                number=current.number + 1 if current else 1,
                published_at=now,
                published_by=person,
                note=note.strip(),
            )
            _write_permissions(revision, reasons, current)
            compare_with(revision, patterns_in_use(application))
            trail.published(revision, before=current, reasons=reasons, by=person, now=now)
    except IntegrityError as error:
        raise _conflict(application.current_revision) from error
    return revision


def check(*, application: Application, required: Sequence[tuple[Permission, str]], note: str) -> None:
    """Raise the ValidationError that publishing would raise; for previews of what was typed."""
    _check(required, note=note)
    _check_against(application.current_revision, frozenset(p for p, _ in required), based_on=None)


def preview(*, application: Application, required: Iterable[Permission]) -> Impact:
    """Return what publishing these permissions would do. Writes nothing."""
    after = frozenset(required)
    current = application.revisions.prefetch_related("permissions").order_by("-number").first()
    before = current.required if current else frozenset()
    rows = list(PatternCount.objects.filter(application=application, installations__gt=0))
    patterns = GrantPattern.objects.in_bulk({row.pattern_id for row in rows})
    moves: Counter[tuple[Status, Status]] = Counter()
    granted: Counter[Permission] = Counter()
    keep_removed = 0
    # Before the first revision nothing is compared, and what is not compared is unknown.
    standings = {
        pattern.pk: (_standing(pattern, before) if current else Standing.UNKNOWN, _standing(pattern, after))
        for pattern in patterns.values()
    }
    held = {pattern.pk: pattern.grants.granted for pattern in patterns.values()}
    for row in rows:
        condition = Condition(row.condition)
        was, will_be = (status_of(condition=condition, standing=s) for s in standings[row.pattern_id])
        moves[was, will_be] += row.installations
        granted.update(dict.fromkeys(held[row.pattern_id], row.installations))
        keep_removed += row.installations if held[row.pattern_id] & (before - after) else 0
    return Impact(
        number=current.number + 1 if current else 1,
        tenants=moves.total(),
        moves=tuple(Move(*pair, tenants=n) for pair, n in sorted(moves.items(), key=_biggest_change_first)),
        added=tuple(Change(p, granted[p]) for p in by_name(after - before)),
        removed=tuple(Change(p, granted[p]) for p in by_name(before - after)),
        keep_removed=keep_removed,
        approvers_before=approvers_of(before),
        approvers=approvers_of(after),
        without_contact=_without_contact(application),
    )


def _standing(pattern: GrantPattern, required: Permissions) -> Standing:
    grants = pattern.grants
    return standing_of(drift=compare(required=required, grants=grants), grants=grants)


def _biggest_change_first(item: tuple[tuple[Status, Status], int]) -> tuple[bool, int, int]:
    (before, after), tenants = item
    return (before is after, -tenants, SEVERITY.index(after))


def _without_contact(application: Application) -> int:
    """Count the application's tenants that have no address to send a link to, up to a bound."""
    watched = application.installations.filter(tenant=OuterRef("pk"))
    silent = Tenant.objects.filter(Exists(watched), contact="")
    return silent[:CONTACTS_COUNTED].count()


def _check(required: Sequence[tuple[Permission, str]], *, note: str) -> None:
    """Refuse a set that no revision can be. What stands in Microsoft's catalog is all we can publish."""
    if not required:
        raise ValidationError("A revision needs at least one permission. Add one, then publish.")
    counted = Counter(permission for permission, _ in required)
    for permission, reason in required:
        if counted[permission] > 1:
            raise ValidationError(
                f"{permission.value} ({permission.kind}) is listed {_times(counted[permission])}."
                " List each permission once."
            )
        _check_known(permission)
        if len(reason.strip()) > LONGEST_REASON:
            raise ValidationError(
                f"The reason for {permission.value} has {len(reason.strip())} characters."
                f" Shorten it to {LONGEST_REASON}."
            )
    if len(note.strip()) > LONGEST_NOTE:
        raise ValidationError(
            f"The note to admins has {len(note.strip())} characters. Shorten it to {LONGEST_NOTE}."
        )


def _times(number: int) -> str:
    return "twice" if number == 2 else f"{number} times"


def _check_known(permission: Permission) -> None:
    if permission.resource != GRAPH or catalog.by_id(permission.kind, permission.id):
        return
    name = permission.value or permission.id
    near = catalog.suggestions(name)
    hint = f" Did you mean {either(tuple(near))}?" if near else " Check its name and kind."
    raise ValidationError(f"Microsoft Graph has no {permission.kind} permission {name}.{hint}")


def _check_against(current: Revision | None, required: Permissions, *, based_on: int | None) -> None:
    if based_on is not None and based_on != (current.number if current else 0):
        raise _conflict(current)
    if current and current.required == required:
        size = len(required)
        raise ValidationError(
            f"This is what revision {current.number} asks for already: the same"
            f" {f'{size} permissions' if size > 1 else 'permission'}."
            " Add or remove one to publish a new revision."
        )


def _conflict(current: Revision | None) -> ValidationError:
    which = f"revision {current.number}" if current else "another revision"
    return ValidationError(
        f"Someone published {which} while you were editing. Your draft is kept."
        " Review the differences, then publish again.",
        code=CONFLICT,
    )


def _write_permissions(revision: Revision, reasons: dict[Permission, str], current: Revision | None) -> None:
    """Write the set. A permission that stays keeps its reason unless a new one is given."""
    known = {row.permission: row.reason for row in current.permissions.all()} if current else {}
    RequiredPermission.objects.bulk_create(
        RequiredPermission(
            revision=revision,
            resource=permission.resource,
            kind=permission.kind,
            permission_id=permission.id,
            value=permission.value,
            reason=reason or known.get(permission, ""),
        )
        for permission, reason in reasons.items()
    )

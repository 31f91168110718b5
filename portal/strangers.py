"""People whom Microsoft vouches for and who may see nothing here: why, and who can let them in."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from tenants.access import customer_of
from tenants.models import Person, Tenant
from tenants.rules.directory_roles import ADMIN_ROLES, ROLE_NAMES, is_admin, names_of

OPENING_ROLES = names_of(ADMIN_ROLES)


class Reason(StrEnum):
    LOCKED_OUT = "locked-out"
    NO_PORTAL_ROLE = "no-portal-role"  # of the publisher's own tenant
    GUEST = "guest"
    UNKNOWN_ORGANIZATION = "unknown-organization"
    ELIGIBLE = "eligible"  # a role that would do is theirs, but not activated
    ROLES_UNREAD = "roles-unread"
    NO_DIRECTORY_ROLE = "no-directory-role"


@dataclass(frozen=True)
class Stranger:
    """What the page for somebody without access says. Of tenants it knows the person's own at most."""

    reason: Reason
    organization: Tenant | None = None
    opening_roles: tuple[str, ...] = ()
    other_roles: tuple[str, ...] = ()  # held, and not enough
    owners: tuple[str, ...] = ()


def stranger(person: Person) -> Stranger:
    if not person.is_active:
        return Stranger(Reason.LOCKED_OUT)
    if person.at_home:
        owners = Person.objects.filter(role=Person.Role.OWNER, is_active=True).order_by("name")
        return Stranger(Reason.NO_PORTAL_ROLE, owners=tuple(str(owner) for owner in owners[:5]))
    if person.is_guest and not person.is_tenant_admin:
        # Whoever can invite a guest must not learn by it whether the organization is known here.
        return Stranger(Reason.GUEST, opening_roles=OPENING_ROLES)
    customer = customer_of(person)
    if customer is None:
        return Stranger(Reason.UNKNOWN_ORGANIZATION)
    return Stranger(
        _lacking(person),
        organization=customer,
        opening_roles=_eligible(person) or OPENING_ROLES,
        other_roles=person.role_names,
    )


def _lacking(person: Person) -> Reason:
    if is_admin(person.eligible_roles or ()):
        return Reason.ELIGIBLE
    return Reason.ROLES_UNREAD if person.roles_read_at is None else Reason.NO_DIRECTORY_ROLE


def _eligible(person: Person) -> tuple[str, ...]:
    return tuple(ROLE_NAMES[role] for role in person.eligible_roles or () if role in ADMIN_ROLES)

"""Whether a person may see security data in person, by the directory roles that Microsoft named."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from consent.rules.security_api import DOUBTFUL_ROLES, SUFFICIENT_ROLES


@dataclass(frozen=True)
class OwnRole:
    """`state`: not-needed, active, doubtful, eligible, missing or unknown. `through`: template ids."""

    state: str
    through: tuple[str, ...] = ()


def own_role(*, needed: bool, active: Collection[str] | None, eligible: Collection[str]) -> OwnRole:
    """Return where a person stands. `active` is None when Microsoft did not tell.

    "Authorization and the Microsoft Graph security API": on behalf of a person it takes Security Reader or
    Security Administrator, and what Privileged Identity Management lists as eligible does not count until
    it is activated.
    """
    if not needed:
        return OwnRole("not-needed")
    held = frozenset(role.lower() for role in active or ())
    if through := held & SUFFICIENT_ROLES:
        return OwnRole("active", tuple(sorted(through)))
    if waiting := frozenset(role.lower() for role in eligible) & SUFFICIENT_ROLES:
        return OwnRole("eligible", tuple(sorted(waiting)))
    if active is None:
        return OwnRole("unknown")
    if doubtful := held & DOUBTFUL_ROLES:
        return OwnRole("doubtful", tuple(sorted(doubtful)))
    return OwnRole("missing")

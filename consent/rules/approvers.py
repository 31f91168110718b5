"""Which directory roles may consent to a required set, and which role people need afterwards."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from entra.permission_words import needs_security_role
from entra.types import GRAPH, Permission

PRIVILEGED = ("Privileged Role Administrator", "Global Administrator")
APPLICATION = ("Cloud Application Administrator", "Application Administrator")


@dataclass(frozen=True)
class Approvers:
    """Who may approve, the least privileged first, and why it takes that. `rank` compares two of them."""

    roles: tuple[str, ...]
    why: str
    rank: int

    @property
    def words(self) -> str:
        """Return "Privileged Role Administrator or Global Administrator"; empty for an empty set."""
        return either(self.roles)

    @property
    def least(self) -> str:
        return self.roles[0] if self.roles else ""


def approvers_of(required: Iterable[Permission]) -> Approvers:
    """Return who may consent to all of these for their whole tenant.

    Microsoft Entra, "Grant tenant-wide admin consent to an application", Prerequisites: only a
    Privileged Role Administrator may consent to app roles of Microsoft Graph.
    """
    required = frozenset(required)
    if not required:
        return Approvers(roles=(), why="It asks for nothing, so nobody has to approve.", rank=0)
    decisive = sorted(p.value for p in required if p.kind == "application" and p.resource == GRAPH)
    if decisive:
        more = f" (and {len(decisive) - 1} more)" if len(decisive) > 1 else ""
        why = (
            f"It asks for application permissions of Microsoft Graph: {decisive[0]}{more}."
            " Only these roles can approve those."
        )
        return Approvers(roles=PRIVILEGED, why=why, rank=2)
    why = "It asks for no application permission of Microsoft Graph, so application administrators suffice."
    return Approvers(roles=(*APPLICATION, *PRIVILEGED), why=why, rank=1)


def needs_security_reader(required: Iterable[Permission]) -> bool:
    """Whether people who use the application need the Security Reader role besides the approval.

    Microsoft Graph, "Authorization and the Microsoft Graph security API": only calls on behalf of a
    person take the role; an application that acts for itself does not.
    """
    return any(needs_security_role(permission) for permission in required)


def either(words: tuple[str, ...]) -> str:
    """Return "a", "a or b", "a, b or c"."""
    *heads, last = words or ("",)
    return f"{', '.join(heads)} or {last}" if heads else last


@dataclass(frozen=True)
class Power:
    """Whether a person may approve, by the roles that Microsoft named when they signed in."""

    through: tuple[str, ...]  # active roles that let them
    after_activation: tuple[str, ...]  # roles they hold as eligible only, which would

    @property
    def may(self) -> bool:
        return bool(self.through)


def power_of(approvers: Approvers, *, active: Iterable[str], eligible: Iterable[str]) -> Power:
    """Return what these role names are good for. Only an active role counts at Microsoft."""
    held, waiting = frozenset(active), frozenset(eligible)
    return Power(
        through=tuple(role for role in approvers.roles if role in held),
        after_activation=tuple(role for role in approvers.roles if role in waiting - held),
    )

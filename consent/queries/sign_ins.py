"""What the newest sign-in of somebody showed of the delegated permissions."""

from __future__ import annotations

from dataclasses import dataclass

from consent.models import Installation, SignInEvidence
from consent.rules.drift import OIDC_SCOPES, Permissions
from entra.types import GRAPH
from tenants.rules.directory_roles import names_of


@dataclass(frozen=True)
class PersonsView:
    """Evidence of one person: the grants of others may differ, so it moves no installation."""

    evidence: SignInEvidence
    came: list[str]
    lacked: list[str]  # required for people, and not in this person's token
    roles: tuple[str, ...] | None  # names; None: nobody could look


def persons_view(installation: Installation, required: Permissions) -> PersonsView | None:
    """Return one person's view, or None when nobody signed in yet."""
    newest = SignInEvidence.objects.filter(installation=installation).order_by("-at", "-pk").first()
    if newest is None:
        return None
    wanted = {p.value for p in required if p.kind == "delegated" and p.resource == GRAPH}
    return PersonsView(
        evidence=newest,
        came=[value for value in newest.scopes if value not in OIDC_SCOPES],
        lacked=sorted(wanted - set(newest.scopes)),
        roles=None if newest.roles is None else names_of(newest.roles),
    )

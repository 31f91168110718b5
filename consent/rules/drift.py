"""Required against granted: the comparison that the whole portal rests on."""

from __future__ import annotations

from dataclasses import dataclass

from entra.types import Observation, Permission

# Sign-in itself adds these to a tenant's delegated grant; having them is never drift.
# Microsoft identity platform, "Scopes and permissions", OpenID Connect scopes.
OIDC_SCOPES = frozenset({"openid", "profile", "email", "offline_access"})

Permissions = frozenset[Permission]


@dataclass(frozen=True)
class Grants:
    """What one tenant granted, as far as it was proved.

    `knows` says which permissions the proof covers: "application" or "delegated" for that kind of every
    resource, "application:<resource app id>" for one resource. `withdrawn` holds what was granted at the
    last consent and is gone since.
    """

    granted: Permissions = frozenset()
    knows: frozenset[str] = frozenset()
    withdrawn: Permissions = frozenset()

    def covers(self, permission: Permission) -> bool:
        return _covers(self.knows, permission)

    @property
    def ever_granted(self) -> bool:
        return bool(self.granted or self.withdrawn)


NOTHING_KNOWN = Grants()


@dataclass(frozen=True)
class Drift:
    missing: Permissions  # required, known not to be granted: features will fail
    surplus: Permissions  # granted, not required: more access than is asked for
    unknown: Permissions  # required, and nobody could look
    revoked: Permissions  # missing because the tenant withdrew it after its last consent


def compare(*, required: Permissions, grants: Grants) -> Drift:
    """Return the difference between a required set and what a tenant granted."""
    absent = required - grants.granted
    missing = frozenset(p for p in absent if grants.covers(p))
    return Drift(
        missing=missing,
        surplus=frozenset(p for p in grants.granted - required if not _is_oidc(p)),
        unknown=absent - missing,
        revoked=missing & grants.withdrawn,
    )


def fold(previous: Grants, seen: Observation) -> Grants:
    """Return the grants after a new complete observation.

    A kind that this observation does not cover becomes unknown; it is not taken for withdrawn. Gaining
    anything means that somebody consented, which closes the book on earlier withdrawals.
    """
    lost = frozenset(p for p in previous.granted if _covers(seen.knows, p)) - seen.granted
    gained = seen.granted - previous.granted
    earlier: Permissions = frozenset() if gained else previous.withdrawn
    return Grants(granted=seen.granted, knows=seen.knows, withdrawn=(earlier | lost) - seen.granted)


def differs(last_snapshot: Permissions, seen: Observation) -> bool:
    """Whether an observation shows other grants than the last snapshot, within what it covers."""
    return frozenset(p for p in last_snapshot if _covers(seen.knows, p)) != seen.granted


def _covers(knows: frozenset[str], permission: Permission) -> bool:
    return permission.kind in knows or f"{permission.kind}:{permission.resource}" in knows


def _is_oidc(permission: Permission) -> bool:
    return permission.kind == "delegated" and permission.value in OIDC_SCOPES

"""One failure with what follows from its facts, worked out once for all checks."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import UTC, datetime
from functools import cached_property, lru_cache
from typing import Final, NamedTuple

from consent.rules.security_api import directory_roles
from entra.catalog import by_value
from entra.types import GRAPH, Kind, Permission
from support.rules.calls import locate
from support.rules.facts import Door, Facts, Slug, TenantFacts, TokenFacts, Who

_NO_TOKEN: Final = TokenFacts()
_NO_TENANT: Final = TenantFacts()
_OTHER: Final[dict[Kind, Kind]] = {"application": "delegated", "delegated": "application"}
_OF_GRAPH: Final = {"application": f"application:{GRAPH}", "delegated": f"delegated:{GRAPH}"}
_BOTH: Final[tuple[Kind, ...]] = ("application", "delegated")

# RFC 6749, sections 4.1.2.1 and 5.2, and those that Microsoft adds: no other door answers so.
_OAUTH_ERRORS: Final = frozenset(
    {
        *("invalid_request", "invalid_client", "invalid_grant", "unauthorized_client", "invalid_scope"),
        *("unsupported_grant_type", "unsupported_response_type", "access_denied", "server_error"),
        *("temporarily_unavailable", "consent_required", "interaction_required", "login_required"),
        *("invalid_resource", "invalid_tenant", "permission_denied"),
    }
)
_AADSTS: Final = re.compile(r"AADSTS(\d{4,9})\b")
# Of a refusal by Defender: the values that would do, then those that the token carries.
_TOLD: Final = re.compile(r"API required roles: *(.*?), *application roles: *(.*)", re.IGNORECASE | re.DOTALL)
_NEEDED: Final = re.compile(r"required Microsoft Graph permission\(s\): *(.*)", re.IGNORECASE | re.DOTALL)
_VALUE: Final = re.compile(r"[A-Za-z][A-Za-z0-9-]*(?:\.[A-Za-z0-9-]+)+")
# In `wids`, though no roles: they tell what kind of token it is. "Access token claims reference".
_MEMBER: Final = "b79fbf4d-3ef9-4689-8143-76b194e85509"
_NOBODY: Final = "0997a1d0-0d1d-4acb-b408-d5ca73121e90"


# "Verify first-party Microsoft applications in sign-in reports": people try calls with these.
MICROSOFTS: Final = {
    "de8bc8b5-d9f9-48b1-a8ad-b748da725064": "Graph Explorer",
    "14d82eec-204b-4c2f-b7e8-296a70dab67e": "Microsoft Graph Command Line Tools",
}


class Finding(NamedTuple):
    """What a check decided. `agree` names the independent facts that say so: two of them are certain."""

    slug: Slug
    agree: tuple[str, ...] = ()  # of "answer", "headers", "token", "tenant", "report"
    variant: str = ""  # which words, where a slug has several
    who: Who | None = None  # where it differs from those words
    missing: tuple[str, ...] = ()
    role: str = ""
    values: tuple[tuple[str, str], ...] = ()  # for the words


class Case:
    """All of it is read only. None stands for "nobody told" throughout, False for "known not to be"."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.f = facts.failure
        self.t = self.f.token or _NO_TOKEN
        # A token of another application, such as Graph Explorer, says nothing about ours, nor the reverse.
        named = self.t.appid.lower() in MICROSOFTS and not self.f.client_id
        self.foreign = named or _differ(self.t.appid, self.f.client_id)
        self.tenant = _NO_TENANT if self.foreign or facts.tenant is None else facts.tenant
        self.known = self.tenant is not _NO_TENANT
        self.at = utc(self.f.occurred_at)
        self.issued_at = utc(self.t.issued_at)
        self.expires_at = utc(self.t.expires_at)
        self.status = self.f.status
        self.text = self.f.message.lower()
        self.aadsts = self.f.aadsts if self.f.aadsts is not None else _code_in(self.f.message)
        self.door = self._door()
        self.call = locate(self.f.method, self.f.path, self.f.version) if self.door != "token" else None
        self._read_answer()
        self._read_token()
        self._read_tenant()

    def _door(self) -> Door:
        if self.aadsts is not None:
            return "token"  # nobody else has these codes, whoever passed one on
        if self.f.door:
            return self.f.door
        if self.f.code in _OAUTH_ERRORS:
            return "token"
        return "graph" if self.f.path or self.f.code or self.f.challenge or self.f.warning else ""

    def _read_answer(self) -> None:
        """What Microsoft's own words say: a hint, never more than one fact."""
        message, text, code = self.f.message[:2000], self.text, self.f.code
        told = _TOLD.search(message) if "required roles" in text else None
        self.told_roles = frozenset(_VALUE.findall(told[2])) if told else None
        needed = told or (_NEEDED.search(message) if "required microsoft" in text else None)
        self.told_needs = tuple(_VALUE.findall(needed[1])) if needed else ()
        self.says_permission = (
            code == "Authentication_MSGraphPermissionMissing" or "missing application roles" in text
        )
        self.says_either = "user does not have valid roles" in text
        self.says_privileges = code == "Authorization_RequestDenied" or "insufficient privileges" in text
        self.says_unprovisioned = "not provisioned" in text

    def _read_token(self) -> None:
        self.kind = self._kind()
        self.needs = self._needs()
        self.carried = self.t.scp if self.kind == "delegated" else self.t.roles
        self.carried_from = "token"
        if self.kind is None:
            self.carried = None
        elif self.carried is None and self.kind == "application" and self.told_roles is not None:
            self.carried, self.carried_from = self.told_roles, "answer"
        self.holds: bool | None = None
        if self.needs and self.carried is not None:
            self.holds = not self.carried.isdisjoint(self.needs)
        self.roles = None if self.t.wids is None else directory_roles(self.t.wids)

    def _kind(self) -> Kind | None:
        t = self.t
        if t.kind is not None:
            return t.kind
        if t.scp or (t.wids and _MEMBER in t.wids):
            return "delegated"
        if t.roles or (t.wids and _NOBODY in t.wids) or "missing application roles" in self.text:
            return "application"
        return None

    def _needs(self) -> tuple[str, ...]:
        """Values of the permissions of which one would do, the least first."""
        if self.call is None:
            return self.told_needs
        if self.kind is not None:
            return self.call.accepted(self.kind)
        return tuple(dict.fromkeys((*self.call.application, *self.call.delegated)))

    def _read_tenant(self) -> None:
        kinds: tuple[Kind, ...] = self._likely_kinds() if self.kind is None else (self.kind,)
        tenant = self.tenant
        self.likely_kinds = kinds
        self.granted: bool | None = None  # one of what is needed, at the time of the call
        self.granted_other = False  # only as the other kind
        self.approved_at: datetime | None = None
        self.withdrawn_at: datetime | None = None
        if not self.known or not self.needs:
            return
        self.granted = self._granted(tenant.granted_then, tenant.knows_then, kinds)
        if tenant.granted_then is None and tenant.status == "never-consented":
            self.granted = False  # nothing was ever seen, so nothing was then
        if self.kind is not None and self.granted is not True and tenant.granted_then:
            self.granted_other = bool(_among(tenant.granted_then, self.needs, (_OTHER[self.kind],)))
        since = [tenant.granted_since[p] for p in _among(tenant.granted_since, self.needs, kinds)]
        self.approved_at = min(map(_utc, since)) if since else None
        gone = [tenant.withdrawn_at[p] for p in _among(tenant.withdrawn_at, self.needs, kinds)]
        self.withdrawn_at = max(map(_utc, gone)) if gone else None

    def _likely_kinds(self) -> tuple[Kind, ...]:
        """Nobody told which kind of token it was: then it is what the revision asks for."""
        asked = {p.kind for p in _among(self.tenant.required_then, self.needs, _BOTH)}
        return tuple(k for k in _BOTH if k in asked) or _BOTH

    def _granted(
        self, granted: Collection[Permission] | None, knows: frozenset[str], kinds: tuple[Kind, ...]
    ) -> bool | None:
        if granted is None:
            return None
        if _among(granted, self.needs, kinds):
            return True
        for kind in kinds:
            if kind not in knows and _OF_GRAPH[kind] not in knows:
                return None
        return False

    @property
    def granted_today(self) -> bool | None:
        return self._granted(self.tenant.granted_now, self.tenant.knows_now, self.likely_kinds)

    @property
    def granted_value(self) -> str:
        """Which of what is needed was granted at the time of the call."""
        held = _among(self.tenant.granted_then or frozenset(), self.needs, self.likely_kinds)
        return min(held, key=self._rank).value if held else ""

    @cached_property
    def required_here(self) -> list[Permission]:
        """Of what is needed, what some revision asks for."""
        asked = self.tenant.required_then | self.tenant.required_now
        return sorted(_among(asked, self.needs, self.likely_kinds), key=self._rank)

    def _rank(self, permission: Permission) -> int:
        return self.needs.index(permission.value) if permission.value in self.needs else len(self.needs)


def utc(moment: datetime | None) -> datetime | None:
    return None if moment is None else _utc(moment)


def _utc(moment: datetime) -> datetime:
    if moment.tzinfo is UTC:
        return moment
    if moment.tzinfo is None:
        return moment.replace(tzinfo=UTC)
    try:
        return moment.astimezone(UTC)
    except OverflowError:  # the first or last hours that a calendar holds
        return moment.replace(tzinfo=UTC)


def _differ(one: str, other: str) -> bool:
    return bool(one and other) and one.lower() != other.lower()


def _code_in(message: str) -> int | None:
    found = _AADSTS.search(message) if "AADSTS" in message else None
    return int(found[1]) if found else None


def _among(
    permissions: Collection[Permission], needs: tuple[str, ...], kinds: tuple[Kind, ...]
) -> list[Permission]:
    if not permissions or not needs:
        return []
    ids = _ids(needs)
    return [
        p
        for p in permissions
        if p.kind in kinds and p.resource == GRAPH and (p.id in ids or p.value in needs)
    ]


@lru_cache(maxsize=256)
def _ids(needs: tuple[str, ...]) -> frozenset[str]:
    found = (by_value(value, kind) for value in needs for kind in _BOTH)
    return frozenset(p.id for p in found if p is not None)

"""What a tenant's directory tells about people and Graph Explorer, where the application may read it.

"List unifiedRoleAssignments", "List oAuth2PermissionGrants" and "Get servicePrincipal" (Microsoft Graph) name
the application permissions that open each part. A part that Graph refuses is unknown; anything torn raises.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from entra.directory_rights import GRAPH_EXPLORER, READS_APPS, READS_ROLES, READS_SCOPES
from entra.errors import Forbidden, Refused
from entra.graph import Directory
from entra.http import EntraSession
from entra.tokens import app_only
from entra.types import GRAPH, Client

_Read = TypeVar("_Read")


@dataclass(frozen=True)
class Holders:
    """People and groups with one role in the whole tenant; None is what could not be read.

    Groups count as one: who is in them is not read.
    """

    active: int
    eligible: int | None
    person_active: bool
    person_eligible: bool | None


@dataclass(frozen=True)
class Explorer:
    """Graph Explorer in the tenant; scopes of Microsoft Graph, None where grants could not be read."""

    present: bool
    enabled: bool = True
    everyone: frozenset[str] | None = None
    somebody: frozenset[str] | None = None


@dataclass(frozen=True)
class DirectoryReport:
    """`holders` by the role's template id; None and an absent explorer: the directory may not be read."""

    holders: Mapping[str, Holders] | None = field(hash=False)
    explorer: Explorer | None
    request_ids: tuple[str, ...]
    read_at: datetime


def read_report(
    session: EntraSession,
    client: Client,
    *,
    tenant_id: str,
    person_id: str,
    roles: tuple[str, ...],
    now: datetime,
) -> DirectoryReport:
    """`person_id` is the object id of whoever asks: of others only a number is reported."""
    token = app_only(session, client, tenant_id, now=now)
    may = token.roles
    directory = Directory(session, client, token.value)
    request_ids = [token.evidence.request_id]
    holders = explorer = None
    if may is None or may & READS_ROLES:
        holders = _allowed(lambda: _holders(directory, roles, person_id.lower(), request_ids))
    if may is None or may & READS_APPS:
        explorer = _allowed(lambda: _explorer(directory, scopes=may is None or bool(may & READS_SCOPES)))
    return DirectoryReport(holders, explorer, tuple(filter(None, request_ids)), now)


def _allowed(read: Callable[[], _Read]) -> _Read | None:
    try:
        return read()
    except Forbidden as refusal:
        if refusal.status != 403:
            raise
        return None


def _holders(
    directory: Directory, roles: tuple[str, ...], person_id: str, request_ids: list[str]
) -> dict[str, Holders]:
    found = {}
    for role in roles:
        active, answer = directory.role_holders(role)
        request_ids.append(answer.request_id)
        read = _allowed(lambda role=role: directory.role_holders(role, eligible=True))  # type: ignore[misc]
        eligible = read[0] if read else None
        found[role] = Holders(
            active=len(active),
            eligible=None if eligible is None else len(eligible),
            person_active=person_id in active,
            person_eligible=None if eligible is None else person_id in eligible,
        )
    return found


def _explorer(directory: Directory, *, scopes: bool) -> Explorer:
    try:
        own_id, enabled = directory.principal_of(GRAPH_EXPLORER)
    except Refused as refusal:
        if refusal.status == 404:  # nobody in this tenant ever consented to it
            return Explorer(present=False)
        raise
    listed = _allowed(lambda: directory.delegated_grants(own_id)[0]) if scopes else None
    if listed is None:
        return Explorer(present=True, enabled=enabled)
    graph_id = directory.resource_of_app(GRAPH, names=False).id
    of_graph = [grant for grant in listed if grant.resource_id == graph_id]
    return Explorer(
        present=True,
        enabled=enabled,
        everyone=frozenset(scope for grant in of_graph if grant.everyone for scope in grant.scopes),
        somebody=frozenset(scope for grant in of_graph if not grant.everyone for scope in grant.scopes),
    )

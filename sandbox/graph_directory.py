"""Directory resources of Microsoft Graph. Permissions: the table on each operation's reference page."""

import json
import re
from collections.abc import Callable, Iterator

from werkzeug.wrappers import Response

from sandbox import graph_shapes as shapes
from sandbox.directory_roles import ROLES
from sandbox.graph_call import Call, GraphError, not_found
from sandbox.model import JSON, ServicePrincipal, joined_id, stable_guid

_APPLICATIONS = (
    "Application.Read.All",
    "Application.ReadWrite.All",
    "Directory.Read.All",
    "Directory.ReadWrite.All",
)
READS_APPLICATIONS = ((*_APPLICATIONS, "Application.ReadWrite.OwnedBy"), _APPLICATIONS)
_SCOPE_GRANTS = ("Directory.Read.All", "DelegatedPermissionGrant.ReadWrite.All", "Directory.ReadWrite.All")
READS_SCOPE_GRANTS = (_SCOPE_GRANTS, _SCOPE_GRANTS)
_ORGANIZATION = ("Organization.Read.All", "Directory.Read.All", "User.Read.All", "Directory.ReadWrite.All")
READS_ORGANIZATION = (_ORGANIZATION, (*_ORGANIZATION, "User.Read"))
_ROLES = (
    "RoleManagement.Read.Directory",
    "RoleManagement.Read.All",
    "Directory.Read.All",
    "Directory.ReadWrite.All",
)
READS_ROLES = (_ROLES, _ROLES)
READS_SELF: tuple[tuple[str, ...], tuple[str, ...]] = (
    (),
    ("User.Read", "User.Read.All", "Directory.Read.All"),
)

_CLAUSE = re.compile(r"^\s*(\w+)\s+eq\s+(?:'([^']*)'|(null))\s*$")


def filtered(call: Call, items: list[JSON], allowed: tuple[str, ...]) -> list[JSON]:
    """`$filter` with eq and and, on the fields that the operation can filter on."""
    text = call.exchange.request.args.get("$filter", "")
    if not text:
        return items
    for clause in re.split(r"\s+and\s+", text):
        match = _CLAUSE.match(clause)
        if match is None or match[1] not in allowed:
            raise GraphError(400, "Request_UnsupportedQuery", f"Unsupported Query: {clause}")
        name, value = match[1], None if match[3] else match[2]
        items = [item for item in items if _same(item.get(name), value)]
    return items


def _same(held: object, wanted: str | None) -> bool:
    if held is None or wanted is None:
        return held is None and wanted is None
    return str(held).lower() == wanted.lower()


def _principals(call: Call) -> Iterator[JSON]:
    directory = call.exchange.directory
    for principal in list(call.tenant.principals.values()):
        if principal.visible_at <= call.exchange.now:
            yield shapes.service_principal(directory, principal)
    for resource in directory.resources.values():
        yield shapes.resource_principal(resource, call.tenant)


def service_principals(call: Call) -> Response:
    call.require(*READS_APPLICATIONS)
    items = filtered(call, list(_principals(call)), ("appId", "id", "displayName", "accountEnabled"))
    return call.many("servicePrincipals", items)


def service_principal(call: Call, key: str) -> Response:
    call.require(*READS_APPLICATIONS)
    return call.one("servicePrincipals", _find_principal(call, key))


def _find_principal(call: Call, key: str) -> JSON:
    """By object id, or by the alternate key `(appId='…')`."""
    field = "appId" if key.startswith("(") else "id"
    wanted = alternate_key(key) if field == "appId" else key
    for item in _principals(call):
        if item[field] == wanted.lower():
            return item
    raise not_found(wanted)


def alternate_key(key: str) -> str:
    match = re.fullmatch(r"\(appId='([^']*)'\)", key)
    if match is None:
        raise GraphError(400, "BadRequest", f"Invalid key {key}.")
    return match[1]


def _held_principal(call: Call, key: str) -> ServicePrincipal | None:
    """None for the service principals of APIs, which hold nothing themselves here."""
    return call.tenant.principals_by_id.get(_find_principal(call, key)["id"])


def role_assignments(call: Call, key: str) -> Response:
    """What the service principal holds."""
    call.require(*READS_APPLICATIONS)
    principal = _held_principal(call, key)
    items = _assignments(call, principal) if principal else []
    return call.many("appRoleAssignments", items)


def _assignments(call: Call, principal: ServicePrincipal) -> list[JSON]:
    return [
        shapes.role_assignment(call.exchange.directory, call.tenant, principal=principal, held=held)
        for held in principal.assignments
        if held.window.visible(call.exchange.now)
    ]


def assigned_to(call: Call, key: str) -> Response:
    """Who holds roles of the service principal: the opposite direction of what it holds."""
    call.require(*READS_APPLICATIONS)
    target = _find_principal(call, key)["id"]
    principal = call.tenant.principals_by_id.get(target)
    if principal:
        item = call.exchange.directory.applications[principal.app_id]
        items = [
            shapes.person_assignment(principal, item=item, user=user, value=value)
            for user in call.tenant.users.values()
            for value in user.app_roles.get(item.app_id, [])
        ]
    else:
        everything = [_assignments(call, one) for one in call.tenant.principals.values()]
        items = [held for some in everything for held in some if held["resourceId"] == target]
    return call.many("appRoleAssignments", items)


def _scope_grants(call: Call) -> list[JSON]:
    found = []
    for principal in list(call.tenant.principals.values()):
        for grant in principal.scope_grants:
            values = grant.visible(call.exchange.now)
            if values:
                found.append(shapes.scope_grant(call.tenant, principal=principal, grant=grant, values=values))
    return found


def scope_grants(call: Call) -> Response:
    call.require(*READS_SCOPE_GRANTS)
    fields = ("clientId", "consentType", "principalId", "resourceId")
    return call.many("oauth2PermissionGrants", filtered(call, _scope_grants(call), fields))


def scope_grants_of(call: Call, key: str) -> Response:
    call.require(*READS_SCOPE_GRANTS)
    client = _find_principal(call, key)["id"]
    return call.many(
        "oauth2PermissionGrants", [item for item in _scope_grants(call) if item["clientId"] == client]
    )


def applications(call: Call) -> Response:
    call.require(*READS_APPLICATIONS)
    return call.many("applications", filtered(call, _applications(call), ("appId", "id", "displayName")))


def _applications(call: Call) -> list[JSON]:
    """Registrations are in their home tenant only."""
    everything = call.exchange.directory.applications.values()
    return [shapes.application(item) for item in everything if item.home_tenant == call.tenant.id]


def application(call: Call, key: str) -> Response:
    call.require(*READS_APPLICATIONS)
    field = "appId" if key.startswith("(") else "id"
    wanted = alternate_key(key) if field == "appId" else key
    for item in _applications(call):
        if item[field] == wanted.lower():
            return call.one("applications", item)
    raise not_found(wanted)


def organization(call: Call) -> Response:
    call.require(*READS_ORGANIZATION)
    return call.many("organization", [shapes.organization(call.tenant)])


def me(call: Call) -> Response:
    user = call.user
    call.require(*READS_SELF)
    return call.one("users", shapes.person(user))


def my_roles(call: Call) -> Response:
    user = call.user
    call.require(*READS_SELF)
    items = [
        {
            "@odata.type": "#microsoft.graph.directoryRole",
            "id": stable_guid("directory role", call.tenant.id, role),
            "deletedDateTime": None,
            "displayName": ROLES[role],
            "description": ROLES[role],
            "roleTemplateId": role,
        }
        for role in sorted(user.roles)
    ]
    return call.many("directoryObjects/microsoft.graph.directoryRole", items)


def directory_role_assignments(call: Call) -> Response:
    """Active assignments only; eligible ones are another resource."""
    call.require(*READS_ROLES)
    return _role_list(call, "roleManagement/directory/roleAssignments", eligible=False)


def directory_role_eligibility(call: Call) -> Response:
    call.require(*[(*needed, "RoleEligibilitySchedule.Read.Directory") for needed in READS_ROLES])
    return _role_list(call, "roleManagement/directory/roleEligibilityScheduleInstances", eligible=True)


def _role_list(call: Call, kind: str, *, eligible: bool) -> Response:
    if not call.exchange.request.args.get("$filter"):
        raise GraphError(
            400, "Request_UnsupportedQuery", "A $filter on principalId or roleDefinitionId is needed."
        )
    items = [
        {
            "id": f"{joined_id(role, user.id)}-1",
            "principalId": user.id,
            "roleDefinitionId": role,
            "directoryScopeId": "/",
        }
        for user in call.tenant.users.values()
        for role in sorted(user.eligible_roles if eligible else user.roles)
    ]
    return call.many(kind, filtered(call, items, ("principalId", "roleDefinitionId", "directoryScopeId")))


def delta(call: Call, items: Callable[[Call], list[JSON]], kind: str) -> Response:
    """Everything, then a delta link; an expired link answers 410. "Use delta query to track changes"."""
    args = call.exchange.request.args
    if args.get("$deltatoken") and call.exchange.directory.settings.delta_expired:
        message = "The delta token has expired; restart the synchronization."
        raise GraphError(410, "syncStateNotFound", message, Location=f"{call.base}/{kind}/delta")
    start = bool(args.get("$deltatoken"))
    response = call.many(kind, [] if start else items(call))
    if "@odata.nextLink" not in (response.json or {}):
        body = (response.json or {}) | {"@odata.deltaLink": f"{call.base}/{kind}/delta?$deltatoken=latest"}
        response.set_data(json.dumps(body))
    return response


def scope_grants_delta(call: Call) -> Response:
    call.require(*READS_SCOPE_GRANTS)
    return delta(call, _scope_grants, "oauth2PermissionGrants")


def service_principals_delta(call: Call) -> Response:
    call.require(*READS_APPLICATIONS)
    return delta(call, lambda one: list(_principals(one)), "servicePrincipals")

"""Reading JSON documents into the directory. Their shape is told in `control.py`."""

from collections.abc import Iterable
from dataclasses import asdict, fields
from datetime import UTC, datetime
from typing import Any

from sandbox import graph_shapes
from sandbox.directory import Directory, Required
from sandbox.directory_roles import ROLES, template_id
from sandbox.model import (
    JSON,
    Application,
    Secret,
    ServicePrincipal,
    Settings,
    Tenant,
    User,
    Window,
    is_guid,
    parse_permission,
    stable_guid,
)
from sandbox.permissions import GRAPH, KINDS, Kind, Permission, Resource


class BadDocumentError(ValueError):
    """A document that is not what `control.py` describes; the text says where."""


def load(directory: Directory, document: JSON) -> None:
    with directory.lock:
        for entry in document.get("resources", []):
            _load_resource(directory, entry)
        for entry in document.get("applications", []):
            directory.add_application(_application(directory, entry))
        for entry in document.get("tenants", []):
            _load_tenant(directory, entry)
        if "settings" in document:
            change_settings(directory, document["settings"])


def change_settings(directory: Directory, changes: JSON) -> None:
    known = {field.name for field in fields(Settings)}
    unknown = set(changes) - known
    if unknown:
        raise BadDocumentError(f"no setting '{sorted(unknown)[0]}'; known: {', '.join(sorted(known))}")
    for name, value in changes.items():
        setattr(directory.settings, name, value)


def _guid(entry: JSON, name: str) -> str:
    value = str(entry.get(name, ""))
    if not is_guid(value):
        raise BadDocumentError(f"'{name}' must be a GUID, not '{value}'")
    return value.lower()


def _name(entry: JSON, otherwise: str) -> str:
    return str(entry.get("displayName") or otherwise)


def _load_resource(directory: Directory, entry: JSON) -> None:
    app_id = _guid(entry, "appId")
    identifiers = (app_id, *entry.get("identifierUris", [f"api://{app_id}"]))
    resource = directory.resources.setdefault(app_id, Resource(app_id, _name(entry, app_id), identifiers))
    for item in entry.get("permissions", []):
        resource.add(
            Permission(
                _kind(item["kind"]), _guid(item, "id"), item["value"], bool(item.get("needsAdmin", True))
            )
        )


def _kind(text: str) -> Kind:
    for kind in KINDS:
        if text in (kind, {"application": "Role", "delegated": "Scope"}[kind]):
            return kind
    raise BadDocumentError(f"kind must be application or delegated, not '{text}'")


def required(directory: Directory, entries: Iterable[Any]) -> list[Required]:
    """Permissions as `VALUE:kind`, as P objects, or as an Entra manifest's requiredResourceAccess."""
    found: list[Required] = []
    for entry in entries:
        if isinstance(entry, str):
            kind, name = parse_permission(entry)
            found.append((GRAPH, directory.resources[GRAPH].find(kind, name)))
        elif "resourceAppId" in entry:
            for access in entry["resourceAccess"]:
                found.append(_named(directory, entry["resourceAppId"], access["type"], access))
        else:
            found.append(_named(directory, entry.get("resource", GRAPH), entry["kind"], entry))
    return list(dict.fromkeys(found))


def _named(directory: Directory, resource_id: str, kind_name: str, entry: JSON) -> Required:
    """An id that this sandbox does not know is learned, when the entry says the value that goes with it."""
    kind, resource_id = _kind(kind_name), resource_id.lower()
    resource = directory.resources.get(resource_id)
    if resource is None:
        # Kept as it is, so that consenting shows what an unavailable resource does.
        return resource_id, Permission(kind, entry["id"], str(entry.get("value") or entry["id"]))
    key = (kind, str(entry.get("id", "")).lower())
    if entry.get("value") and is_guid(key[1]) and key not in resource.permissions:
        resource.add(Permission(kind, key[1], entry["value"], entry.get("needsAdmin", True)))
    return resource_id, resource.find(kind, entry.get("id") or entry["value"])


def _application(directory: Directory, entry: JSON) -> Application:
    application = Application(
        app_id=_guid(entry, "appId"),
        name=_name(entry, entry["appId"]),
        home_tenant=_guid(entry, "homeTenant"),
        multi_tenant=entry.get("multiTenant", True),
        app_roles=list(entry.get("appRoles", [])),
        directory_roles_in_id_token=entry.get("directoryRolesInIdToken", False),
        created_at=directory.now(),
    )
    change_application(directory, application, entry)
    return application


def change_application(directory: Directory, application: Application, entry: JSON) -> None:
    if "requiredResourceAccess" in entry:
        application.required = required(directory, entry["requiredResourceAccess"])
    if "redirectUris" in entry:
        application.redirect_uris = [str(uri) for uri in entry["redirectUris"]]
    if "secrets" in entry:
        application.secrets = [_secret(one) for one in entry["secrets"]]
    if "certificates" in entry:
        application.certificates = [str(pem) for pem in entry["certificates"]]
    application.name = entry.get("displayName", application.name)
    application.multi_tenant = entry.get("multiTenant", application.multi_tenant)


def _secret(entry: Any) -> Secret:
    if isinstance(entry, str):
        return Secret(entry)
    expires = entry.get("expires")
    return Secret(entry["value"], datetime.fromisoformat(expires).timestamp() if expires else None)


def _load_tenant(directory: Directory, entry: JSON) -> None:
    tenant = Tenant(
        id=_guid(entry, "id"),
        name=_name(entry, entry["id"]),
        domains=list(entry.get("domains", [])),
        cloud=entry.get("cloud", "global"),
        defender=entry.get("defender", True),
        premium=entry.get("premium", True),
    )
    for person in entry.get("users", []):
        user = _user(tenant, person)
        tenant.users[user.id] = user
    directory.add_tenant(tenant)
    for app in entry.get("apps", []):
        _load_principal(directory, tenant, app)


def _user(tenant: Tenant, entry: JSON) -> User:
    address = entry.get("userPrincipalName", "")
    home = _guid(entry, "guestOf") if entry.get("guestOf") else ""
    return User(
        id=entry.get("id") or stable_guid("user", tenant.id, address),
        tenant_id=tenant.id,
        name=_name(entry, address),
        username=_external(tenant, address) if home else address,
        roles={template_id(role) for role in entry.get("directoryRoles", [])},
        eligible_roles={template_id(role) for role in entry.get("eligibleRoles", [])},
        app_roles={app.lower(): list(values) for app, values in entry.get("appRoles", {}).items()},
        enabled=entry.get("enabled", True),
        guest_of=home,
        mail=address if home else "",
        claims=dict(entry.get("claims", {})),
    )


def _external(tenant: Tenant, address: str) -> str:
    """ "Properties of a B2B guest user": the user name of a guest holds the address they sign in with."""
    return f"{address.replace('@', '_')}#EXT#@{tenant.domains[0] if tenant.domains else tenant.id}"


def _load_principal(directory: Directory, tenant: Tenant, entry: JSON) -> None:
    """What a document says was granted long ago, so it is visible at once."""
    app_id = _guid(entry, "appId")
    directory.application(app_id)
    principal = directory.ensure_principal(tenant, app_id)
    principal.enabled = entry.get("enabled", True)
    for item in entry.get("granted", []):
        person = item.get("principal") if isinstance(item, dict) else None
        directory.grant(tenant, app_id, required=required(directory, [item]), principal_id=person)
    principal.visible_at = principal.created_at
    for held in principal.assignments:
        held.window.visible_at = held.window.granted_at
    for grant in principal.scope_grants:
        for window in grant.scopes.values():
            window.visible_at = window.granted_at


def dump(directory: Directory) -> JSON:
    """Everything, sorted, without secrets."""
    with directory.lock:
        return {
            "now": _moment(directory.now()),
            "settings": asdict(directory.settings),
            "applications": [dump_application(one) for _, one in sorted(directory.applications.items())],
            "tenants": [dump_tenant(directory, one) for _, one in sorted(directory.tenants.items())],
        }


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _p(resource: str, permission: Permission) -> JSON:
    return {"resource": resource, "kind": permission.kind, "id": permission.id, "value": permission.value}


def dump_application(application: Application) -> JSON:
    return {
        "appId": application.app_id,
        "displayName": application.name,
        "homeTenant": application.home_tenant,
        "multiTenant": application.multi_tenant,
        "redirectUris": application.redirect_uris,
        "requiredResourceAccess": graph_shapes.required_resource_access(application),
        "required": sorted((_p(*one) for one in application.required), key=_order),
        "appRoles": application.app_roles,
        "secrets": len(application.secrets),
        "certificates": len(application.certificates),
    }


def _order(item: JSON) -> tuple[str, ...]:
    return item["resource"], item["kind"], item["id"], item.get("principal") or ""


def dump_tenant(directory: Directory, tenant: Tenant) -> JSON:
    return {
        "id": tenant.id,
        "displayName": tenant.name,
        "domains": tenant.domains,
        "cloud": tenant.cloud,
        "users": [_dump_user(user) for user in tenant.users.values()],
        "apps": [dump_principal(directory, one) for _, one in sorted(tenant.principals.items())],
    }


def _dump_user(user: User) -> JSON:
    return {
        "id": user.id,
        "displayName": user.name,
        "userPrincipalName": user.username,
        "directoryRoles": sorted(ROLES[role] for role in user.roles),
        "eligibleRoles": sorted(ROLES[role] for role in user.eligible_roles),
        "appRoles": user.app_roles,
        "enabled": user.enabled,
        "userType": user.user_type,
        "guestOf": user.guest_of or None,
    }


def dump_principal(directory: Directory, principal: ServicePrincipal) -> JSON:
    now = directory.now()
    principal.forget_gone(now)
    granted = [
        _dump_grant(held.resource, held.permission, held.window, now) for held in principal.assignments
    ]
    for grant in principal.scope_grants:
        resource = directory.resources[grant.resource]
        for value, window in grant.scopes.items():
            entry = _dump_grant(grant.resource, resource.find("delegated", value), window, now)
            granted.append(entry | ({"principal": grant.principal_id} if grant.principal_id else {}))
    return {
        "appId": principal.app_id,
        "servicePrincipalId": principal.id,
        "enabled": principal.enabled,
        "visible": principal.visible_at <= now,
        "visible_at": _moment(principal.visible_at),
        "granted": sorted(granted, key=_order),
    }


def _dump_grant(resource: str, permission: Permission, window: Window, now: float) -> JSON:
    return _p(resource, permission) | {
        "granted_at": _moment(window.granted_at),
        "visible_at": _moment(window.visible_at),
        "gone_at": _moment(window.gone_at) if window.gone_at is not None else None,
        "visible": window.visible(now),
    }

"""What a consent asks for, who may give it and what it writes."""

from sandbox.directory import Directory, Required
from sandbox.directory_roles import CONSENTS_TO_EVERYTHING, CONSENTS_TO_MOST
from sandbox.errors import EntraError
from sandbox.model import Application, ServicePrincipal, Tenant, User
from sandbox.permissions import GRAPH, OIDC_SCOPES, Permission, UnknownPermissionError

__all__ = ["Required", "dynamic", "is_static", "may_grant", "scope_uris", "static", "write"]


def static(directory: Directory, application: Application) -> list[Required]:
    """The registration as it is at this moment, every resource and both kinds."""
    for resource, _ in application.required:
        if resource not in directory.resources:
            raise EntraError(65005, app=application.app_id, resource=resource)
    return list(application.required)


def is_static(scope: str) -> bool:
    """Whether a scope parameter asks for the registered set."""
    return any(name.endswith("/.default") or name == ".default" for name in scope.split())


def dynamic(directory: Directory, application: Application, scope: str) -> list[Required]:
    """What the second endpoint's `scope` names: delegated permissions only, unless it says `.default`."""
    if is_static(scope):
        return static(directory, application)
    return [_delegated(directory, name) for name in scope.split()]


def _delegated(directory: Directory, name: str) -> Required:
    if name.lower() in OIDC_SCOPES:
        return GRAPH, directory.resources[GRAPH].find("delegated", name)
    identifier, _, value = name.rpartition("/")
    resource = directory.resource(identifier or GRAPH)
    if resource is None:
        raise EntraError(500011, resource=identifier, tenant="")
    try:
        return resource.app_id, resource.find("delegated", value)
    except UnknownPermissionError:
        raise EntraError(70011, scope=name) from None


def may_grant(user: User, asked: list[Required]) -> bool:
    """Application permissions of Microsoft Graph take one of the two highest roles; the rest takes less."""
    graph_roles = any(res == GRAPH and perm.kind == "application" for res, perm in asked)
    return bool(user.roles & (CONSENTS_TO_EVERYTHING if graph_roles else CONSENTS_TO_MOST))


def write(
    directory: Directory, tenant: Tenant, application: Application, *, asked: list[Required], static: bool
) -> list[Required]:
    """Write the consent and say what was granted; the settings may hold some of it back."""
    only = directory.settings.grant_only
    granted = [(res, perm) for res, perm in asked if only is None or {perm.value, perm.id} & set(only)]
    with directory.lock:
        principal = directory.grant(tenant, application.app_id, required=granted)
        _withdraw_outside(directory, principal, granted, static=static)
    return granted


def _withdraw_outside(
    directory: Directory, principal: ServicePrincipal, granted: list[Required], *, static: bool
) -> None:
    """Granting tenant-wide consent again may revoke what was granted tenant-wide before; people's own stays.

    The scopes of a resource for which none is asked now are left alone.
    """
    kept = {(resource, perm.kind, perm.value) for resource, perm in granted}
    renewed = {resource for resource, perm in granted if perm.kind == "delegated"}
    if directory.settings.consent_mode == "replace":
        directory.withdraw(
            window
            for grant in principal.scope_grants
            if grant.principal_id is None and grant.resource in renewed
            for value, window in grant.scopes.items()
            if (grant.resource, "delegated", value) not in kept
        )
    if directory.settings.outside_app_roles == "remove" and static:
        directory.withdraw(
            held.window
            for held in principal.assignments
            if (held.resource, "application", held.permission.value) not in kept
        )


def scope_uris(directory: Directory, granted: list[Required]) -> str:
    return " ".join(_uri(directory, resource, permission) for resource, permission in granted)


def _uri(directory: Directory, resource: str, permission: Permission) -> str:
    if permission.value in OIDC_SCOPES:
        return permission.value
    identifiers = directory.resources[resource].identifiers
    named = next((name for name in identifiers if "://" in name), identifiers[0])
    return f"{named}/{permission.value}"

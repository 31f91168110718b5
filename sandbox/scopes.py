"""Scope strings. "Scopes and permissions in the Microsoft identity platform"."""

from dataclasses import dataclass

from sandbox.directory import Directory
from sandbox.errors import EntraError
from sandbox.model import Application, ServicePrincipal, Tenant, User
from sandbox.permissions import GRAPH, OIDC_SCOPES, Permission, Resource, UnknownPermissionError
from sandbox.tokens import Target


@dataclass(frozen=True)
class Asked:
    """What a person's sign-in asks for: one API, by name or everything of it, beside the OIDC scopes."""

    target: Target
    oidc: frozenset[str]
    permissions: tuple[Permission, ...]
    everything: bool  # .default


def app_only_target(directory: Directory, scope: str, tenant: Tenant) -> Target:
    """`{resource}/.default`, once: anything else is refused for client credentials."""
    identifier, found, rest = scope.strip().partition("/.default")
    if not identifier or not found or rest or " " in identifier:
        raise EntraError(directory.settings.bad_scope, scope=scope)
    resource = directory.resource(identifier)
    if resource is None:
        raise EntraError(500011, resource=identifier, tenant=tenant.name)
    return Target(resource, identifier.rstrip("/"))


def asked_for(directory: Directory, scopes: tuple[str, ...]) -> Asked:
    names: dict[str, list[str]] = {}
    oidc = set()
    for scope in scopes:
        if scope.lower() in OIDC_SCOPES:
            oidc.add(scope.lower())
        else:
            identifier, _, value = scope.rpartition("/")
            names.setdefault(identifier.rstrip("/") or "https://graph.microsoft.com", []).append(value)
    if len(names) > 1:
        raise EntraError(70011, scope=" ".join(scopes))
    identifier, values = next(iter(names.items()), ("https://graph.microsoft.com", []))
    resource = directory.resource(identifier)
    if resource is None:
        raise EntraError(500011, resource=identifier, tenant="")
    everything = ".default" in values
    if everything and len(values) > 1:
        raise EntraError(70011, scope=" ".join(scopes))
    permissions = () if everything else tuple(_named(resource, value) for value in values)
    return Asked(Target(resource, identifier), frozenset(oidc), permissions, everything)


def _named(resource: Resource, value: str) -> Permission:
    try:
        return resource.find("delegated", value)
    except UnknownPermissionError:
        raise EntraError(70011, scope=value) from None


def consented(principal: ServicePrincipal | None, user: User, *, asked: Asked, now: float) -> list[str]:
    """Every scope that the person's token carries: all that is granted, not just what was asked for."""
    resource = asked.target.resource.app_id
    granted = principal.scopes(resource, user.id, now) if principal else []
    carried = dict.fromkeys([*granted, "openid", "profile", "email"])
    return [value for value in carried if value != "offline_access"]


def user_consentable(application: Application, asked: Asked) -> list[Permission]:
    """What a person may grant for themselves without an admin."""
    if asked.everything:
        return [
            permission
            for resource, permission in application.required
            if permission.kind == "delegated"
            and resource == asked.target.resource.app_id
            and not permission.needs_admin
        ]
    return [permission for permission in asked.permissions if not permission.needs_admin]


def openid_permissions(directory: Directory, asked: Asked) -> list[Permission]:
    graph = directory.resources[GRAPH]
    return [graph.find("delegated", value) for value in sorted(asked.oidc)]


def missing(principal: ServicePrincipal | None, user: User, *, asked: Asked, now: float) -> bool:
    """Whether nobody consented to what is asked for. `.default` is content with anything granted."""
    resource = asked.target.resource.app_id
    granted = set(principal.scopes(resource, user.id, now)) if principal else set()
    if asked.everything:
        return not granted - set(OIDC_SCOPES)
    return any(permission.value not in granted for permission in asked.permissions)

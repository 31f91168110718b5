"""Reading required permissions: from an Entra application manifest, or from the words of a command line."""

from collections.abc import Iterator
from typing import Any

from entra import catalog
from entra.errors import ManifestError
from entra.types import GRAPH, Kind, Permission, is_guid

# "Understand the app manifest (Microsoft Graph format)": requiredResourceAccess, resourceAccess.
_KINDS: dict[str, Kind] = {"Role": "application", "Scope": "delegated"}
_TYPES: dict[Kind, str] = {"application": "Role", "delegated": "Scope"}
_MAX_PERMISSIONS = 1200  # "Microsoft Entra service limits": entries of a manifest


def parse_required_access(document: object) -> list[Permission]:
    """The required permissions, sorted; `document` is parsed JSON."""
    found: dict[tuple[str, str, str], Permission] = {}
    for where, resource, access in _entries(_required_access(document)):
        permission = _permission(where, resource, access)
        if permission.key in found:
            raise ManifestError(f"{where} lists {permission.value} ({permission.kind}) a second time.")
        found[permission.key] = permission
        if len(found) > _MAX_PERMISSIONS:
            raise ManifestError(f"The manifest lists more than {_MAX_PERMISSIONS} permissions.")
    if not found:
        raise ManifestError("The manifest asks for no permission: its requiredResourceAccess is empty.")
    return sorted(found.values())


def parse_permission(text: str) -> Permission:
    """A Microsoft Graph permission written as VALUE:KIND, such as SecurityEvents.Read.All:application."""
    value, colon, kind = (part.strip() for part in text.strip().partition(":"))
    shown = _shown(value)
    if not value:
        raise ManifestError(
            "A permission is written VALUE:KIND, such as SecurityEvents.Read.All:application."
        )
    if kind not in _TYPES:
        said = f"{_shown(kind)} is not a kind" if colon else f"{shown} lacks its kind"
        raise ManifestError(f"{said}: write {shown}:application or {shown}:delegated.")
    found = catalog.by_value(value, kind)
    if found is not None:
        return found
    other = _other(kind)
    if catalog.by_value(value, other) is not None:
        raise ManifestError(f"Microsoft Graph has {shown} only as {other} permission: write {shown}:{other}.")
    near = catalog.suggestions(value)
    hint = f" Did you mean {' or '.join(near)}?" if near else ""
    raise ManifestError(f"Microsoft Graph has no permission named {shown}.{hint}")


def _required_access(document: object) -> list[Any]:
    if isinstance(document, dict):
        if "requiredResourceAccess" not in document:
            raise ManifestError(
                "This is not an application manifest: it has no requiredResourceAccess."
                " Download it in Entra under App registrations, Manifest."
            )
        document = document["requiredResourceAccess"]
    if not isinstance(document, list):
        raise ManifestError(
            "requiredResourceAccess must be a list of resources with their permissions,"
            f" but it is {_json_type(document)}."
        )
    return document


def _entries(resources: list[Any]) -> Iterator[tuple[str, str, object]]:
    for number, entry in enumerate(resources):
        where = f"requiredResourceAccess[{number}]"
        if not isinstance(entry, dict):
            raise ManifestError(f"{where} must be an object, but it is {_json_type(entry)}.")
        resource = entry.get("resourceAppId")
        if not is_guid(resource):
            raise ManifestError(
                f"{where}.resourceAppId must be the app id (a GUID) of an API{_got(resource)}."
            )
        accesses = entry.get("resourceAccess")
        if not isinstance(accesses, list):
            raise ManifestError(f"{where}.resourceAccess must be a list, but it is {_json_type(accesses)}.")
        for index, access in enumerate(accesses):
            yield f"{where}.resourceAccess[{index}]", str(resource), access


def _permission(where: str, resource: str, access: object) -> Permission:
    if not isinstance(access, dict):
        raise ManifestError(f"{where} must be an object with id and type, but it is {_json_type(access)}.")
    kind = _KINDS.get(str(access.get("type")))
    if kind is None:
        raise ManifestError(f'{where}.type must be "Role" or "Scope"{_got(access.get("type"))}.')
    permission_id = access.get("id")
    if not is_guid(permission_id):
        raise ManifestError(f"{where}.id must be the id (a GUID) of a permission{_got(permission_id)}.")
    if resource.lower() != GRAPH:
        return Permission(resource, kind, str(permission_id), str(permission_id).lower())
    return _graph_permission(where, kind, str(permission_id))


def _graph_permission(where: str, kind: Kind, permission_id: str) -> Permission:
    found = catalog.by_id(kind, permission_id)
    if found is not None:
        return found
    message = (
        f"{where}: Microsoft Graph has no {kind} permission ({_TYPES[kind]}) with the id {permission_id}"
    )
    other = catalog.by_id(_other(kind), permission_id)
    if other is not None:
        message += f"; it is the id of {other.value} as {other.kind} permission (type {_TYPES[other.kind]})"
    raise ManifestError(f"{message}.")


def _other(kind: Kind) -> Kind:
    return "delegated" if kind == "application" else "application"


def _got(value: object) -> str:
    if value is None:
        return ", but it is missing"
    return f", not {_shown(value)}" if isinstance(value, str) else f", but it is {_json_type(value)}"


def _shown(text: str) -> str:
    """Foreign text inside our sentence: printable and short."""
    clean = "".join(c if c.isprintable() else " " for c in text)
    return clean if len(clean) <= 60 else f"{clean[:60]}…"


def _json_type(value: object) -> str:
    names: dict[type, str] = {bool: "true or false", str: "a text", list: "a list", dict: "an object"}
    if value is None:
        return "missing"
    return names.get(type(value), "a number")

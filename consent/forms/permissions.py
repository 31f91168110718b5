"""From what was typed or posted to one permission."""

from __future__ import annotations

from collections.abc import Collection

from django.core.exceptions import ValidationError

from consent.rules.approvers import either
from entra import catalog
from entra.types import GRAPH, Kind, Permission, is_guid

KINDS = (
    ("application", "Application permission: the app works without a signed-in user"),
    ("delegated", "Delegated permission: the app acts for a signed-in person"),
)


def of_key(key: str) -> Permission | None:
    """Return the permission that a posted key names; nothing for what no page of ours posts."""
    parts = key.split(":")
    if len(parts) != 3 or parts[1] not in dict(KINDS) or not (is_guid(parts[0]) and is_guid(parts[2])):
        return None
    resource, kind, permission_id = parts
    known = catalog.by_id(kind, permission_id) if resource == GRAPH else None  # type: ignore[arg-type]
    return known or Permission(resource, kind, permission_id, permission_id)  # type: ignore[arg-type]


def named(name: str, kind: str) -> Permission:
    name = name.strip()
    wanted: Kind = "delegated" if kind == "delegated" else "application"
    other: Kind = "application" if wanted == "delegated" else "delegated"
    if not name:
        raise ValidationError("Type the name of a permission, such as SecurityAlert.Read.All.")
    found = catalog.by_value(name, wanted)
    if found:
        return found
    if catalog.by_value(name, other):
        raise ValidationError(f"{name} exists only as {other} permission. Choose that kind.")
    near = catalog.suggestions(name)
    hint = f"Did you mean {either(tuple(near))}?" if near else "Check the spelling."
    raise ValidationError(f"Microsoft Graph has no permission named {name[:60]}. {hint}")


def narrower(permission: Permission, chosen: Collection[Permission]) -> str:
    """Return the reading twin of a permission that also writes, where there is one."""
    if permission.resource != GRAPH or "ReadWrite" not in permission.value:
        return ""
    twin = catalog.by_value(permission.value.replace("ReadWrite", "Read"), permission.kind)
    return twin.value if twin and twin not in chosen else ""

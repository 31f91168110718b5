"""Addresses of the Entra admin center's own pages, in the cloud that an application lives in.

They are written as the admin center writes them itself; Microsoft documents the menus, not the addresses,
so every link stands beside the path in words.
"""

from __future__ import annotations

from urllib.parse import quote

from entra.types import Cloud


def roles_and_admins(cloud: Cloud) -> str:
    return _view(cloud, "RolesManagementMenuBlade/~/AllRoles")


def role_assignments(cloud: Cloud, *, template: str, name: str) -> str:
    """Return the page of one built-in role: who holds it, and "Add assignments"."""
    return _view(
        cloud,
        f"RoleMenuBlade/~/RoleMembers/objectId/{template}/roleName/{quote(name)}/roleTemplateId/{template}"
        "/adminUnitObjectId//customRole~/false/resourceScope/%2F",
    )


def enterprise_app(cloud: Cloud, client_id: str) -> str:
    """Return the page of an application in the tenant of whoever opens it."""
    return _view(cloud, f"ManagedAppMenuBlade/~/Overview/appId/{client_id}")


def _view(cloud: Cloud, page: str) -> str:
    return f"https://{cloud.portal_host}/#view/Microsoft_AAD_IAM/{page}"

"""What has to be entered at Entra, step by step, as values to copy and as commands."""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from django.conf import settings
from django.urls import reverse

from consent.models import Application
from consent.queries.permission_list import Shown, by_name, manifest_fragment, show
from consent.queries.registration import return_address
from entra.types import CLOUDS, Cloud

# The Azure CLI's names of clouds, "az cloud".
_CLI_CLOUDS = {"usgov": "AzureUSGovernment", "usgovdod": "AzureUSGovernment", "china": "AzureChinaCloud"}


@dataclass(frozen=True)
class PortalRole:
    value: str
    description: str


# Of the portal's own registration; the claim `roles` of a sign-in carries the value.
PORTAL_ROLES = (
    PortalRole("Owner", "Publishes revisions, registers applications and adds tenants."),
    PortalRole("Support", "Checks tenants and sends approval links."),
    PortalRole("Viewer", "Sees everything and changes nothing."),
)


@dataclass(frozen=True)
class Checklist:
    application: Application
    cloud: Cloud
    return_address: str
    sign_in_address: str
    permissions: list[Shown]
    manifest: str
    command: str
    portal_client_id: str
    portal_roles: tuple[PortalRole, ...]
    portal_manifest: str
    portal_command: str


def checklist_of(application: Application) -> Checklist:
    revision = application.current_revision
    required = revision.required if revision else frozenset()
    access = manifest_fragment(required)
    roles = _app_roles()
    sign_in = f"{settings.PORTAL_URL}{reverse('portal:sign_in_return')}"
    return Checklist(
        application=application,
        cloud=CLOUDS[application.cloud],
        return_address=return_address(),
        sign_in_address=sign_in,
        permissions=[show(permission) for permission in by_name(required)],
        manifest=_json(
            {
                "signInAudience": "AzureADMultipleOrgs",
                "requiredResourceAccess": access,
                "web": {"redirectUris": [return_address()]},
            }
        ),
        command=_update(
            application.cloud,
            str(application.client_id),
            redirect=return_address(),
            files={"--required-resource-accesses": ("required.json", access)} if access else {},
            more=("--sign-in-audience AzureADMultipleOrgs",),
        ),
        portal_client_id=settings.ENTRA_CLIENT_ID,
        portal_roles=PORTAL_ROLES,
        portal_manifest=_json({"appRoles": roles}),
        portal_command=_update(
            "global",
            settings.ENTRA_CLIENT_ID or "CLIENT-ID",
            redirect=sign_in,
            files={"--app-roles": ("roles.json", roles)},
        ),
    )


def _app_roles() -> list[dict[str, Any]]:
    """ "Add app roles to your application": the ids are ours to choose, and the same each time."""
    return [
        {
            "id": str(uuid5(NAMESPACE_URL, f"{settings.PORTAL_URL}/roles/{role.value}")),
            "allowedMemberTypes": ["User"],
            "displayName": role.value,
            "description": role.description,
            "value": role.value,
            "isEnabled": True,
        }
        for role in PORTAL_ROLES
    ]


def _update(
    cloud: str,
    client_id: str,
    *,
    redirect: str,
    files: dict[str, tuple[str, Any]],
    more: tuple[str, ...] = (),
) -> str:
    """Return shell lines that enter all of it: "az ad app update", Azure CLI reference."""
    lines = []
    if cloud in _CLI_CLOUDS:
        lines.append(f"az cloud set --name {_CLI_CLOUDS[cloud]}")
    for name, content in files.values():
        lines += [f"cat > {name} <<'JSON'", _json(content), "JSON"]
    options = [f"--id {shlex.quote(client_id)}", *more, f"--web-redirect-uris {shlex.quote(redirect)}"]
    options += [f"{option} @{name}" for option, (name, _) in files.items()]
    return "\n".join([*lines, " \\\n  ".join(["az ad app update", *options])])


def _json(content: Any) -> str:
    return json.dumps(content, indent=2)

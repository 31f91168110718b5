"""How Graph writes what the directory holds."""

import hashlib
import uuid
from datetime import UTC, datetime
from typing import Any

from sandbox.directory import Directory
from sandbox.keys import b64url
from sandbox.model import (
    JSON,
    Application,
    RoleAssignment,
    ScopeGrant,
    ServicePrincipal,
    Tenant,
    User,
    joined_id,
    stable_guid,
)
from sandbox.permissions import MICROSOFT_SERVICES_TENANT, Permission, Resource


def moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def required_resource_access(application: Application) -> list[JSON]:
    by_resource: dict[str, list[JSON]] = {}
    for resource, permission in application.required:
        entry = {"id": permission.id, "type": "Role" if permission.kind == "application" else "Scope"}
        by_resource.setdefault(resource, []).append(entry)
    return [{"resourceAppId": resource, "resourceAccess": access} for resource, access in by_resource.items()]


def audience(application: Application) -> str:
    return "AzureADMultipleOrgs" if application.multi_tenant else "AzureADMyOrg"


def application(item: Application) -> JSON:
    return {
        "id": item.object_id,
        "deletedDateTime": None,
        "appId": item.app_id,
        "displayName": item.name,
        "createdDateTime": moment(item.created_at),
        "signInAudience": audience(item),
        "disabledByMicrosoftStatus": None,
        "identifierUris": [],
        "groupMembershipClaims": "DirectoryRole" if item.directory_roles_in_id_token else None,
        "requiredResourceAccess": required_resource_access(item),
        "appRoles": _app_roles(item),
        "web": {"redirectUris": item.redirect_uris},
        "spa": {"redirectUris": []},
        "publicClient": {"redirectUris": []},
        "passwordCredentials": [
            {
                "keyId": stable_guid(item.app_id, str(number)),
                "displayName": f"Secret {number + 1}",
                "hint": secret.value[:3],
                "startDateTime": moment(item.created_at),
                "endDateTime": moment(secret.expires)
                if secret.expires is not None
                else "2099-12-31T00:00:00Z",
            }
            for number, secret in enumerate(item.secrets)
        ],
    }


def app_role_id(app_id: str, value: str) -> str:
    return stable_guid("app role", app_id, value)


def _app_roles(item: Application) -> list[JSON]:
    return [
        {
            "id": app_role_id(item.app_id, value),
            "value": value,
            "displayName": value,
            "description": value,
            "isEnabled": True,
            "origin": "Application",
            "allowedMemberTypes": ["User"],
        }
        for value in item.app_roles
    ]


def service_principal(directory: Directory, principal: ServicePrincipal) -> JSON:
    item = directory.applications[principal.app_id]
    return {
        "id": principal.id,
        "deletedDateTime": None,
        "appId": item.app_id,
        "displayName": item.name,
        "appDisplayName": item.name,
        "accountEnabled": principal.enabled,
        "appOwnerOrganizationId": item.home_tenant,
        "appRoleAssignmentRequired": False,
        "servicePrincipalType": "Application",
        "signInAudience": audience(item),
        "createdDateTime": moment(principal.created_at),
        "replyUrls": item.redirect_uris,
        "servicePrincipalNames": [item.app_id],
        "tags": ["WindowsAzureActiveDirectoryIntegratedApp"],
        "homepage": None,
        "disabledByMicrosoftStatus": None,
        "appRoles": _app_roles(item),
        "oauth2PermissionScopes": [],
    }


def resource_principal(resource: Resource, tenant: Tenant) -> JSON:
    return {
        "id": tenant.resource_principal_id(resource.app_id),
        "deletedDateTime": None,
        "appId": resource.app_id,
        "displayName": resource.name,
        "appDisplayName": resource.name,
        "accountEnabled": True,
        "appOwnerOrganizationId": MICROSOFT_SERVICES_TENANT,
        "appRoleAssignmentRequired": False,
        "servicePrincipalType": "Application",
        "signInAudience": "AzureADMultipleOrgs",
        "createdDateTime": "2020-01-01T00:00:00Z",
        "replyUrls": [],
        "servicePrincipalNames": list(resource.identifiers),
        "tags": [],
        "homepage": None,
        "disabledByMicrosoftStatus": None,
        "appRoles": [_resource_role(permission) for permission in resource.listed("application")],
        "oauth2PermissionScopes": [
            _resource_scope(permission) for permission in resource.listed("delegated")
        ],
    }


def _resource_role(permission: Permission) -> JSON:
    return {
        "id": permission.id,
        "value": permission.value,
        "displayName": permission.value,
        "description": permission.value,
        "isEnabled": True,
        "origin": "Application",
        "allowedMemberTypes": ["Application"],
    }


def _resource_scope(permission: Permission) -> JSON:
    return {
        "id": permission.id,
        "value": permission.value,
        "type": "Admin" if permission.needs_admin else "User",
        "isEnabled": True,
        "adminConsentDisplayName": permission.value,
        "adminConsentDescription": permission.value,
        "userConsentDisplayName": permission.value,
        "userConsentDescription": permission.value,
    }


def _assignment_id(principal_id: str, *rest: str) -> str:
    """32 bytes: the principal's GUID, then bytes that mean nothing outside."""
    opaque = hashlib.sha256("/".join(rest).encode()).digest()[:16]
    return b64url(uuid.UUID(principal_id).bytes_le + opaque)


def role_assignment(
    directory: Directory, tenant: Tenant, *, principal: ServicePrincipal, held: RoleAssignment
) -> JSON:
    resource = directory.resources[held.resource]
    return {
        "id": _assignment_id(principal.id, held.resource, held.permission.id, str(held.window.granted_at)),
        "deletedDateTime": None,
        "appRoleId": held.permission.id,
        "createdDateTime": moment(held.window.granted_at),
        "principalDisplayName": directory.applications[principal.app_id].name,
        "principalId": principal.id,
        "principalType": "ServicePrincipal",
        "resourceDisplayName": resource.name,
        "resourceId": tenant.resource_principal_id(held.resource),
    }


def person_assignment(principal: ServicePrincipal, *, item: Application, user: User, value: str) -> JSON:
    return {
        "id": _assignment_id(user.id, principal.id, value),
        "deletedDateTime": None,
        "appRoleId": app_role_id(item.app_id, value),
        "createdDateTime": moment(principal.created_at),
        "principalDisplayName": user.name,
        "principalId": user.id,
        "principalType": "User",
        "resourceDisplayName": item.name,
        "resourceId": principal.id,
    }


def scope_grant(tenant: Tenant, *, principal: ServicePrincipal, grant: ScopeGrant, values: list[str]) -> JSON:
    resource_id = tenant.resource_principal_id(grant.resource)
    parts = [principal.id, resource_id, *([grant.principal_id] if grant.principal_id else [])]
    return {
        "id": joined_id(*parts),
        "clientId": principal.id,
        "consentType": grant.consent_type,
        "principalId": grant.principal_id,
        "resourceId": resource_id,
        "scope": " " + " ".join(values),  # the real one starts with a blank, too
    }


def organization(tenant: Tenant) -> JSON:
    return {
        "id": tenant.id,
        "deletedDateTime": None,
        "displayName": tenant.name,
        "tenantType": "AAD",
        "countryLetterCode": "GB",
        "createdDateTime": "2020-01-01T00:00:00Z",
        "assignedPlans": [],
        "verifiedDomains": [
            {
                "name": domain,
                "isDefault": number == 0,
                "isInitial": number == 0,
                "type": "Managed",
                "capabilities": "Email, OfficeCommunicationsOnline",
            }
            for number, domain in enumerate(tenant.domains)
        ],
    }


def person(user: User) -> dict[str, Any]:
    given, _, family = user.name.partition(" ")
    return {
        "id": user.id,
        "displayName": user.name,
        "givenName": given,
        "surname": family or None,
        "userPrincipalName": user.username,
        "mail": user.address,
        "businessPhones": [],
        "jobTitle": None,
        "mobilePhone": None,
        "officeLocation": None,
        "preferredLanguage": None,
        "userType": user.user_type,
    }

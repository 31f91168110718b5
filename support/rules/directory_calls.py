"""Who may read the directory through Microsoft Graph: the calls that an app like ours also makes.

Source: "Microsoft Graph permissions reference" and the reference page of each call.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from consent.rules.security_api import ApiCall

_APPS = ("Application.Read.All", "Application.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All")
_APPS_OWN = (*_APPS, "Application.ReadWrite.OwnedBy")
_ASSIGN = ("AppRoleAssignment.ReadWrite.All",)
_GRANTS = ("Directory.Read.All", "DelegatedPermissionGrant.ReadWrite.All", "Directory.ReadWrite.All")
_GRANTS_WRITE = ("DelegatedPermissionGrant.ReadWrite.All", "Directory.ReadWrite.All")
_ORGANIZATION = (
    *("Organization.Read.All", "Directory.Read.All", "User.Read.All", "Organization.ReadWrite.All"),
    "Directory.ReadWrite.All",
)
_ROLES = (
    *("RoleManagement.Read.Directory", "Directory.Read.All", "RoleManagement.ReadWrite.Directory"),
    *("RoleManagement.Read.All", "Directory.ReadWrite.All"),
)
_ME = ("User.Read", "User.ReadWrite", "User.Read.All", "User.ReadWrite.All", "Directory.Read.All")
_AUDITS = ("AuditLog.Read.All", "Directory.Read.All")
_SIGN_INS = ("AuditLog.Read.All",)
_POLICY = ("Policy.Read.All",)
_PREMIUM = "The tenant needs a Microsoft Entra ID P1 or P2 licence."


def _rows() -> list[tuple[str, str, tuple[str, ...], tuple[str, ...], str]]:
    """Method, path, accepted of an application, accepted of a person, licence."""
    sp, rm = "servicePrincipals/{id}", "roleManagement/directory"
    eligible = ("RoleEligibilitySchedule.Read.Directory", *_ROLES)
    active = ("RoleAssignmentSchedule.Read.Directory", *_ROLES)
    requests = ("ConsentRequest.Read.All", "ConsentRequest.ReadWrite.All")
    grant_policies = ("Policy.Read.PermissionGrant", "Policy.ReadWrite.PermissionGrant", *_POLICY)
    return [
        *(("GET", path, _APPS_OWN, _APPS, "") for path in ("applications", "applications/{id}")),
        *(("GET", path, _APPS_OWN, _APPS, "") for path in ("servicePrincipals", sp)),
        *(("GET", f"{sp}/{of}", _APPS_OWN, _APPS, "") for of in ("appRoleAssignments", "appRoleAssignedTo")),
        *(("POST", f"{sp}/{of}", _ASSIGN, _ASSIGN, "") for of in ("appRoleAssignments", "appRoleAssignedTo")),
        ("GET", f"{sp}/oauth2PermissionGrants", _GRANTS, _GRANTS, ""),
        ("GET", "oauth2PermissionGrants", _GRANTS, _GRANTS, ""),
        ("GET", "oauth2PermissionGrants/{id}", _GRANTS, _GRANTS, ""),
        ("GET", "oauth2PermissionGrants/delta", _GRANTS, _GRANTS, ""),
        ("POST", "oauth2PermissionGrants", _GRANTS_WRITE, _GRANTS_WRITE, ""),
        ("PATCH", "oauth2PermissionGrants/{id}", _GRANTS_WRITE, _GRANTS_WRITE, ""),
        ("DELETE", "oauth2PermissionGrants/{id}", _GRANTS_WRITE, _GRANTS_WRITE, ""),
        ("GET", "organization", _ORGANIZATION, (*_ORGANIZATION, "User.Read"), ""),
        ("GET", "organization/{id}", _ORGANIZATION, (*_ORGANIZATION, "User.Read"), ""),
        *(("GET", f"{rm}/{of}", _ROLES, _ROLES, "") for of in ("roleAssignments", "roleDefinitions")),
        ("GET", f"{rm}/roleEligibilityScheduleInstances", eligible, eligible, _PREMIUM),
        ("GET", f"{rm}/roleAssignmentScheduleInstances", active, active, ""),
        ("GET", "directoryRoles", _ROLES, _ROLES, ""),
        *(("GET", path, (), _ME, "") for path in ("me", "me/memberOf", "me/transitiveMemberOf")),
        ("GET", "me/memberOf/microsoft.graph.directoryRole", (), _ME, ""),
        ("GET", "auditLogs/directoryAudits", _AUDITS, _AUDITS, ""),
        *(
            ("GET", path, _SIGN_INS, _SIGN_INS, _PREMIUM)
            for path in ("auditLogs/signIns", "auditLogs/signIns/{id}")
        ),
        ("GET", "policies/authorizationPolicy", _POLICY, _POLICY, ""),
        ("GET", "policies/adminConsentRequestPolicy", _POLICY, _POLICY, ""),
        ("GET", "policies/permissionGrantPolicies", grant_policies, grant_policies, ""),
        ("GET", "identityGovernance/appConsent/appConsentRequests", requests, requests, ""),
    ]


def _call(
    method: str, path: str, application: tuple[str, ...], delegated: tuple[str, ...], licence: str
) -> ApiCall:
    return ApiCall(
        entity=path,
        label="The directory",
        method=method,
        path=f"/{path}",
        version="v1.0",
        application=application,
        delegated=delegated,
        source="Microsoft Graph permissions reference",
        licence=licence,
    )


# By method and path in lower case, ids as {id}, without a leading slash.
DIRECTORY_CALLS: Final[Mapping[tuple[str, str], ApiCall]] = {
    (row[0], row[1].lower()): _call(*row) for row in _rows()
}

"""Which application permissions open which part of a tenant's directory to the application.

The permission tables of "List unifiedRoleAssignments", "Get servicePrincipal" and "List
oAuth2PermissionGrants" (Microsoft Graph).
"""

from typing import Final

# "Verify first-party Microsoft applications in sign-in reports" (Microsoft Entra documentation).
GRAPH_EXPLORER: Final = "de8bc8b5-d9f9-48b1-a8ad-b748da725064"

_DIRECTORY = frozenset({"Directory.Read.All", "Directory.ReadWrite.All"})
READS_ROLES: Final = _DIRECTORY | {
    "RoleManagement.Read.Directory",
    "RoleManagement.ReadWrite.Directory",
    "RoleManagement.Read.All",
}
READS_APPS: Final = _DIRECTORY | {"Application.Read.All", "Application.ReadWrite.All"}
READS_SCOPES: Final = _DIRECTORY | {"DelegatedPermissionGrant.ReadWrite.All"}

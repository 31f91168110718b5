"""The permissions this small Microsoft knows, and the resources that own them.

Ids of Microsoft Graph permissions: "Microsoft Graph permissions reference". A permission id is unique only
together with its kind: the application and the delegated permission of one name are two grants.
"""

from dataclasses import dataclass, field
from typing import Literal

GRAPH = "00000003-0000-0000-c000-000000000000"
# "Verify first-party Microsoft applications in sign-in reports": the tenant that owns Microsoft Graph.
MICROSOFT_SERVICES_TENANT = "f8cdef31-a31e-4b4a-93e4-5f571e91255a"
OIDC_SCOPES = ("openid", "profile", "email", "offline_access")

Kind = Literal["application", "delegated"]
KINDS: tuple[Kind, ...] = ("application", "delegated")

# value, application id, delegated id, whether the delegated one needs an admin
_GRAPH_PERMISSIONS = """
Application.Read.All 9a5d68dd-52b0-4cc2-bd40-abcf44ac3a30 c79f8feb-a9db-4090-85f9-90d820caa0eb admin
Application.ReadWrite.All 1bfefb4e-e0b5-418b-a88f-73c46d2cc8e9 bdfbf15f-ee85-4955-8675-146e8e5296b5 admin
Application.ReadWrite.OwnedBy 18a4783c-866b-4cc7-a460-3d5e5662c884 - -
AppRoleAssignment.ReadWrite.All 06b708a9-e830-4db3-a914-8e69da51d44f 84bccea3-f856-4a8a-967b-dbe0a3d53a64 admin
AuditLog.Read.All b0afded3-3588-46d8-8b3d-9842eff778da e4c9e354-4dc5-45b8-9e7c-e1393b0b1a20 admin
ConsentRequest.Read.All 1260ad83-98fb-4785-abbb-d6cc1806fd41 f3bfad56-966e-4590-a536-82ecf548ac1e admin
CrossTenantInformation.ReadBasic.All cac88765-0581-4025-9725-5ebc13f729ee 81594d25-e88e-49cf-ac8c-fecbff49f994 admin
DelegatedPermissionGrant.Read.All 81b4724a-58aa-41c1-8a55-84ef97466587 a197cdc4-a8e8-4d49-9d35-4ca7c83887b4 admin
DelegatedPermissionGrant.ReadWrite.All 8e8e4742-1d95-4f68-9d56-6ee75648c72a 41ce6ca6-6826-4807-84f1-1c82854f7ee5 admin
Directory.Read.All 7ab1d382-f21e-4acd-a863-ba3e13f7da61 06da0dbc-49e2-44d2-8312-53f166ab848a admin
Directory.ReadWrite.All 19dbc75e-c2e2-444c-a770-ec69d8559fc7 c5366453-9fb0-48a5-a156-24f0c49a4b84 admin
email - 64a6cdd6-aab1-4aaf-94b8-3cc8405e90d0 user
IdentityRiskEvent.Read.All 6e472fd1-ad78-48da-a0f0-97ab2c6b769e 8f6a01e7-0391-4ee5-aa22-a3af122cef27 admin
IdentityRiskyUser.Read.All dc5007c0-2d7d-4c42-879c-2dab87571379 d04bb851-cb7c-4146-97c7-ca3e71baf56c admin
offline_access - 7427e0e9-2fba-42fe-b0c0-848c9e6a8182 user
openid - 37f7f235-527c-4136-accd-4a02d197296e user
Organization.Read.All 498476ce-e0fe-48b0-b801-37ba7e2685c6 4908d5b9-3fb2-4b1e-9336-1888b7937185 admin
Policy.Read.All 246dd0d5-5bd0-4def-940b-0421030a5b68 572fea84-0151-49b2-9301-11cb16974376 admin
Policy.Read.PermissionGrant 9e640839-a198-48fb-8b9a-013fd6f6cbcd 414de6ea-2d92-462f-b120-6e2a809a6d01 admin
profile - 14dad69e-099b-42c9-810b-d002981feec1 user
RoleEligibilitySchedule.Read.Directory ff278e11-4a33-4d0c-83d2-d01dc58929a5 eb0788c2-6d4e-4658-8c9e-c0fb8053f03d admin
RoleManagement.Read.All c7fbd983-d9aa-4fa7-84b8-17382c103bc4 48fec646-b2ba-4019-8681-8eb31435aded admin
RoleManagement.Read.Directory 483bed4a-2ad3-4361-a73b-c83ccdbdc53c 741c54c3-0c1e-44a1-818b-3f97ab4e8c83 admin
SecurityActions.Read.All 5e0edab9-c148-49d0-b423-ac253e121825 1638cddf-07a4-4de2-8645-69c96cacad73 admin
SecurityActions.ReadWrite.All f2bf083f-0179-402a-bedb-b2784de8a49b dc38509c-b87d-4da0-bd92-6bec988bac4a admin
SecurityAlert.Create.All 06870c4c-7370-4a2a-ad10-239a337af816 7417b8c6-a088-4c4c-99c7-bca9ab3eb9ba admin
SecurityAlert.Read.All 472e4a4d-bb4a-4026-98d1-0b0d74cb74a5 bc257fb8-46b4-4b15-8713-01e91bfbe4ea admin
SecurityAlert.ReadWrite.All ed4fca05-be46-441f-9803-1873825f8fdb 471f2a7f-2a42-4d45-a2bf-594d0838070d admin
SecurityAnalyzedMessage.Read.All b48f7ac2-044d-4281-b02f-75db744d6f5f 53e6783e-b127-4a35-ab3a-6a52d80a9077 admin
SecurityAnalyzedMessage.ReadWrite.All 04c55753-2244-4c25-87fc-704ab82a4f69 48eb8c83-6e58-46e7-a6d3-8805822f5940 admin
SecurityEvents.Read.All bf394140-e372-4bf9-a898-299cfc7564e5 64733abd-851e-478a-bffb-e47a14b18235 admin
SecurityEvents.ReadWrite.All d903a879-88e0-4c09-b0c9-82f6a1333f84 6aedf524-7e1c-45a7-bd76-ded8cab8d0fc admin
SecurityIdentitiesHealth.Read.All f8dcd971-5d83-4e1e-aa95-ef44611ad351 a0d0da43-a6df-4416-b63d-99c79991aae8 admin
SecurityIdentitiesSensors.Read.All 5f0ffea2-f474-4cf2-9834-61cda2bcea5c 2c221239-7c5c-4b30-9355-d84663bfcd96 admin
SecurityIncident.Read.All 45cc0394-e837-488b-a098-1918f48d186c b9abcc4f-94fc-4457-9141-d20ce80ec952 admin
SecurityIncident.ReadWrite.All 34bf0e97-1971-4929-b999-9e2442d941d7 128ca929-1a19-45e6-a3b8-435ec44a36ba admin
ThreatAssessment.Read.All f8f035bb-2cce-47fb-8bf5-7baf3ecbee48 - -
ThreatHunting.Read.All dd98c7f5-2d42-42d3-a0e4-633161547251 b152eca8-ea73-4a48-8c98-1a6742673d99 admin
ThreatIndicators.Read.All 197ee4e9-b993-4066-898f-d6aecc55125b 9cc427b4-2004-41c5-aa22-757b755e9796 admin
ThreatIndicators.ReadWrite.OwnedBy 21792b6c-c986-4ffc-85de-df9da54b52fa 91e7d36d-022a-490f-a748-f8e011357b42 admin
ThreatIntelligence.Read.All e0b77adb-e790-44a3-b0a0-257d06303687 f266d9c0-ccb9-4fb8-a228-01ac0d8d6627 admin
ThreatSubmission.Read.All 86632667-cd15-4845-ad89-48a88e8412e1 7083913a-4966-44b6-9886-c5822a5fd910 admin
ThreatSubmission.ReadWrite.All d72bdbf4-a59b-405c-8b04-5995895819ac 8458e264-4eb9-4922-abe9-768d58f13c7f admin
User.Export.All 405a51b5-8d8d-430b-9842-8be4b0e9f324 405a51b5-8d8d-430b-9842-8be4b0e9f324 admin
User.Read - e1fe6dd8-ba31-4d61-89e7-88639da4683d user
User.Read.All df021288-bdef-4463-88db-98f22de89214 a154be20-db9c-4678-8ab7-66f6cc099a59 admin
User.ReadBasic.All 97235f07-e226-4f63-ace3-39588e11d3a1 b340eb25-3456-403f-be2f-af7a0d370277 user
"""  # noqa: E501


class UnknownPermissionError(ValueError):
    """A registration or a command names a permission that its resource does not have."""


@dataclass(frozen=True)
class Permission:
    kind: Kind
    id: str
    value: str
    needs_admin: bool = True


@dataclass
class Resource:
    """An API that has permissions: Microsoft Graph, or one that a test adds."""

    app_id: str
    name: str
    identifiers: tuple[str, ...]
    permissions: dict[tuple[Kind, str], Permission] = field(default_factory=dict)
    by_value: dict[tuple[Kind, str], Permission] = field(default_factory=dict)

    def add(self, permission: Permission) -> None:
        self.permissions[permission.kind, permission.id.lower()] = permission
        self.by_value[permission.kind, permission.value.lower()] = permission

    def find(self, kind: Kind, name: str) -> Permission:
        """The permission of this kind whose id or value is `name`."""
        key = (kind, name.lower())
        permission = self.permissions.get(key) or self.by_value.get(key)
        if permission is None:
            raise UnknownPermissionError(f"{self.name} has no {kind} permission '{name}'")
        return permission

    def listed(self, kind: Kind) -> list[Permission]:
        return [
            permission for (listed_kind, _), permission in self.permissions.items() if listed_kind == kind
        ]


def microsoft_graph() -> Resource:
    # "National cloud deployments": every cloud has its own Graph address, which is also the token's audience.
    hosts = (
        "graph.microsoft.com",
        "graph.microsoft.us",
        "dod-graph.microsoft.us",
        "microsoftgraph.chinacloudapi.cn",
    )
    graph = Resource(GRAPH, "Microsoft Graph", (GRAPH, *(f"https://{host}" for host in hosts)))
    for line in _GRAPH_PERMISSIONS.split("\n")[1:-1]:
        value, application_id, delegated_id, consent = line.split()
        if application_id != "-":
            graph.add(Permission("application", application_id, value))
        if delegated_id != "-":
            graph.add(Permission("delegated", delegated_id, value, needs_admin=consent == "admin"))
    return graph

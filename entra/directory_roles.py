"""Directory roles of one person that are eligible but not active (Privileged Identity Management).

No token names them: `wids` and /me/memberOf hold active roles only. Where the tenant's grants let the
application read them, its own token does.
"""

from datetime import datetime
from typing import Final

from entra.errors import Forbidden
from entra.graph import Directory
from entra.http import EntraSession
from entra.tokens import app_only
from entra.types import Client

# "List roleEligibilityScheduleInstances", Permissions: application permissions, the least privileged first.
READS_ELIGIBLE: Final = frozenset(
    {
        "RoleEligibilitySchedule.Read.Directory",
        "RoleManagement.Read.Directory",
        "RoleManagement.Read.All",
        "RoleEligibilitySchedule.ReadWrite.Directory",
        "RoleManagement.ReadWrite.Directory",
    }
)


def read_eligible(
    session: EntraSession, client: Client, *, tenant_id: str, person_id: str, now: datetime
) -> frozenset[str] | None:
    """Template ids of the roles that a person could activate; None when the application may not know.

    A group that is eligible is listed instead of its members, so a role by way of a group is not found.
    """
    token = app_only(session, client, tenant_id, now=now)
    if token.roles is not None and READS_ELIGIBLE.isdisjoint(token.roles):
        return None
    try:
        return Directory(session, client, token.value).eligible_roles(person_id.lower())
    except Forbidden:
        return None

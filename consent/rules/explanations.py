"""A permission in the words of somebody who has to approve it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from entra.types import GRAPH, Permission

READ_ONLY = "Read only"
CHANGES = "Can change data"
SECURITY_CHANGES = "Can change security settings"
IMPERSONATES = "Can act as any user"


@dataclass(frozen=True)
class Explanation:
    """`reaches` and `cannot` are "" where nothing certain can be said."""

    title: str
    reaches: str
    cannot: str
    risk: str


# Titles and reach follow the "Microsoft Graph permissions reference" and the reference pages of the
# Microsoft Graph security API.
_KNOWN = {
    "SecurityEvents.Read.All": Explanation(
        "Read security events",
        "your organization's security alerts of the older kind, secure scores and their control profiles.",
        "change or close anything; it does not open the newer alerts and incidents.",
        READ_ONLY,
    ),
    "SecurityEvents.ReadWrite.All": Explanation(
        "Read and update security events",
        "your organization's security alerts of the older kind, secure scores and their control profiles.",
        "create or delete users, or change who may sign in.",
        CHANGES,
    ),
    "SecurityAlert.Read.All": Explanation(
        "Read all security alerts",
        "every security alert in your organization, with its evidence and comments.",
        "change, close or assign alerts.",
        READ_ONLY,
    ),
    "SecurityAlert.ReadWrite.All": Explanation(
        "Read and update all security alerts",
        "every security alert in your organization, with its evidence and comments.",
        "act on the devices or accounts that an alert is about.",
        CHANGES,
    ),
    "SecurityIncident.Read.All": Explanation(
        "Read all security incidents",
        "every security incident in your organization, and the alerts in it.",
        "change, close or assign incidents.",
        READ_ONLY,
    ),
    "SecurityIncident.ReadWrite.All": Explanation(
        "Read and update all security incidents",
        "every security incident in your organization, and the alerts in it.",
        "act on the devices or accounts that an incident is about.",
        CHANGES,
    ),
    "SecurityActions.Read.All": Explanation(
        "Read security actions",
        "the security actions that were asked for in your organization.",
        "start or cancel an action.",
        READ_ONLY,
    ),
    "SecurityActions.ReadWrite.All": Explanation(
        "Read and start security actions",
        "the security actions of your organization, such as blocking a file or an address.",
        "",
        SECURITY_CHANGES,
    ),
    "ThreatIndicators.ReadWrite.OwnedBy": Explanation(
        "Manage the threat indicators it creates",
        "only the threat indicators that this app itself submitted.",
        "see or change indicators of other apps.",
        SECURITY_CHANGES,
    ),
    "ThreatIndicators.Read.All": Explanation(
        "Read all threat indicators",
        "the threat indicators of your organization.",
        "add, change or delete an indicator.",
        READ_ONLY,
    ),
    "ThreatHunting.Read.All": Explanation(
        "Run hunting queries",
        "whatever the security products of your organization recorded: devices, e-mail, sign-ins.",
        "change any of it.",
        READ_ONLY,
    ),
    "ThreatIntelligence.Read.All": Explanation(
        "Read threat intelligence",
        "Microsoft's threat intelligence articles and indicators.",
        "read data of your organization's people.",
        READ_ONLY,
    ),
    "Directory.Read.All": Explanation(
        "Read directory data",
        "users, groups, apps and roles of your organization.",
        "change any of them.",
        READ_ONLY,
    ),
    "Application.Read.All": Explanation(
        "Read all applications",
        "the apps of your organization and what they may do.",
        "add, change or remove an app.",
        READ_ONLY,
    ),
    "User.Read": Explanation(
        "Sign people in and read their profile",
        "the profile of the person who signs in.",
        "read anybody else's profile.",
        READ_ONLY,
    ),
    "AppRoleAssignment.ReadWrite.All": Explanation(
        "Manage what apps may do",
        "the permissions of every app in your organization, its own included.",
        "",
        IMPERSONATES,
    ),
    "RoleManagement.ReadWrite.Directory": Explanation(
        "Manage who is an administrator",
        "every administrator role of your organization.",
        "",
        IMPERSONATES,
    ),
}

_IMPERSONATING = ("full_access_as", "user_impersonation", "access_as_user")
_SECURITY_RESOURCES = re.compile(
    r"^(Security|Threat|Policy|RoleManagement|Domain|Identity|ConditionalAccess|AppRoleAssignment"
    r"|DelegatedPermissionGrant|PrivilegedAccess|UserAuthenticationMethod|Organization)"
)
_WORDS = re.compile(r"[A-Z]+(?=[A-Z][a-z]|$)|[A-Z]?[a-z0-9]+|[A-Z]+")


def explain(permission: Permission) -> Explanation:
    """Return what a permission means; for one without words of ours, what its name tells."""
    known = _KNOWN.get(permission.value) if permission.resource == GRAPH else None
    return known or _from_name(permission.value)


def _from_name(value: str) -> Explanation:
    """Names read Resource.Operation.Constraint ("Microsoft Graph permissions reference", naming pattern)."""
    resource, _, rest = value.partition(".")
    operation = rest.partition(".")[0]
    things = " ".join(word if word.isupper() else word.lower() for word in _WORDS.findall(resource))
    if not operation or not things:
        return Explanation(value, "", "", IMPERSONATES if value.startswith(_IMPERSONATING) else "")
    verbs = " and ".join(word.lower() for word in _WORDS.findall(operation))
    whose = " it created itself" if rest.endswith("OwnedBy") else ""
    risk = READ_ONLY if operation.startswith("Read") and "Write" not in operation else _change(resource)
    cannot = "change any of it." if risk == READ_ONLY else ""
    return Explanation(f"{verbs.capitalize()} {things}{whose}", "", cannot, risk)


def _change(resource: str) -> str:
    return SECURITY_CHANGES if _SECURITY_RESOURCES.match(resource) else CHANGES

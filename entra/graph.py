"""Reading a tenant's directory through Microsoft Graph: our service principal and what it was granted."""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

from entra.answers import Answer
from entra.errors import Unavailable
from entra.http import EntraSession
from entra.types import Client, is_guid

_MOST_PAGES: Final = 100
_LONGEST_READ = 60.0
_NO_ROLE = "00000000-0000-0000-0000-000000000000"


@dataclass(frozen=True)
class Resource:
    """An API as this tenant knows it: its service principal's id there, and its permissions' names."""

    id: str
    app_id: str
    roles: Mapping[str, str] = field(default_factory=dict)
    scopes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class DelegatedGrant:
    resource_id: str
    everyone: bool
    scopes: frozenset[str]


class Directory:
    """One reading of one tenant's directory. Whatever is not complete and well-formed raises."""

    def __init__(self, session: EntraSession, client: Client, token: str) -> None:
        self._session = session
        self._client = client
        self._base = f"{client.cloud.graph}/v1.0"
        self._token = token
        self._until = time.monotonic() + _LONGEST_READ
        self._last: Answer

    def our_id(self) -> str:
        body = self._get(f"/servicePrincipals(appId='{self._client.client_id}')", {"$select": "id,appId"})
        return _guid(body, "id")

    def assignments(self, our_id: str) -> tuple[list[tuple[str, str]], Answer]:
        """(resource's id in this tenant, app role id) of our application permissions, and the last page."""
        found = []
        for entry in self._pages(f"/servicePrincipals/{our_id}/appRoleAssignments", {}):
            if _guid(entry, "principalId") != our_id:
                raise Unavailable("it listed the permissions of another application")
            role = _guid(entry, "appRoleId")
            if role != _NO_ROLE:
                found.append((_guid(entry, "resourceId"), role))
        return found, self._last

    def delegated_grants(self, our_id: str) -> tuple[list[DelegatedGrant], Answer]:
        found = []
        for entry in self._pages("/oauth2PermissionGrants", {"$filter": f"clientId eq '{our_id}'"}):
            if _guid(entry, "clientId") != our_id:
                raise Unavailable("it listed the permissions of another application")
            consent_type, scope = entry.get("consentType"), entry.get("scope") or ""
            if consent_type not in ("AllPrincipals", "Principal") or not isinstance(scope, str):
                raise Unavailable("it listed a permission grant that was not readable")
            found.append(
                DelegatedGrant(
                    resource_id=_guid(entry, "resourceId"),
                    everyone=consent_type == "AllPrincipals",
                    scopes=frozenset(scope.split()),
                )
            )
        return found, self._last

    def my_roles(self) -> frozenset[str]:
        """Template ids of the directory roles that the signed-in person actively holds; needs User.Read."""
        entries = self._pages("/me/memberOf/microsoft.graph.directoryRole", {})
        return frozenset(_guid(entry, "roleTemplateId") for entry in entries)

    def eligible_roles(self, person: str) -> frozenset[str]:
        """Template ids of the directory roles that a person could activate, but may not have activated.

        "List roleEligibilityScheduleInstances": of a built-in role, the definition's id is the template's.
        """
        path = "/roleManagement/directory/roleEligibilityScheduleInstances"
        entries = self._pages(path, {"$filter": f"principalId eq '{person}'"})
        return frozenset(_guid(entry, "roleDefinitionId") for entry in entries)

    def role_holders(self, role: str, *, eligible: bool = False) -> tuple[frozenset[str], Answer]:
        """Ids of the people and groups that hold a directory role in the whole tenant, by its template id.

        "List unifiedRoleAssignments" has the active ones only; eligible ones are "List
        roleEligibilityScheduleInstances".
        """
        kind = "roleEligibilityScheduleInstances" if eligible else "roleAssignments"
        entries = self._pages(
            f"/roleManagement/directory/{kind}", {"$filter": f"roleDefinitionId eq '{role}'"}
        )
        found = frozenset(
            _guid(entry, "principalId") for entry in entries if entry.get("directoryScopeId") == "/"
        )
        return found, self._last

    def principal_of(self, app_id: str) -> tuple[str, bool]:
        """The service principal's id in this tenant, and whether people may sign in to it."""
        body = self._get(f"/servicePrincipals(appId='{app_id}')", {"$select": "id,appId,accountEnabled"})
        return _guid(body, "id"), body.get("accountEnabled") is not False

    def resource(self, resource_id: str) -> Resource:
        return _resource(self._get(f"/servicePrincipals/{resource_id}", _NAMES))

    def resource_of_app(self, app_id: str, *, names: bool = True) -> Resource:
        select = _NAMES if names else {"$select": "id,appId"}
        return _resource(self._get(f"/servicePrincipals(appId='{app_id}')", select))

    def _get(self, path: str, params: Mapping[str, str]) -> dict[str, Any]:
        return self._read(f"{self._base}{path}", params)

    def _read(self, url: str, params: Mapping[str, str] | None) -> dict[str, Any]:
        if time.monotonic() > self._until:
            raise Unavailable(f"reading the directory took longer than {_LONGEST_READ:g} seconds")
        self._last = self._session.request_json("GET", url, self._token, params=params)
        if self._last.status_code != 200:
            raise Unavailable("its answer was not complete", request_id=self._last.request_id)
        return self._last.body

    def _pages(self, path: str, params: Mapping[str, str]) -> Iterator[Mapping[str, Any]]:
        # "Paging Microsoft Graph data in your app": follow the link as it is; a page may be empty.
        body = self._get(path, params)
        for _ in range(_MOST_PAGES):
            entries = body.get("value")
            if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
                raise Unavailable("a page of its answer was not readable")
            yield from entries
            link = body.get("@odata.nextLink")
            if link is None:
                return
            body = self._read(self._same_graph(link), None)
        raise Unavailable("its answer had too many pages")

    def _same_graph(self, link: object) -> str:
        """The token goes where the link points, so it may only point to the Graph that we asked."""
        url = self._session.microsoft_url(str(link), self._client.cloud.graph_host)
        if not isinstance(link, str) or urlsplit(url)[:2] != ("https", self._client.cloud.graph_host):
            raise Unavailable("it pointed us elsewhere for the next page", retryable=False)
        return url


_NAMES: Final = {"$select": "id,appId,appRoles,oauth2PermissionScopes"}


def _resource(body: Mapping[str, Any]) -> Resource:
    return Resource(
        id=_guid(body, "id"),
        app_id=_guid(body, "appId"),
        roles=_names(body.get("appRoles")),
        scopes=_names(body.get("oauth2PermissionScopes")),
    )


def _names(entries: object) -> dict[str, str]:
    """Names by id. An entry without a name is allowed: roles for people may have none."""
    if entries is None:
        return {}
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise Unavailable("the permissions of an API were not readable")
    return {_guid(entry, "id"): str(entry.get("value") or "") for entry in entries}


def _guid(body: Mapping[str, Any], name: str) -> str:
    found = body.get(name)
    if not is_guid(found):
        raise Unavailable(f"its answer lacked a readable {name}")
    return str(found).lower()

"""The shared vocabulary: permissions, clouds, credentials and what was observed in a tenant."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

Kind = Literal["application", "delegated"]

# "Verify first-party Microsoft applications in sign-in reports" (Microsoft Entra documentation).
GRAPH = "00000003-0000-0000-c000-000000000000"

_GUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def is_guid(text: object) -> bool:
    """Only the canonical form: a tenant id becomes part of a URL, so nothing looser will do."""
    return isinstance(text, str) and _GUID.fullmatch(text) is not None


@dataclass(frozen=True, order=True)
class Permission:
    """One app role or scope. The id is unique only together with resource and kind; the value is a label."""

    resource: str
    kind: Kind
    id: str
    value: str = field(default="", compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "resource", self.resource.lower())
        object.__setattr__(self, "id", self.id.lower())

    @property
    def key(self) -> tuple[str, str, str]:
        return (self.resource, self.kind, self.id)

    def json(self) -> dict[str, str]:
        return {"resource": self.resource, "kind": self.kind, "id": self.id, "value": self.value}


@dataclass(frozen=True)
class Cloud:
    name: str
    label: str
    login_host: str
    graph_host: str
    portal_host: str
    login_aliases: tuple[str, ...] = ()

    def authority(self, tenant: str) -> str:
        return f"https://{self.login_host}/{tenant}"

    @property
    def graph(self) -> str:
        return f"https://{self.graph_host}"

    @property
    def login_hosts(self) -> frozenset[str]:
        return frozenset((self.login_host, *self.login_aliases))


# "National clouds" (Microsoft Entra) and "Microsoft Graph national cloud deployments".
CLOUDS: dict[str, Cloud] = {
    cloud.name: cloud
    for cloud in (
        Cloud(
            name="global",
            label="Microsoft global",
            login_host="login.microsoftonline.com",
            graph_host="graph.microsoft.com",
            portal_host="entra.microsoft.com",
            login_aliases=("login.windows.net", "login.microsoft.com", "sts.windows.net"),
        ),
        Cloud(
            name="usgov",
            label="US Government L4 (GCC High)",
            login_host="login.microsoftonline.us",
            graph_host="graph.microsoft.us",
            portal_host="entra.microsoft.us",
        ),
        Cloud(
            name="usgovdod",
            label="US Government L5 (DoD)",
            login_host="login.microsoftonline.us",
            graph_host="dod-graph.microsoft.us",
            portal_host="entra.microsoft.us",
        ),
        Cloud(
            name="china",
            label="China (21Vianet)",
            login_host="login.partner.microsoftonline.cn",
            graph_host="microsoftgraph.chinacloudapi.cn",
            portal_host="portal.azure.cn",
            login_aliases=("login.chinacloudapi.cn",),
        ),
    )
}


@dataclass(frozen=True)
class Secret:
    value: str = field(repr=False)


@dataclass(frozen=True)
class Certificate:
    """A private key and its certificate, both in one PEM text."""

    pem: str = field(repr=False)


Credential = Secret | Certificate


@dataclass(frozen=True)
class Client:
    """An app registration that we act as."""

    client_id: str
    cloud: Cloud
    credential: Credential


@dataclass(frozen=True)
class Call:
    """One call to Microsoft, as reported to whoever keeps the record. Never carries a query or a body;
    of an error body its code and its text.
    """

    method: str
    url: str
    status: int
    duration_ms: int
    request_id: str
    client_request_id: str
    at: datetime
    error: str = ""
    message: str = ""


@dataclass(frozen=True)
class Evidence:
    """How we know. `claims` holds facts of a token, never the token; it is empty for Graph reads."""

    source: str
    observed_at: datetime
    request_id: str
    client_request_id: str
    claims: Mapping[str, Any] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class Observation:
    """What one check saw in one tenant.

    `knows` holds "application" or "delegated" when that kind is known for every resource, and
    "application:<resource app id>" when it is known for that resource only, as a token proves it.
    """

    granted: frozenset[Permission]
    knows: frozenset[str]
    evidence: tuple[Evidence, ...]
    consented: bool
    some_users_only: bool = False
    note: str = ""

    def knows_of(self, permission: Permission) -> bool:
        return bool(self.knows & {permission.kind, f"{permission.kind}:{permission.resource}"})

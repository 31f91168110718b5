"""What a verdict is made of and what it says: plain values, whoever collected them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Literal

from entra.types import GRAPH, Kind, Permission

Permissions = frozenset[Permission]

# Who is asked when nothing else is known: by which of the two doors the call was refused.
Door = Literal["graph", "token", ""]


@dataclass(frozen=True)
class TokenFacts:
    """Facts of the token that a call carried, never the token. None: nobody told."""

    kind: Kind | None = None
    aud: str = ""  # as it came: an app id, or an address such as https://graph.microsoft.com
    appid: str = ""
    tid: str = ""
    oid: str = ""
    roles: frozenset[str] | None = None  # values of application permissions
    scp: frozenset[str] | None = None  # values of delegated permissions
    wids: frozenset[str] | None = None  # template ids of active directory roles
    issued_at: datetime | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True)
class FailureFacts:
    """One call as it was reported or pasted. "" and None: nobody told."""

    occurred_at: datetime | None = None
    door: Door = ""
    client_id: str = ""  # of the application that called
    tenant_id: str = ""
    method: str = ""  # upper case
    path: str = ""  # below the version, as it came and without its query: /security/alerts_v2/da6…
    version: str = ""  # "v1.0" or "beta"
    status: int | None = None
    code: str = ""  # Graph's error.code, or OAuth's error
    aadsts: int | None = None
    suberror: str = ""
    message: str = ""
    challenge: str = ""  # the error of WWW-Authenticate, such as insufficient_claims
    warning: str = ""  # the header Warning of a partial answer
    retry_after: int | None = None  # seconds
    throttle_scope: str = ""  # x-ms-throttle-scope
    token: TokenFacts | None = None


@dataclass(frozen=True)
class TenantFacts:
    """What the portal holds of the application in that tenant. Facts "then" are of the call's moment.

    `granted_then` is None when nothing had been proved by then. `knows_then` and `knows_now` are as in
    consent.rules.drift.Grants: what the proof covers.
    """

    name: str = ""
    status: str = ""  # slug of consent.rules.status.Status, as of now
    condition: str = ""  # slug of consent.rules.status.Condition, as of now
    proved_at: datetime | None = None
    granted_then: Permissions | None = None
    knows_then: frozenset[str] = frozenset()
    granted_now: Permissions | None = None
    knows_now: frozenset[str] = frozenset()
    granted_since: Mapping[Permission, datetime] = field(default_factory=dict)  # first seen, without a gap
    withdrawn_at: Mapping[Permission, datetime] = field(default_factory=dict)  # last seen no longer granted
    revision_then: int | None = None
    required_then: Permissions = frozenset()
    revision_now: int | None = None
    required_now: Permissions = frozenset()
    required_since: Mapping[Permission, int] = field(default_factory=dict)  # number of the first revision
    gone: bool = False  # Microsoft said that the tenant has no service principal of the application
    credential_error: str = ""  # ours, as of now


@dataclass(frozen=True)
class Facts:
    """All that a verdict may use. `tenant` is None when the portal knows no installation there."""

    failure: FailureFacts
    tenant: TenantFacts | None = None
    today: date | None = None  # for what Microsoft retired; None: the day of the call


class Confidence(StrEnum):
    CERTAIN = "certain"  # two independent facts agree
    LIKELY = "likely"  # one fact
    CANNOT_TELL = "cannot-tell"


class Who(StrEnum):
    """Who can mend it."""

    TENANT_ADMIN = "tenant-admin"
    PERSON = "person"  # who was signed in
    PUBLISHER = "publisher"  # us: code, registration or credential
    MICROSOFT = "microsoft"
    NOBODY = "nobody"  # it passes by itself
    UNKNOWN = "unknown"


class Slug(StrEnum):
    PERMISSION_MISSING = "permission-missing"
    PERMISSION_REVOKED = "permission-revoked"
    NEVER_CONSENTED = "never-consented"
    TOKEN_OLDER_THAN_APPROVAL = "token-older-than-approval"  # noqa: S105  (a verdict's name)
    WRONG_TOKEN_TYPE = "wrong-token-type"  # noqa: S105
    WRONG_AUDIENCE = "wrong-audience"
    TOKEN_EXPIRED = "token-expired"  # noqa: S105
    USER_LACKS_ROLE = "user-lacks-role"
    USER_NOT_ASSIGNED = "user-not-assigned"
    CONDITIONAL_ACCESS = "conditional-access"
    APP_DISABLED_OR_REMOVED = "app-disabled-or-removed"
    RESOURCE_NOT_IN_TENANT = "resource-not-in-tenant"
    LICENCE_OR_SERVICE = "licence-or-service"
    THROTTLED = "throttled"
    MICROSOFT_OUTAGE = "microsoft-outage"
    WRONG_TENANT = "wrong-tenant"
    APP_CREDENTIAL = "app-credential"
    API_RETIRED = "api-retired"
    PARTIAL_ANSWER = "partial-answer"
    NOT_ENOUGH_EVIDENCE = "not-enough-evidence"


@dataclass(frozen=True)
class Check:
    """One question that was asked of the facts, in order."""

    check: str  # "Token carries the permission"
    result: Literal["pass", "fail", "not-applicable", "unknown"]
    evidence: str  # "roles lacks SecurityAlert.Read.All"


@dataclass(frozen=True)
class Verdict:
    slug: Slug
    confidence: Confidence
    who: Who
    headline: str
    next_step: str
    checks: tuple[Check, ...]
    settles: str = ""  # what would settle it; never empty when it cannot be told
    missing: tuple[str, ...] = ()  # values of permissions that would open the call, the least first
    role: str = ""  # a directory role that would, by name


def audience_is_graph(aud: str) -> bool:
    """Say whether a token's audience is Microsoft Graph: by app id, or by the address of any cloud."""
    plain = aud.rstrip("/").lower()
    return plain == GRAPH or plain in _GRAPH_ADDRESSES


# "Microsoft Graph national cloud deployments": the service root of each.
_GRAPH_ADDRESSES = frozenset(
    f"https://{host}"
    for host in (
        "graph.microsoft.com",
        "graph.microsoft.us",
        "dod-graph.microsoft.us",
        "microsoftgraph.chinacloudapi.cn",
    )
)

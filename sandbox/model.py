"""What the directory holds: registrations, tenants, people, service principals and grants."""

import base64
import uuid
from dataclasses import dataclass, field
from typing import Any

from sandbox.directory_roles import MEMBER_MARKER
from sandbox.permissions import Kind, Permission

_NAMESPACE = uuid.UUID("5a4db0c5-0000-4000-8000-000000000000")


def stable_guid(*parts: str) -> str:
    """The same parts give the same id, so that a restarted sandbox keeps its object ids."""
    return str(uuid.uuid5(_NAMESPACE, "/".join(parts)))


def joined_id(*guids: str) -> str:
    """The id of a grant: its parts' GUIDs in .NET byte order, base64url. So amending a grant keeps its id."""
    raw = b"".join(uuid.UUID(guid).bytes_le for guid in guids)
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def is_guid(text: str) -> bool:
    try:
        return str(uuid.UUID(text)) == text.lower()
    except ValueError:
        return False


@dataclass
class Secret:
    value: str
    expires: float | None = None  # seconds since the epoch


@dataclass
class Application:
    """An app registration. What it requires grants nothing anywhere."""

    app_id: str
    name: str
    home_tenant: str
    multi_tenant: bool = True
    redirect_uris: list[str] = field(default_factory=list)
    secrets: list[Secret] = field(default_factory=list)
    certificates: list[str] = field(default_factory=list)  # PEM
    required: list[tuple[str, Permission]] = field(default_factory=list)  # (resource app id, permission)
    app_roles: list[str] = field(default_factory=list)  # values that people are assigned
    directory_roles_in_id_token: bool = False  # groupMembershipClaims = DirectoryRole
    created_at: float = 0.0

    @property
    def object_id(self) -> str:
        return stable_guid("application", self.app_id)


@dataclass
class User:
    id: str
    tenant_id: str
    name: str
    username: str
    roles: set[str] = field(default_factory=set)  # template ids of active directory roles
    eligible_roles: set[str] = field(default_factory=set)  # assigned, but not activated
    app_roles: dict[str, list[str]] = field(default_factory=dict)  # app id: values
    enabled: bool = True
    guest_of: str = ""  # the tenant where this person is at home, when it is not this one
    claims: dict[str, Any] = field(default_factory=dict)  # optional claims of this person's id tokens
    mail: str = ""  # what a guest signs in with, which is not their user name here

    @property
    def key(self) -> str:
        return f"{self.tenant_id}/{self.id}"

    @property
    def address(self) -> str:
        return self.mail or self.username

    @property
    def user_type(self) -> str:
        return "Guest" if self.guest_of else "Member"

    @property
    def wids(self) -> list[str]:
        return [*sorted(self.roles), MEMBER_MARKER]


@dataclass
class Window:
    """When something granted can be seen: grants and withdrawals reach tokens and Graph with delay."""

    granted_at: float
    visible_at: float
    gone_at: float | None = None

    def visible(self, now: float) -> bool:
        return self.visible_at <= now and not self.gone(now)

    def gone(self, now: float) -> bool:
        return self.gone_at is not None and self.gone_at <= now


@dataclass
class RoleAssignment:
    """One application permission, granted (appRoleAssignment)."""

    resource: str
    permission: Permission
    window: Window


@dataclass
class ScopeGrant:
    """Delegated permissions of one resource, for everyone or for one person (oAuth2PermissionGrant)."""

    resource: str
    principal_id: str | None
    scopes: dict[str, Window] = field(default_factory=dict)

    @property
    def consent_type(self) -> str:
        return "AllPrincipals" if self.principal_id is None else "Principal"

    def visible(self, now: float) -> list[str]:
        return [value for value, window in self.scopes.items() if window.visible(now)]


@dataclass
class ServicePrincipal:
    """What a tenant has of an application; made by its first consent."""

    id: str
    app_id: str
    tenant_id: str
    created_at: float
    visible_at: float
    enabled: bool = True
    assignments: list[RoleAssignment] = field(default_factory=list)
    scope_grants: list[ScopeGrant] = field(default_factory=list)

    def roles(self, resource: str, now: float) -> list[Permission]:
        return [
            held.permission
            for held in self.assignments
            if held.resource == resource and held.window.visible(now)
        ]

    def scopes(self, resource: str, user_id: str, now: float) -> list[str]:
        """Effective for a person: what everyone got and what that person granted."""
        found: dict[str, None] = {}
        for grant in self.scope_grants:
            if grant.resource == resource and grant.principal_id in (None, user_id):
                found.update(dict.fromkeys(grant.visible(now)))
        return list(found)

    def forget_gone(self, now: float) -> None:
        self.assignments = [held for held in self.assignments if not held.window.gone(now)]
        for grant in self.scope_grants:
            grant.scopes = {value: window for value, window in grant.scopes.items() if not window.gone(now)}
        self.scope_grants = [grant for grant in self.scope_grants if grant.scopes]


@dataclass
class Tenant:
    id: str
    name: str
    domains: list[str] = field(default_factory=list)
    cloud: str = "global"
    defender: bool = True  # Defender XDR is provisioned, so alerts_v2 and incidents answer
    premium: bool = True  # Entra ID P1, without which sign-in logs refuse
    users: dict[str, User] = field(default_factory=dict)
    principals: dict[str, ServicePrincipal] = field(default_factory=dict)  # by app id
    generations: dict[str, int] = field(default_factory=dict)  # a deleted principal never gets its id back
    principals_by_id: dict[str, ServicePrincipal] = field(default_factory=dict)

    def resource_principal_id(self, resource: str) -> str:
        """An API's service principal has another object id in every tenant."""
        return stable_guid("resource", self.id, resource)


@dataclass
class Settings:
    """How this Microsoft behaves where the real one varies, is slow, or is documented in several ways."""

    grant_delay: float = 0.0  # seconds until a grant shows in tokens and Graph
    revoke_delay: float = 0.0
    clock_offset: float = 0.0  # added to the clock everywhere
    never_consented: int = 7000229  # or 700016: which of the two a tenant without consent answers
    unknown_tenant_error: str = "invalid_request"  # newer bodies: invalid_tenant
    bad_scope: int = 1002012  # older bodies: 70011
    error_separator: str = " "  # older bodies: "\r\n" before Trace ID, Correlation ID and Timestamp
    consent_mode: str = "replace"  # or merge: what a new consent does to scopes granted to everyone before
    outside_app_roles: str = "keep"  # or remove: app role assignments outside the newly consented set
    grant_only: list[str] | None = None  # of the permissions asked for, grant only these values or ids
    decline: str = "observed"  # or documented_v1, documented_v2: how a cancelled consent comes back
    foreign_account: str = "redirect"  # or page: where AADSTS50020 shows
    v2_common: str = "bounce"  # or accept: /common/v2.0/adminconsent
    user_consent: str = "allowed"  # or blocked: people may consent for themselves to what needs no admin
    page_status: int = 200  # HTTP status of error pages, which Microsoft does not document
    legacy_alerts: str = "deprecated"  # or segment, gone: what /security/alerts answers after its retirement
    not_jwt_message: str = "new"  # or old: Graph's words for a token that is no JWT
    page_size: int = 100
    delta_expired: bool = False  # delta queries answer 410


def parse_permission(text: str) -> tuple[Kind, str]:
    """`value:kind`, or a value alone, which is an application permission."""
    name, _, kind = text.partition(":")
    if kind == "delegated":
        return "delegated", name
    if kind in ("", "application"):
        return "application", name
    raise ValueError(f"'{text}' is not VALUE:application or VALUE:delegated")


JSON = dict[str, Any]

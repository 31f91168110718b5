"""Everything this small Microsoft knows, in memory, behind one lock."""

import threading
import time
from collections.abc import Iterable, Iterator

from sandbox.faults import Faults
from sandbox.journal import Journal
from sandbox.keys import KeyRing
from sandbox.model import (
    JSON,
    Application,
    RoleAssignment,
    ScopeGrant,
    ServicePrincipal,
    Settings,
    Tenant,
    User,
    Window,
    stable_guid,
)
from sandbox.permissions import Permission, Resource, microsoft_graph
from sandbox.sessions import Sessions

Required = tuple[str, Permission]  # (resource app id, permission)


class NotFoundError(LookupError):
    """Nothing in the directory has this id."""


class Directory:
    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.faults = Faults()
        self.journal = Journal()
        self.keys = KeyRing()
        self.stopping = threading.Event()  # set when the server stops, so that no fault waits on
        self.start: JSON = {}  # what `reset` goes back to
        self.clear()

    def clear(self) -> None:
        with self.lock:
            self.applications: dict[str, Application] = {}
            self.tenants: dict[str, Tenant] = {}
            self.domains: dict[str, str] = {}
            graph = microsoft_graph()
            self.resources: dict[str, Resource] = {graph.app_id: graph}
            self.settings = Settings()
            self.sessions = Sessions()
            self.faults.clear()
            self.journal.clear()
            self.keys.reset()

    def now(self) -> float:
        return time.time() + self.settings.clock_offset

    # Looking up

    def application(self, app_id: str) -> Application:
        try:
            return self.applications[app_id.lower()]
        except KeyError:
            raise NotFoundError(f"no application {app_id}") from None

    def tenant(self, name: str) -> Tenant:
        """A tenant by its id or one of its domains."""
        tenant_id = self.domains.get(name.lower(), name.lower())
        try:
            return self.tenants[tenant_id]
        except KeyError:
            raise NotFoundError(f"no tenant {name}") from None

    def principal(self, tenant: Tenant, app_id: str) -> ServicePrincipal:
        try:
            return tenant.principals[app_id.lower()]
        except KeyError:
            raise NotFoundError(f"{tenant.name} has no service principal of {app_id}") from None

    def user(self, user_id: str) -> User:
        """A person by id, `tenant/id` or user name."""
        tenant_id, _, wanted = user_id.lower().rpartition("/")
        for user in self.users():
            if wanted in (user.id.lower(), user.username.lower()) and tenant_id in (
                "",
                user.tenant_id.lower(),
            ):
                return user
        raise NotFoundError(f"no person {user_id}")

    def users(self) -> Iterator[User]:
        for tenant in list(self.tenants.values()):
            yield from list(tenant.users.values())

    def resource(self, identifier: str) -> Resource | None:
        """An API by its app id or identifier URI."""
        wanted = identifier.rstrip("/").lower()
        for resource in self.resources.values():
            if wanted in (known.lower() for known in resource.identifiers):
                return resource
        return None

    # Adding

    def add_application(self, application: Application) -> None:
        with self.lock:
            self.applications[application.app_id.lower()] = application

    def add_tenant(self, tenant: Tenant) -> None:
        with self.lock:
            self.tenants[tenant.id.lower()] = tenant
            self.domains.update({domain.lower(): tenant.id.lower() for domain in tenant.domains})

    # Granting and withdrawing

    def window(self, *, at_once: bool = False) -> Window:
        now = self.now()
        return Window(granted_at=now, visible_at=now if at_once else now + self.settings.grant_delay)

    def ensure_principal(self, tenant: Tenant, app_id: str) -> ServicePrincipal:
        with self.lock:
            found = tenant.principals.get(app_id.lower())
            if found is None:
                generation = tenant.generations.get(app_id.lower(), 0)
                window = self.window()
                found = ServicePrincipal(
                    id=stable_guid("principal", tenant.id, app_id, str(generation)),
                    app_id=app_id.lower(),
                    tenant_id=tenant.id,
                    created_at=window.granted_at,
                    visible_at=window.visible_at,
                )
                tenant.principals[app_id.lower()] = found
                tenant.principals_by_id[found.id] = found
            return found

    def grant(
        self, tenant: Tenant, app_id: str, *, required: Iterable[Required], principal_id: str | None = None
    ) -> ServicePrincipal:
        """Grant these, for everyone or for one person, beside what is granted already."""
        with self.lock:
            principal = self.ensure_principal(tenant, app_id)
            principal.forget_gone(self.now())
            for resource, permission in required:
                if permission.kind == "application":
                    self._assign_role(principal, resource, permission)
                else:
                    self._add_scope(principal, resource, permission.value, principal_id)
            return principal

    def _assign_role(self, principal: ServicePrincipal, resource: str, permission: Permission) -> None:
        for held in principal.assignments:
            if held.resource == resource and held.permission.id == permission.id:
                held.window.gone_at = None
                return
        principal.assignments.append(RoleAssignment(resource, permission, self.window()))

    def _add_scope(
        self, principal: ServicePrincipal, resource: str, value: str, principal_id: str | None
    ) -> None:
        for grant in principal.scope_grants:
            if grant.resource == resource and grant.principal_id == principal_id:
                break
        else:
            grant = ScopeGrant(resource, principal_id)
            principal.scope_grants.append(grant)
        window = grant.scopes.setdefault(value, self.window(at_once=principal_id is not None))
        window.gone_at = None

    def revoke(self, principal: ServicePrincipal, required: Iterable[Required] | None = None) -> int:
        """Withdraw these, or everything; the number of grants withdrawn."""
        wanted = None if required is None else {(res, perm.kind, perm.value) for res, perm in required}
        with self.lock:
            principal.forget_gone(self.now())
            windows = [
                held.window
                for held in principal.assignments
                if wanted is None or (held.resource, "application", held.permission.value) in wanted
            ]
            for grant in principal.scope_grants:
                for value, window in grant.scopes.items():
                    if wanted is None or (grant.resource, "delegated", value) in wanted:
                        windows.append(window)
            self.withdraw(windows)
            return len(windows)

    def withdraw(self, windows: Iterable[Window]) -> None:
        gone_at = self.now() + self.settings.revoke_delay
        for window in windows:
            window.gone_at = gone_at

    def delete_principal(self, principal: ServicePrincipal) -> None:
        with self.lock:
            tenant = self.tenants[principal.tenant_id.lower()]
            del tenant.principals[principal.app_id]
            del tenant.principals_by_id[principal.id]
            tenant.generations[principal.app_id] = tenant.generations.get(principal.app_id, 0) + 1

    def settle(self) -> None:
        """Let everything that is still on its way arrive now."""
        now = self.now()
        with self.lock:
            for tenant in self.tenants.values():
                for principal in tenant.principals.values():
                    principal.visible_at = min(principal.visible_at, now)
                    for window in _windows(principal):
                        window.visible_at = min(window.visible_at, now)
                        window.gone_at = now if window.gone_at is not None else None


def _windows(principal: ServicePrincipal) -> Iterator[Window]:
    for held in principal.assignments:
        yield held.window
    for grant in principal.scope_grants:
        yield from grant.scopes.values()

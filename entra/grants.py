"""What a tenant granted to an application, as Microsoft itself tells it at this moment.

The token tells which Microsoft Graph application permissions calls really get. The directory, where
those permissions let us read it, adds other APIs and delegated permissions. What neither could tell is
left out of `knows`; anything torn, half-read or not believable raises, and then nothing was learned.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from entra import catalog
from entra.answers import Answer
from entra.errors import EntraError, Forbidden, NotConsented, Refused, Unavailable
from entra.graph import Directory, Resource
from entra.http import EntraSession
from entra.tokens import AppToken, app_only
from entra.types import GRAPH, Client, Evidence, Observation, Permission

# "List appRoleAssignments granted by a service principal" and "List oAuth2PermissionGrants":
# the application permissions that open each of them.
_READS_ASSIGNMENTS = frozenset(
    {
        "Application.Read.All",
        "Application.ReadWrite.All",
        "Application.ReadWrite.OwnedBy",
        "Directory.Read.All",
        "Directory.ReadWrite.All",
    }
)
_READS_DELEGATED = frozenset(
    {"Directory.Read.All", "Directory.ReadWrite.All", "DelegatedPermissionGrant.ReadWrite.All"}
)

_Read = TypeVar("_Read")


def read_grants(
    session: EntraSession, client: Client, *, tenant_id: str, resources: frozenset[str], now: datetime
) -> Observation:
    """`resources` are the app ids of the APIs whose permissions the caller will compare."""
    try:
        token = app_only(session, client, tenant_id, now=now)
    except NotConsented as refusal:
        return _nothing_granted(refusal, now)
    directory = Directory(session, client, token.value)
    view = _look(directory, token.roles, now)
    return _combine(token, view, resources)


def _nothing_granted(refusal: NotConsented, now: datetime) -> Observation:
    """Without a service principal in the tenant there is nothing that a grant could hang on."""
    evidence = Evidence(
        source="token",
        observed_at=now,
        request_id=refusal.request_id,
        client_request_id=refusal.client_request_id,
        claims={"code": refusal.code},
    )
    return Observation(
        granted=frozenset(),
        knows=frozenset({"application", "delegated"}),
        evidence=(evidence,),
        consented=False,
    )


class _Names:
    """Permissions by the ids and names that the directory uses, asking it only for what we do not know."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory
        self._graph_id = ""
        self._graph: Resource | None = None
        self._others: dict[str, Resource] = {}

    def role(self, resource_id: str, role_id: str) -> Permission:
        known = catalog.by_id("application", role_id) if self._is_graph(resource_id) else None
        if known is not None:
            return known
        resource = self._resource(resource_id)
        return Permission(resource.app_id, "application", role_id, resource.roles.get(role_id) or role_id)

    def scope(self, resource_id: str, name: str) -> Permission:
        known = catalog.by_value(name, "delegated") if self._is_graph(resource_id) else None
        if known is not None:
            return known
        resource = self._resource(resource_id)
        for scope_id, value in resource.scopes.items():
            if value.lower() == name.lower():
                return Permission(resource.app_id, "delegated", scope_id, value)
        return catalog.known_or_stand_in(name, "delegated", resource.app_id)

    def graph_role(self, value: str) -> Permission:
        """A role of a token that our catalogue lacks may still be known to the directory."""
        known = catalog.by_value(value, "application")
        if known is not None:
            return known
        for role_id, name in self._graph_in_full().roles.items():
            if name == value:
                return Permission(GRAPH, "application", role_id, name)
        return catalog.known_or_stand_in(value, "application")

    def _is_graph(self, resource_id: str) -> bool:
        # Graph's list of permissions is a megabyte long, so first only its id in this tenant.
        self._graph_id = self._graph_id or self._directory.resource_of_app(GRAPH, names=False).id
        return resource_id == self._graph_id

    def _graph_in_full(self) -> Resource:
        self._graph = self._graph or self._directory.resource_of_app(GRAPH)
        return self._graph

    def _resource(self, resource_id: str) -> Resource:
        if self._is_graph(resource_id):
            return self._graph_in_full()
        if resource_id not in self._others:
            self._others[resource_id] = self._directory.resource(resource_id)
        return self._others[resource_id]


@dataclass(frozen=True)
class _View:
    """What the directory told; None is what it did not let us read."""

    assigned: frozenset[Permission] | None = None
    delegated: frozenset[Permission] | None = None
    from_token: frozenset[Permission] | None = None
    some_users_only: bool = False
    evidence: tuple[Evidence, ...] = ()


def _look(directory: Directory, roles: frozenset[str] | None, now: datetime) -> _View:
    assignable = roles is None or bool(roles & _READS_ASSIGNMENTS)
    delegatable = roles is None or bool(roles & _READS_DELEGATED)
    our_id = _if_allowed(directory.our_id, missing_is_fine=True) if assignable or delegatable else None
    if our_id is None:
        return _View()
    names = _Names(directory)
    evidence: list[Evidence] = []
    assigned = delegated = None
    some_users_only = False
    if assignable:
        held = _if_allowed(lambda: _assigned(directory, names, our_id))
        if held is not None:
            assigned = held.permissions
            evidence.append(held.evidence(now))
    if delegatable:
        held = _if_allowed(lambda: _delegated(directory, names, our_id))
        if held is not None:
            delegated, some_users_only = held.permissions, held.some_users_only
            evidence.append(held.evidence(now))
    named = assigned is not None and roles is not None
    return _View(
        assigned=assigned,
        delegated=delegated,
        from_token=frozenset(names.graph_role(role) for role in roles or ()) if named else None,
        some_users_only=some_users_only,
        evidence=tuple(evidence),
    )


def _if_allowed(read: Callable[[], _Read], *, missing_is_fine: bool = False) -> _Read | None:
    """None when Graph says that we may not; anything else that is not an answer tells nothing and raises."""
    try:
        return read()
    except Forbidden as refusal:
        if refusal.status != 403:
            raise _nothing_learned("Graph did not accept the token it was just given", refusal) from None
        return None
    except Refused as refusal:
        # Just after the first consent the directory may not show our service principal yet.
        if missing_is_fine and refusal.status == 404:
            return None
        raise _nothing_learned("the directory changed or broke off while we read it", refusal) from None


def _nothing_learned(why: str, refusal: EntraError) -> Unavailable:
    failure = Unavailable(why, error=refusal.error)
    failure.request_id, failure.client_request_id = refusal.request_id, refusal.client_request_id
    failure.status, failure.at = refusal.status, refusal.at
    return failure


@dataclass(frozen=True)
class _Held:
    permissions: frozenset[Permission]
    answer: Answer
    some_users_only: bool = False

    def evidence(self, now: datetime) -> Evidence:
        return Evidence(
            source="graph",
            observed_at=now,
            request_id=self.answer.request_id,
            client_request_id=self.answer.client_request_id,
        )


def _assigned(directory: Directory, names: _Names, our_id: str) -> _Held:
    listed, answer = directory.assignments(our_id)
    return _Held(frozenset(names.role(resource, role) for resource, role in listed), answer)


def _delegated(directory: Directory, names: _Names, our_id: str) -> _Held:
    listed, answer = directory.delegated_grants(our_id)
    everyone: set[Permission] = set()
    somebody: set[Permission] = set()
    for grant in listed:
        scopes = {names.scope(grant.resource_id, scope) for scope in grant.scopes}
        (everyone if grant.everyone else somebody).update(scopes)
    return _Held(frozenset(everyone), answer, some_users_only=not somebody <= everyone)


def _combine(token: AppToken, view: _View, resources: frozenset[str]) -> Observation:
    if token.roles is None and view.assigned is None:
        raise Unavailable(
            "its token was not readable, and it does not let the application read the directory",
            request_id=token.evidence.request_id,
            client_request_id=token.evidence.client_request_id,
        )
    granted, knows, note = _application(token, view)
    if view.assigned is None and resources - {GRAPH}:
        note = "Permissions of other APIs than Microsoft Graph cannot be read with what was granted."
    if view.delegated is not None:
        granted |= view.delegated
        knows |= {"delegated"}
    return Observation(
        granted=granted,
        knows=knows,
        evidence=(token.evidence, *view.evidence),
        consented=True,
        some_users_only=view.some_users_only,
        note=note,
    )


def _application(token: AppToken, view: _View) -> tuple[frozenset[Permission], frozenset[str], str]:
    if view.assigned is None:
        roles = token.roles or frozenset()
        held = frozenset(catalog.known_or_stand_in(role, "application") for role in roles)
        return held, frozenset({f"application:{GRAPH}"}), ""
    if view.from_token is None:
        return view.assigned, frozenset({"application"}), ""
    listed = frozenset(p for p in view.assigned if p.resource == GRAPH)
    # While a change spreads the two disagree for minutes. Calls get what the token carries.
    granted = view.from_token | (view.assigned - listed)
    return granted, frozenset({"application"}), _lag(listed, view.from_token)


def _lag(listed: frozenset[Permission], carried: frozenset[Permission]) -> str:
    coming = ", ".join(sorted(p.value for p in listed - carried))
    going = ", ".join(sorted(p.value for p in carried - listed))
    said = [f"the directory lists {coming}, which tokens do not carry yet"] if coming else []
    said += [f"tokens still carry {going}, which the directory no longer lists"] if going else []
    return f"A change is still spreading: {'; '.join(said)}." if said else ""

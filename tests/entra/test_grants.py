from datetime import UTC, datetime

import pytest

from entra import catalog
from entra.errors import AppDisabled, EntraError, Throttled, Unavailable
from entra.grants import read_grants
from entra.types import GRAPH, Permission
from sandbox.demo import CONNECTOR, NORTHWIND
from tests.entra.conftest import APP

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
P1 = "SecurityEvents.Read.All"
P2 = "SecurityAlert.Read.All"
READER = "Application.Read.All"
ALL_READER = "Directory.Read.All"

API = "aaaaaaaa-0000-4000-8000-000000000001"
API_ROLE = {"resource": API, "kind": "application", "id": "aaaaaaaa-0000-4000-8000-0000000000a1"}
API_SCOPE = {"resource": API, "kind": "delegated", "id": "aaaaaaaa-0000-4000-8000-0000000000b1"}
API_RESOURCE = {
    "appId": API,
    "displayName": "Ledger",
    "permissions": [
        {"kind": "application", "id": API_ROLE["id"], "value": "Ledger.Read"},
        {"kind": "delegated", "id": API_SCOPE["id"], "value": "Ledger.Use"},
    ],
}


def graph(value: str, kind="application") -> Permission:
    found = catalog.by_value(value, kind)
    assert found is not None
    return found


def read(session, resources=frozenset({GRAPH})):
    return read_grants(session, APP, tenant_id=NORTHWIND, resources=resources, now=NOW)


def failure_of(session) -> EntraError:
    with pytest.raises(EntraError) as caught:
        read(session)
    return caught.value


class TestFromTheTokenAlone:
    def test_it_proves_the_application_permissions_of_graph_and_no_more(self, microsoft, session):
        microsoft.grant(NORTHWIND, P1, P2, "User.Read:delegated")
        seen = read(session)
        assert seen.granted == {graph(P1), graph(P2)}
        assert seen.knows == {f"application:{GRAPH}"}
        assert seen.consented
        assert seen.note == ""
        assert [(one.source, one.observed_at) for one in seen.evidence] == [("token", NOW)]
        assert [entry["endpoint"] for entry in microsoft.asked()] == ["token"]

    def test_a_service_principal_without_grants_is_consented_to_nothing(self, microsoft, session):
        microsoft.grant(NORTHWIND)
        seen = read(session)
        assert (seen.granted, seen.consented) == (frozenset(), True)
        assert seen.knows == {f"application:{GRAPH}"}

    def test_of_another_api_it_knows_nothing_and_says_so(self, microsoft, session):
        microsoft.grant(NORTHWIND, P1)
        seen = read(session, frozenset({GRAPH, API}))
        assert seen.knows == {f"application:{GRAPH}"}
        assert "other APIs" in seen.note
        assert not seen.knows_of(Permission(API, "application", API_ROLE["id"]))
        assert seen.knows_of(graph(P1))
        assert not seen.knows_of(graph(P1, "delegated"))

    def test_a_permission_newer_than_our_catalogue_gets_a_stand_in(self, microsoft, session):
        new = {"kind": "application", "id": "bbbbbbbb-0000-4000-8000-000000000001", "value": "New.Read.All"}
        microsoft.grant(NORTHWIND, P1, new)
        (stranger,) = read(session).granted - {graph(P1)}
        assert stranger.value == "New.Read.All"
        assert stranger.id != new["id"]
        assert stranger == catalog.known_or_stand_in("New.Read.All", "application")


class TestWithoutConsent:
    def test_nothing_is_granted_and_that_is_known(self, microsoft, session):
        seen = read(session)
        assert seen.granted == frozenset()
        assert seen.knows == {"application", "delegated"}
        assert not seen.consented
        (evidence,) = seen.evidence
        (entry,) = microsoft.asked("token")
        assert (evidence.source, evidence.claims) == ("token", {"code": 7000229})
        assert evidence.request_id == entry["request_id"]
        assert evidence.client_request_id == entry["client_request_id"]

    def test_a_disabled_service_principal_is_something_else(self, microsoft, session):
        microsoft.grant(NORTHWIND, P1)
        microsoft.control("POST", f"tenants/{NORTHWIND}/apps/{CONNECTOR}/disable")
        assert isinstance(failure_of(session), AppDisabled)


class TestFromTheDirectory:
    def test_application_permissions_of_every_api_are_known(self, microsoft, session):
        microsoft.control("POST", "load", resources=[API_RESOURCE])
        microsoft.grant(NORTHWIND, P1, READER, API_ROLE)
        seen = read(session, frozenset({GRAPH, API}))
        ledger = Permission(API, "application", API_ROLE["id"])
        assert seen.granted == {graph(P1), graph(READER), ledger}
        assert {p.value for p in seen.granted} == {P1, READER, "Ledger.Read"}
        assert seen.knows == {"application"}
        assert seen.note == ""
        assert [one.source for one in seen.evidence] == ["token", "graph"]
        assert seen.evidence[1].request_id in {entry["request_id"] for entry in microsoft.asked("graph")}

    def test_delegated_permissions_are_known_where_the_directory_is_readable(self, microsoft, session):
        microsoft.control("POST", "load", resources=[API_RESOURCE])
        microsoft.grant(NORTHWIND, ALL_READER, "User.Read:delegated", "openid:delegated", API_SCOPE)
        seen = read(session)
        assert seen.knows == {"application", "delegated"}
        assert seen.granted == {
            graph(ALL_READER),
            graph("User.Read", "delegated"),
            graph("openid", "delegated"),
            Permission(API, "delegated", API_SCOPE["id"]),
        }
        assert [one.source for one in seen.evidence] == ["token", "graph", "graph"]
        assert not seen.some_users_only

    def test_what_one_person_granted_is_no_grant_of_the_tenant(self, microsoft, session):
        microsoft.grant(NORTHWIND, ALL_READER)
        microsoft.grant(NORTHWIND, "User.Read:delegated", principal="11111111-0000-4000-8000-000000000001")
        seen = read(session)
        assert seen.granted == {graph(ALL_READER)}
        assert seen.some_users_only

    def test_what_everyone_has_is_not_some_users_only(self, microsoft, session):
        microsoft.grant(NORTHWIND, ALL_READER, "User.Read:delegated")
        microsoft.grant(NORTHWIND, "User.Read:delegated", principal="11111111-0000-4000-8000-000000000001")
        assert not read(session).some_users_only

    def test_pages_are_followed_also_empty_ones(self, microsoft, session):
        names = [P1, P2, READER, "SecurityIncident.Read.All", "ThreatHunting.Read.All"]
        microsoft.grant(NORTHWIND, *names)
        microsoft.control("PATCH", "settings", page_size=2)
        microsoft.fault("empty_page", "graph", times=1)
        assert read(session).granted == {graph(name) for name in names}

    def test_a_newer_permission_is_found_by_its_id(self, microsoft, session):
        new = {"kind": "application", "id": "bbbbbbbb-0000-4000-8000-000000000001", "value": "New.Read.All"}
        scope = {"kind": "delegated", "id": "bbbbbbbb-0000-4000-8000-000000000002", "value": "New.Use"}
        microsoft.grant(NORTHWIND, ALL_READER, new, scope)
        seen = read(session)
        assert Permission(GRAPH, "application", new["id"]) in seen.granted
        assert Permission(GRAPH, "delegated", scope["id"]) in seen.granted
        assert seen.note == ""

    def test_a_directory_that_refuses_leaves_that_kind_unknown(self, microsoft, session):
        microsoft.grant(NORTHWIND, P1, ALL_READER, "User.Read:delegated")
        microsoft.fault("graph", "graph", path="oauth2PermissionGrants", status=403, code="Forbidden")
        seen = read(session)
        assert seen.knows == {"application"}
        assert seen.granted == {graph(P1), graph(ALL_READER)}

    def test_assignments_that_it_refuses_leave_other_apis_unknown(self, microsoft, session):
        microsoft.grant(NORTHWIND, P1, ALL_READER, "User.Read:delegated")
        microsoft.fault("graph", "graph", path="appRoleAssignments", status=403, code="Forbidden")
        seen = read(session)
        assert seen.knows == {f"application:{GRAPH}", "delegated"}
        assert seen.granted == {graph(P1), graph(ALL_READER), graph("User.Read", "delegated")}

    def test_a_service_principal_that_does_not_show_yet_leaves_the_directory_unread(self, microsoft, session):
        microsoft.grant(NORTHWIND, P1, ALL_READER)
        missing = {"status": 404, "code": "Request_ResourceNotFound"}
        microsoft.fault("graph", "graph", path="servicePrincipals(appId", **missing)
        seen = read(session)
        assert seen.knows == {f"application:{GRAPH}"}
        assert seen.granted == {graph(P1), graph(ALL_READER)}


class TestWhenAnythingBreaks:
    """One complete reading or none: half of one would look like a withdrawal."""

    @pytest.mark.parametrize(
        "path", ["servicePrincipals(appId", "appRoleAssignments", "oauth2PermissionGrants"]
    )
    @pytest.mark.parametrize(
        "fault", ["error503", "error500", "garbage", "truncated", "hello", "redirect302"]
    )
    def test_nothing_is_learned(self, microsoft, session, path, fault):
        microsoft.grant(NORTHWIND, P1, ALL_READER, "User.Read:delegated")
        microsoft.fault(fault, "graph", path=path)
        failure = failure_of(session)
        assert type(failure) is Unavailable
        assert failure.retryable

    def test_throttling_keeps_its_pause(self, microsoft, session):
        microsoft.grant(NORTHWIND, P1, READER)
        microsoft.fault("throttle", "graph", seconds=9)
        failure = failure_of(session)
        assert isinstance(failure, Throttled)
        assert failure.retry_after == 9

    def test_a_rejected_token_is_no_missing_permission(self, microsoft, session):
        microsoft.grant(NORTHWIND, P1, READER)
        microsoft.fault("graph", "graph", status=401, code="InvalidAuthenticationToken")
        failure = failure_of(session)
        assert type(failure) is Unavailable
        assert failure.retryable
        assert (failure.error, failure.status) == ("InvalidAuthenticationToken", 401)

    def test_an_opaque_token_that_graph_refuses_tells_nothing(self, microsoft, session):
        microsoft.grant(NORTHWIND, P1, ALL_READER)
        microsoft.fault("opaque_token", "token")
        assert type(failure_of(session)) is Unavailable

    def test_what_disappears_between_two_reads_is_no_withdrawal(self, microsoft, session):
        microsoft.grant(NORTHWIND, P1, READER)
        gone = {"status": 404, "code": "Request_ResourceNotFound"}
        microsoft.fault("graph", "graph", path="appRoleAssignments", **gone)
        failure = failure_of(session)
        assert type(failure) is Unavailable
        assert failure.error == "Request_ResourceNotFound"
        assert failure.request_id

import json
from urllib.parse import parse_qs, urlsplit

import pytest

from entra.errors import Unavailable
from entra.types import GRAPH, Permission
from sandbox.demo import CONNECTOR, NORTHWIND
from tests.entra.peers import reply, unsigned
from tests.entra.test_grants import (
    ALL_READER,
    API,
    API_ROLE,
    API_SCOPE,
    P1,
    P2,
    READER,
    failure_of,
    graph,
    read,
)

OURS = "11111111-aaaa-4aaa-8aaa-aaaaaaaaaaaa"
GRAPH_SP = "22222222-aaaa-4aaa-8aaa-aaaaaaaaaaaa"
OTHER_SP = "33333333-aaaa-4aaa-8aaa-aaaaaaaaaaaa"
NO_ROLE = "00000000-0000-0000-0000-000000000000"


class Directory:
    """A Graph that says what a test wants, for what the sandbox would never say."""

    def __init__(self) -> None:
        self.roles: list[str] | None = [ALL_READER]
        self.assignments: list[object] = []
        self.grants: list[object] = []
        self.graph_roles: object = []
        self.link: object = None
        self.ours: object = {"id": OURS, "appId": CONNECTOR}
        self.status = 200

    def __call__(self, request):
        url = urlsplit(request.target)
        if request.method == "POST":
            claims = {"aud": "https://graph.microsoft.com", "tid": NORTHWIND, "appid": CONNECTOR}
            value = "opaque" if self.roles is None else unsigned(claims | {"roles": self.roles})
            return reply({"token_type": "Bearer", "access_token": value})
        if "broken" in url.query:
            return reply(b"", 503)
        if "$skiptoken" in parse_qs(url.query):
            return reply({"value": []})
        return reply(self.body(url.path), self.status)

    def body(self, path: str) -> object:
        if path.endswith("/appRoleAssignments"):
            page = {"value": self.assignments}
            return page if self.link is None else page | {"@odata.nextLink": self.link}
        if path.endswith("/oauth2PermissionGrants"):
            return {"value": self.grants}
        if path.endswith(f"(appId='{CONNECTOR}')"):
            return self.ours
        if path.endswith(OTHER_SP):
            return {"id": OTHER_SP, "appId": API, "appRoles": [{"id": API_ROLE["id"], "value": None}]}
        return {"id": GRAPH_SP, "appId": GRAPH, "appRoles": self.graph_roles}

    def hold(self, value: str, **changes):
        entry = {"appRoleId": graph(value).id, "principalId": OURS, "resourceId": GRAPH_SP}
        self.assignments.append(entry | changes)

    def permit(self, scope: object, /, **changes):
        entry = {"clientId": OURS, "consentType": "AllPrincipals", "resourceId": GRAPH_SP, "scope": scope}
        self.grants.append(entry | changes)


@pytest.fixture
def directory():
    return Directory()


class TestWhatDirectoriesMaySay:
    def test_an_opaque_token_leaves_it_to_the_directory(self, facing, directory):
        directory.roles = None
        directory.hold(P1)
        directory.permit("User.Read")
        seen = read(facing(directory))
        assert seen.granted == {graph(P1), graph("User.Read", "delegated")}
        assert seen.knows == {"application", "delegated"}

    def test_an_opaque_token_and_a_closed_directory_tell_nothing(self, facing, directory):
        directory.roles = None
        directory.ours = {"error": {"code": "Authorization_RequestDenied"}}
        directory.status = 403
        failure = failure_of(facing(directory))
        assert type(failure) is Unavailable
        assert failure.client_request_id

    def test_ids_in_capitals_and_leading_blanks_mean_the_same(self, facing, directory):
        directory.hold(P1, appRoleId=graph(P1).id.upper(), principalId=OURS.upper())
        directory.hold(ALL_READER)
        directory.permit("  user.read   OPENID ")
        directory.roles = [P1, ALL_READER]
        seen = read(facing(directory))
        assert {p.value for p in seen.granted} == {P1, ALL_READER, "User.Read", "openid"}
        assert seen.note == ""

    def test_an_assignment_without_a_role_is_no_permission(self, facing, directory):
        directory.hold(ALL_READER)
        directory.hold(P1, appRoleId=NO_ROLE, resourceId=OTHER_SP)
        assert read(facing(directory)).granted == {graph(ALL_READER)}

    def test_a_grant_without_scopes_is_no_permission(self, facing, directory):
        directory.permit(None)
        assert read(facing(directory)).granted == {graph(ALL_READER)}

    def test_a_role_without_a_name_is_known_by_its_id(self, facing, directory):
        directory.hold(ALL_READER)
        directory.hold(P1, resourceId=OTHER_SP, appRoleId=API_ROLE["id"])
        (found,) = read(facing(directory)).granted - {graph(ALL_READER)}
        assert found == Permission(API, "application", API_ROLE["id"])
        assert found.value == API_ROLE["id"]

    def test_two_permissions_of_one_api_take_one_look_at_it(self, facing, directory):
        directory.hold(ALL_READER)
        directory.hold(P1, resourceId=OTHER_SP, appRoleId=API_ROLE["id"])
        directory.hold(P1, resourceId=OTHER_SP, appRoleId=API_SCOPE["id"])
        session = facing(directory)
        assert len(read(session).granted) == 3
        assert sum(OTHER_SP in request.target for request in session.peer.requests) == 1

    def test_who_may_read_delegated_permissions_only_learns_those(self, facing, directory):
        directory.roles = ["DelegatedPermissionGrant.ReadWrite.All"]
        directory.permit("User.Read")
        seen = read(facing(directory))
        assert seen.knows == {f"application:{GRAPH}", "delegated"}
        assert graph("User.Read", "delegated") in seen.granted

    def test_the_evidence_is_the_reading_itself_not_the_look_up_of_names(self, microsoft, session):
        microsoft.grant(NORTHWIND, READER)
        _, evidence = read(session).evidence
        (entry,) = (one for one in microsoft.asked("graph") if one["path"].endswith("/appRoleAssignments"))
        assert evidence.request_id == entry["request_id"]
        assert evidence.client_request_id == entry["client_request_id"]

    def test_a_scope_that_no_longer_exists_is_still_shown(self, facing, directory):
        directory.permit("Ledger.Gone", resourceId=OTHER_SP)
        directory.permit("Gone.From.Graph")
        assert {p.value for p in read(facing(directory)).granted} >= {"Ledger.Gone", "Gone.From.Graph"}

    def test_the_token_decides_while_a_change_spreads(self, facing, directory):
        directory.roles = [ALL_READER, P1]
        directory.hold(ALL_READER)
        directory.hold(P2)
        seen = read(facing(directory))
        assert seen.granted == {graph(ALL_READER), graph(P1)}
        assert f"the directory lists {P2}, which tokens do not carry yet" in seen.note
        assert f"tokens still carry {P1}, which the directory no longer lists" in seen.note

    def test_a_role_that_nobody_knows_is_shown_by_its_name(self, facing, directory):
        directory.roles = [ALL_READER, "Brand.New"]
        directory.graph_roles = [{"id": API_ROLE["id"], "value": "Other.New"}]
        assert {p.value for p in read(facing(directory)).granted} == {ALL_READER, "Brand.New"}


class TestWhatDirectoriesMustNotSay:
    def assert_nothing_learned(self, session):
        failure = failure_of(session)
        assert type(failure) is Unavailable
        return failure

    @pytest.mark.parametrize(
        "changes",
        [
            {"principalId": GRAPH_SP},
            {"principalId": None},
            {"appRoleId": "P1"},
            {"resourceId": "../x"},
            {"resourceId": 5},
        ],
    )
    def test_assignments_that_are_not_ours_or_not_readable(self, facing, directory, changes):
        directory.hold(P1, **changes)
        self.assert_nothing_learned(facing(directory))

    @pytest.mark.parametrize(
        "changes",
        [{"clientId": GRAPH_SP}, {"consentType": "Everyone"}, {"scope": ["User.Read"]}, {"resourceId": ""}],
    )
    def test_delegated_grants_that_are_not_ours_or_not_readable(self, facing, directory, changes):
        directory.permit("User.Read", **changes)
        self.assert_nothing_learned(facing(directory))

    @pytest.mark.parametrize("page", [None, {}, "x", [5], [None]])
    def test_pages_that_are_no_lists(self, facing, directory, page):
        directory.assignments = page
        self.assert_nothing_learned(facing(directory))

    @pytest.mark.parametrize("roles", ["x", [5], [{"value": "no id"}]])
    def test_permissions_of_an_api_that_are_no_list(self, facing, directory, roles):
        directory.graph_roles = roles
        directory.hold(ALL_READER)
        self.assert_nothing_learned(facing(directory))

    def test_an_answer_that_says_it_is_partial(self, facing, directory):
        directory.hold(ALL_READER)
        directory.status = 206
        assert "not complete" in self.assert_nothing_learned(facing(directory)).summary

    def test_a_service_principal_without_an_id(self, facing, directory):
        directory.ours = {"appId": CONNECTOR}
        self.assert_nothing_learned(facing(directory))

    @pytest.mark.parametrize(
        "link",
        [
            "https://evil.example/v1.0/x?$skiptoken=1",
            "https://login.microsoftonline.com/v1.0/x?$skiptoken=1",
            "https://graph.microsoft.us/v1.0/x?$skiptoken=1",
            "http://graph.microsoft.com/v1.0/x?$skiptoken=1",
            "https://[broken",
            "/v1.0/x?$skiptoken=1",
            5,
            "",
        ],
    )
    def test_a_next_page_elsewhere_is_not_fetched(self, facing, directory, link):
        directory.link = link
        session = facing(directory)
        self.assert_nothing_learned(session)
        assert not any("skiptoken" in request.target for request in session.peer.requests)

    def test_a_next_page_at_the_same_graph_is(self, facing, directory):
        directory.hold(ALL_READER)
        directory.link = "https://graph.microsoft.com/v1.0/x?$skiptoken=1"
        session = facing(directory)
        assert read(session).granted == {graph(ALL_READER)}
        directory.link = f"{session.peer.url}/v1.0/x?$skiptoken=1"
        assert read(session).granted == {graph(ALL_READER)}

    def test_a_next_page_that_fails_takes_the_first_one_with_it(self, facing, directory):
        directory.hold(ALL_READER)
        directory.link = "https://graph.microsoft.com/v1.0/x?$skiptoken=broken"
        self.assert_nothing_learned(facing(directory))

    def test_pages_without_end_end(self, facing, directory):
        directory.link = "https://graph.microsoft.com/v1.0/servicePrincipals/x/appRoleAssignments"
        session = facing(directory)
        assert "too many pages" in self.assert_nothing_learned(session).summary
        assert len(session.peer.requests) < 110

    def test_pages_that_take_too_long_are_left(self, facing, directory, monkeypatch):
        monkeypatch.setattr("entra.graph._LONGEST_READ", -1.0)
        assert "took longer" in self.assert_nothing_learned(facing(directory)).summary

    def test_the_token_is_only_sent_to_graph(self, facing, directory):
        session = facing(directory)
        read(session)
        bearers = [r.headers.get("authorization", "") for r in session.peer.requests]
        assert bearers[0] == ""
        assert all(json.dumps(bearer).startswith('"Bearer ') for bearer in bearers[1:])

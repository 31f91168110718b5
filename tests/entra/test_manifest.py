import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entra import catalog
from entra.errors import ManifestError
from entra.manifest import parse_permission, parse_required_access
from entra.types import GRAPH, Permission
from tests.entra.conftest import PATIENT

P1 = "bf394140-e372-4bf9-a898-299cfc7564e5"
P2 = "472e4a4d-bb4a-4026-98d1-0b0d74cb74a5"
USER_READ = "e1fe6dd8-ba31-4d61-89e7-88639da4683d"
API = "aaaaaaaa-0000-4000-8000-000000000001"


def entry(*accesses: object, resource: object = GRAPH) -> dict[str, object]:
    return {"resourceAppId": resource, "resourceAccess": list(accesses)}


def role(permission_id: object = P1, kind: object = "Role") -> dict[str, object]:
    return {"id": permission_id, "type": kind}


def complaint(document: object) -> str:
    with pytest.raises(ManifestError) as caught:
        parse_required_access(document)
    text = str(caught.value)
    assert text.endswith(".")
    assert text.isprintable()
    assert len(text) < 300
    return text


class TestManifests:
    def test_a_manifest_and_its_array_say_the_same(self):
        array = [entry(role(P2), role(P1), role(USER_READ, "Scope"))]
        found = parse_required_access(array)
        assert [(p.value, p.kind) for p in found] == [
            ("SecurityAlert.Read.All", "application"),
            ("SecurityEvents.Read.All", "application"),
            ("User.Read", "delegated"),
        ]
        manifest = {"id": "x", "appId": "y", "displayName": "z", "requiredResourceAccess": array, "web": {}}
        assert parse_required_access(manifest) == found

    def test_order_and_capitals_do_not_matter(self):
        capitals = [entry(role(P2.upper()), resource=GRAPH.upper()), entry(role(P1))]
        assert parse_required_access(capitals) == parse_required_access([entry(role(P1), role(P2))])

    def test_other_apis_are_known_by_their_ids(self):
        found = parse_required_access([entry(role(API.upper()), resource=API)])
        assert found == [Permission(API, "application", API)]
        assert found[0].value == API

    @pytest.mark.parametrize("document", [None, 5, 1.5, "text", True])
    def test_what_is_no_manifest_is_said(self, document):
        assert "requiredResourceAccess must be a list" in complaint(document)

    @pytest.mark.parametrize("document", [{}, {"requiredResourceaccess": []}, {"value": [1]}])
    def test_an_object_of_another_shape_is_said(self, document):
        assert "not an application manifest" in complaint(document)

    @pytest.mark.parametrize("document", [[], {"requiredResourceAccess": []}, [entry()]])
    def test_an_empty_one_is_said(self, document):
        assert "asks for no permission" in complaint(document)

    @pytest.mark.parametrize(
        ("document", "said"),
        [
            ([entry(role()), 5], "requiredResourceAccess[1] must be an object, but it is a number."),
            (
                [entry(role(), resource="graph")],
                "[0].resourceAppId must be the app id (a GUID) of an API, not graph.",
            ),
            (
                [{"resourceAccess": []}],
                "[0].resourceAppId must be the app id (a GUID) of an API, but it is missing.",
            ),
            ([entry(role(), resource=[1])], "but it is a list."),
            ([{"resourceAppId": GRAPH}], "[0].resourceAccess must be a list, but it is missing."),
            ([{"resourceAppId": GRAPH, "resourceAccess": {}}], "but it is an object."),
            ([entry("x")], "resourceAccess[0] must be an object with id and type, but it is a text."),
            ([entry(role(kind="role"))], 'resourceAccess[0].type must be "Role" or "Scope", not role.'),
            ([entry({"id": P1})], '.type must be "Role" or "Scope", but it is missing.'),
            ([entry(role(kind=True))], "but it is true or false."),
            ([entry(role("P1"))], "resourceAccess[0].id must be the id (a GUID) of a permission, not P1."),
            (
                [entry(role(5))],
                "resourceAccess[0].id must be the id (a GUID) of a permission, but it is a number.",
            ),
        ],
    )
    def test_what_is_wrong_is_named_with_its_place(self, document, said):
        assert said in complaint(document)

    def test_an_id_that_graph_does_not_have_is_named_with_its_kind(self):
        text = complaint([entry(role(), role(API))])
        assert "resourceAccess[1]: Microsoft Graph has no application permission (Role)" in text
        assert API in text

    def test_an_id_of_the_other_kind_is_told_apart(self):
        text = complaint([entry(role(USER_READ))])
        assert "it is the id of User.Read as delegated permission (type Scope)" in text
        assert "as application permission (type Role)" in complaint([entry(role(P1, "Scope"))])

    def test_the_same_permission_twice_is_named(self):
        for document in ([entry(role(), role())], [entry(role()), entry(role(P1.upper()))]):
            assert "SecurityEvents.Read.All (application) a second time" in complaint(document)

    def test_one_id_may_be_two_permissions(self):
        both = "405a51b5-8d8d-430b-9842-8be4b0e9f324"
        assert len(parse_required_access([entry(role(both), role(both, "Scope"))])) == 2

    def test_a_flood_is_cut_off(self):
        many = [role(f"aaaaaaaa-0000-4000-8000-{number:012d}") for number in range(1201)]
        assert len(parse_required_access([entry(*many[:1200], resource=API)])) == 1200
        assert "more than 1200" in complaint([entry(*many, resource=API)])

    def test_foreign_text_is_shown_short_and_clean(self):
        assert "…" in complaint([entry(role("x\n\u202e" * 500))])

    @PATIENT
    @given(
        st.recursive(
            st.none()
            | st.booleans()
            | st.integers()
            | st.floats()
            | st.text(max_size=5)
            | st.sampled_from([P1, GRAPH]),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(
                    st.sampled_from(
                        ["requiredResourceAccess", "resourceAppId", "resourceAccess", "id", "type"]
                    ),
                    inner,
                    max_size=3,
                )
            ),
        )
    )
    def test_any_json_is_read_or_explained(self, document):
        try:
            found = parse_required_access(document)
        except ManifestError:
            return
        assert found == sorted(set(found))

    @PATIENT
    @given(st.lists(st.sampled_from(catalog.permissions()), min_size=1, max_size=8, unique=True))
    def test_what_is_written_is_what_is_read(self, permissions):
        types = {"application": "Role", "delegated": "Scope"}
        document = [entry(role(p.id, types[p.kind])) for p in permissions]
        assert parse_required_access(json.loads(json.dumps(document))) == sorted(permissions)


class TestWordsOfACommandLine:
    @pytest.mark.parametrize(
        "text", ["SecurityEvents.Read.All:application", " securityevents.read.all : application "]
    )
    def test_value_and_kind(self, text):
        assert parse_permission(text) == Permission(GRAPH, "application", P1)

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("", "VALUE:KIND"),
            (":application", "VALUE:KIND"),
            ("User.Read", "User.Read lacks its kind: write User.Read:application or User.Read:delegated."),
            ("User.Read:", " is not a kind"),
            ("User.Read:app", "app is not a kind"),
            ("User.Read:application", "only as delegated permission: write User.Read:delegated."),
            ("Application.ReadWrite.OwnedBy:delegated", "only as application permission"),
            ("SecurityEvent.Read.All:application", "Did you mean SecurityEvents.Read.All"),
            ("Zzzz.Qqqq:application", "Microsoft Graph has no permission named Zzzz.Qqqq."),
        ],
    )
    def test_what_is_wrong_is_said(self, text, said):
        with pytest.raises(ManifestError) as caught:
            parse_permission(text)
        assert said in str(caught.value)

    @PATIENT
    @given(st.text(max_size=80) | st.text(max_size=80).map(lambda text: f"{text}:delegated"))
    def test_any_text_is_read_or_explained(self, text):
        try:
            found = parse_permission(text)
        except ManifestError:
            return
        assert catalog.by_id(found.kind, found.id) == found

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entra import catalog
from entra.types import GRAPH, Permission, is_guid
from tests.entra.conftest import PATIENT

P1 = "bf394140-e372-4bf9-a898-299cfc7564e5"


def test_a_permission_is_found_by_name_and_by_id():
    found = catalog.by_value("SecurityEvents.Read.All", "application")
    assert found == Permission(GRAPH, "application", P1)
    assert found is not None
    assert found.value == "SecurityEvents.Read.All"
    assert catalog.by_id("application", P1) == found


def test_case_and_blanks_do_not_matter():
    assert catalog.by_value(" securityevents.read.ALL ", "application") == catalog.by_id(
        "application", P1.upper()
    )


def test_the_kinds_are_kept_apart():
    assert catalog.by_id("delegated", P1) is None
    assert catalog.by_value("User.Read", "application") is None
    both = {kind: catalog.by_value("User.Export.All", kind) for kind in ("application", "delegated")}
    assert both["application"] != both["delegated"]
    assert {p.id for p in both.values() if p} == {"405a51b5-8d8d-430b-9842-8be4b0e9f324"}


def test_every_row_is_whole():
    everything = catalog.permissions()
    assert len(everything) == len({p.key for p in everything}) > 1500
    assert {p.kind for p in everything} == {"application", "delegated"}
    assert len(catalog.permissions("application")) + len(catalog.permissions("delegated")) == len(everything)
    for permission in everything:
        assert is_guid(permission.id)
        assert catalog.by_value(permission.value, permission.kind) == permission
    assert everything == sorted(everything, key=lambda p: (p.value.lower(), p.kind))


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("SecurityEvent.Read.All", "SecurityEvents.Read.All"),
        ("securityalert.reed.all", "SecurityAlert.Read.All"),
        ("SecurityInc", "SecurityIncident.Read.All"),
    ],
)
def test_a_slip_gets_a_suggestion(typed, meant):
    assert meant in catalog.suggestions(typed)


def test_nonsense_gets_none():
    assert catalog.suggestions("zzzzqqqq") == []
    assert catalog.suggestions("") == []


@PATIENT
@given(st.text(max_size=200))
def test_suggestions_never_fail_and_are_real_names(typed):
    found = catalog.suggestions(typed)
    assert len(found) <= 3
    assert all(catalog.by_value(n, "application") or catalog.by_value(n, "delegated") for n in found)


def test_who_must_consent():
    def required(value, kind):
        found = catalog.by_value(value, kind)
        assert found is not None
        return catalog.admin_consent_required(found)

    assert required("SecurityEvents.Read.All", "application")
    assert required("SecurityEvents.Read.All", "delegated")
    assert not required("User.Read", "delegated")
    assert catalog.admin_consent_required(Permission("a" * 36, "delegated", P1))
    assert catalog.admin_consent_required(Permission(GRAPH, "delegated", "unknown"))


@PATIENT
@given(st.text(min_size=1, max_size=60), st.sampled_from(["application", "delegated"]))
def test_a_stand_in_is_stable_and_of_nobody_else(value, kind):
    permission = catalog.known_or_stand_in(value, kind)
    assert permission == catalog.known_or_stand_in(value, kind)
    assert is_guid(permission.id)
    assert (catalog.by_id(kind, permission.id) is not None) == (catalog.by_value(value, kind) is not None)


def test_the_stand_in_of_another_api_is_another():
    api = "aaaaaaaa-0000-4000-8000-000000000001"
    ours = catalog.known_or_stand_in("User.Read", "delegated", api)
    assert ours.resource == api
    assert ours.id != catalog.known_or_stand_in("User.Read", "delegated").id

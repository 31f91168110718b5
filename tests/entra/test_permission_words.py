import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entra import catalog
from entra.permission_words import _written, needs_security_role, needs_signed_in_user, words
from entra.types import GRAPH, Permission
from tests.entra.conftest import PATIENT

READING = re.compile(r"Read(Basic|Anonymous|Selected)?(For(Chat|Team|User))?")
RISKS = {"Read only", "Can change data", "Can change security settings", "Can act as any user"}


def graph(value: str, kind="application") -> Permission:
    found = catalog.by_value(value, kind)
    assert found is not None
    return found


def test_a_described_permission_says_what_it_reaches_and_what_it_cannot():
    told = words(graph("SecurityIncident.Read.All"))
    assert told.title == "Read all security incidents"
    assert told.reaches == "every security incident in your organization"
    assert told.cannot == "change, close or assign incidents"
    assert told.risk == "Read only"
    assert told.opens


def test_a_delegated_one_reaches_no_further_than_its_person():
    assert words(graph("SecurityIncident.Read.All", "delegated")).reaches.endswith(
        "within what the signed-in person may do"
    )
    assert "within" not in words(graph("User.Read", "delegated")).reaches


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("SecurityActions.Read.All", "delegated"),
        ("SecurityActions.ReadWrite.All", "delegated"),
        ("ThreatIndicators.Read.All", "application"),
        ("ThreatIndicators.Read.All", "delegated"),
        ("DelegatedPermissionGrant.Read.All", "application"),
    ],
)
def test_permissions_that_open_nothing_say_why(value, kind):
    told = words(graph(value, kind))
    assert not told.opens
    assert told.closed.startswith("Microsoft Graph ")


def test_the_application_twin_of_a_closed_one_opens():
    assert words(graph("SecurityActions.Read.All")).opens
    assert words(graph("SecurityActions.Read.All")).closed == ""


def test_every_description_is_of_a_permission_that_exists():
    assert len(_written()) >= 45
    for value, written in _written().items():
        kinds = [k for k in ("application", "delegated") if catalog.by_value(value, k)]
        assert kinds, value
        assert written["risk"] in RISKS
        assert set(written.get("closed", {})) <= set(kinds)
        assert set(written) <= {"title", "reaches", "cannot", "risk", "closed", "personal"}


def test_security_permissions_are_all_described():
    named = {
        p.value
        for p in catalog.permissions()
        if re.match(r"Security(Alert|Events|Incident|Actions)\.", p.value)
    }
    assert named <= set(_written())


@pytest.mark.parametrize(
    ("value", "kind", "title"),
    [
        ("Calendars.Read", "application", "Read calendars"),
        ("Contacts.ReadWrite", "application", "Read and change contacts"),
        ("Group.Read.All", "application", "Read all groups"),
        ("Device.Command", "delegated", "Command devices"),
        ("Agreement.ReadWrite.All", "application", "Read and change all agreements"),
        ("Mail.Read.Shared", "delegated", "Read shared mail"),
        ("Policy.ReadWrite.SecurityDefaults", "application", "Read and change policies (security defaults)"),
        ("AuditLogsQuery-Entra.Read.All", "application", "Read all audit logs queries for entra"),
        ("Sites.Selected", "application", "Use selected sites"),
        ("Place.Read.All", "application", "Read all places"),
    ],
)
def test_the_others_are_named_after_their_parts(value, kind, title):
    assert words(graph(value, kind)).title == title


def test_no_permission_sounds_calmer_than_it_is():
    for permission in catalog.permissions():
        told = words(permission)
        reading = any(READING.fullmatch(verb) for verb in permission.value.split(".")[1:])
        signing_in = permission.value in ("openid", "profile", "email", "offline_access")
        assert told.risk in RISKS, permission
        assert (told.risk == "Read only") == (reading or signing_in), permission
        assert all((told.title, told.reaches, told.cannot)), permission


def test_acting_as_a_person_is_said():
    assert words(graph("EWS.AccessAsUser.All", "delegated")).risk == "Can act as any user"


def test_settings_that_guard_others_are_said():
    assert words(graph("Policy.ReadWrite.SecurityDefaults")).risk == "Can change security settings"
    assert words(graph("Calendars.ReadWrite")).risk == "Can change data"


def test_a_permission_of_another_api_is_not_judged_by_its_name():
    told = words(Permission("a" * 36, "application", "b" * 36, "Everything.Read.All"))
    assert told.title == "Everything.Read.All"
    assert told.risk == "Can change data"
    assert words(Permission("a" * 36, "application", "b" * 36)).title == "b" * 36


def test_whose_presence_it_takes():
    assert needs_signed_in_user(graph("User.Read", "delegated"))
    assert not needs_signed_in_user(graph("SecurityEvents.Read.All"))
    assert needs_security_role(graph("SecurityAlert.Read.All", "delegated"))
    assert not needs_security_role(graph("SecurityAlert.Read.All"))
    assert not needs_security_role(graph("User.Read", "delegated"))


@PATIENT
@given(st.text(max_size=60), st.sampled_from(["application", "delegated"]))
def test_any_name_gets_words(value, kind):
    told = words(Permission(GRAPH, kind, "b" * 36, value))
    assert told.risk in RISKS
    assert all((told.title, told.reaches, told.cannot))

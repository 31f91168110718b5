"""The map of the security API: what Microsoft's pages say, row by row."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.rules.security_api import (
    CALLS,
    GLOBAL_ADMINISTRATOR,
    GLOBAL_READER,
    LIVE,
    MARKERS,
    SECURITY_ADMINISTRATOR,
    SECURITY_OPERATOR,
    SECURITY_READER,
    SUFFICIENT_ROLES,
    Verdict,
    call_of,
    directory_roles,
    may_call,
)
from entra import catalog

BEFORE = date(2026, 10, 14)

# entity, method, permission, allowed for an application, allowed for a person with Security Reader
FACTS = [
    ("alert", "GET", "SecurityEvents.Read.All", True, True),
    ("alert", "GET", "SecurityEvents.ReadWrite.All", True, True),
    ("alert", "PATCH", "SecurityEvents.ReadWrite.All", True, True),
    ("alert", "PATCH", "SecurityEvents.Read.All", False, False),
    ("alert", "POST", "SecurityEvents.ReadWrite.All", True, True),
    ("alert", "GET", "SecurityAlert.Read.All", False, False),
    ("alert_v2", "GET", "SecurityEvents.Read.All", False, False),
    ("alert_v2", "GET", "SecurityEvents.ReadWrite.All", False, False),
    ("alert_v2", "GET", "SecurityAlert.Read.All", True, True),
    ("alert_v2", "GET", "SecurityAlert.ReadWrite.All", True, True),
    ("alert_v2", "GET", "SecurityIncident.Read.All", True, False),
    ("alert_v2", "PATCH", "SecurityAlert.ReadWrite.All", True, True),
    ("alert_v2", "PATCH", "SecurityAlert.Read.All", False, False),
    ("alert_v2", "POST", "SecurityAlert.Create.All", True, True),
    ("alert_v2", "POST", "SecurityAlert.ReadWrite.All", False, False),
    ("incident", "GET", "SecurityIncident.Read.All", True, True),
    ("incident", "GET", "SecurityAlert.Read.All", False, False),
    ("incident", "PATCH", "SecurityIncident.ReadWrite.All", True, True),
    ("incident", "PATCH", "SecurityIncident.Read.All", False, False),
    ("secureScore", "GET", "SecurityEvents.Read.All", True, True),
    ("secureScore", "PATCH", "SecurityEvents.ReadWrite.All", False, False),
    ("secureScore", "POST", "SecurityEvents.ReadWrite.All", False, False),
    ("secureScoreControlProfile", "GET", "SecurityEvents.Read.All", True, True),
    ("secureScoreControlProfile", "PATCH", "SecurityEvents.ReadWrite.All", True, True),
    ("secureScoreControlProfile", "PATCH", "SecurityEvents.Read.All", False, False),
    ("tiIndicator", "GET", "ThreatIndicators.Read.All", False, False),
    ("tiIndicator", "GET", "ThreatIndicators.ReadWrite.OwnedBy", True, True),
    ("tiIndicator", "POST", "ThreatIndicators.ReadWrite.OwnedBy", True, True),
    ("tiIndicator", "PATCH", "ThreatIndicators.ReadWrite.OwnedBy", True, True),
    ("tiIndicator", "DELETE", "ThreatIndicators.ReadWrite.OwnedBy", True, True),
    ("securityAction", "GET", "SecurityActions.Read.All", True, False),
    ("securityAction", "GET", "SecurityActions.ReadWrite.All", True, False),
    ("securityAction", "POST", "SecurityActions.ReadWrite.All", True, False),
    ("securityAction", "POST", "SecurityActions.Read.All", False, False),
    ("hunting", "POST", "ThreatHunting.Read.All", True, True),
    ("threatIntelligence", "GET", "ThreatIntelligence.Read.All", True, True),
]


@pytest.mark.parametrize(("entity", "method", "permission", "app", "person"), FACTS)
def test_each_row_of_the_table(entity, method, permission, app, person):
    alone = may_call(entity, method, kind="application", permissions={permission}, on=BEFORE)
    reader = may_call(
        *(entity, method), kind="delegated", permissions={permission}, roles={SECURITY_READER}, on=BEFORE
    )

    assert (alone.verdict is Verdict.ALLOWED) is app
    assert (reader.verdict is Verdict.ALLOWED) is person


def test_every_accepted_permission_is_one_of_microsofts():
    for call in CALLS:
        for kind in ("application", "delegated"):
            assert all(catalog.by_value(value, kind) for value in call.accepted(kind)), call


def test_every_row_names_its_source():
    assert all(call.source for call in CALLS)


@pytest.mark.parametrize("call", [call for call in CALLS if call.delegated], ids=str)
@pytest.mark.parametrize("roles", [set(), MARKERS, {"e8611ab8-c189-46e8-94e1-60213ab1f814"}])
def test_a_person_without_the_role_is_told_which_one_is_missing(call, roles):
    judgement = may_call(
        *(call.entity, call.method), kind="delegated", permissions=set(call.delegated), roles=roles, on=BEFORE
    )

    assert judgement.verdict is Verdict.MISSING_ROLE
    assert judgement.needs == ("Security Reader",)


@pytest.mark.parametrize("role", sorted(SUFFICIENT_ROLES))
def test_any_of_the_named_roles_suffices(role):
    judgement = may_call(
        "incident", "GET", kind="delegated", permissions={"SecurityIncident.Read.All"}, roles={role}
    )

    assert judgement.verdict is Verdict.ALLOWED


@pytest.mark.parametrize("roles", [None, {SECURITY_OPERATOR}, {GLOBAL_READER}])
def test_what_nobody_knows_is_called_unknown(roles):
    judgement = may_call(
        "incident", "GET", kind="delegated", permissions={"SecurityIncident.Read.All"}, roles=roles
    )

    assert judgement.verdict is Verdict.UNKNOWN
    assert judgement.may_work


def test_a_permission_that_only_the_service_is_known_to_accept_promises_nothing():
    judgement = may_call(
        *("alert_v2", "GET"),
        kind="delegated",
        permissions={"SecurityIncident.Read.All"},
        roles={SECURITY_READER},
    )

    assert judgement.verdict is Verdict.UNKNOWN


@pytest.mark.parametrize("method", ["GET", "PATCH", "POST"])
@pytest.mark.parametrize("kind", ["application", "delegated"])
def test_the_legacy_alerts_are_gone_since_their_last_day(method, kind):
    def verdict(on):
        permissions = {"SecurityEvents.ReadWrite.All"}
        roles = {SECURITY_ADMINISTRATOR}
        return may_call("alert", method, kind=kind, permissions=permissions, roles=roles, on=on).verdict

    assert verdict(BEFORE) is Verdict.ALLOWED
    assert verdict(date(2026, 10, 15)) is Verdict.RETIRED
    assert verdict(None) is Verdict.RETIRED


def test_what_is_retired_is_worth_a_try_only_with_the_permission():
    with_it = may_call("alert", "GET", kind="application", permissions={"SecurityEvents.Read.All"})
    without = may_call("alert", "GET", kind="application", permissions={"SecurityAlert.Read.All"})

    assert with_it.may_work
    assert not without.may_work


def test_security_actions_are_never_for_people():
    for method in ("GET", "POST"):
        judgement = may_call(
            *("securityAction", method),
            kind="delegated",
            permissions={"SecurityActions.ReadWrite.All"},
            roles={GLOBAL_ADMINISTRATOR},
        )
        assert judgement.verdict is Verdict.WRONG_KIND
        assert not judgement.may_work


def test_a_change_by_a_reader_carries_a_warning():
    def why(role):
        permissions = {"SecurityIncident.ReadWrite.All"}
        return may_call("incident", "PATCH", kind="delegated", permissions=permissions, roles={role}).why

    assert "may still be refused" in why(SECURITY_READER)
    assert "may still be refused" not in why(SECURITY_ADMINISTRATOR)


def test_nothing_writes_secure_scores():
    judgement = may_call(
        "secureScore", "PATCH", kind="application", permissions={"SecurityEvents.ReadWrite.All"}
    )

    assert judgement.verdict is Verdict.UNKNOWN
    assert not judgement.may_work


def test_names_are_found_however_they_are_spelled():
    assert call_of("ALERT_V2", "get") is call_of("alert_v2", "GET")
    assert call_of("nothing", "GET") is None


def test_markers_are_no_directory_roles():
    assert directory_roles([*MARKERS, SECURITY_READER.upper()]) == {SECURITY_READER}


def test_a_try_calls_what_anybody_can_read():
    assert [call.entity for call in LIVE] == [
        *("alert", "alert_v2", "incident", "secureScore", "secureScoreControlProfile")
    ]


PERMISSIONS = sorted({value for call in CALLS for value in (*call.application, "ThreatIndicators.Read.All")})
ROLES = [*SUFFICIENT_ROLES, SECURITY_OPERATOR, GLOBAL_READER, *MARKERS]


@given(
    call=st.sampled_from(CALLS),
    kind=st.sampled_from(["application", "delegated"]),
    permissions=st.sets(st.sampled_from(PERMISSIONS)),
    roles=st.one_of(st.none(), st.sets(st.sampled_from(ROLES))),
    on=st.one_of(st.none(), st.dates()),
)
def test_nothing_is_ever_allowed_without_an_accepted_permission(call, kind, permissions, roles, on):
    judgement = may_call(call.entity, call.method, kind=kind, permissions=permissions, roles=roles, on=on)

    if judgement.verdict is Verdict.ALLOWED:
        assert permissions & set(call.accepted(kind))
        assert kind == "application" or SUFFICIENT_ROLES & (roles or set())
        assert judgement.may_work
    if not permissions:
        assert not judgement.may_work
    assert judgement.why

"""Failures about consent and roles: story, facts, and what they must come to."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from consent.rules.security_api import GLOBAL_READER, SECURITY_OPERATOR
from support.rules.facts import Confidence
from tests.support.rules.cases import (
    ALERTS_FOR_PEOPLE,
    ALL_GRANTED,
    AT,
    EITHER,
    EVENTS,
    FABRIKAM,
    INCIDENTS,
    MEMBER,
    MISSING_ROLES,
    NORTHWIND,
    NOTHING_GRANTED,
    READER,
    app_token,
    approved,
    graph,
    minutes,
    permission,
    person_token,
    tenant,
    withdrawn,
)

CERTAIN, LIKELY, CANNOT = Confidence.CERTAIN, Confidence.LIKELY, Confidence.CANNOT_TELL
TWO = app_token("SecurityEvents.Read.All", "SecurityAlert.Read.All")
THREE = app_token("SecurityEvents.Read.All", "SecurityAlert.Read.All", "SecurityIncident.Read.All")
ANA = person_token("SecurityIncident.Read.All", "openid")
V2 = "/security/alerts_v2"

APPS = [
    ("token and proof lack it", graph(token=TWO), tenant(), "permission-missing", CERTAIN),
    (
        "token lacks it, Microsoft names it",
        graph(V2, message=MISSING_ROLES, token=app_token()),
        None,
        "permission-missing",
        CERTAIN,
    ),
    ("token lacks it", graph(token=TWO), None, "permission-missing", LIKELY),
    ("only the proof", graph(), tenant(), "permission-missing", LIKELY),
    ("only Microsoft's words", graph(V2, message=MISSING_ROLES), None, "permission-missing", LIKELY),
    (
        "the proof doesn't cover it",
        graph(token=TWO),
        tenant(knows_then=frozenset()),
        "permission-missing",
        LIKELY,
    ),
    ("nothing granted, no token seen", graph(), NOTHING_GRANTED, "never-consented", LIKELY),
    ("a token without any role", graph(token=app_token()), NOTHING_GRANTED, "permission-missing", CERTAIN),
    (
        "read is not write",
        graph("/security/incidents/29", method="PATCH", token=THREE),
        ALL_GRANTED,
        "permission-missing",
        CERTAIN,
    ),
    (
        "events don't open the new alerts",
        graph(V2, token=app_token("SecurityEvents.Read.All")),
        tenant(EVENTS),
        "permission-missing",
        CERTAIN,
    ),
    (
        "a permission that opens nothing",
        graph("/security/tiIndicators", version="beta", token=app_token("ThreatIndicators.Read.All")),
        tenant(permission("ThreatIndicators.Read.All")),
        "permission-missing",
        CERTAIN,
    ),
    (
        "words against the token",
        graph(V2, message=MISSING_ROLES, token=TWO),
        tenant(),
        "not-enough-evidence",
        CANNOT,
    ),
    ("the token has it, an older proof doesn't", graph(token=THREE), tenant(), "not-enough-evidence", CANNOT),
    ("token and proof both have it", graph(token=THREE), ALL_GRANTED, "not-enough-evidence", CANNOT),
    ("withdrawn before", graph(token=TWO), withdrawn(AT - minutes(90)), "permission-revoked", CERTAIN),
    ("withdrawn before, no token seen", graph(), withdrawn(AT - minutes(90)), "permission-revoked", LIKELY),
    (
        "gone, and nothing says withdrawn",
        graph(token=TWO),
        tenant(status="revoked"),
        "permission-missing",
        CERTAIN,
    ),
    (
        "withdrawn and approved again",
        graph(token=TWO),
        replace(approved(AT - minutes(5)), withdrawn_at={INCIDENTS: AT - timedelta(days=3)}),
        "token-older-than-approval",
        CERTAIN,
    ),
    (
        "approved after the token",
        graph(token=TWO),
        approved(AT - minutes(5)),
        "token-older-than-approval",
        CERTAIN,
    ),
    (
        "approved just before the token",
        graph(token=TWO),
        approved(AT - minutes(33)),
        "token-older-than-approval",
        LIKELY,
    ),
    ("approved long before the token", graph(token=TWO), ALL_GRANTED, "not-enough-evidence", CANNOT),
    (
        "approved just before, token's age unknown",
        graph(token=app_token("SecurityEvents.Read.All", issued_at=None)),
        approved(AT - minutes(20)),
        "token-older-than-approval",
        LIKELY,
    ),
    ("approved after the call", graph(token=TWO), approved(AT + minutes(5)), "permission-missing", CERTAIN),
    (
        "only people's kind was approved",
        graph(V2, token=app_token()),
        tenant(ALERTS_FOR_PEOPLE),
        "wrong-token-type",
        CERTAIN,
    ),
    ("about me, without me", graph("/me", status=400, token=THREE), tenant(), "wrong-token-type", CERTAIN),
    (
        "switched off since",
        graph(token=THREE),
        replace(ALL_GRANTED, condition="disabled"),
        "app-disabled-or-removed",
        LIKELY,
    ),
    (
        "another app's token",
        graph(client_id=NORTHWIND, token=app_token(appid=FABRIKAM)),
        ALL_GRANTED,
        "permission-missing",
        LIKELY,
    ),
    (
        "a call without a map, permission named",
        graph(
            "/reports/x",
            code="Authentication_MSGraphPermissionMissing",
            message="The principal does not have required Microsoft Graph permission(s): Reports.Read.All",
            token=TWO,
        ),
        None,
        "permission-missing",
        CERTAIN,
    ),
]
PEOPLE = [
    (
        "permission, no role, Microsoft says either",
        graph(token=ANA, message=EITHER),
        None,
        "user-lacks-role",
        CERTAIN,
    ),
    ("permission, no role", graph(token=ANA), None, "user-lacks-role", LIKELY),
    (
        "permission, role unseen, Microsoft says either",
        graph(token=replace(ANA, wids=None), message=EITHER),
        None,
        "user-lacks-role",
        LIKELY,
    ),
    ("permission, role unseen", graph(token=replace(ANA, wids=None)), None, "not-enough-evidence", CANNOT),
    (
        "permission and role",
        graph(token=replace(ANA, wids=READER), message=EITHER),
        None,
        "not-enough-evidence",
        CANNOT,
    ),
    (
        "permission, operator",
        graph(token=replace(ANA, wids=frozenset({SECURITY_OPERATOR}))),
        None,
        "not-enough-evidence",
        CANNOT,
    ),
    (
        "permission, global reader",
        graph(token=replace(ANA, wids=frozenset({MEMBER, GLOBAL_READER}))),
        None,
        "not-enough-evidence",
        CANNOT,
    ),
    (
        "no permission, no role",
        graph(token=person_token("openid"), message=EITHER),
        None,
        "permission-missing",
        LIKELY,
    ),
    (
        "no permission, role",
        graph(token=person_token("openid", wids=READER)),
        tenant(),
        "permission-missing",
        CERTAIN,
    ),
    (
        "scopes unseen, approved, no role",
        graph(token=replace(ANA, scp=None)),
        tenant(permission("SecurityIncident.Read.All", "delegated")),
        "user-lacks-role",
        CERTAIN,
    ),
    (
        "scopes unseen, tenant unknown, no role",
        graph(token=replace(ANA, scp=None)),
        None,
        "not-enough-evidence",
        CANNOT,
    ),
    ("incidents may do for alerts", graph(V2, token=ANA), None, "not-enough-evidence", CANNOT),
    (
        "the app's kind was approved only",
        graph(token=person_token("openid")),
        ALL_GRANTED,
        "wrong-token-type",
        CERTAIN,
    ),
    (
        "never on behalf of a person",
        graph(
            "/security/securityActions",
            version="beta",
            token=person_token("SecurityActions.Read.All", wids=READER),
        ),
        None,
        "wrong-token-type",
        CERTAIN,
    ),
    (
        "directory, member without any role",
        graph(
            "/oauth2PermissionGrants",
            code="Authorization_RequestDenied",
            token=person_token("Directory.Read.All"),
        ),
        None,
        "user-lacks-role",
        CERTAIN,
    ),
    (
        "reader changes",
        graph(
            "/security/incidents/2",
            method="PATCH",
            token=person_token("SecurityIncident.ReadWrite.All", wids=READER),
        ),
        None,
        "not-enough-evidence",
        CANNOT,
    ),
]

"""Failures that look like another: half of the facts point elsewhere, or the usual ones were never told.

Facts: as in the modules beside this one, and "Graph Explorer" for a token that is not ours.
"""

from __future__ import annotations

from dataclasses import replace

from support.rules.facts import Slug, TokenFacts, Who
from tests.support.labelled.table import (
    ALERT,
    EVENTS,
    GLOBAL_READER,
    HUNTING,
    INCIDENT,
    INCIDENT_RW,
    INSUFFICIENT,
    READER,
    TOKEN_KNOWN,
    Row,
    app,
    graph,
    person,
    row,
    sign_in,
    tenant,
)

ADMIN, US, NOBODY = Who.TENANT_ADMIN, Who.PUBLISHER, Who.NOBODY
INCIDENTS = "/security/incidents"
FINE = tenant(ALERT, INCIDENT)
LACKING = tenant(ALERT, asks=(ALERT, INCIDENT))
PEOPLE = tenant(f"{ALERT}:d", f"{INCIDENT}:d")
GRAPH_EXPLORER = "de8bc8b5-d9f9-48b1-a8ad-b748da725064"


def rows() -> list[Row]:
    return [*_half_told(), *_not_ours(), *_not_that_one(), *_since(), *_two_causes(), *_open()]


def _half_told() -> list[Row]:
    missing = Slug.PERMISSION_MISSING
    why = "What the call needs and what the token carries have nothing in common."
    kindless = TokenFacts(roles=frozenset({ALERT}))
    reader = person(ALERT, wids=(READER,))
    return [
        row("roles were told and nothing else of the token", missing,
            graph(INCIDENTS, token=kindless), LACKING, why=why, who=ADMIN),
        row("scopes were told and nothing else of the token", missing,
            graph(INCIDENTS, token=TokenFacts(scp=frozenset({f"{ALERT}"}))),
            tenant(f"{ALERT}:d", asks=(f"{ALERT}:d", f"{INCIDENT}:d")), why=why, who=ADMIN),
        row("the portal has no proof of delegated grants there", missing, graph(INCIDENTS, token=reader),
            tenant(ALERT, asks=(ALERT, f"{INCIDENT}:d"), knows_then=TOKEN_KNOWN, knows_now=TOKEN_KNOWN),
            why=why),
        row("nobody told the method", missing, graph(INCIDENTS, method="", token=app(ALERT)), LACKING,
            why=why),
        row("nobody told the version", missing, graph(INCIDENTS, version="", token=app(ALERT)), LACKING,
            why=why),
        row("nobody told the status, the code did", missing,
            graph("/servicePrincipals", status=None, code="Authorization_RequestDenied", message=INSUFFICIENT,
                  token=app(ALERT)),
            tenant(ALERT, asks=(ALERT, "Application.Read.All")), why=why),
        row("only the tenant of the token is known", missing,
            graph(INCIDENTS, tenant_id="", client_id="", token=app(ALERT)), why=why),
        row("the id stands in brackets in the path", missing,
            graph("/security/alerts_v2('da637551227677560813_-961444813')", token=app(EVENTS)),
            tenant(EVENTS, asks=(EVENTS, ALERT)), why=why, who=ADMIN),
    ]  # fmt: skip


def _not_ours() -> list[Row]:
    why = "A token is the application's that it was issued to; Graph Explorer needs a consent of its own."
    explorer = person(wids=(READER,), appid=GRAPH_EXPLORER)
    took = tenant(ALERT, asks=(ALERT, f"{INCIDENT}:d"), withdrawn={f"{INCIDENT}:d": -600})
    return [
        row("Graph Explorer lacks what ours was granted", Slug.PERMISSION_MISSING,
            graph(INCIDENTS, token=explorer), PEOPLE, why=why),
        row("Graph Explorer lacks what was withdrawn from ours", Slug.PERMISSION_MISSING,
            graph(INCIDENTS, token=explorer), took, why=why),
        row("Graph Explorer with the scope, for a person without the role", Slug.USER_LACKS_ROLE,
            graph(INCIDENTS, token=person(INCIDENT, appid=GRAPH_EXPLORER)), LACKING, why=why, who=ADMIN),
    ]  # fmt: skip


def _not_that_one() -> list[Row]:
    missing = Slug.PERMISSION_MISSING
    other = tenant(ALERT, HUNTING, asks=(ALERT, HUNTING, INCIDENT), since={HUNTING: -8})
    kinds = tenant(ALERT, f"{HUNTING}:d", asks=(ALERT, f"{HUNTING}:d", INCIDENT))
    by_id = app(ALERT, aud="00000003-0000-0000-c000-000000000000")
    slash = app(ALERT, aud="https://graph.microsoft.com/")
    principal = app(ALERT, wids=frozenset({READER}))
    return [
        row("something else was approved after the token", missing, graph(INCIDENTS, token=app(ALERT)), other,
            why="What came after the token opens another call.", who=ADMIN),
        row("another permission is granted for people only", missing, graph(INCIDENTS, token=app(ALERT)),
            kinds,
            why="What has the other kind opens another call.", who=ADMIN),
        row("the audience is Microsoft Graph by its id", missing, graph(INCIDENTS, token=by_id), LACKING,
            why="00000003-0000-0000-c000-000000000000 is Microsoft Graph.", who=ADMIN),
        row("the audience is Microsoft Graph with a slash", missing, graph(INCIDENTS, token=slash), LACKING,
            why="The address of Microsoft Graph, with or without a slash.", who=ADMIN),
        row("an app that holds Security Reader itself", missing, graph(INCIDENTS, token=principal), LACKING,
            why="App-only: a directory role does not stand in for the permission.", who=ADMIN),
    ]  # fmt: skip


def _since() -> list[Row]:
    first = tenant(now=(ALERT, INCIDENT), asks=(ALERT, INCIDENT), since={ALERT: 40, INCIDENT: 40})
    why = "Nothing was granted at the call; the first consent came after it."
    return [
        row("unknown to the directory until the consent that followed", Slug.NEVER_CONSENTED,
            sign_in(700016, "unauthorized_client"), first, why=why, who=NOBODY),
        row("without consent until the one that followed", Slug.NEVER_CONSENTED,
            sign_in(65001, suberror="consent_required"), first, why=why, who=NOBODY),
        row("without a principal until the consent that followed", Slug.NEVER_CONSENTED,
            sign_in(7000229, "invalid_client", status=401), first, why=why, who=NOBODY),
    ]  # fmt: skip


def _two_causes() -> list[Row]:
    off = tenant(ALERT, INCIDENT, condition="disabled")
    changed = graph("/security/incidents/7", method="PATCH", token=person(INCIDENT))
    ended = app(ALERT, issued=-80, aud="https://graph.windows.net")
    invalid = {"status": 401, "code": "InvalidAuthenticationToken"}
    return [
        row("an expired secret, where the tenant also switched the app off", Slug.APP_CREDENTIAL,
            sign_in(7000222, "invalid_client", status=401), off,
            why="The endpoint got no further than our secret.", who=US),
        row("blocked by a policy, where a grant is lacking too", Slug.CONDITIONAL_ACCESS,
            sign_in(53003), LACKING, why="53003 names the policy; nothing was asked about permissions."),
        row("not assigned, in a tenant that withdrew a grant", Slug.USER_NOT_ASSIGNED, sign_in(50105),
            tenant(ALERT, asks=(ALERT, INCIDENT), withdrawn={INCIDENT: -60}),
            why="50105 names the assignment.", who=ADMIN),
        row("switched off, in a tenant with a challenge pending", Slug.APP_DISABLED_OR_REMOVED,
            sign_in(7000112, "unauthorized_client", challenge="insufficient_claims"), FINE,
            why="7000112: the token endpoint refused the app itself.", who=ADMIN),
        row("a change by a person with the scope for reading and no role", Slug.PERMISSION_MISSING, changed,
            tenant(f"{INCIDENT}:d", asks=(f"{INCIDENT}:d", f"{INCIDENT_RW}:d")),
            why="The scope for changes is not in the token: consent comes before the role.", who=ADMIN),
        row("for another API and ended too, and the text blames the audience", Slug.WRONG_AUDIENCE,
            graph(INCIDENTS, message="Access token validation failure. Invalid audience.", token=ended,
            **invalid),
            FINE, why="The text and the audience agree.", who=US),
        row("throttled at a call that has ended", Slug.THROTTLED,
            graph("/security/alerts", status=429, retry_after=9, token=app(EVENTS)), tenant(EVENTS),
            why="429 is no denial, whatever else is wrong.", who=NOBODY),
        row("not found under v1.0, without the permission for beta either", Slug.API_RETIRED,
            graph("/security/tiIndicators", status=400, code="BadRequest", token=app(ALERT),
                  message="Resource not found for the segment 'tiIndicators'."),
            LACKING, why="The path does not exist there; a grant would not make it.", who=US),
    ]  # fmt: skip


def _open() -> list[Row]:
    doubt = Slug.NOT_ENOUGH_EVIDENCE
    logged = replace(person(INCIDENT), wids=None)
    return [
        row("401 without a text, of a good token without the permission", doubt,
            graph(INCIDENTS, status=401, token=app(ALERT)), LACKING,
            why="401 is never consent, and nothing tells which flaw of the token it was."),
        row("a person with a role of which nobody says whether it suffices", doubt,
            graph(INCIDENTS, token=person(INCIDENT, wids=(GLOBAL_READER,))), PEOPLE,
            why="Neither page lists Global Reader, and neither excludes it."),
        row("a log's row of a person with the scope and without wids", doubt, graph(INCIDENTS,
            token=logged), PEOPLE,
            why="Role, licence or policy: the log holds no text, and the roles were not told."),
        row("approved for long, and nobody told of the token or of a text", doubt, graph(INCIDENTS), FINE,
            why="Whether the token carried it is the very question."),
    ]  # fmt: skip

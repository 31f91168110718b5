"""What the tenant took back, granted too late for the token, or granted for the other kind of token.

Facts: "Overview of permissions and consent", "Access tokens in the Microsoft identity platform", and
"Resolve Microsoft Graph authorization errors".
"""

from __future__ import annotations

from support.rules.facts import Slug, Who
from tests.support.labelled.table import (
    ALERT,
    EITHER,
    EVENTS,
    HUNTING,
    INCIDENT,
    INCIDENT_RW,
    INSUFFICIENT,
    READER,
    Row,
    app,
    graph,
    needs,
    person,
    row,
    tenant,
)

ADMIN, US, NOBODY = Who.TENANT_ADMIN, Who.PUBLISHER, Who.NOBODY
DEFENDER = {"code": "Forbidden", "message": needs(INCIDENT, INCIDENT_RW, held=(ALERT,))}
LEGACY = {"code": "UnknownError", "message": EITHER}
DIRECTORY = {"code": "Authorization_RequestDenied", "message": INSUFFICIENT}
INCIDENTS, SCORES = "/security/incidents", "/security/secureScores"


def rows() -> list[Row]:
    return [*_revoked(), *_older(), *_other_kind()]


def _revoked() -> list[Row]:
    revoked = Slug.PERMISSION_REVOKED
    two_days = {INCIDENT: -2880.0}
    took = tenant(ALERT, asks=(ALERT, INCIDENT), withdrawn=two_days)
    people = tenant(f"{ALERT}:d", asks=(f"{ALERT}:d", f"{INCIDENT}:d"), withdrawn={f"{INCIDENT}:d": -2880.0})
    why = "It had been granted, and the tenant's grants of that moment lack it."
    again = tenant(ALERT, now=(ALERT, INCIDENT), since={INCIDENT: 120}, withdrawn=two_days)
    more = tenant(ALERT, HUNTING, asks=(ALERT, INCIDENT, HUNTING), since={HUNTING: -600}, withdrawn=two_days)
    return [
        row("withdrawn two days before", revoked, graph(INCIDENTS, token=app(ALERT), **DEFENDER), took,
            why=why, who=ADMIN),
        row("withdrawn, by a row without any text", revoked, graph(INCIDENTS, token=app(ALERT)), took,
            why=why, who=ADMIN),
        row("withdrawn, and nobody told of the token", revoked, graph(INCIDENTS, **DEFENDER), took,
            why=why, who=ADMIN),
        row("withdrawn for people", revoked, graph(INCIDENTS, token=person(ALERT, wids=(READER,))), people,
            why=why),
        row("withdrawn, and approved again after the call", revoked,
            graph(INCIDENTS, token=app(ALERT), **DEFENDER), again, why=why, who=NOBODY),
        row("withdrawn, and something else approved since", revoked,
            graph(INCIDENTS, token=app(ALERT, HUNTING), **DEFENDER), more, why=why, who=ADMIN),
        row("withdrawn, in the words that blame either", revoked,
            graph(SCORES, token=app(ALERT), **LEGACY),
            tenant(ALERT, asks=(ALERT, EVENTS), withdrawn={EVENTS: -600}), why=why, who=ADMIN),
        row("a directory permission withdrawn", revoked,
            graph("/servicePrincipals", token=app(ALERT), **DIRECTORY),
            tenant(ALERT, asks=(ALERT, "Application.Read.All"), withdrawn={"Application.Read.All": -60}),
            why=why),
        row("everything withdrawn, while the app is still there", revoked,
            graph(INCIDENTS, token=app()), tenant(asks=(INCIDENT,), withdrawn=two_days),
            why="A token without roles and a tenant that had granted: taken back, not never given.",
            who=ADMIN),
    ]  # fmt: skip


def _older() -> list[Row]:
    older = Slug.TOKEN_OLDER_THAN_APPROVAL
    fresh = tenant(ALERT, INCIDENT, since={INCIDENT: -8})
    people = tenant(f"{INCIDENT}:d", f"{ALERT}:d", since={f"{INCIDENT}:d": -8})
    first = tenant(INCIDENT, since={INCIDENT: -8})
    why = "Granted before the call and after the token was issued: tokens don't change."
    return [
        row("approved between token and call", older, graph(INCIDENTS, token=app(ALERT), **DEFENDER), fresh,
            why=why, who=NOBODY),
        row("approved between, by a row without any text", older, graph(INCIDENTS, token=app(ALERT)), fresh,
            why=why, who=NOBODY),
        row("the tenant's first consent ever, with a token from before", older,
            graph(INCIDENTS, token=app()), first, why=why, who=NOBODY),
        row("approved for people between token and call", older,
            graph(INCIDENTS, token=person(ALERT, wids=(READER,))), people, why=why, who=NOBODY),
        row("approved for people, and the person has no role either", older,
            graph(INCIDENTS, token=person(ALERT)), people, why=f"{why} The scope comes first.", who=NOBODY),
        row("a token made two minutes after the approval", older,
            graph(INCIDENTS, token=app(ALERT, issued=-6)), fresh,
            why="Grants reach what issues tokens within minutes: lag, not a lack of consent.", who=NOBODY),
        row("approved ten minutes before, by a token of unknown age", older,
            graph(INCIDENTS, token=app(ALERT, issued_at=None, expires_at=None)), fresh,
            why="A token lives about an hour; this one lacks what was granted minutes before.", who=NOBODY),
        row("secure scores in the words that blame either", older,
            graph(SCORES, token=app(ALERT), **LEGACY), tenant(ALERT, EVENTS, since={EVENTS: -12}),
            why=why, who=NOBODY),
        row("withdrawn long ago, approved again between token and call", older,
            graph(INCIDENTS, token=app(ALERT)),
            tenant(ALERT, INCIDENT, since={INCIDENT: -8}, withdrawn={INCIDENT: -90000}), why=why, who=NOBODY),
    ]  # fmt: skip


def _other_kind() -> list[Row]:
    wrong = Slug.WRONG_TOKEN_TYPE
    for_people = tenant(f"{INCIDENT}:d", ALERT, asks=(f"{INCIDENT}:d", ALERT))
    for_apps = tenant(INCIDENT, "User.Read:d", asks=(INCIDENT, "User.Read:d"))
    actions = {"version": "beta", "token": person("SecurityActions.ReadWrite.All", wids=(READER,))}
    why = (
        "The same permission of the other kind is granted; the delegated one does not satisfy an"
        " app-only call."
    )
    return [
        row("the app alone, where people may", wrong,
            graph(INCIDENTS, token=app(ALERT), **DEFENDER), for_people, why=why, who=US),
        row("the app alone, by a row without any text", wrong, graph(INCIDENTS, token=app(ALERT)), for_people,
            why=why, who=US),
        row("a person with the role, where the app may", wrong,
            graph(INCIDENTS, token=person(wids=(READER,))), for_apps, why=why, who=US),
        row("a person without the role, where the app may", wrong, graph(INCIDENTS, token=person()), for_apps,
            why=why, who=US),
        row("a change by the app alone, where people may", wrong,
            graph("/security/incidents/7", method="PATCH", token=app(INCIDENT)),
            tenant(INCIDENT, f"{INCIDENT_RW}:d", asks=(INCIDENT, f"{INCIDENT_RW}:d")), why=why, who=US),
        row("security actions on behalf of a person", wrong,
            graph("/security/securityActions", **actions),
            why="Security actions are open to applications only."),
        row("a new security action on behalf of a person, approved so", wrong,
            graph("/security/securityActions", method="POST", **actions),
            tenant("SecurityActions.ReadWrite.All:d"),
            why="The delegated permission can be granted and opens nothing.", who=US),
        row("the person's own profile by the app alone", wrong,
            graph("/me", status=400, code="BadRequest", token=app(ALERT),
                  message="/me request is only valid with delegated authentication flow."),
            why="There is no application permission for /me.", who=US),
    ]  # fmt: skip

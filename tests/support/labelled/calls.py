"""A token was issued, and Microsoft Graph refused it or answered something else than was hoped for.

Facts: "Resolve Microsoft Graph authorization errors", "Authorization and the Microsoft Graph security API",
"403 error when calling Microsoft Graph Security API", "Access token claims reference".
"""

from __future__ import annotations

from dataclasses import replace

from support.rules.facts import Slug, Who
from tests.support.labelled.table import (
    ALERT,
    AUDIENCE,
    BEFORE_THE_END,
    CLOUD_APPLICATION_ADMINISTRATOR,
    EITHER,
    EVENTS,
    EVENTS_RW,
    EXPIRED,
    HUNTING,
    INCIDENT,
    INSUFFICIENT,
    OURS,
    USER_ADMINISTRATOR,
    Row,
    app,
    graph,
    person,
    row,
    tenant,
)

ADMIN, US, NOBODY, MICROSOFT = Who.TENANT_ADMIN, Who.PUBLISHER, Who.NOBODY, Who.MICROSOFT
INVALID = {"status": 401, "code": "InvalidAuthenticationToken"}
INCIDENTS, SCORES = "/security/incidents", "/security/secureScores"
FINE = tenant(ALERT, INCIDENT)
PEOPLE = tenant(f"{ALERT}:d", f"{INCIDENT}:d", f"{EVENTS}:d")
LACKING = tenant(ALERT, asks=(ALERT, INCIDENT))
EVER = tenant(EVENTS, EVENTS_RW, at=BEFORE_THE_END)

# Calls on behalf of a person that take Security Reader or Security Administrator besides the scope.
SECURED = (
    ("GET", "/security/alerts_v2", ALERT),
    ("GET", INCIDENTS, INCIDENT),
    ("GET", SCORES, EVENTS),
    ("GET", "/security/secureScoreControlProfiles", EVENTS),
    ("POST", "/security/runHuntingQuery", HUNTING),
)


def rows() -> list[Row]:
    by_call = [
        row(
            f"{method} {path} by a person with the scope and without any role",
            Slug.USER_LACKS_ROLE,
            graph(path, method=method, token=person(scope)),
            tenant(f"{scope}:d"),
            why="Delegated calls also take Security Reader or Security Administrator, actively held.",
            who=ADMIN,
        )
        for method, path, scope in SECURED
    ]
    return [
        *by_call,
        *_roles(),
        *_tokens(),
        *_audiences(),
    ]


def _roles() -> list[Row]:
    role = Slug.USER_LACKS_ROLE
    why = "The scope is in the token and granted; wids holds no role that may read security data."
    both = {"code": "UnknownError", "message": EITHER}
    audits = {"code": "Authorization_RequestDenied", "message": INSUFFICIENT}
    only_marker = replace(person(INCIDENT), wids=frozenset())
    return [
        row("a role that is only eligible is not in wids", role,
            graph(INCIDENTS, code="Forbidden", token=person(INCIDENT)), PEOPLE, why=why, who=ADMIN),
        row("wids is empty", role, graph(INCIDENTS, token=only_marker), PEOPLE, why=why, who=ADMIN),
        row("a role for users, not for security", role,
            graph(INCIDENTS, token=person(INCIDENT, wids=(USER_ADMINISTRATOR,))), PEOPLE, why=why, who=ADMIN),
        row("a role that may consent and not read", role,
            graph(INCIDENTS, token=person(INCIDENT, wids=(CLOUD_APPLICATION_ADMINISTRATOR,))), PEOPLE,
            why=why, who=ADMIN),
        row("the words that blame either, of which the scope is there", role,
            graph(SCORES, token=person(EVENTS), **both), PEOPLE, why=why, who=ADMIN),
        row("the words that blame either, the scope is there and wids was not told", role,
            graph(SCORES, token=person(EVENTS, wids=None), **both), PEOPLE,
            why="The text names two causes, and the token's scope rules one of them out."),
        row("in a tenant that nobody added", role, graph(INCIDENTS, token=person(INCIDENT)),
            why=why, who=ADMIN),
        row("where the app's own permission is lacking, which this call does not use", role,
            graph(INCIDENTS, token=person(INCIDENT)), tenant(f"{INCIDENT}:d", asks=(INCIDENT,
            f"{INCIDENT}:d")), why=why),
        row("a directory API: the scope is there, the person has no rights", role,
            graph("/auditLogs/directoryAudits", token=person("AuditLog.Read.All"), **audits),
            tenant("AuditLog.Read.All:d"), why="The person's own rights bound a delegated call.", who=ADMIN),
    ]  # fmt: skip


def _tokens() -> list[Row]:
    expired = Slug.TOKEN_EXPIRED
    old = app(INCIDENT, issued=-80)
    why = "401 by time: the token had ended. Never a question of consent."
    newer = "Lifetime validation failed, the token is expired."
    return [
        row("the text and the token's end agree", expired,
            graph(INCIDENTS, message=EXPIRED, token=old, **INVALID), FINE, why=why, who=US),
        row("the newer text, and nobody told of the token", expired,
            graph(INCIDENTS, message=newer, **INVALID), FINE, why=why),
        row("a row without any text, of a token that had ended", expired,
            graph(INCIDENTS, status=401, token=old), FINE, why=why),
        row("expired, and lacking the permission as well", expired,
            graph(INCIDENTS, message=EXPIRED, token=app(ALERT, issued=-80), **INVALID), LACKING,
            why=why, who=US),
        row("expired, of a person without the role", expired,
            graph(INCIDENTS, message=EXPIRED, token=person(INCIDENT, issued=-80), **INVALID), PEOPLE,
            why=why),
        row("expired, in a tenant that nobody added", expired,
            graph(INCIDENTS, message=EXPIRED, token=old, **INVALID), why=why),
    ]  # fmt: skip


def _audiences() -> list[Row]:
    wrong = Slug.WRONG_AUDIENCE
    why = "The audience is another resource than Microsoft Graph: one token, one resource."
    own = app(INCIDENT, aud=f"api://{OURS}")
    old = app(INCIDENT, aud="https://graph.windows.net")
    azure = app(aud="https://management.azure.com/")
    return [
        row("the text alone says so", wrong, graph(INCIDENTS, message=AUDIENCE, **INVALID), FINE,
            why=why, who=US),
        row("the text and the audience agree", wrong,
            graph(INCIDENTS, message=AUDIENCE, token=own, **INVALID), FINE, why=why, who=US),
        row("a row without any text, for our own API", wrong, graph(INCIDENTS, status=401, token=own), FINE,
            why=why, who=US),
        row("a token for Azure AD Graph, which has ended", wrong,
            graph(INCIDENTS, token=old, **INVALID), FINE, why=why, who=US),
        row("a token for Azure AD Graph by its id", wrong,
            graph(INCIDENTS, token=replace(old, aud="00000002-0000-0000-c000-000000000000"), **INVALID), FINE,
            why=why),
        row("a token for Azure's management, where a grant is lacking too", wrong,
            graph(INCIDENTS, token=azure, **INVALID), LACKING,
            why=f"{why} Roles of that token are another API's.", who=US),
        row("refused with 403, and the audience is another", wrong, graph(INCIDENTS, token=azure), FINE,
            why=why, who=US),
    ]  # fmt: skip

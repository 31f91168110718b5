"""What the tenant had not granted, had taken back, or granted too late or for the other kind of token.

Facts: "Authorization and the Microsoft Graph security API", "Microsoft Graph permissions reference", the
reference page of each call, "Overview of permissions and consent", and "Resolve Microsoft Graph
authorization errors".
"""

from __future__ import annotations

from support.rules.facts import Slug, Who
from tests.support.labelled.table import (
    ALERT,
    ALERT_RW,
    BEFORE_THE_END,
    EITHER,
    EVENTS,
    EVENTS_RW,
    HUNTING,
    INCIDENT,
    INCIDENT_RW,
    INSUFFICIENT,
    READER,
    TOKEN_KNOWN,
    YEAR_BEFORE,
    Row,
    app,
    graph,
    needs,
    person,
    row,
    sign_in,
    tenant,
    unread,
)

ADMIN, US, NOBODY = Who.TENANT_ADMIN, Who.PUBLISHER, Who.NOBODY
DEFENDER = {"code": "Forbidden", "message": needs(INCIDENT, INCIDENT_RW, held=(ALERT,))}
LEGACY = {"code": "UnknownError", "message": EITHER}
DIRECTORY = {"code": "Authorization_RequestDenied", "message": INSUFFICIENT}
INCIDENTS, SCORES = "/security/incidents", "/security/secureScores"

# Method, path, version, the least permission, and one that is near and doesn't open the call.
CALLS = (
    ("GET", "/security/alerts_v2", "v1.0", ALERT, EVENTS),
    ("GET", "/security/alerts_v2/da637551227677560813_-961444813", "v1.0", ALERT, EVENTS_RW),
    ("PATCH", "/security/alerts_v2/da637551227677560813_-961444813", "v1.0", ALERT_RW, ALERT),
    ("POST", "/security/alerts_v2/createAlert", "beta", "SecurityAlert.Create.All", ALERT_RW),
    ("GET", INCIDENTS, "v1.0", INCIDENT, ALERT),
    ("GET", "/security/incidents/2972395", "beta", INCIDENT, EVENTS),
    ("PATCH", "/security/incidents/2972395", "v1.0", INCIDENT_RW, INCIDENT),
    ("GET", SCORES, "v1.0", EVENTS, ALERT),
    ("GET", "/security/secureScoreControlProfiles", "v1.0", EVENTS, INCIDENT),
    ("PATCH", "/security/secureScoreControlProfiles/AdminMFA", "v1.0", EVENTS_RW, EVENTS),
    ("POST", "/security/runHuntingQuery", "v1.0", HUNTING, INCIDENT),
    ("GET", "/security/threatIntelligence/articles", "v1.0", "ThreatIntelligence.Read.All", INCIDENT),
    ("GET", "/security/securityActions", "beta", "SecurityActions.Read.All", EVENTS),
    (
        "POST",
        "/security/securityActions",
        "beta",
        "SecurityActions.ReadWrite.All",
        "SecurityActions.Read.All",
    ),
    ("GET", "/servicePrincipals", "v1.0", "Application.Read.All", "Organization.Read.All"),
    ("GET", "/auditLogs/signIns", "v1.0", "AuditLog.Read.All", "Application.Read.All"),
    ("GET", "/oauth2PermissionGrants", "v1.0", "Directory.Read.All", "DelegatedPermissionGrant.Read.All"),
)


def _by_call() -> list[Row]:
    """Of each call: the app's token carries a near permission only, which is all that was granted."""
    return [
        row(
            f"{method} {path} on {version} with {near} instead of {least}",
            Slug.PERMISSION_MISSING,
            graph(path, method=method, version=version, token=app(near)),
            tenant(near, asks=(least, near)),
            why=f"Needs at least {least}; {near} does not open it. App-only: no role of a person matters.",
            who=ADMIN,
        )
        for method, path, version, least, near in CALLS
    ]


def rows() -> list[Row]:
    return [*_by_call(), *_missing(), *_missing_elsewhere(), *_missing_for_people()]


def _missing() -> list[Row]:
    missing = Slug.PERMISSION_MISSING
    had = tenant(ALERT, asks=(ALERT, INCIDENT))
    call = graph(INCIDENTS, token=app(ALERT), **DEFENDER)
    bare = graph(INCIDENTS, **DEFENDER)
    later = tenant(ALERT, now=(ALERT, INCIDENT), since={INCIDENT: 90})
    why = "Needed permissions and the token's roles have nothing in common, and the tenant had granted none."
    return [
        row("an app reads incidents with the roles of an older revision", missing, call, had,
            why=why, who=ADMIN),
        row("the same where nobody knows the tenant", missing, call, why=why),
        row("the same where the tenant was never read", missing, call, unread(), why=why),
        row("the text lists the token's roles, and nobody told of the token", missing, bare, had,
            why=why, who=ADMIN),
        row("the text alone lists what the token carried", missing, bare,
            why="The text quotes the token's roles."),
        row("the snapshot covers application permissions only, as a token proves them", missing, call,
            tenant(ALERT, asks=(ALERT, INCIDENT), knows_then=TOKEN_KNOWN, knows_now=TOKEN_KNOWN),
            why=why, who=ADMIN),
        row(
            "roles are none though a person's permission is granted for something else",
            *(missing, graph(INCIDENTS, token=app()), tenant("User.Read:d", asks=("User.Read:d", INCIDENT))),
            why="A token without roles has nothing granted for the application itself.",
        ),
        row("approved after the call", missing, call, later,
            why="At the call's moment it was not granted.", who=NOBODY),
        row(
            "asked for by a revision that was published after the call",
            *(missing, call, tenant(ALERT, asks_then=(ALERT,), asks=(ALERT, INCIDENT))),
            why="Neither the revision of that time nor the tenant had it.",
        ),
        row(
            "asked for by no revision at all",
            *(missing, call, tenant(ALERT, asks=(ALERT,))),
            why="A registration that doesn't list a permission can't have it consented.",
            who=US,
        ),
    ]  # fmt: skip


def _missing_elsewhere() -> list[Row]:
    missing = Slug.PERMISSION_MISSING
    had = tenant(ALERT, asks=(ALERT, INCIDENT))
    call = graph(INCIDENTS, token=app(ALERT), **DEFENDER)
    other = tenant(ALERT, asks=(ALERT, INCIDENT, HUNTING), withdrawn={HUNTING: -3000})
    audit = {
        "code": "Authentication_MSGraphPermissionMissing",
        "message": "The principal does not have required Microsoft Graph permission(s): AuditLog.Read.All",
    }
    sp = graph("/servicePrincipals/0c0ffee0-0000-4000-8000-000000000009/appRoleAssignments", **DIRECTORY)
    why = "Needed permissions and the token's roles have nothing in common, and the tenant had granted none."
    return [
        row("something else was withdrawn", missing, call, other,
            why="What was withdrawn opens another call."),
        row("the reporting API says what it lacks", missing,
            graph("/auditLogs/directoryAudits", **audit), had, why=why),
        row(
            "secure scores in the words that blame either the permission or the role",
            *(missing, graph(SCORES, token=app(ALERT), **LEGACY), tenant(ALERT, asks=(ALERT, EVENTS))),
            why="App-only: roles of a person are not asked for, whatever the text says.",
            who=ADMIN,
        ),
        row("a directory API says only that privileges are insufficient", missing,
            graph("/servicePrincipals", token=app(ALERT), **DIRECTORY),
            tenant(ALERT, asks=(ALERT, "Application.Read.All")), why=why, who=ADMIN),
        row("grants of a service principal, with the tenant's grants known and the token not", missing, sp,
            tenant(ALERT, asks=(ALERT, "Application.Read.All")), why=why),
        row("indicators with a permission that is mapped to no path", missing,
            graph("/security/tiIndicators", version="beta", at=YEAR_BEFORE,
                  token=app("ThreatIndicators.Read.All", at=YEAR_BEFORE)),
            tenant("ThreatIndicators.Read.All", at=YEAR_BEFORE,
                   asks=("ThreatIndicators.Read.All", "ThreatIndicators.ReadWrite.OwnedBy")),
            why="ThreatIndicators.Read.All opens nothing; even GET takes ReadWrite.OwnedBy."),
        row("legacy alerts before their end, with the permission of the new ones", missing,
            graph("/security/alerts", at=BEFORE_THE_END, token=app(ALERT, at=BEFORE_THE_END), **LEGACY),
            tenant(ALERT, asks=(ALERT, EVENTS), at=BEFORE_THE_END),
            why="SecurityEvents and SecurityAlert don't open each other's calls; the API still answered."),
        row("the text says privileges, the token tells of a wholly different role", missing,
            graph("/oauth2PermissionGrants", token=app("Application.Read.All"), **DIRECTORY),
            tenant("Application.Read.All", asks=("Application.Read.All", "Directory.Read.All")),
            why=why, who=ADMIN),
    ]  # fmt: skip


def _missing_for_people() -> list[Row]:
    missing = Slug.PERMISSION_MISSING
    some = tenant("User.Read:d", f"{ALERT}:d", asks=("User.Read:d", f"{ALERT}:d", f"{INCIDENT}:d"))
    consent = {"suberror": "consent_required"}
    page = {"status": 200}
    why = "The scope is not in scp: consent comes before any question of roles."
    return [
        row("a person with the role, without the scope", missing,
            graph(INCIDENTS, code="Forbidden", token=person(ALERT, wids=(READER,))), some,
            why=why, who=ADMIN),
        row("a person without the role and without the scope", missing,
            graph(INCIDENTS, code="Forbidden", token=person(ALERT)), some, why=why, who=ADMIN),
        row("a person whose roles nobody told, without the scope", missing,
            graph(INCIDENTS, token=person(ALERT, wids=None)), some, why=why, who=ADMIN),
        row("secure scores for a person with the role, in the words that blame either", missing,
            graph(SCORES, token=person(ALERT, wids=(READER,)), **LEGACY),
            tenant(f"{ALERT}:d", asks=(f"{ALERT}:d", f"{EVENTS}:d")), why=why, who=ADMIN),
        row("a change of an incident with the scope that only reads", missing,
            graph("/security/incidents/7", method="PATCH", token=person(INCIDENT, wids=(READER,))),
            tenant(f"{INCIDENT}:d", asks=(f"{INCIDENT}:d", f"{INCIDENT_RW}:d")), why=why),
        row("a sign-in asks for what was not consented, beside what was", missing,
            sign_in(65001, **consent), some,
            why="65001: no consent, in a tenant that approved other things.", who=ADMIN),
        row("the same over the authorization endpoint", missing,
            sign_in(65001, "consent_required"), some, why="65001: consent_required at authorize.", who=ADMIN),
        row("an admin pressed Cancel on the page for more", missing,
            sign_in(65004, "access_denied"), some, why="65004: the person declined; the old grants stand.",
            who=Who.PERSON),
        row("somebody who is no admin met the page for more", missing,
            sign_in(90094, "access_denied", **page), some, why="90094: an admin must grant.", who=ADMIN),
        row("the code asks for a resource that the registration doesn't list", missing,
            sign_in(650057, "invalid_resource"), some,
            why="650057: the resource is not among the registration's required ones: ours to fix.", who=US),
        row("permissions are asked for that the registration lacks", missing,
            sign_in(650056, "invalid_client"), some, why="650056: misconfigured application.", who=US),
    ]  # fmt: skip

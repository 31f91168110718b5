"""Microsoft answered, but not with what was asked for: licence, wait, fault, end of an API, half an answer.

Facts: "Microsoft Graph throttling guidance", "Microsoft Graph security API error responses", "Migrate from
the alerts API to alerts_v2", "Microsoft Graph error responses and resource types", and the reference pages of
tiIndicator and securityAction.
"""

from __future__ import annotations

from datetime import UTC, datetime

from support.rules.facts import FailureFacts, Slug, Who
from tests.support.labelled.table import (
    ADMINISTRATOR,
    ALERT,
    AT,
    BEFORE_THE_END,
    EVENTS,
    EVENTS_RW,
    EXPIRED,
    HUNTING,
    INCIDENT,
    NORTHWIND,
    NOT_PROVISIONED,
    OURS,
    READER,
    Row,
    app,
    graph,
    minutes,
    needs,
    person,
    row,
    sign_in,
    tenant,
)

ADMIN, US, NOBODY, MICROSOFT = Who.TENANT_ADMIN, Who.PUBLISHER, Who.NOBODY, Who.MICROSOFT
INVALID = {"status": 401, "code": "InvalidAuthenticationToken"}
INCIDENTS, SCORES = "/security/incidents", "/security/secureScores"
FINE = tenant(ALERT, INCIDENT)
PEOPLE = tenant(f"{ALERT}:d", f"{INCIDENT}:d", f"{EVENTS}:d")
LACKING = tenant(ALERT, asks=(ALERT, INCIDENT))
EVER = tenant(EVENTS, EVENTS_RW, at=BEFORE_THE_END)


def rows() -> list[Row]:
    return [*_licences(), *_waits(), *_retired(), *_partial(), *_never()]


def _licences() -> list[Row]:
    lacks = Slug.LICENCE_OR_SERVICE
    account = {"message": NOT_PROVISIONED}
    premium = {
        "code": "Authentication_RequestFromNonPremiumTenantOrB2CTenant",
        "message": "Neither tenant is B2C or tenant doesn't have premium license",
    }
    logs = "/auditLogs/signIns"
    audit = tenant("AuditLog.Read.All", "Application.Read.All")
    why = "Alerts, incidents and hunting need Microsoft Defender set up in the tenant."
    reports = "Sign-in logs need Microsoft Entra ID P1: a licence, not consent."
    return [
        row("not provisioned, with the permission in the token", lacks,
            graph(INCIDENTS, code="Forbidden", token=app(INCIDENT), **account), FINE, why=why, who=ADMIN),
        row("not provisioned, answered with 401", lacks,
            graph(INCIDENTS, status=401, code="Unauthorized", token=app(INCIDENT), **account), FINE,
            why=why, who=ADMIN),
        row("not provisioned, for a person with permission and role", lacks,
            graph(INCIDENTS, code="Forbidden", token=person(INCIDENT, wids=(READER,)), **account), PEOPLE,
            why=why),
        row("hunting where Defender is not set up", lacks,
            graph("/security/runHuntingQuery", method="POST", code="Forbidden", token=app(HUNTING),
            **account),
            tenant(HUNTING), why=why, who=ADMIN),
        row("sign-in logs without premium, with the permission in the token", lacks,
            graph(logs, token=app("AuditLog.Read.All"), **premium), audit, why=reports, who=ADMIN),
        row("sign-in logs without premium, and nobody told of the token", lacks,
            graph(logs, **premium), audit, why=reports),
        row("sign-in logs without premium, in a tenant that nobody added", lacks, graph(logs, **premium),
            why=reports),
    ]  # fmt: skip


def _waits() -> list[Row]:
    busy, away = Slug.THROTTLED, Slug.MICROSOFT_OUTAGE
    many = {"status": 429, "code": "TooManyRequests"}
    scope = f"Tenant_Application/Read/{OURS}/{NORTHWIND}"
    why = "429 is no denial: the call comes back after the wait."
    fault = "A fault of Microsoft's: nothing was decided about the call."
    down = {"status": 503, "code": "serviceNotAvailable"}
    return [
        row("throttled with a wait and a scope", busy,
            graph(INCIDENTS, retry_after=17, throttle_scope=scope, **many), FINE, why=why, who=NOBODY),
        row("throttled without a wait, which some leave out", busy, graph(INCIDENTS, **many), FINE,
            why=why, who=NOBODY),
        row("throttled under another code", busy,
            graph(INCIDENTS, status=429, code="activityLimitReached", retry_after=5), why=why, who=NOBODY),
        row("throttled, and the token lacks the permission", busy,
            graph(INCIDENTS, token=app(ALERT), **many), LACKING, why=why),
        row("throttled, and the token had ended", busy, graph(INCIDENTS, token=app(issued=-80), **many), FINE,
            why=why),
        row("hunting beyond its quota, by a row without text", busy,
            graph("/security/runHuntingQuery", method="POST", status=429, token=app(HUNTING)),
            tenant(HUNTING), why=why),
        row("the service is not available", away, graph(INCIDENTS, **down), FINE, why=fault, who=MICROSOFT),
        row("the gateway waited in vain and has no words", away,
            graph(INCIDENTS, status=504, code="UnknownError"), FINE, why=fault, who=MICROSOFT),
        row("the gateway's answer is no JSON", away, graph(INCIDENTS, status=502), why=fault, who=MICROSOFT),
        row("away, while the token lacks the permission", away,
            graph(INCIDENTS, token=app(ALERT), **down), LACKING, why=fault),
        row("an internal error, to a person without the role", away,
            graph(INCIDENTS, status=500, token=person(INCIDENT)), PEOPLE, why=fault),
    ]  # fmt: skip


def _retired() -> list[Row]:
    ended = Slug.API_RETIRED
    why = "The legacy alerts ended on 2026-10-15; no grant brings them back."
    segment = {"status": 400, "code": "BadRequest"}
    day_before = datetime(2026, 10, 14, 9, tzinfo=UTC)
    beta = "It never reached v1.0; the answer is 400 or 404 there."
    lacking = tenant(ALERT, asks=(ALERT, EVENTS), at=day_before)

    def unknown(name: str) -> FailureFacts:
        message = f"Resource not found for the segment '{name}'."
        return graph(
            f"/security/{name}", token=app("ThreatIndicators.ReadWrite.OwnedBy"), message=message, **segment
        )

    return [
        row("legacy alerts after their end, with the permission", ended,
            graph("/security/alerts", status=404, token=app(EVENTS)), tenant(EVENTS), why=why, who=US),
        row("legacy alerts after their end, refused with 403", ended,
            graph("/security/alerts", token=app(EVENTS)), tenant(EVENTS), why=why, who=US),
        row("legacy alerts after their end, without the permission", ended,
            graph("/security/alerts", token=app(ALERT)), tenant(ALERT, asks=(ALERT, EVENTS)),
            why=why, who=US),
        row("a legacy alert changed after the end", ended,
            graph("/security/alerts/2517536653831539999_f", method="PATCH", status=410, token=app(EVENTS_RW)),
            tenant(EVENTS_RW), why=why, who=US),
        row("legacy alerts the day before their end, without the permission", Slug.PERMISSION_MISSING,
            graph("/security/alerts", at=day_before, token=app(ALERT, at=day_before)), lacking,
            why="Until 2026-10-15 the API answered whoever had SecurityEvents.Read.All."),
        row("indicators under v1.0", ended, unknown("tiIndicators"), why=beta, who=US),
        row("security actions under v1.0", ended, unknown("securityActions"), why=beta, who=US),
    ]  # fmt: skip


def _partial() -> list[Row]:
    part = Slug.PARTIAL_ANSWER
    why = "206: a provider left its data out and says so in Warning. Defender's own roles bind people only."
    at = BEFORE_THE_END

    def answer(warning: str, **more: object) -> FailureFacts:
        return graph("/security/alerts", status=206, at=at, warning=warning, **more)

    reader = person(EVENTS, wids=(READER,), issued_at=minutes(-17, at), expires_at=minutes(48, at))
    return [
        row("a person with Security Reader and no role in Defender for Endpoint", part,
            answer('199 - "Microsoft/WDATP/401/228"', token=reader), tenant(f"{EVENTS}:d", at=at),
            why=why, who=ADMIN),
        row("the same with 403", part,
            answer('199 - "Microsoft/WDATP/403/31"', token=reader), tenant(f"{EVENTS}:d", at=at),
            why=why, who=ADMIN),
        row("the app alone, which Defender's roles do not bind", part,
            answer('199 - "Microsoft/WDATP/403/31"', token=app(EVENTS, at=at)), EVER, why=why),
        row("a provider that throttles", part,
            answer('199 - "Microsoft/MCAS/429/12"', token=app(EVENTS, at=at)), EVER,
            why="429 is the provider's."),
        row("two providers, one refused and one timed out", part,
            answer('199 - "Microsoft/WDATP/403/31", 199 - "Microsoft/Azure Sentinel/504/10001"',
            token=reader),
            tenant(f"{EVENTS}:d", at=at), why=why),
        row("in a tenant that nobody added, and nobody told of the token", part,
            answer('199 - "Microsoft/WDATP/401/228"'), why=why),
    ]  # fmt: skip


def _never() -> list[Row]:
    """Where the documentation leaves more than one cause, and no fact decides between them."""
    doubt = Slug.NOT_ENOUGH_EVIDENCE
    gone = {"status": 404, "code": "Request_ResourceNotFound"}
    return [
        row("a person with scope and role is refused without a word", doubt,
            graph(INCIDENTS, code="Forbidden", token=person(INCIDENT, wids=(ADMINISTRATOR,))), PEOPLE,
            why="Defender's own roles, a licence or Conditional Access remain, and nothing tells which."),
        row("nothing but a status", doubt, FailureFacts(occurred_at=AT, status=403),
            why="Consent, role, licence: a 403 alone says none of them."),
        row("an unknown error without a text, while the app's permission is there", doubt,
            graph(INCIDENTS, code="UnknownError", token=app(INCIDENT)), FINE,
            why="UnknownError with an empty text is a real outcome of faults; no cause may be promised."),
        row("a code that nobody has written about", doubt, sign_in(999998, "invalid_grant"), FINE,
            why="An unlisted code says nothing, and the grants are in place."),
        row("an object that is not there", doubt,
            graph("/security/incidents/7", token=app(INCIDENT), **gone), FINE,
            why="404 for one object: it was deleted, or never visible."),
        row("the text says expired, the token says that it was not", doubt,
            graph(INCIDENTS, message=EXPIRED, token=app(INCIDENT, issued=-5), **INVALID), FINE,
            why="A back end now and then calls a good token expired: text and fact contradict each other."),
        row("granted for months, and a fresh token lacks it", doubt,
            graph(INCIDENTS, message=needs(INCIDENT, held=(ALERT,)), token=app(ALERT)), FINE,
            why="Neither consent nor the token's age explains it; whether it is the right token is open."),
    ]  # fmt: skip

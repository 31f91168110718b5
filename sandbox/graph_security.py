"""The security resources of Microsoft Graph: who gets in, and how the door says no.

"Authorization and the Microsoft Graph security API", "List alerts_v2", "List incidents", "List secureScores".
"""

from datetime import UTC, datetime
from typing import Any

from werkzeug.wrappers import Response

from sandbox.directory_roles import READS_SECURITY_DATA
from sandbox.errors import as_json
from sandbox.graph_call import Call, GraphError, no_segment
from sandbox.graph_shapes import moment
from sandbox.model import JSON, stable_guid

_EVENTS = ("SecurityEvents.Read.All", "SecurityEvents.ReadWrite.All")
_ALERTS = (
    *("SecurityAlert.Read.All", "SecurityAlert.ReadWrite.All"),
    *("SecurityIncident.Read.All", "SecurityIncident.ReadWrite.All"),
)
_INCIDENTS = ("SecurityIncident.Read.All", "SecurityIncident.ReadWrite.All")
_VENDOR = {"provider": "SecureScore", "providerVersion": None, "subProvider": None, "vendor": "Microsoft"}


def _events_api(call: Call) -> None:
    """Legacy alerts and secure scores: one text for a missing permission and for a missing directory role."""
    if not call.permits(_EVENTS, _EVENTS) or not _has_role(call):
        message = "Auth token does not contain valid permissions or user does not have valid roles"
        raise GraphError(403, "UnknownError", message)


def _defender_api(call: Call, needed: tuple[str, ...]) -> None:
    """APIs behind Defender name what they need and what the token has."""
    if not call.permits(needed, needed):
        held = ",".join(call.roles if call.app_only else call.scopes)
        kind, what = ("application", "roles") if call.app_only else ("user", "scopes")
        message = f"Missing {kind} {what}. API required {what}: {','.join(needed)}, {kind} {what}: {held}."
        raise GraphError(403, "Forbidden", message)
    if not _has_role(call):
        message = "Auth token does not contain valid permissions or user does not have valid roles"
        raise GraphError(403, "Forbidden", message)
    if not call.tenant.defender:
        raise GraphError(403, "Forbidden", "Unauthorized request - Account is not provisioned.")


def _has_role(call: Call) -> bool:
    return call.app_only or bool(READS_SECURITY_DATA & set(call.claims.get("wids", [])))


def alerts(call: Call) -> Response:
    """The legacy alerts, deprecated in favour of alerts_v2, which other permissions open."""
    state = call.exchange.directory.settings.legacy_alerts
    if state == "segment":
        raise no_segment("alerts")
    if state == "gone":
        raise GraphError(410, "Gone", "The legacy alerts API has been retired. Use /security/alerts_v2.")
    _events_api(call)
    response = call.many("security/alerts", [_legacy_alert(call, number) for number in range(3)])
    response.headers["Deprecation"] = "Tue, 05 May 2026 00:00:00 GMT"
    response.headers["Sunset"] = "Thu, 15 Oct 2026 00:00:00 GMT"
    response.headers["Link"] = '<https://developer.microsoft.com/graph/changes>; rel="deprecation"'
    return _maybe_partial(call, response)


def _maybe_partial(call: Call, response: Response) -> Response:
    """A provider that fails does not fail the request: 206 and a Warning header."""
    fault = call.exchange.directory.faults.take(
        kinds=("partial",),
        endpoint="graph",
        tenant=call.tenant.id,
        app=call.exchange.app_id,
        path=call.exchange.request.path,
    )
    if fault:
        response.status_code = 206
        response.headers["Warning"] = str(fault.options.get("warning", '199 - "Microsoft/WDATP/401/228"'))
    return response


def alerts_v2(call: Call) -> Response:
    _defender_api(call, _ALERTS)
    return call.many("security/alerts_v2", [_alert(call, number) for number in range(3)])


def incidents(call: Call) -> Response:
    _defender_api(call, _INCIDENTS)
    return call.many("security/incidents", [_incident(call, number) for number in range(2)])


def secure_scores(call: Call) -> Response:
    _events_api(call)
    return call.many("security/secureScores", [_score(call, day) for day in range(3)])


def secure_score_control_profiles(call: Call) -> Response:
    _events_api(call)
    return call.many("security/secureScoreControlProfiles", [_profile(call)])


def hunting(call: Call) -> Response:
    needed = ("ThreatHunting.Read.All",)
    _defender_api(call, needed)
    return as_json({"@odata.context": f"{call.base}/$metadata#hunting", "schema": [], "results": []})


def indicators(call: Call) -> Response:
    """Beta only, and reading takes the write permission: ThreatIndicators.Read.All opens nothing."""
    if call.version != "beta":
        raise no_segment("tiIndicators")
    needed = ("ThreatIndicators.ReadWrite.OwnedBy",)
    call.require(needed, needed)
    return call.many("security/tiIndicators", [])


def actions(call: Call) -> Response:
    """Beta only, and application permissions only."""
    if call.version != "beta":
        raise no_segment("securityActions")
    call.require(("SecurityActions.Read.All", "SecurityActions.ReadWrite.All"), ())
    return call.many("security/securityActions", [])


def _legacy_alert(call: Call, number: int) -> JSON:
    when = moment(call.exchange.now - 3600 * (number + 1))
    return {
        "id": stable_guid("alert", call.tenant.id, str(number)),
        "azureTenantId": call.tenant.id,
        "title": f"Suspicious sign-in {number + 1}",
        "category": "SuspiciousActivity",
        "description": "A sign-in from an unfamiliar place.",
        "severity": ("low", "medium", "high")[number],
        "status": "newAlert",
        "createdDateTime": when,
        "eventDateTime": when,
        "vendorInformation": {"provider": "IPC", "vendor": "Microsoft"},
        "userStates": [],
        "hostStates": [],
    }


def _alert(call: Call, number: int) -> JSON:
    when = moment(call.exchange.now - 3600 * (number + 1))
    return {
        "id": f"da{stable_guid('alert v2', call.tenant.id, str(number))}_1",
        "providerAlertId": stable_guid("alert v2", call.tenant.id, str(number)),
        "incidentId": str(100 + number),
        "status": "new",
        "severity": ("low", "medium", "high")[number],
        "classification": None,
        "determination": None,
        "serviceSource": "microsoftDefenderForEndpoint",
        "detectionSource": "antivirus",
        "productName": "Microsoft Defender for Endpoint",
        "tenantId": call.tenant.id,
        "title": f"Suspicious process {number + 1}",
        "description": "A process behaved unusually.",
        "category": "Execution",
        "createdDateTime": when,
        "lastUpdateDateTime": when,
        "mitreTechniques": [],
        "comments": [],
        "evidence": [],
        "systemTags": [],
    }


def _incident(call: Call, number: int) -> JSON:
    when = moment(call.exchange.now - 7200 * (number + 1))
    return {
        "id": str(100 + number),
        "tenantId": call.tenant.id,
        "displayName": f"Multi-stage incident {number + 1}",
        "status": "active",
        "severity": "medium",
        "classification": "unknown",
        "determination": "unknown",
        "createdDateTime": when,
        "lastUpdateDateTime": when,
    }


def _score(call: Call, day: int) -> dict[str, Any]:
    date = datetime.fromtimestamp(call.exchange.now - 86400 * day, UTC).strftime("%Y-%m-%d")
    return {
        "id": f"{call.tenant.id}_{date}",
        "azureTenantId": call.tenant.id,
        "activeUserCount": 12,
        "createdDateTime": f"{date}T00:00:00Z",
        "currentScore": 41.0 - day,
        "enabledServices": ["HasExchange"],
        "licensedUserCount": 20,
        "maxScore": 90.0,
        "vendorInformation": _VENDOR,
        "averageComparativeScores": [],
        "controlScores": [],
    }


def _profile(call: Call) -> JSON:
    return {
        "id": "AdminMFAV2",
        "azureTenantId": call.tenant.id,
        "actionType": "Config",
        "controlCategory": "Identity",
        "title": "Require multifactor authentication for administrative roles",
        "deprecated": False,
        "maxScore": 10.0,
        "rank": 1,
        "service": "AzureAD",
        "tier": "Core",
        "threats": ["Account Breach"],
        "vendorInformation": _VENDOR,
    }

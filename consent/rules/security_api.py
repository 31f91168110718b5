"""Who may call which part of the Microsoft Graph security API, and with what.

Sources, by Microsoft's page titles: "Authorization and the Microsoft Graph security API", "Use the Microsoft
Graph security API", "Microsoft Graph permissions reference", and the reference page of each call, such as
"List alerts_v2" or "Update incident".
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from entra.types import Kind

# "Microsoft Entra built-in roles": template ids, as the claim `wids` carries them.
SECURITY_READER: Final = "5d6b6bb7-de71-4623-b4af-96380a352509"
SECURITY_ADMINISTRATOR: Final = "194ae4cb-b126-40b2-bd5b-6091b380977d"
GLOBAL_ADMINISTRATOR: Final = "62e90394-69f5-4237-9190-012177145e10"
SECURITY_OPERATOR: Final = "5f2222b1-57c3-48ba-8ad5-d4759f1fde6f"
GLOBAL_READER: Final = "f2ef992c-3afb-46b9-b7cf-a126ee74c451"

# Global Administrator is named by "403 error when calling Microsoft Graph Security API" only.
SUFFICIENT_ROLES: Final = frozenset({SECURITY_READER, SECURITY_ADMINISTRATOR, GLOBAL_ADMINISTRATOR})
# No page says whether these two suffice.
DOUBTFUL_ROLES: Final = frozenset({SECURITY_OPERATOR, GLOBAL_READER})
# In `wids`, though no directory roles: the first marks every member, the second tokens without a person.
MARKERS: Final = frozenset({"b79fbf4d-3ef9-4689-8143-76b194e85509", "0997a1d0-0d1d-4acb-b408-d5ca73121e90"})


class Verdict(StrEnum):
    ALLOWED = "allowed"
    MISSING_PERMISSION = "missing-permission"
    MISSING_ROLE = "missing-role"
    WRONG_KIND = "wrong-kind"
    RETIRED = "retired"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class ApiCall:
    """One method of one entity. Either permission of a tuple suffices; the least comes first."""

    entity: str
    label: str
    method: str
    path: str
    version: str  # "v1.0" when both have it, "beta" when only beta has
    application: tuple[str, ...]
    delegated: tuple[str, ...]  # empty: never on behalf of a person
    source: str
    perhaps: tuple[str, ...] = ()  # the service lets these in, its page does not list them for people
    licence: str = ""
    retired_on: date | None = None
    note: str = ""

    def accepted(self, kind: Kind) -> tuple[str, ...]:
        return self.application if kind == "application" else self.delegated


@dataclass(frozen=True)
class Judgement:
    """`needs` names what is lacking: permissions or a directory role. `may_work`: a try is worth it."""

    verdict: Verdict
    needs: tuple[str, ...]
    why: str
    may_work: bool = False


_EVENTS_READ = ("SecurityEvents.Read.All", "SecurityEvents.ReadWrite.All")
_EVENTS_WRITE = ("SecurityEvents.ReadWrite.All",)
_ALERT_READ = ("SecurityAlert.Read.All", "SecurityAlert.ReadWrite.All")
_INCIDENT_READ = ("SecurityIncident.Read.All", "SecurityIncident.ReadWrite.All")
_OWNED = ("ThreatIndicators.ReadWrite.OwnedBy",)
_ACTIONS_READ = ("SecurityActions.Read.All", "SecurityActions.ReadWrite.All")
_DEFENDER = "Microsoft Defender XDR must be set up in the organization."
_RETIRED = date(2026, 10, 15)  # "Migrate from the alerts API to alerts_v2"
_TI_NOTE = "Deprecated; Microsoft announced its removal for April 2026."


def _events(entity: str, label: str, method: str, path: str, **more: object) -> ApiCall:
    accepted = _EVENTS_READ if method == "GET" else _EVENTS_WRITE
    values = {"version": "v1.0", "application": accepted, "delegated": accepted, **more}
    return ApiCall(entity, label, method, path, **values)  # type: ignore[arg-type]


def _indicator(method: str, path: str, source: str) -> ApiCall:
    return ApiCall(
        entity="tiIndicator",
        label="Threat indicators",
        method=method,
        path=path,
        version="beta",
        application=_OWNED,
        delegated=_OWNED,
        source=source,
        note=f"Only indicators that the same application submitted. {_TI_NOTE}",
    )


def _action(method: str, accepted: tuple[str, ...], source: str) -> ApiCall:
    path = "/security/securityActions"
    return ApiCall("securityAction", "Security actions", method, path, "beta", accepted, (), source)


CALLS: Final[tuple[ApiCall, ...]] = (
    _events(
        *("alert", "Alerts (legacy)", "GET", "/security/alerts"), source="List alerts", retired_on=_RETIRED
    ),
    _events(
        *("alert", "Alerts (legacy)", "PATCH", "/security/alerts/{id}"),
        source="Update alert",
        retired_on=_RETIRED,
    ),
    _events(
        *("alert", "Alerts (legacy)", "POST", "/security/alerts/updateAlerts"),
        version="beta",
        source="alert: updateAlerts",
        retired_on=_RETIRED,
    ),
    ApiCall(
        *("alert_v2", "Alerts", "GET", "/security/alerts_v2", "v1.0"),
        application=(*_ALERT_READ, *_INCIDENT_READ),
        delegated=_ALERT_READ,
        perhaps=_INCIDENT_READ,
        source="List alerts_v2",
        licence=_DEFENDER,
    ),
    ApiCall(
        *("alert_v2", "Alerts", "PATCH", "/security/alerts_v2/{id}", "v1.0"),
        application=("SecurityAlert.ReadWrite.All",),
        delegated=("SecurityAlert.ReadWrite.All",),
        source="Update alert",
        licence=_DEFENDER,
    ),
    ApiCall(
        *("alert_v2", "Alerts", "POST", "/security/alerts_v2/createAlert", "beta"),
        application=("SecurityAlert.Create.All",),
        delegated=("SecurityAlert.Create.All",),
        source="alert: createAlert",
        licence=_DEFENDER,
    ),
    ApiCall(
        *("incident", "Incidents", "GET", "/security/incidents", "v1.0"),
        application=_INCIDENT_READ,
        delegated=_INCIDENT_READ,
        source="List incidents",
        licence=_DEFENDER,
    ),
    ApiCall(
        *("incident", "Incidents", "PATCH", "/security/incidents/{id}", "v1.0"),
        application=("SecurityIncident.ReadWrite.All",),
        delegated=("SecurityIncident.ReadWrite.All",),
        source="Update incident",
        licence=_DEFENDER,
    ),
    _events("secureScore", "Secure scores", "GET", "/security/secureScores", source="List secureScores"),
    _events(
        *("secureScoreControlProfile", "Secure score controls", "GET"),
        "/security/secureScoreControlProfiles",
        source="List secureScoreControlProfiles",
    ),
    _events(
        *("secureScoreControlProfile", "Secure score controls", "PATCH"),
        "/security/secureScoreControlProfiles/{id}",
        source="Update secureScoreControlProfile",
    ),
    _indicator("GET", "/security/tiIndicators", "List tiIndicators"),
    _indicator("POST", "/security/tiIndicators", "Create tiIndicator"),
    _indicator("PATCH", "/security/tiIndicators/{id}", "Update tiIndicator"),
    _indicator("DELETE", "/security/tiIndicators/{id}", "Delete tiIndicator"),
    _action("GET", _ACTIONS_READ, "List securityActions"),
    _action("POST", ("SecurityActions.ReadWrite.All",), "Create securityAction"),
    ApiCall(
        *("hunting", "Hunting queries", "POST", "/security/runHuntingQuery", "v1.0"),
        application=("ThreatHunting.Read.All",),
        delegated=("ThreatHunting.Read.All",),
        source="security: runHuntingQuery",
        licence=_DEFENDER,
        note="A POST that only reads.",
    ),
    ApiCall(
        *(
            "threatIntelligence",
            "Threat intelligence",
            "GET",
            "/security/threatIntelligence/articles",
            "v1.0",
        ),
        application=("ThreatIntelligence.Read.All",),
        delegated=("ThreatIntelligence.Read.All",),
        source="List articles",
        licence="The organization needs a Microsoft Defender Threat Intelligence licence.",
    ),
)
_BY_NAME: Final = {(call.entity.lower(), call.method): call for call in CALLS}

# What a try calls for real: reading, without arguments and without a licence of its own.
LIVE: Final = tuple(
    call
    for call in CALLS
    if call.method == "GET" and call.version == "v1.0" and call.entity != "threatIntelligence"
)


def call_of(entity: str, method: str) -> ApiCall | None:
    return _BY_NAME.get((entity.lower(), method.upper()))


def may_call(
    entity: str,
    method: str,
    *,
    kind: Kind,
    permissions: Collection[str],
    roles: Collection[str] | None = (),
    on: date | None = None,
) -> Judgement:
    """Return whether a token with these permissions may make this call.

    `roles` are template ids of the directory roles that the person actively holds, None when nobody could
    look; a token without a person needs none. `on` is the day of the call; without one, what has an end
    announced counts as ended.
    """
    call = call_of(entity, method)
    if call is None:
        return Judgement(Verdict.UNKNOWN, (), f"The security API has no {method.upper()} of {entity}.")
    accepted = call.accepted(kind)
    if not accepted:
        why = f"{call.label} are open to applications only, never on behalf of a person."
        return Judgement(Verdict.WRONG_KIND, call.application, why)
    held = [permission for permission in accepted if permission in permissions]
    if call.retired_on and (on is None or on >= call.retired_on):
        why = f"Microsoft ended this API on {call.retired_on:%Y-%m-%d}. alerts_v2 and incidents replace it."
        return Judgement(Verdict.RETIRED, (), why, may_work=bool(held))
    if not held:
        return _without_permission(call, kind, accepted, permissions)
    if kind == "application":
        why = f"{held[0]} is granted, and an application needs no directory role."
        return Judgement(Verdict.ALLOWED, (), _with_remarks(why, call), may_work=True)
    return _on_behalf(call, held[0], roles)


def _without_permission(
    call: ApiCall, kind: Kind, accepted: tuple[str, ...], permissions: Collection[str]
) -> Judgement:
    near = [permission for permission in call.perhaps if permission in permissions]
    if near and kind == "delegated":
        why = f"Microsoft's page asks for {accepted[0]}. The service also let {near[0]} in; try it."
        return Judgement(Verdict.UNKNOWN, accepted, why, may_work=True)
    return Judgement(Verdict.MISSING_PERMISSION, accepted, f"The token lacks {_either(accepted)}.")


def _on_behalf(call: ApiCall, held: str, roles: Collection[str] | None) -> Judgement:
    reader = ("Security Reader",)
    if roles is None:
        why = f"{held} is granted. Which directory roles the person holds could not be seen."
        return Judgement(Verdict.UNKNOWN, reader, why, may_work=True)
    if SUFFICIENT_ROLES & set(roles):
        why = f"{held} is granted, and the person holds a role that may see security data."
        if call.method != "GET" and not {SECURITY_ADMINISTRATOR, GLOBAL_ADMINISTRATOR} & set(roles):
            why += " Security Reader only reads in Microsoft's own portals, so a change may still be refused."
        return Judgement(Verdict.ALLOWED, (), _with_remarks(why, call), may_work=True)
    if DOUBTFUL_ROLES & set(roles):
        why = f"{held} is granted. Microsoft doesn't say whether the person's role suffices; try it."
        return Judgement(Verdict.UNKNOWN, reader, why, may_work=True)
    why = f"{held} is granted, but the person holds neither Security Reader nor Security Administrator."
    return Judgement(Verdict.MISSING_ROLE, reader, why, may_work=True)


def directory_roles(wids: Collection[str]) -> frozenset[str]:
    """Return the directory roles among the claim `wids`, which also holds markers that are none."""
    return frozenset(wid.lower() for wid in wids) - MARKERS


def _with_remarks(why: str, call: ApiCall) -> str:
    return " ".join(part for part in (why, call.licence, call.note) if part)


def _either(names: tuple[str, ...]) -> str:
    *heads, last = names
    return f"{', '.join(heads)} or {last}" if heads else last

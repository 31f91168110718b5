"""Paths of Microsoft Graph, v1.0 and beta."""

import re
from collections.abc import Callable

from werkzeug.wrappers import Response

from sandbox import graph_directory as directory
from sandbox import graph_reports as reports
from sandbox import graph_security as security
from sandbox.errors import as_json
from sandbox.exchange import Exchange
from sandbox.graph_call import Call, GraphError, headers, no_segment
from sandbox.tokens import BadTokenError, read_for_graph

_KEY = r"(/[^/()]+|\(appId='[^']*'\))"
_ROUTES: list[tuple[str, str, Callable[..., Response]]] = [
    ("GET", r"servicePrincipals", directory.service_principals),
    ("GET", r"servicePrincipals/delta(?:\(\))?", directory.service_principals_delta),
    ("GET", rf"servicePrincipals{_KEY}", directory.service_principal),
    ("GET", rf"servicePrincipals{_KEY}/appRoleAssignments", directory.role_assignments),
    ("GET", rf"servicePrincipals{_KEY}/appRoleAssignedTo", directory.assigned_to),
    ("GET", rf"servicePrincipals{_KEY}/oauth2PermissionGrants", directory.scope_grants_of),
    ("GET", r"oauth2PermissionGrants", directory.scope_grants),
    ("GET", r"oauth2PermissionGrants/delta(?:\(\))?", directory.scope_grants_delta),
    ("GET", r"applications", directory.applications),
    ("GET", rf"applications{_KEY}", directory.application),
    ("GET", r"organization", directory.organization),
    ("GET", r"me", directory.me),
    ("GET", r"me/memberOf/(?:microsoft\.)?graph\.directoryRole", directory.my_roles),
    ("GET", r"roleManagement/directory/roleAssignments", directory.directory_role_assignments),
    (
        "GET",
        r"roleManagement/directory/roleEligibilityScheduleInstances",
        directory.directory_role_eligibility,
    ),
    ("GET", r"auditLogs/signIns", reports.sign_ins),
    ("GET", r"auditLogs/directoryAudits", reports.directory_audits),
    ("GET", r"security/alerts", security.alerts),
    ("GET", r"security/alerts_v2", security.alerts_v2),
    ("GET", r"security/incidents", security.incidents),
    ("GET", r"security/secureScores", security.secure_scores),
    ("GET", r"security/secureScoreControlProfiles", security.secure_score_control_profiles),
    ("POST", r"security/(?:microsoft\.graph\.security\.)?runHuntingQuery", security.hunting),
    ("GET", r"security/tiIndicators", security.indicators),
    ("GET", r"security/securityActions", security.actions),
]
_COMPILED = [(method, re.compile(pattern), view) for method, pattern, view in _ROUTES]


def serve(exchange: Exchange, version: str, path: str) -> Response:
    try:
        call = Call.receive(exchange, version)
        response = _dispatch(call, path.strip("/"))
    except GraphError as error:
        response = error.response(exchange)
    return headers(exchange, response)


def _dispatch(call: Call, path: str) -> Response:
    for method, pattern, view in _COMPILED:
        match = pattern.fullmatch(path)
        if match and method == call.exchange.request.method:
            return view(call, *(group.removeprefix("/") for group in match.groups()))
    raise no_segment(path.partition("/")[0])


def userinfo(exchange: Exchange) -> Response:
    """`/oidc/userinfo`, for a person's token."""
    try:
        claims = read_for_graph(exchange, exchange.request.headers.get("Authorization", "").partition(" ")[2])
    except BadTokenError as error:
        return headers(exchange, GraphError(401, "InvalidAuthenticationToken", str(error)).response(exchange))
    names = {
        "sub": "sub",
        "name": "name",
        "family_name": "family_name",
        "given_name": "given_name",
        "email": "upn",
    }
    return headers(
        exchange, as_json({name: claims[claim] for name, claim in names.items() if claim in claims})
    )

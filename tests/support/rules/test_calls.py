"""Addresses of Microsoft's, told apart."""

from __future__ import annotations

import pytest

from consent.rules.security_api import CALLS
from support.rules.calls import locate, split_url, template_of

GUID = "11111111-1111-4111-8111-111111111111"


@pytest.mark.parametrize(
    ("url", "parts"),
    [
        (
            "https://graph.microsoft.com/v1.0/security/alerts_v2?$top=5#x",
            ("graph", "v1.0", "/security/alerts_v2"),
        ),
        (
            "https://graph.microsoft.us/Beta/security/tiIndicators",
            ("graph", "beta", "/security/tiIndicators"),
        ),
        ("graph.microsoft.com/v1.0/me", ("graph", "v1.0", "/me")),
        ("/v1.0/security/alerts", ("graph", "v1.0", "/security/alerts")),
        ("http://127.0.0.1:9000/v1.0/security/incidents", ("graph", "v1.0", "/security/incidents")),
        ("https://login.microsoftonline.com/x/oauth2/v2.0/token", ("token", "", "/x/oauth2/v2.0/token")),
        ("http://proxy.example/x/oauth2/v2.0/token", ("token", "", "/x/oauth2/v2.0/token")),
        (
            "https://login.microsoftonline.com/common/adminconsent?client_id=1",
            ("token", "", "/common/adminconsent"),
        ),
        ("security/alerts", ("", "", "/security/alerts")),
        ("https://graph.microsoft.com", ("graph", "", "/")),
        ("http://[::1", ("", "", "/")),
        ("", ("", "", "/")),
    ],
)
def test_an_address_has_a_door_a_version_and_a_path(url, parts):
    assert split_url(url) == parts


@pytest.mark.parametrize(
    ("path", "template"),
    [
        ("/security/alerts_v2/da637551227677560813_-961444813", "/security/alerts_v2/{id}"),
        ("/security/incidents/29/alerts", "/security/incidents/{id}/alerts"),
        ("/security/secureScoreControlProfiles/AdminMFA", "/security/secureScoreControlProfiles/{id}"),
        ("/security/alerts_v2/$count", "/security/alerts_v2/$count"),
        ("/security/alerts_v2/createAlert", "/security/alerts_v2/createAlert"),
        (
            f"/servicePrincipals(appId='{GUID}')/appRoleAssignments",
            "/servicePrincipals(appId={id})/appRoleAssignments",
        ),
        ("/users/ada@northwind.example/messages", "/users/{id}/messages"),
        (f"/{GUID}/oauth2/v2.0/token", "/{id}/oauth2/v2.0/token"),
        ("/", "/"),
    ],
)
def test_a_template_has_braces_for_what_identifies(path, template):
    assert template_of(path) == template


@pytest.mark.parametrize("call", CALLS, ids=lambda call: f"{call.method} {call.path}")
def test_every_call_of_the_map_is_found_by_its_own_path(call):
    path = call.path.replace("{id}", "da637551227677560813_-961444813")

    assert locate(call.method, path, call.version) is call


@pytest.mark.parametrize(
    ("method", "path", "entity", "as_method"),
    [
        ("GET", "/security/alerts_v2/da1", "alert_v2", "GET"),
        ("get", "/Security/Alerts_V2", "alert_v2", "GET"),
        ("", "/security/incidents/7", "incident", "GET"),
        ("GET", "/security/alerts_v2('da1')", "alert_v2", "GET"),
        ("POST", "/security/incidents/7/comments", "incident", "PATCH"),
        ("POST", "/security/microsoft.graph.security.runHuntingQuery", "hunting", "POST"),
        ("POST", "/security/tiIndicators/submitTiIndicators", "tiIndicator", "POST"),
        ("POST", "/security/securityActions/9/cancelSecurityAction", "securityAction", "POST"),
        ("GET", "/security/threatIntelligence/articles/a1", "threatIntelligence", "GET"),
        ("GET", f"/servicePrincipals(appId='{GUID}')", "servicePrincipals/{id}", "GET"),
        ("GET", "/auditLogs/signIns", "auditLogs/signIns", "GET"),
        (
            "GET",
            "/me/memberOf/microsoft.graph.directoryRole",
            "me/memberOf/microsoft.graph.directoryRole",
            "GET",
        ),
    ],
)
def test_a_call_is_the_one_whose_permissions_it_takes(method, path, entity, as_method):
    call = locate(method, path, "v1.0")

    assert call is not None
    assert (call.entity, call.method) == (entity, as_method)


@pytest.mark.parametrize(
    ("method", "path", "version"),
    [
        ("POST", "/security/secureScores", "v1.0"),
        ("POST", "/security/alerts", "v1.0"),
        ("GET", "/sites/root", "v1.0"),
        ("GET", "/security", "v1.0"),
        ("GET", "/security/alerts", "v2.0"),
        ("GET", "", ""),
    ],
)
def test_a_call_that_nobody_mapped_is_none(method, path, version):
    assert locate(method, path, version) is None

"""Which call of Microsoft Graph an address is: its parts, its shape without ids, and what may make it."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final
from urllib.parse import unquote, urlsplit

from consent.rules.security_api import ApiCall, call_of
from entra.types import CLOUDS
from support.rules.directory_calls import DIRECTORY_CALLS
from support.rules.facts import Door

_GRAPH_HOSTS: Final = frozenset(cloud.graph_host for cloud in CLOUDS.values())
_LOGIN_HOSTS: Final = frozenset(host for cloud in CLOUDS.values() for host in cloud.login_hosts)
_VERSIONS: Final = frozenset({"v1.0", "beta"})
_TOKEN_PATH: Final = re.compile(r"/oauth2/|/adminconsent\b|/devicecode\b", re.IGNORECASE)

# What stands below /security, in lower case, and the entity of consent.rules.security_api that it is.
_ENTITIES: Final = {
    "alerts": "alert",
    "alerts_v2": "alert_v2",
    "incidents": "incident",
    "securescores": "secureScore",
    "securescorecontrolprofiles": "secureScoreControlProfile",
    "tiindicators": "tiIndicator",
    "securityactions": "securityAction",
    "runhuntingquery": "hunting",
    "threatintelligence": "threatIntelligence",
}
# Collections whose next segment is an id, whatever it looks like: controls are called "AdminMFA".
_KEYED: Final = frozenset(_ENTITIES) - {"runhuntingquery", "threatintelligence"} | {
    *("users", "groups", "applications", "serviceprincipals", "organization", "directoryroles"),
    *("directoryobjects", "oauth2permissiongrants", "approleassignments", "approleassignedto"),
    *("roleassignments", "roledefinitions", "signins", "directoryaudits", "comments", "articles"),
    *("permissiongrantpolicies", "appconsentrequests", "intelprofiles", "hosts", "vulnerabilities"),
}
_ACTIONS: Final = frozenset(
    {
        *("updatealerts", "createalert", "cancelsecurityaction", "delta", "comments"),
        *("submittiindicators", "updatetiindicators", "deletetiindicators"),
        "deletetiindicatorsbyexternalid",
    }
)
_LOOKS_LIKE_ID: Final = re.compile(r"[0-9]+|[^/]*@[^/]*|(?=.*[0-9])(?=.*[-_=])[^/]{16,}|(?=.*[0-9])[^/]{24,}")
_QUOTED: Final = re.compile(r"'[^']*'")
_KEY: Final = re.compile(r"\((?:\w+=)?('[^']*')\)")  # alerts_v2('da6…'), servicePrincipals(appId='5e4…')
_NAMESPACE: Final = "microsoft.graph.security."


def split_url(url: str) -> tuple[Door, str, str]:
    """Return by which door a request went, the version, and the path below it without its query.

    An address of an unknown host, such as a proxy in front of Microsoft, is told by its path.
    """
    host, path = _host_and_path(url.strip())
    first, _, rest = path.lstrip("/").partition("/")
    if host in _LOGIN_HOSTS or (host not in _GRAPH_HOSTS and _TOKEN_PATH.search(path)):
        return "token", "", path
    if first.lower() in _VERSIONS:
        return "graph", first.lower(), f"/{rest}"
    return ("graph" if host in _GRAPH_HOSTS else ""), "", path


def _host_and_path(url: str) -> tuple[str, str]:
    head = url.split("/", 1)[0].lower()
    if "://" not in url and head in _GRAPH_HOSTS | _LOGIN_HOSTS:
        url = f"https://{url}"
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").lower()
    except ValueError:  # an open bracket, a port that is none
        return "", "/"
    path = unquote(parts.path)
    return host, path if path.startswith("/") else f"/{path}"


def template_of(path: str) -> str:
    """Return the path with {id} for what identifies: /security/alerts_v2/{id}."""
    before = ""
    shaped = []
    for segment in path.strip("/").split("/"):
        word = segment.partition("(")[0].lower()
        if _is_id(segment, word, before):
            shaped.append("{id}")
            before = ""
        else:
            shaped.append(_QUOTED.sub("{id}", segment) if "'" in segment else segment)
            before = word if "(" not in segment else ""
    return "/" + "/".join(shaped)


def _is_id(segment: str, word: str, before: str) -> bool:
    if not segment or segment.startswith("$") or word in _ACTIONS or word.startswith("microsoft.graph."):
        return False
    return before in _KEYED or ("(" not in segment and _LOOKS_LIKE_ID.fullmatch(segment) is not None)


def locate(method: str, path: str, version: str = "") -> ApiCall | None:
    """Return the call that this is, None for one that we have no map of. Without a method it is read."""
    if not path or (version and version.lower() not in _VERSIONS):
        return None
    return _located(method.upper() or "GET", path)


@lru_cache(maxsize=4096)
def _located(method: str, path: str) -> ApiCall | None:
    segments = template_of(_KEY.sub("/{id}", path)).lower().strip("/").split("/")
    if segments[0] != "security" or len(segments) < 2:
        return DIRECTORY_CALLS.get((method, "/".join(segments)))
    entity = _ENTITIES.get(segments[1].removeprefix(_NAMESPACE).partition("(")[0])
    return call_of(entity, _as_mapped(entity, method, segments[2:])) if entity else None


def _as_mapped(entity: str, method: str, rest: list[str]) -> str:
    """Return the method whose permissions this call takes.

    A comment on an alert or incident is a change of it: "Create comment for alert". The legacy alerts and
    alerts_v2 take a POST for one action each, and no other.
    """
    if method != "POST" or entity not in {"alert", "alert_v2", "incident"}:
        return method
    action = rest[-1].removeprefix(_NAMESPACE) if rest else ""
    if action == "comments" and entity != "alert":
        return "PATCH"
    wanted = {"alert": "updatealerts", "alert_v2": "createalert"}.get(entity)
    return method if action == wanted else "none"

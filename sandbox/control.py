"""The control API, JSON under /_sandbox/.

GET    directory                      everything: settings, applications, tenants with people and apps; of
                                      each app what is granted, with visible_at and visible
POST   load                           add or replace: {"resources", "applications", "tenants", "settings"}
POST   reset                          back to the document it started with; {"empty": true}: nothing
POST   settle                         what is on its way (grant_delay, revoke_delay) arrives now
GET    applications/APP               APP: client id
PATCH  applications/APP               requiredResourceAccess, redirectUris, secrets, certificates,
                                      displayName, multiTenant
GET    tenants/TENANT                 TENANT: id or domain
POST   tenants/TENANT/apps/APP/grant  {"permissions": [...], "principal": user id, for that person only};
                                      no permissions: what the registration requires now
POST   tenants/TENANT/apps/APP/revoke {"permissions": [...]}; none: everything
POST   tenants/TENANT/apps/APP/disable, enable, delete: the service principal
PATCH  users/USER                     directoryRoles, eligibleRoles, appRoles, enabled; USER: id or user name
GET, PATCH settings                   see `model.Settings`
GET, POST, DELETE faults              see `faults.py`; DELETE faults/ID: one
POST   keys/rotate                    {"keep_old": false} withdraws the old key at once
GET, DELETE requests                  what was asked: time, method, path, endpoint, tenant, app, status,
                                      error, ids; filters: ?endpoint= ?tenant= ?app= ?limit=

A permission is `VALUE:application`, `VALUE:delegated` (of Microsoft Graph) or an object with resource, kind,
id and value; one that the sandbox does not know is learned when id and value are given. Where a
registration's are meant, a manifest's requiredResourceAccess does as well.

A document for `load` and `--seed`:

{"settings": {"grant_delay": 0},
 "applications": [{"appId", "displayName", "homeTenant", "multiTenant": true, "redirectUris": [],
     "secrets": ["text" or {"value", "expires": ISO 8601}], "certificates": [PEM],
     "requiredResourceAccess": [], "appRoles": ["Owner"], "directoryRolesInIdToken": false}],
 "tenants": [{"id", "displayName", "domains": [], "cloud": "global", "defender": true, "premium": true,
     "users": [{"id", "displayName", "userPrincipalName", "directoryRoles": ["Global Administrator"],
                "eligibleRoles": [], "appRoles": {"APP": ["Owner"]}, "enabled": true,
                "guestOf": null or the tenant where a guest is at home,
                "claims": {optional claims of their id tokens}}],
     "apps": [{"appId", "enabled": true, "granted": ["SecurityEvents.Read.All:application"]}]}],
 "resources": [{"appId", "displayName", "identifierUris": [],
     "permissions": [{"kind", "id", "value", "needsAdmin": true}]}]}

Answers are 200 with JSON; 400 and 404 say {"error": one sentence}.
"""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from werkzeug.exceptions import BadRequest, HTTPException
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from sandbox import console, documents
from sandbox.directory import Directory, NotFoundError
from sandbox.directory_roles import template_id
from sandbox.errors import as_json
from sandbox.faults import Fault
from sandbox.model import JSON
from sandbox.permissions import UnknownPermissionError

Action = Callable[..., Any]


def _body(request: Request) -> JSON:
    if not request.get_data():
        return {}
    document = request.get_json(force=True)
    if not isinstance(document, dict):
        raise documents.BadDocumentError("the body must be a JSON object")
    return document


def show(directory: Directory, request: Request) -> JSON:
    return documents.dump(directory)


def load(directory: Directory, request: Request) -> JSON:
    documents.load(directory, _body(request))
    return {"applications": len(directory.applications), "tenants": len(directory.tenants)}


def reset(directory: Directory, request: Request) -> JSON:
    body = _body(request)
    with directory.lock:
        directory.clear()
        if not body.get("empty"):
            documents.load(directory, directory.start)
    return {"applications": len(directory.applications), "tenants": len(directory.tenants)}


def settle(directory: Directory, request: Request) -> JSON:
    directory.settle()
    return {"settled": True}


def application(directory: Directory, request: Request, app: str) -> JSON:
    found = directory.application(app)
    if request.method == "PATCH":
        with directory.lock:
            documents.change_application(directory, found, _body(request))
    return documents.dump_application(found)


def tenant(directory: Directory, request: Request, tenant: str) -> JSON:
    return documents.dump_tenant(directory, directory.tenant(tenant))


def grant(directory: Directory, request: Request, tenant: str, app: str) -> JSON:
    body, where, found = _body(request), directory.tenant(tenant), directory.application(app)
    wanted = documents.required(directory, body["permissions"]) if "permissions" in body else found.required
    principal = directory.grant(where, app, required=wanted, principal_id=body.get("principal"))
    return documents.dump_principal(directory, principal)


def revoke(directory: Directory, request: Request, tenant: str, app: str) -> JSON:
    body, principal = _body(request), directory.principal(directory.tenant(tenant), app)
    wanted = documents.required(directory, body["permissions"]) if "permissions" in body else None
    count = directory.revoke(principal, wanted)
    return {"withdrawn": count, **documents.dump_principal(directory, principal)}


def switch(directory: Directory, request: Request, tenant: str, app: str, state: str) -> JSON:
    principal = directory.principal(directory.tenant(tenant), app)
    if state == "delete":
        directory.delete_principal(principal)
        return {"deleted": principal.id}
    principal.enabled = state == "enable"
    return documents.dump_principal(directory, principal)


def user(directory: Directory, request: Request, user: str) -> JSON:
    found, body = directory.user(user), _body(request)
    if "directoryRoles" in body:
        found.roles = {template_id(role) for role in body["directoryRoles"]}
    if "eligibleRoles" in body:
        found.eligible_roles = {template_id(role) for role in body["eligibleRoles"]}
    if "appRoles" in body:
        found.app_roles = {app.lower(): list(values) for app, values in body["appRoles"].items()}
    found.enabled = body.get("enabled", found.enabled)
    return {
        "id": found.id,
        "roles": sorted(found.roles),
        "appRoles": found.app_roles,
        "enabled": found.enabled,
    }


def settings(directory: Directory, request: Request) -> JSON:
    if request.method == "PATCH":
        documents.change_settings(directory, _body(request))
    return asdict(directory.settings)


def faults(directory: Directory, request: Request, fault: str = "") -> JSON:
    if request.method == "POST":
        added = Fault.parse(_body(request))
        directory.faults.add(added)
        return asdict(added)
    if request.method == "DELETE":
        directory.faults.clear(fault)
    return {"faults": directory.faults.listed()}


def rotate(directory: Directory, request: Request) -> JSON:
    directory.keys.rotate(keep_old=_body(request).get("keep_old", True))
    return {"kid": directory.keys.current.kid, "listed": [key.kid for key in directory.keys.listed()]}


def requests(directory: Directory, request: Request) -> JSON:
    if request.method == "DELETE":
        directory.journal.clear()
    found = directory.journal.listed()
    for name in ("endpoint", "tenant", "app"):
        wanted = request.args.get(name)
        if wanted:
            found = [entry for entry in found if entry[name] == wanted.lower()]
    limit = request.args.get("limit", type=int)
    return {"requests": found[-limit:] if limit else found}


def console_action(directory: Directory, request: Request, action: str) -> Response:
    """A form of the page for people; back to the page."""
    return console.act(directory, request, action)


_APP = "/_sandbox/tenants/<tenant>/apps/<app>"
_ROUTES = Map(
    [
        Rule("/_sandbox/console/<action>", endpoint=console_action, methods=["POST"]),
        Rule("/_sandbox/directory", endpoint=show, methods=["GET"]),
        Rule("/_sandbox/load", endpoint=load, methods=["POST"]),
        Rule("/_sandbox/reset", endpoint=reset, methods=["POST"]),
        Rule("/_sandbox/settle", endpoint=settle, methods=["POST"]),
        Rule("/_sandbox/applications/<app>", endpoint=application, methods=["GET", "PATCH"]),
        Rule("/_sandbox/tenants/<tenant>", endpoint=tenant, methods=["GET"]),
        Rule(f"{_APP}/grant", endpoint=grant, methods=["POST"]),
        Rule(f"{_APP}/revoke", endpoint=revoke, methods=["POST"]),
        Rule(f"{_APP}/<any(disable, enable, delete):state>", endpoint=switch, methods=["POST"]),
        Rule("/_sandbox/users/<user>", endpoint=user, methods=["PATCH"]),
        Rule("/_sandbox/settings", endpoint=settings, methods=["GET", "PATCH"]),
        Rule("/_sandbox/faults", endpoint=faults, methods=["GET", "POST", "DELETE"]),
        Rule("/_sandbox/faults/<fault>", endpoint=faults, methods=["DELETE"]),
        Rule("/_sandbox/keys/rotate", endpoint=rotate, methods=["POST"]),
        Rule("/_sandbox/requests", endpoint=requests, methods=["GET", "DELETE"]),
    ]
)


def respond(directory: Directory, request: Request) -> Response:
    if request.path in ("/", "/_sandbox", "/_sandbox/"):
        return console.show(directory, request)
    if request.method != "GET" and request.headers.get("Sec-Fetch-Site") == "cross-site":
        return as_json({"error": "not from a page of another site"}, 403)
    try:
        action, values = _ROUTES.bind_to_environ(request.environ).match()
        with directory.lock:
            answer = action(directory, request, **values)
        return answer if isinstance(answer, Response) else as_json(answer)
    except NotFoundError as error:
        return as_json({"error": str(error)}, 404)
    except BadRequest:
        return as_json({"error": "the body is not JSON"}, 400)
    except HTTPException as error:
        return as_json({"error": f"{request.method} {request.path}: {error.name}"}, error.code or 500)
    except (documents.BadDocumentError, UnknownPermissionError) as error:
        return as_json({"error": str(error)}, 400)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        return as_json({"error": f"cannot read the body: {type(error).__name__} {error}"}, 400)

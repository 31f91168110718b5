"""The WSGI application: all paths of the sign-in service and of Graph on one origin, whatever the Host."""

import time
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import jwt
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from sandbox import admin_consent, broken, control, graph, login, metadata, token_endpoint
from sandbox.credentials import client_id_of
from sandbox.directory import Directory, NotFoundError
from sandbox.errors import EntraError
from sandbox.exchange import Exchange
from sandbox.journal import Entry
from sandbox.login_pages import error_page
from sandbox.model import is_guid
from sandbox.pages import STYLE

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

_PAGES = ("authorize", "adminconsent", "logout")
_GET = ["GET"]
_BOTH = ["GET", "POST"]
_ROUTES = Map(
    [
        Rule("/<tenant>/oauth2/v2.0/token", endpoint="token", methods=["POST"]),
        Rule("/<tenant>/oauth2/v2.0/authorize", endpoint="authorize", methods=_BOTH),
        Rule("/<tenant>/oauth2/v2.0/logout", endpoint="logout", methods=_BOTH),
        Rule("/<tenant>/adminconsent", endpoint="adminconsent", methods=_BOTH),
        Rule("/<tenant>/v2.0/adminconsent", endpoint="adminconsent2", methods=_BOTH),
        Rule("/<tenant>/v2.0/.well-known/openid-configuration", endpoint="metadata", methods=_GET),
        Rule("/<tenant>/.well-known/openid-configuration", endpoint="metadata1", methods=_GET),
        Rule("/<tenant>/discovery/v2.0/keys", endpoint="keys", methods=_GET),
        Rule("/<tenant>/discovery/keys", endpoint="keys", methods=_GET),
        Rule("/common/discovery/instance", endpoint="instances", methods=_GET),
        Rule("/oidc/userinfo", endpoint="userinfo", methods=_BOTH),
        Rule("/<any('v1.0', beta):version>/<path:path>", endpoint="graph"),
    ],
    merge_slashes=False,
)
_VIEWS: dict[str, Callable[..., Response]] = {
    "token": token_endpoint.token,
    "authorize": login.authorize,
    "logout": login.logout,
    "adminconsent": admin_consent.v1,
    "adminconsent2": admin_consent.v2,
    "metadata": metadata.openid_configuration,
    "metadata1": lambda exchange, tenant: metadata.openid_configuration(exchange, tenant, ""),
    "keys": metadata.keys,
    "instances": metadata.instances,
    "userinfo": graph.userinfo,
    "graph": graph.serve,
}


class Sandbox:
    def __init__(self, directory: Directory) -> None:
        self.directory = directory

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        request = Request(environ)
        return self.respond(request)(environ, start_response)

    def respond(self, request: Request) -> Response:
        if request.path == "/_sandbox/style.css":
            return Response(
                STYLE, content_type="text/css; charset=utf-8", headers={"Cache-Control": "max-age=60"}
            )
        if request.path == "/favicon.ico":
            return Response(status=204)
        if request.path == "/" or request.path.startswith("/_sandbox"):
            return control.respond(self.directory, request)
        try:
            name, values = _ROUTES.bind_to_environ(request.environ).match()
        except HTTPException as error:
            return Response.force_type(error.get_response(request.environ), request.environ)
        return self._watched(request, name, values)

    def _watched(self, request: Request, name: str, values: Mapping[str, Any]) -> Response:
        exchange = Exchange(self.directory, request, endpoint=name.rstrip("12"))
        if name in ("instances", "metadata1"):
            exchange.endpoint = "metadata"
        if name == "userinfo":
            exchange.endpoint = "graph"
        _guess(exchange, values)
        started = time.monotonic()
        response = _answered(exchange, name, values)
        self.directory.journal.add(_entry(exchange, response, time.monotonic() - started))
        return response


def _guess(exchange: Exchange, values: Mapping[str, Any]) -> None:
    """Which tenant and application a request is about, before anything is checked: faults match on it."""
    request = exchange.request
    if exchange.endpoint == "graph":
        try:
            token = request.headers.get("Authorization", "").partition(" ")[2]
            claims = jwt.decode(token, options={"verify_signature": False})
        except jwt.InvalidTokenError:
            return
        exchange.tenant_id, exchange.app_id = str(claims.get("tid", "")), str(claims.get("appid", ""))
        return
    name = str(values.get("tenant", ""))
    try:
        exchange.tenant_id = exchange.directory.tenant(name).id
    except NotFoundError:
        exchange.tenant_id = name.lower() if is_guid(name) else ""
    app_id = request.args.get("client_id") or (client_id_of(request) if exchange.endpoint == "token" else "")
    exchange.app_id = app_id.lower() if is_guid(app_id) else ""


def _answered(exchange: Exchange, name: str, values: Mapping[str, Any]) -> Response:
    def usual() -> Response:
        return _usual(exchange, name, values)

    def fault(kinds: tuple[str, ...]) -> Any:
        return exchange.directory.faults.take(
            kinds=kinds,
            endpoint=exchange.endpoint,
            tenant=exchange.tenant_id,
            app=exchange.app_id,
            path=exchange.request.path,
        )

    replacing = fault(broken.REPLACING)
    if replacing:
        exchange.note = f"fault {replacing.kind}"
        return broken.answer(exchange, replacing)
    changing = fault(broken.CHANGING)
    if changing:
        response = broken.changed(exchange, changing, usual)
        exchange.note = f"fault {changing.kind}"
        return response
    return usual()


def _usual(exchange: Exchange, name: str, values: Mapping[str, Any]) -> Response:
    try:
        # One at a time: what a client sees is always a state that the directory was in.
        with exchange.directory.lock:
            response: Response = _VIEWS[name](exchange, **values)
    except EntraError as error:
        exchange.error = str(error.code)
        response = error_page(exchange, error) if exchange.endpoint in _PAGES else error.response(exchange)
    return response if exchange.endpoint == "graph" else exchange.login_headers(response)


def _entry(exchange: Exchange, response: Response, seconds: float) -> Entry:
    request = exchange.request
    return Entry(
        time=datetime.fromtimestamp(exchange.now, UTC)
        .isoformat(timespec="milliseconds")
        .replace("+00:00", "Z"),
        method=request.method,
        path=request.path,
        endpoint=exchange.endpoint,
        tenant=exchange.tenant_id,
        app=exchange.app_id,
        status=response.status_code,
        error=exchange.error,
        note=exchange.note,
        request_id=exchange.request_id,
        client_request_id=exchange.client_request_id,
        milliseconds=round(seconds * 1000),
        query=request.query_string.decode(errors="replace") if exchange.endpoint == "graph" else "",
    )


def create_app(directory: Directory) -> Sandbox:
    return Sandbox(directory)

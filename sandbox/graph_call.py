"""One call of Microsoft Graph: who calls, what the token allows, errors and pages.

"Microsoft Graph error responses and resource types"; "Paging Microsoft Graph data in your app".
"""

import base64
import binascii
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from werkzeug.wrappers import Response

from sandbox.clouds import CLOUDS
from sandbox.errors import as_json
from sandbox.exchange import Exchange
from sandbox.model import JSON, Tenant, User
from sandbox.tokens import BadTokenError, read_for_graph

_DIAGNOSTIC = {
    "ServerInfo": {
        "DataCenter": "Sandbox",
        "Slice": "E",
        "Ring": "3",
        "ScaleUnit": "002",
        "RoleInstance": "SANDBOX000001",
    }
}


class GraphError(Exception):
    def __init__(self, status: int, code: str, message: str, **headers: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}

    def response(self, exchange: Exchange) -> Response:
        exchange.error = self.code
        inner = {
            "date": datetime.fromtimestamp(exchange.now, UTC).strftime("%Y-%m-%dT%H:%M:%S"),
            "request-id": exchange.request_id,
            "client-request-id": exchange.client_request_id or exchange.request_id,
        }
        body = {"error": {"code": self.code, "message": self.message, "innerError": inner}}
        response = as_json(body, self.status)
        response.headers.update(self.headers)
        return response


def not_found(name: str) -> GraphError:
    message = (
        f"Resource '{name}' does not exist or one of its queried reference-property objects are not present."
    )
    return GraphError(404, "Request_ResourceNotFound", message)


def no_segment(name: str) -> GraphError:
    return GraphError(400, "BadRequest", f"Resource not found for the segment '{name}'.")


@dataclass
class Call:
    """A call with a token that is good; what it may do is asked resource by resource."""

    exchange: Exchange
    version: str
    tenant: Tenant
    claims: dict[str, Any]

    @classmethod
    def receive(cls, exchange: Exchange, version: str) -> "Call":
        claims = _claims(exchange)
        tenant = exchange.at(exchange.directory.tenant(claims["tid"]))
        exchange.app_id = claims["appid"]
        exchange.note = "app-only" if claims["idtyp"] == "app" else f"delegated {claims['upn']}"
        return cls(exchange, version, tenant, claims)

    @property
    def app_only(self) -> bool:
        return bool(self.claims["idtyp"] == "app")

    @property
    def roles(self) -> list[str]:
        return list(self.claims.get("roles", []))

    @property
    def scopes(self) -> list[str]:
        return str(self.claims.get("scp", "")).split()

    @property
    def user(self) -> User:
        user = None if self.app_only else self.tenant.users.get(self.claims["oid"])
        if user is None:
            raise GraphError(
                400, "Request_BadRequest", "/me request is only valid with delegated authentication flow."
            )
        return user

    def permits(self, application: Iterable[str], delegated: Iterable[str]) -> bool:
        held, needed = (self.roles, application) if self.app_only else (self.scopes, delegated)
        return bool(set(held) & set(needed))

    def require(self, application: Iterable[str], delegated: Iterable[str]) -> None:
        """Directory resources: one answer for every lack."""
        if not self.permits(application, delegated):
            message = "Insufficient privileges to complete the operation."
            raise GraphError(403, "Authorization_RequestDenied", message)

    @property
    def base(self) -> str:
        return f"https://{CLOUDS[self.tenant.cloud].graph_host}/{self.version}"

    def one(self, kind: str, item: JSON) -> Response:
        return as_json({"@odata.context": f"{self.base}/$metadata#{kind}/$entity", **self._selected(item)})

    def many(self, kind: str, items: Sequence[JSON]) -> Response:
        """A page of a collection. The link to the next is opaque; an empty page may have one, too."""
        start, size = self._start(), self._page_size()
        body: JSON = {"@odata.context": f"{self.base}/$metadata#{kind}", "value": []}
        fault = self.exchange.directory.faults.take(
            kinds=("empty_page",),
            endpoint="graph",
            tenant=self.tenant.id,
            app=self.exchange.app_id,
            path=self.exchange.request.path,
        )
        end = start if fault else start + size
        body["value"] = [self._selected(item) for item in items[start:end]]
        if end < len(items) or fault:
            body["@odata.nextLink"] = self._next(end)
        return as_json(body)

    def _page_size(self) -> int:
        size = self.exchange.directory.settings.page_size
        try:
            top = int(self.exchange.request.args.get("$top", "999"))
        except ValueError:
            raise GraphError(400, "Request_BadRequest", "Invalid value for $top.") from None
        return max(1, min(size, top))

    def _start(self) -> int:
        token = self.exchange.request.args.get("$skiptoken")
        if token is None:
            return 0
        try:
            return int(json.loads(base64.urlsafe_b64decode(token))["from"])
        except (binascii.Error, ValueError, KeyError, TypeError):
            raise GraphError(
                400, "Directory_ExpiredPageToken", "The specified page token is invalid."
            ) from None

    def _next(self, start: int) -> str:
        token = base64.urlsafe_b64encode(json.dumps({"from": start}).encode()).decode()
        kept = {name: value for name, value in self.exchange.request.args.items() if name != "$skiptoken"}
        rest = self.exchange.request.path.partition(f"/{self.version}")[2]
        return f"{self.base}{rest}?{urlencode(kept | {'$skiptoken': token}, safe='$')}"

    def _selected(self, item: JSON) -> JSON:
        names = [
            name.strip() for name in self.exchange.request.args.get("$select", "").split(",") if name.strip()
        ]
        return {name: item[name] for name in names if name in item} if names else item


def _claims(exchange: Exchange) -> dict[str, Any]:
    scheme, _, token = exchange.request.headers.get("Authorization", "").partition(" ")
    challenge = {
        "WWW_Authenticate": 'Bearer realm="", authorization_uri="https://login.microsoftonline.com/common"'
    }
    if scheme.lower() != "bearer" or not token.strip():
        raise GraphError(401, "InvalidAuthenticationToken", "Access token is empty.", **challenge)
    if token.count(".") != 2:
        raise GraphError(401, "InvalidAuthenticationToken", _not_jwt(exchange), **challenge)
    try:
        return read_for_graph(exchange, token.strip())
    except BadTokenError as error:
        raise GraphError(401, "InvalidAuthenticationToken", str(error), **challenge) from None


def _not_jwt(exchange: Exchange) -> str:
    if exchange.directory.settings.not_jwt_message == "old":
        return "CompactToken parsing failed with error code: 80049217"
    return (
        "IDX14100: JWT is not well formed, there are no dots (.).\n"
        "The token needs to be in JWS or JWE Compact Serialization Format. "
        "(JWS): 'EncodedHeader.EncodedPayload.EncodedSignature'."
    )


def headers(exchange: Exchange, response: Response) -> Response:
    """What Graph sends with everything. "Best practices for working with Microsoft Graph"."""
    response.headers["request-id"] = exchange.request_id
    response.headers["client-request-id"] = exchange.client_request_id or exchange.request_id
    response.headers["x-ms-ags-diagnostic"] = json.dumps(_DIAGNOSTIC, separators=(",", ":"))
    response.headers["x-ms-resource-unit"] = "1"
    response.headers["OData-Version"] = "4.0"
    response.headers["Strict-Transport-Security"] = "max-age=31536000"
    response.headers["Cache-Control"] = "no-cache"
    if response.mimetype == "application/json":
        response.headers["Content-Type"] = (
            "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8"
        )
    return response

"""One request on its way through: ids, clock, and what the journal will say of it."""

import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime

from werkzeug.wrappers import Request, Response

from sandbox.clouds import CLOUDS, Cloud, by_host
from sandbox.directory import Directory
from sandbox.model import Application, Tenant, is_guid


def new_id() -> str:
    return str(uuid.uuid4())


@dataclass
class Exchange:
    directory: Directory
    request: Request
    endpoint: str = "other"
    request_id: str = field(default_factory=new_id)
    tenant_id: str = ""
    app_id: str = ""
    error: str = ""
    note: str = ""

    def __post_init__(self) -> None:
        given = self.request.headers.get("client-request-id", "").strip()
        self.client_request_id = given if is_guid(given) else ""
        self.correlation_id = self.client_request_id or new_id()
        self.now = self.directory.now()

    def cloud(self, tenant: Tenant | None = None) -> Cloud:
        if tenant is not None and tenant.cloud != "global":
            return CLOUDS[tenant.cloud]
        return by_host(self.request.host)

    def at(self, tenant: Tenant) -> Tenant:
        self.tenant_id = tenant.id
        return tenant

    def by(self, application: Application) -> Application:
        self.app_id = application.app_id
        return application

    @property
    def timestamp(self) -> str:
        return datetime.fromtimestamp(self.now, UTC).strftime("%Y-%m-%d %H:%M:%SZ")

    def login_headers(self, response: Response) -> Response:
        """What the real sign-in service sends with everything."""
        response.headers["x-ms-request-id"] = self.request_id
        response.headers["x-ms-ests-server"] = "2.1.0 - SANDBOX ProdSlices"
        response.headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers.setdefault("Cache-Control", "no-store, no-cache")
        response.headers["Pragma"] = "no-cache"
        if self.client_request_id:
            response.headers["client-request-id"] = self.client_request_id
        return response

"""Which tenant and which application a request to the sign-in service means."""

from sandbox.directory import NotFoundError
from sandbox.errors import EntraError
from sandbox.exchange import Exchange
from sandbox.model import Application, ServicePrincipal, Tenant, is_guid

MANY = ("common", "organizations", "consumers")


def tenant_of(exchange: Exchange, name: str) -> Tenant | None:
    """None for the paths that stand for any organization."""
    if name.lower() in MANY:
        return None
    if not is_guid(name) and "." not in name:
        raise EntraError(900023, tenant=name)
    try:
        return exchange.at(exchange.directory.tenant(name))
    except NotFoundError:
        error = exchange.directory.settings.unknown_tenant_error
        raise EntraError(90002, error=error, tenant=name) from None


def one_tenant(exchange: Exchange, name: str) -> Tenant:
    tenant = tenant_of(exchange, name)
    if tenant is None:
        raise EntraError(50059 if name.lower() == "organizations" else 9001023)
    return tenant


def application_of(exchange: Exchange, client_id: str, tenant: Tenant | None) -> Application:
    """The registration, as far as it can be seen from this tenant."""
    if not client_id:
        raise EntraError(900144, name="client_id")
    exchange.app_id = client_id.lower()
    where = tenant.name if tenant else "Microsoft Accounts"
    try:
        application = exchange.by(exchange.directory.application(client_id))
    except NotFoundError:
        raise EntraError(700016, app=client_id, tenant=where) from None
    if not application.multi_tenant:
        if tenant is None:
            raise EntraError(50194, app=client_id)
        if tenant.id != application.home_tenant:
            raise EntraError(700016, app=client_id, tenant=where)
    return application


def principal_of(exchange: Exchange, application: Application, tenant: Tenant) -> ServicePrincipal | None:
    """The service principal, once the tenant's other servers have heard of it."""
    principal = tenant.principals.get(application.app_id)
    if principal is None or principal.visible_at > exchange.now:
        return None
    return principal

"""Metadata, keys and instance discovery. "OpenID Connect on the Microsoft identity platform"."""

from urllib.parse import urlsplit

from werkzeug.wrappers import Response

from sandbox.clouds import ALIASES, LOGIN_HOSTS
from sandbox.errors import as_json
from sandbox.exchange import Exchange
from sandbox.lookup import tenant_of

_CLAIMS = (
    *(
        "sub",
        "iss",
        "cloud_instance_name",
        "cloud_instance_host_name",
        "cloud_graph_host_name",
        "msgraph_host",
    ),
    *(
        "aud",
        "exp",
        "iat",
        "auth_time",
        "acr",
        "nonce",
        "preferred_username",
        "name",
        "tid",
        "ver",
        "at_hash",
    ),
    *("c_hash", "email"),
)


def openid_configuration(exchange: Exchange, tenant: str, version: str = "v2.0") -> Response:
    """A tenant's metadata names its id even when it was asked for by domain."""
    found = tenant_of(exchange, tenant)
    cloud = exchange.cloud(found)
    name = found.id if found else tenant.lower()
    base = f"{cloud.login}/{name}"
    issuer_name = found.id if found else "{tenantid}"
    oauth = f"{base}/oauth2/v2.0" if version else f"{base}/oauth2"
    keys = f"{base}/discovery/v2.0/keys" if version else f"{base}/discovery/keys"
    body = {
        "token_endpoint": f"{oauth}/token",
        "token_endpoint_auth_methods_supported": [
            "client_secret_post",
            "private_key_jwt",
            "client_secret_basic",
        ],
        "jwks_uri": keys,
        "response_modes_supported": ["query", "fragment", "form_post"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
        "scopes_supported": ["openid", "profile", "email", "offline_access"],
        "issuer": f"{cloud.login}/{issuer_name}/v2.0" if version else f"{cloud.issuer_v1}/{issuer_name}/",
        "request_uri_parameter_supported": False,
        "userinfo_endpoint": f"https://{cloud.graph_host}/oidc/userinfo",
        "authorization_endpoint": f"{oauth}/authorize",
        "device_authorization_endpoint": f"{oauth}/devicecode",
        "http_logout_supported": True,
        "frontchannel_logout_supported": True,
        "end_session_endpoint": f"{oauth}/logout",
        "claims_supported": list(_CLAIMS),
        "kerberos_endpoint": f"{base}/kerberos",
        "tenant_region_scope": "EU" if found else None,
        "cloud_instance_name": cloud.instance,
        "cloud_graph_host_name": "graph.windows.net",
        "msgraph_host": cloud.graph_host,
        "rbac_url": "https://pas.windows.net",
    }
    response = as_json(body)
    response.headers["Cache-Control"] = "max-age=86400, private"
    return response


def keys(exchange: Exchange, tenant: str) -> Response:
    found = tenant_of(exchange, tenant)
    cloud = exchange.cloud(found)
    name = found.id if found else "{tenantid}"
    issuer = f"{cloud.login}/{name}/v2.0"
    response = as_json({"keys": [key.jwk() | {"issuer": issuer} for key in exchange.directory.keys.listed()]})
    response.headers["Cache-Control"] = "max-age=86400, private"
    return response


def instances(exchange: Exchange) -> Response:
    wanted = urlsplit(exchange.request.args.get("authorization_endpoint", ""))
    host = (wanted.hostname or "").lower()
    if host not in LOGIN_HOSTS:
        description = f"AADSTS50049: Unknown or invalid instance. Trace ID: {exchange.request_id}"
        return as_json(
            {"error": "invalid_instance", "error_description": description, "error_codes": [50049]}, 400
        )
    tenant = wanted.path.strip("/").partition("/")[0] or "common"
    body = {
        "tenant_discovery_endpoint": f"https://{host}/{tenant}/v2.0/.well-known/openid-configuration",
        "api-version": exchange.request.args.get("api-version", "1.1"),
        "metadata": [
            {"preferred_network": network, "preferred_cache": cache, "aliases": list(aliases)}
            for network, cache, aliases in ALIASES
        ],
    }
    return as_json(body)

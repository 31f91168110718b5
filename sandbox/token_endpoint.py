"""POST /{tenant}/oauth2/v2.0/token.

"OAuth 2.0 client credentials flow", "OAuth 2.0 authorization code flow", "Refresh tokens".
"""

import hashlib
import hmac
import random
from typing import Any

from werkzeug.wrappers import Response

from sandbox import scopes, tokens
from sandbox.credentials import authenticate, client_id_of
from sandbox.directory import NotFoundError
from sandbox.errors import EntraError, as_json
from sandbox.exchange import Exchange
from sandbox.keys import b64url
from sandbox.lookup import application_of, one_tenant, principal_of, tenant_of
from sandbox.model import Application, Tenant, User
from sandbox.sessions import Code, RefreshToken


def token(exchange: Exchange, tenant: str) -> Response:
    grant = exchange.request.form.get("grant_type", "")
    exchange.note = grant if grant in _GRANTS else ""
    if not grant:
        raise EntraError(900144, name="grant_type")
    if grant not in _GRANTS:
        raise EntraError(70003, grant=grant)
    body = _GRANTS[grant](exchange, tenant)
    fault = exchange.directory.faults.take(
        kinds=("opaque_token",),
        endpoint="token",
        tenant=exchange.tenant_id,
        app=exchange.app_id,
        path=exchange.request.path,
    )
    if fault:
        body["access_token"] = "EwB4A8l6BAAU-opaque-not-a-jwt"
    return as_json(body)


def _client_credentials(exchange: Exchange, name: str) -> dict[str, Any]:
    tenant = one_tenant(exchange, name)
    application = application_of(exchange, client_id_of(exchange.request), tenant)
    settings = exchange.directory.settings
    principal = principal_of(exchange, application, tenant)
    if principal is None and settings.never_consented == 700016:
        raise EntraError(700016, app=application.app_id, tenant=tenant.name)
    proof = authenticate(exchange, application, tenant)
    if principal is None:
        raise EntraError(7000229, app=application.app_id, tenant=tenant.id)
    if not principal.enabled:
        raise EntraError(7000112, app=application.app_id, name=application.name)
    scope = exchange.request.form.get("scope", "")
    if not scope:
        raise EntraError(900144, name="scope")
    target = scopes.app_only_target(exchange.directory, scope, tenant)
    return {
        "token_type": "Bearer",
        "expires_in": 3599,
        "ext_expires_in": 3599,
        "access_token": tokens.app_only(
            exchange, principal, application=application, tenant=tenant, target=target, proof=proof
        ),
    }


def _authorization_code(exchange: Exchange, name: str) -> dict[str, Any]:
    tenant = tenant_of(exchange, name)
    application = application_of(exchange, client_id_of(exchange.request), tenant)
    proof = authenticate(exchange, application, tenant)
    code = _code(exchange, application)
    user = _person(exchange, code.user_key, tenant)
    return _person_tokens(exchange, application, user=user, source=code, nonce=code.nonce, proof=proof)


def _code(exchange: Exchange, application: Application) -> Code:
    form = exchange.request.form
    if not form.get("code"):
        raise EntraError(900144, name="code")
    code = exchange.directory.sessions.code(form["code"])
    if code is None or code.app_id != application.app_id:
        raise EntraError(9002313, error="invalid_grant")
    if code.expires <= exchange.now:
        raise EntraError(70008)
    if form.get("redirect_uri", code.redirect_uri) != code.redirect_uri:
        raise EntraError(500112)
    if code.challenge and not _verified(code, form.get("code_verifier", "")):
        raise EntraError(501481)
    if not exchange.directory.sessions.use_code(code):
        raise EntraError(54005)
    return code


def _verified(code: Code, verifier: str) -> bool:
    given = verifier
    if code.challenge_method == "S256":
        given = b64url(hashlib.sha256(verifier.encode()).digest())
    return hmac.compare_digest(given.encode(), code.challenge.encode())


def _refresh_token(exchange: Exchange, name: str) -> dict[str, Any]:
    tenant = tenant_of(exchange, name)
    application = application_of(exchange, client_id_of(exchange.request), tenant)
    proof = authenticate(exchange, application, tenant)
    given = exchange.request.form.get("refresh_token", "")
    if not given:
        raise EntraError(900144, name="refresh_token")
    held = exchange.directory.sessions.refresh_token(given)
    if held is None or held.app_id != application.app_id:
        raise EntraError(700082)
    user = _person(exchange, held.user_key, tenant)
    return _person_tokens(exchange, application, user=user, source=held, nonce="", proof=proof)


def _person(exchange: Exchange, user_key: str, tenant: Tenant | None) -> User:
    try:
        user = exchange.directory.user(user_key)
    except NotFoundError:
        raise EntraError(700082) from None
    if tenant is not None and user.tenant_id != tenant.id:
        raise EntraError(700005)
    if not user.enabled:
        raise EntraError(50057)
    return user


def _person_tokens(
    exchange: Exchange,
    application: Application,
    *,
    user: User,
    source: Code | RefreshToken,
    nonce: str,
    proof: str,
) -> dict[str, Any]:
    directory = exchange.directory
    tenant = exchange.at(directory.tenant(user.tenant_id))
    named = tuple(exchange.request.form.get("scope", "").split()) or source.scopes
    asked = scopes.asked_for(directory, named)
    # What somebody just granted to themselves is in their token at once, whatever the other servers know.
    principal = tenant.principals.get(application.app_id)
    if principal is not None and not principal.enabled:
        raise EntraError(7000112, app=application.app_id, name=application.name)
    if scopes.missing(principal, user, asked=asked, now=exchange.now):
        raise EntraError(65001, suberror="consent_required", app=application.app_id)
    granted = scopes.consented(principal, user, asked=asked, now=exchange.now)
    lifetime = random.randint(3600, 5400)  # noqa: S311 - "Token lifetime": between 60 and 90 minutes, at random
    body: dict[str, Any] = {
        "token_type": "Bearer",
        "scope": " ".join(granted),
        "expires_in": lifetime - 1,
        "ext_expires_in": lifetime - 1,
        "access_token": tokens.delegated(
            exchange,
            user,
            application=application,
            tenant=tenant,
            target=asked.target,
            scopes=granted,
            proof=proof,
            lifetime=lifetime,
        ),
    }
    offline = "offline_access" in source.scopes
    if offline:
        body["refresh_token"] = directory.sessions.issue_refresh_token(
            RefreshToken(application.app_id, user.key, source.scopes, source.auth_time)
        )
    if "openid" in source.scopes:
        body["id_token"] = tokens.id_token(
            exchange, user, application=application, tenant=tenant, nonce=nonce, auth_time=source.auth_time
        )
    if exchange.request.form.get("client_info") == "1":
        body["client_info"] = tokens.client_info(user)
    return body


_GRANTS = {
    "client_credentials": _client_credentials,
    "authorization_code": _authorization_code,
    "refresh_token": _refresh_token,
}

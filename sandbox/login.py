"""Signing people in: /{tenant}/oauth2/v2.0/authorize and logout. "OAuth 2.0 authorization code flow"."""

from dataclasses import dataclass

from markupsafe import Markup
from werkzeug.utils import redirect
from werkzeug.wrappers import Response

from sandbox import redirects, scopes
from sandbox.directory import NotFoundError
from sandbox.errors import EntraError
from sandbox.exchange import Exchange, new_id
from sandbox.login_pages import picker
from sandbox.lookup import application_of, tenant_of
from sandbox.model import Application, Tenant, User
from sandbox.pages import page
from sandbox.permissions import GRAPH
from sandbox.sessions import BrowserSession, Code
from sandbox.tokens import client_info

COOKIE = "sandbox_session"
# Codes that people read on a page; the application is not told.
PAGE_ONLY = {50057, 7000112, 90094, 650051, 50105}


@dataclass(frozen=True)
class SignIn:
    application: Application
    tenant: Tenant | None
    redirect_uri: str
    state: str
    mode: str

    def answer(self, parameters: dict[str, str]) -> Response:
        if self.state:
            parameters["state"] = self.state
        return redirects.send_back(self.redirect_uri, parameters, self.mode)


def authorize(exchange: Exchange, tenant: str) -> Response:
    sign_in = _read(exchange, tenant)
    try:
        return _proceed(exchange, sign_in)
    except EntraError as error:
        if error.code in PAGE_ONLY:
            raise
        exchange.error = str(error.code)
        return sign_in.answer(
            {"error": error.error, "error_description": error.description(exchange, "\r\n")}
            | {"error_uri": f"{exchange.cloud().login}/error?code={error.code}"}
        )


def _read(exchange: Exchange, name: str) -> SignIn:
    """Whatever is wrong here stays on a page: the address to answer to is not trusted yet."""
    args = exchange.request.args
    tenant = tenant_of(exchange, name)
    application = application_of(exchange, args.get("client_id", ""), tenant)
    uri = args.get("redirect_uri", "")
    if not uri and not application.redirect_uris:
        raise EntraError(500113)
    uri = uri or application.redirect_uris[0]
    if not redirects.registered(application.redirect_uris, uri):
        raise EntraError(50011, uri=uri, app=application.app_id)
    mode = args.get("response_mode", "query")
    return SignIn(application, tenant, uri, args.get("state", ""), mode)


def _proceed(exchange: Exchange, sign_in: SignIn) -> Response:
    args = exchange.request.args
    if args.get("response_type") != "code":
        raise EntraError(700054, type=args.get("response_type", ""))
    if not args.get("scope"):
        raise EntraError(900144, name="scope")
    session = exchange.directory.sessions.browser(exchange.request.cookies.get(COOKIE, ""))
    if args.get("prompt") == "none":
        if session is None:
            raise EntraError(50058)
        user = _as_known_in(exchange, _user(exchange, session.user_key), sign_in.tenant)
        return _signed_in(exchange, sign_in, user, session)
    chosen = exchange.request.form.get("user") if exchange.request.method == "POST" else None
    if not chosen:
        why = f"Choose who signs in to {sign_in.application.name}."
        return picker(
            exchange,
            sign_in.tenant,
            sign_in.application,
            sends_to=redirects.origin(sign_in.redirect_uri),
            why=why,
        )
    user = _as_known_in(exchange, _user(exchange, chosen), sign_in.tenant)
    return _signed_in(exchange, sign_in, user, _session(exchange, user, session))


def _user(exchange: Exchange, key: str) -> User:
    try:
        return exchange.directory.user(key)
    except NotFoundError:
        raise EntraError(16000) from None


def _as_known_in(exchange: Exchange, user: User, tenant: Tenant | None) -> User:
    """One account is a member at home and a guest elsewhere; the path decides as whom it signs in."""
    if tenant is None:
        return _user(exchange, f"{user.guest_of}/{user.mail}") if user.guest_of else user
    invited = (
        one for one in tenant.users.values() if (one.guest_of, one.mail) == (user.tenant_id, user.username)
    )
    return next(invited, user)


def _session(exchange: Exchange, user: User, known: BrowserSession | None) -> BrowserSession:
    """A session is kept for the same person, unless the application asks that they prove themselves again."""
    now, args = int(exchange.now), exchange.request.args
    max_age = args.get("max_age", type=int)
    if known is not None and known.user_key == user.key and args.get("prompt") != "login":
        fresh = max_age is None or now - known.auth_time <= max_age
        if fresh:
            return known
    return exchange.directory.sessions.sign_in(user.key, now)


def _signed_in(exchange: Exchange, sign_in: SignIn, user: User, session: BrowserSession) -> Response:
    application = sign_in.application
    if not user.enabled:
        raise EntraError(50057)
    check_home(exchange, user, tenant=sign_in.tenant, application=application)
    tenant = exchange.at(exchange.directory.tenant(user.tenant_id))
    _ensure_consent(exchange, application, user=user, tenant=tenant)
    args = exchange.request.args
    code = Code(
        app_id=application.app_id,
        user_key=user.key,
        redirect_uri=sign_in.redirect_uri,
        scopes=tuple(args["scope"].split()),
        nonce=args.get("nonce", ""),
        challenge=args.get("code_challenge", ""),
        challenge_method=args.get("code_challenge_method", "plain"),
        auth_time=session.auth_time,
        expires=exchange.now + 600,
    )
    parameters = {"code": exchange.directory.sessions.issue_code(code)}
    if args.get("client_info") == "1":
        parameters["client_info"] = client_info(user)
    response = sign_in.answer(parameters | {"session_state": new_id()})
    response.set_cookie(COOKIE, session.id, httponly=True, samesite="Lax")
    return response


def check_home(exchange: Exchange, user: User, *, tenant: Tenant | None, application: Application) -> None:
    """A person of another organization cannot come in through a tenant's own path."""
    if tenant is not None and user.tenant_id != tenant.id:
        raise EntraError(
            50020, user=user.username, home=user.tenant_id, tenant=tenant.name, app=application.app_id
        )
    if tenant is None and not application.multi_tenant:
        raise EntraError(50194, app=application.app_id)


def _ensure_consent(exchange: Exchange, application: Application, *, user: User, tenant: Tenant) -> None:
    """People consent for themselves here without being asked; what needs an admin is refused."""
    directory = exchange.directory
    asked = scopes.asked_for(directory, tuple(exchange.request.args["scope"].split()))
    principal = tenant.principals.get(application.app_id)
    if principal is not None and not principal.enabled:
        raise EntraError(7000112, app=application.app_id, name=application.name)
    wanted = [(GRAPH, permission) for permission in scopes.openid_permissions(directory, asked)]
    if scopes.missing(principal, user, asked=asked, now=exchange.now):
        resource = asked.target.resource.app_id
        wanted += [(resource, permission) for permission in scopes.user_consentable(application, asked)]
    held = set(principal.scopes(GRAPH, user.id, exchange.now)) if principal else set()
    new = [(resource, perm) for resource, perm in wanted if resource != GRAPH or perm.value not in held]
    if new and principal is None and directory.settings.user_consent == "blocked":
        raise EntraError(90094, name=application.name)
    if new or principal is None:
        principal = directory.grant(tenant, application.app_id, required=new, principal_id=user.id)
    # The clock again: what was just granted is younger than this request.
    if scopes.missing(principal, user, asked=asked, now=directory.now()):
        raise EntraError(65001, error="consent_required", app=application.app_id)


def logout(exchange: Exchange, tenant: str) -> Response:
    tenant_of(exchange, tenant)
    exchange.directory.sessions.sign_out(exchange.request.cookies.get(COOKIE, ""))
    uri = exchange.request.args.get("post_logout_redirect_uri", "")
    known = {redirects.origin(redirects.localhost_without_port(one)) for one in _all_redirect_uris(exchange)}
    if uri and redirects.origin(redirects.localhost_without_port(uri)) in known:
        response = redirect(uri, 302)
    else:
        response = page("You signed out", Markup("<p>You can close this page.</p>"))
    response.delete_cookie(COOKIE)
    return response


def _all_redirect_uris(exchange: Exchange) -> list[str]:
    return [
        uri for application in exchange.directory.applications.values() for uri in application.redirect_uris
    ]

"""/{tenant}/adminconsent and /{tenant}/v2.0/adminconsent.

"Grant tenant-wide admin consent to an application", "Admin consent on the Microsoft identity platform".
"""

import re
from dataclasses import dataclass

from markupsafe import Markup
from werkzeug.wrappers import Response

from sandbox import consent, redirects
from sandbox.directory import NotFoundError
from sandbox.errors import EntraError
from sandbox.exchange import Exchange
from sandbox.login import check_home
from sandbox.login_pages import consent_page, error_page, picker
from sandbox.lookup import application_of, tenant_of
from sandbox.model import Application, Tenant, User
from sandbox.pages import page


@dataclass(frozen=True)
class Ask:
    version: int
    application: Application
    tenant: Tenant | None
    redirect_uri: str
    state: str
    asked: list[consent.Required]
    scope: str

    @property
    def sends_to(self) -> str:
        return redirects.origin(self.redirect_uri) if self.redirect_uri else ""

    @property
    def is_static(self) -> bool:
        return self.version == 1 or consent.is_static(self.scope)

    def answer(self, parameters: dict[str, str], *, with_state: bool = True) -> Response:
        if self.state and with_state:
            parameters["state"] = self.state
        return redirects.send_back(self.redirect_uri, parameters)


def v1(exchange: Exchange, tenant: str) -> Response:
    return _serve(exchange, tenant, 1)


def v2(exchange: Exchange, tenant: str) -> Response:
    return _serve(exchange, tenant, 2)


def _serve(exchange: Exchange, name: str, version: int) -> Response:
    ask = _read(exchange, name, version)
    if version == 2 and name.lower() == "common" and exchange.directory.settings.v2_common == "bounce":
        text = "AADSTS900144: The request body must contain the following parameter: 'response_type'."
        return ask.answer({"error": "invalid_request", "error_description": text})
    try:
        return _proceed(exchange, ask)
    except EntraError as error:
        if (
            error.code == 50020
            and ask.redirect_uri
            and exchange.directory.settings.foreign_account == "redirect"
        ):
            return _refused(exchange, ask, error)
        raise


def _read(exchange: Exchange, name: str, version: int) -> Ask:
    args = exchange.request.args
    tenant = tenant_of(exchange, name)
    application = application_of(exchange, args.get("client_id", ""), tenant)
    uri = args.get("redirect_uri", "")
    if uri and not redirects.registered(application.redirect_uris, uri, longer_path=version == 1):
        raise EntraError(50011, uri=uri, app=application.app_id)
    if not uri and application.redirect_uris:
        uri = application.redirect_uris[0]
    scope = args.get("scope", "")
    if version == 2 and not scope:
        raise EntraError(900144, name="scope")
    directory = exchange.directory
    asked = (
        consent.static(directory, application)
        if version == 1
        else consent.dynamic(directory, application, scope)
    )
    # "Redirect URI restrictions": HTML is stripped from `state`.
    state = re.sub(r"<[^>]*>", "", args.get("state", ""))
    return Ask(version, application, tenant, uri, state, asked, scope)


def _proceed(exchange: Exchange, ask: Ask) -> Response:
    form = exchange.request.form
    if not form.get("user"):
        why = f"Choose who reviews what {ask.application.name} asks for."
        return picker(exchange, ask.tenant, ask.application, sends_to=ask.sends_to, why=why)
    try:
        user = exchange.directory.user(form["user"])
    except NotFoundError:
        raise EntraError(16000) from None
    check_home(exchange, user, tenant=ask.tenant, application=ask.application)
    tenant = exchange.at(exchange.directory.tenant(user.tenant_id))
    if not consent.may_grant(user, ask.asked):
        exchange.error, exchange.note = "90094", "not an admin"
        refusal = EntraError(90094, name=ask.application.name)
        return error_page(exchange, refusal, title="Need admin approval")
    if form.get("decision") == "accept":
        return _accepted(exchange, ask, user=user, tenant=tenant)
    if form.get("decision") == "cancel":
        return _declined(exchange, ask)
    return consent_page(
        exchange.directory, ask.application, user=user, tenant=tenant, asked=ask.asked, sends_to=ask.sends_to
    )


def _accepted(exchange: Exchange, ask: Ask, *, user: User, tenant: Tenant) -> Response:
    granted = consent.write(
        exchange.directory, tenant, ask.application, asked=ask.asked, static=ask.is_static
    )
    exchange.note = f"accepted by {user.username}: " + ", ".join(
        permission.value for _, permission in granted
    )
    if not ask.redirect_uri:
        # The consent is written all the same; only the browser has nowhere to go.
        raise EntraError(500113)
    if exchange.directory.faults.take(
        kinds=("no_redirect",),
        endpoint="adminconsent",
        tenant=tenant.id,
        app=ask.application.app_id,
        path=exchange.request.path,
    ):
        return page(
            "Done", Markup("<p>The browser is not sent back, because this simulator was told so.</p>")
        )
    parameters = {"admin_consent": "True", "tenant": tenant.id}
    if ask.version == 2:
        parameters["scope"] = ask.scope if ask.is_static else consent.scope_uris(exchange.directory, granted)
    return ask.answer(parameters)


def _declined(exchange: Exchange, ask: Ask) -> Response:
    exchange.note = "declined"
    error = EntraError(65004)
    if not ask.redirect_uri:
        raise error
    exchange.error = "65004"
    shape = exchange.directory.settings.decline
    if shape == "documented_v1":
        text = "The admin canceled the request"
        return ask.answer({"error": "permission_denied", "error_description": text}, with_state=False)
    if shape == "documented_v2":
        text = error.description(exchange)
        return ask.answer({"admin_consent": "True", "error": "consent_required", "error_description": text})
    return _refused(exchange, ask, error)


def _refused(exchange: Exchange, ask: Ask, error: EntraError) -> Response:
    """As recorded from the real service: `admin_consent=True` comes with the error, and no tenant does."""
    exchange.error = str(error.code)
    return ask.answer(
        {
            "error": "access_denied",
            "error_description": error.description(exchange, "\r\n"),
            "error_uri": f"{exchange.cloud().login}/error?code={error.code}",
            "admin_consent": "True",
        }
    )

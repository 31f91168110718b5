"""Pages of the sign-in service: choosing an account, consenting, errors that stay with the person."""

from collections.abc import Iterable, Sequence

from markupsafe import Markup
from werkzeug.wrappers import Response

from sandbox.directory import Directory
from sandbox.directory_roles import ROLES
from sandbox.errors import EntraError
from sandbox.exchange import Exchange
from sandbox.model import Application, Tenant, User
from sandbox.pages import definitions, join, page
from sandbox.permissions import Permission

MANY_PEOPLE = 40


def error_page(
    exchange: Exchange, error: EntraError, *, title: str = "Sorry, but we’re having trouble"
) -> Response:
    rows = {
        "Message": error.text,
        "Error code": str(error.code),
        "Request Id": exchange.request_id,
        "Correlation Id": exchange.correlation_id,
        "Timestamp": exchange.timestamp,
    }
    if exchange.app_id:
        rows["App id"] = exchange.app_id
    return page(title, definitions(rows), status=exchange.directory.settings.page_status)


def picker(
    exchange: Exchange, tenant: Tenant | None, application: Application, *, sends_to: str, why: str
) -> Response:
    """Everyone who could sign in here. In a tenant's own path, people of others are one more button away."""
    form = exchange.request.form
    everyone = tenant is None or form.get("step") == "others"
    wanted = form.get("find", "").strip().lower()
    tenants = [*exchange.directory.tenants.values()] if everyone or tenant is None else [tenant]
    hint = exchange.request.args.get("login_hint", "").lower()
    people = {one.id: _matching(one, wanted, hint) for one in tenants}
    if everyone:  # an account is chosen where it is at home; as a guest, by the other tenant's own path
        people = {key: [user for user in some if not user.guest_of] for key, some in people.items()}
    tenants.sort(key=lambda one: all(user.address.lower() != hint for user in people[one.id]))
    sections = join(
        _section(one, people[one.id], application, titled=everyone) for one in tenants if people[one.id]
    )
    body = Markup("<p>{}</p>{}{}").format(why, _find(people.values(), wanted, everyone=everyone), sections)
    if not everyone:
        body += Markup(
            '<form method="post"><button name="step" value="others">'
            "Someone from another organization</button></form>"
        )
    return page("Pick an account", body, sends_to=sends_to)


def _matching(tenant: Tenant, wanted: str, hint: str) -> list[User]:
    people = [user for user in tenant.users.values() if user.enabled]
    people.sort(key=lambda user: user.address.lower() != hint)
    return [user for user in people if wanted in f"{tenant.name} {user.name} {user.address}".lower()]


def _find(people: Iterable[Sequence[User]], wanted: str, *, everyone: bool) -> Markup:
    if sum(map(len, people)) <= MANY_PEOPLE and not wanted:
        return Markup("")
    step = Markup('<input type="hidden" name="step" value="others">') if everyone else ""
    return Markup(
        '<form method="post" class="row"><label>Find a person or organization '
        '<input name="find" value="{}"></label>{}<button>Find</button></form>'
    ).format(wanted, step)


def _section(tenant: Tenant, people: list[User], application: Application, *, titled: bool) -> Markup:
    items = join(
        Markup(
            '<li><button class="person" name="user" value="{}">{} <span>{}</span></button>'
            '<span class="soft">{}</span></li>'
        ).format(user.key, user.name, user.address, _roles(user, application))
        for user in people
    )
    title = Markup("<h2>{}</h2>").format(tenant.name) if titled else ""
    return Markup('{}<form method="post"><ul class="plain">{}</ul></form>').format(title, items)


def _roles(user: User, application: Application) -> str:
    active = [ROLES[role] for role in sorted(user.roles)]
    eligible = [f"{ROLES[role]} (not activated)" for role in sorted(user.eligible_roles)]
    return ", ".join([*active, *eligible, *user.app_roles.get(application.app_id, [])]) or "no role"


def consent_page(
    directory: Directory,
    application: Application,
    *,
    user: User,
    tenant: Tenant,
    asked: list[tuple[str, Permission]],
    sends_to: str,
) -> Response:
    """Everything that is asked for, unmarked: neither here nor at Microsoft does it say what is new."""
    items = join(
        Markup("<li><strong>{}</strong><br><span class='soft'>{}: {}</span></li>").format(
            permission.value, directory.resources[resource].name, _KIND_WORDS[permission.kind]
        )
        for resource, permission in asked
    )
    home = directory.tenants.get(application.home_tenant)
    body = Markup(
        "<p><strong>{app}</strong> of {publisher} asks for these permissions in <strong>{tenant}</strong>, "
        "for everyone in the organization.</p>"
        '<p class="soft">Signed in as {name}, {username}. App id <code>{app_id}</code></p>'
        '<div class="card"><ul class="plain">{items}</ul></div>'
        '<form method="post" class="row"><input type="hidden" name="user" value="{key}">'
        '<button class="act" name="decision" value="accept">Accept</button>'
        '<button name="decision" value="cancel">Cancel</button></form>'
    ).format(
        app=application.name,
        publisher=home.name if home else "an unknown publisher",
        tenant=tenant.name,
        name=user.name,
        username=user.address,
        app_id=application.app_id,
        items=items or Markup("<li>No permissions are registered.</li>"),
        key=user.key,
    )
    return page("Permissions requested", body, sends_to=sends_to)


_KIND_WORDS = {
    "application": "application permission, without a signed-in person",
    "delegated": "delegated permission, on behalf of a signed-in person",
}

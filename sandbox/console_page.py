"""The page for people at /: what every tenant granted, and the switches."""

from collections.abc import Mapping
from urllib.parse import quote

from markupsafe import Markup
from werkzeug.wrappers import Response

from sandbox import documents
from sandbox.directory import Directory
from sandbox.directory_roles import ROLES
from sandbox.faults import ENDPOINTS, KINDS
from sandbox.model import JSON, Application, Tenant, User
from sandbox.pages import hidden, join, page
from sandbox.permissions import GRAPH

TENANTS_SHOWN = 20
REQUESTS_SHOWN = 40


def draw(directory: Directory, *, find: str, notice: str, status: int) -> Response:
    with directory.lock:
        body = join(
            [
                Markup('<p role="alert" class="card">{}</p>').format(notice) if notice else Markup(""),
                _behaviour(directory),
                _registrations(directory),
                _tenants(directory, find),
                _requests(directory),
            ]
        )
    return page("Sandbox", body, status=status, wide=True)


def _form(action: str, fields: Mapping[str, str], inside: Markup, css: str = "row") -> Markup:
    return Markup('<form method="post" action="/_sandbox/console/{}" class="{}">{}{}</form>').format(
        action, css, hidden(fields), inside
    )


def _behaviour(directory: Directory) -> Markup:
    settings = directory.settings
    delays = Markup(
        '<label>Seconds until a grant shows <input name="grant_delay" inputmode="decimal" value="{:g}">'
        "</label>"
        '<label>Seconds until a withdrawal shows <input name="revoke_delay" inputmode="decimal" value="{:g}">'
        "</label><button>Save delays</button>"
    ).format(settings.grant_delay, settings.revoke_delay)
    only = Markup(
        "<label>Grant only these of the permissions asked for (empty: all) "
        '<input name="grant_only" value="{}"></label>'
        "<button>Save</button>"
    ).format(" ".join(settings.grant_only or []))
    return Markup('<h2>Behavior</h2><div class="columns"><div class="card">{}{}{}</div>{}</div>').format(
        _form("delays", {}, delays),
        _form("only", {}, only),
        Markup('<div class="row">{}{}</div>').format(
            _form("settle", {}, Markup("<button>Let everything on its way arrive now</button>"), ""),
            _form("reset", {}, Markup("<button>Start over</button>"), ""),
        ),
        _faults(directory),
    )


def _options(names: tuple[str, ...]) -> Markup:
    return join(Markup("<option>{}</option>").format(name) for name in names)


def _faults(directory: Directory) -> Markup:
    inside = Markup(
        '<label>Break by <select name="kind">{}</select></label>'
        '<label>where <select name="endpoint">{}</select></label>'
        '<label>times <input name="times" inputmode="numeric" size="4"></label><button>Break</button>'
    ).format(_options(KINDS), _options(ENDPOINTS))
    items = join(
        Markup("<li>{}</li>").format(
            _form(
                "mend",
                {"fault": fault["id"]},
                Markup('<span>{} at {}</span><button aria-label="Mend {}">Mend</button>').format(
                    fault["kind"], fault["endpoint"], fault["kind"]
                ),
            )
        )
        for fault in directory.faults.listed()
    )
    return Markup('<div class="card">{}<ul class="plain">{}</ul></div>').format(
        _form("break", {}, inside), items or Markup('<li class="soft">Nothing is broken.</li>')
    )


def _registrations(directory: Directory) -> Markup:
    cards = join(_registration(application) for application in directory.applications.values())
    return Markup('<h2>App registrations</h2><div class="columns">{}</div>').format(cards)


def _registration(application: Application) -> Markup:
    lines = "\n".join(
        f"{permission.value}:{permission.kind}"
        for resource, permission in application.required
        if resource == GRAPH
    )
    inside = Markup(
        "<label>{} requires, of Microsoft Graph "
        '<textarea name="required" rows="3" spellcheck="false">{}</textarea></label><button>Save</button>'
    ).format(application.name, lines)
    return Markup('<div class="card"><h3>{}</h3><p class="soft"><code>{}</code></p>{}</div>').format(
        application.name, application.app_id, _form("registration", {"app": application.app_id}, inside, "")
    )


def _tenants(directory: Directory, find: str) -> Markup:
    everyone = list(directory.tenants.values())
    found = [
        one for one in everyone if find.lower() in f"{one.name} {one.id} {' '.join(one.domains)}".lower()
    ]
    cards = join(_tenant(directory, one, find) for one in found[:TENANTS_SHOWN])
    return Markup(
        '<h2 id="tenants">Tenants</h2>'
        '<form class="row"><label>Find a tenant <input name="find" value="{}"></label>'
        "<button>Find</button></form>"
        '<p class="soft">{} of {} shown.</p><div class="columns">{}</div>'
    ).format(find, min(len(found), TENANTS_SHOWN), len(everyone), cards)


def _tenant(directory: Directory, tenant: Tenant, find: str) -> Markup:
    back = f"/?find={quote(find)}#t-{tenant.id}" if find else f"/#t-{tenant.id}"
    apps = join(
        _app(directory, tenant, documents.dump_principal(directory, principal), back)
        for principal in tenant.principals.values()
    )
    people = join(_person(user, back) for user in tenant.users.values())
    return Markup(
        '<section class="card" id="t-{id}"><h3>{name}</h3><p class="soft"><code>{id}</code> {domains}</p>'
        "{apps}<h4>People</h4>{people}</section>"
    ).format(
        id=tenant.id,
        name=tenant.name,
        domains=", ".join(tenant.domains),
        apps=apps or Markup("<p>No application was consented to.</p>"),
        people=people or Markup('<p class="soft">Nobody.</p>'),
    )


def _app(directory: Directory, tenant: Tenant, principal: JSON, back: str) -> Markup:
    name = directory.applications[principal["appId"]].name
    fields = {"tenant": tenant.id, "app": principal["appId"], "back": back}
    other = "disable" if principal["enabled"] else "enable"
    switches = Markup('<button name="do" value="{}" aria-label="{} {} in {}">{}</button>').format(
        other, other.capitalize(), name, tenant.name, other.capitalize()
    ) + Markup('<button name="do" value="delete" aria-label="Delete {} from {}">Delete</button>').format(
        name, tenant.name
    )
    grants = join(
        Markup("<li>{}</li>").format(_grant(one, fields, f"{name} in {tenant.name}"))
        for one in principal["granted"]
    )
    return Markup('<h4>{}{}</h4><ul class="plain">{}</ul>{}').format(
        name,
        "" if principal["enabled"] else " (disabled)",
        grants or Markup('<li class="soft">Nothing is granted.</li>'),
        _form("principal", fields, switches),
    )


def _grant(grant: JSON, fields: Mapping[str, str], where: str) -> Markup:
    notes = [grant["kind"], *(["one person"] if grant.get("principal") else [])]
    if not grant["visible"]:
        notes.append(f"visible at {grant['visible_at']}")
    elif grant["gone_at"]:
        notes.append(f"withdrawn, gone at {grant['gone_at']}")
    inside = Markup(
        '<span><code>{value}</code> <span class="soft">{notes}</span></span>'
        '<button name="do" value="revoke" aria-label="Revoke {value} of {where}">Revoke</button>'
    ).format(value=grant["value"], notes=", ".join(notes), where=where)
    return _form(
        "principal", {**fields, **{name: grant[name] for name in ("resource", "kind", "id")}}, inside
    )


def _person(user: User, back: str) -> Markup:
    inside = Markup(
        '<label>{} <span class="soft">{}</span><input name="roles" size="36" value="{}"></label>'
        '<button aria-label="Set the directory roles of {}">Set roles</button>'
    ).format(user.name, user.username, ", ".join(sorted(ROLES[role] for role in user.roles)), user.name)
    return _form("role", {"user": user.key, "back": back}, inside)


def _requests(directory: Directory) -> Markup:
    rows = join(
        Markup("<tr><td>{}</td><td>{} {}</td><td>{} {}</td><td>{}</td><td><code>{}</code></td></tr>").format(
            entry.time[11:19],
            entry.method,
            entry.path,
            entry.status,
            entry.error,
            entry.note,
            entry.client_request_id or entry.request_id,
        )
        for entry in reversed(directory.journal.entries()[-REQUESTS_SHOWN:])
    )
    return Markup(
        '<h2>Recent requests</h2><div class="scroll" tabindex="0" role="region" aria-label="Recent requests">'
        "<table><thead><tr><th>Time</th><th>Request</th><th>Answer</th><th>Note</th><th>Request id</th></tr>"
        "</thead><tbody>{}</tbody></table></div>"
    ).format(rows)

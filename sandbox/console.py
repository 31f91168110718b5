"""What the forms of the page at / do; the page itself is drawn in `console_page.py`."""

import re
from collections.abc import Callable

from werkzeug.datastructures import MultiDict
from werkzeug.utils import redirect
from werkzeug.wrappers import Request, Response

from sandbox import console_page, documents
from sandbox.directory import Directory, NotFoundError
from sandbox.directory_roles import template_id
from sandbox.faults import Fault

Form = MultiDict[str, str]


def show(directory: Directory, request: Request, notice: str = "", status: int = 200) -> Response:
    find = request.args.get("find", "").strip()
    return console_page.draw(directory, find=find, notice=notice, status=status)


def act(directory: Directory, request: Request, action: str) -> Response:
    known = _ACTIONS.get(action)
    if known is None:
        raise NotFoundError(f"no action {action}")
    try:
        known(directory, request.form)
    except (ValueError, LookupError) as error:
        return show(directory, request, notice=str(error), status=400)
    back = request.form.get("back", "/")
    return redirect(back if re.match("/[?#]", back) else "/", 303)


def _principal_action(directory: Directory, form: Form) -> None:
    principal = directory.principal(directory.tenant(form["tenant"]), form["app"])
    match form["do"]:
        case "delete":
            directory.delete_principal(principal)
        case "revoke":
            directory.revoke(principal, documents.required(directory, [_permission(form)]))
        case state:
            principal.enabled = state == "enable"


def _permission(form: Form) -> dict[str, str]:
    return {name: form[name] for name in ("resource", "kind", "id")}


def _registration(directory: Directory, form: Form) -> None:
    lines = [line.strip() for line in form["required"].splitlines() if line.strip()]
    entry = {"requiredResourceAccess": lines}
    with directory.lock:
        documents.change_application(directory, directory.application(form["app"]), entry)


def _delays(directory: Directory, form: Form) -> None:
    changes = {name: float(form[name]) for name in ("grant_delay", "revoke_delay")}
    documents.change_settings(directory, changes)


def _only(directory: Directory, form: Form) -> None:
    names = form["grant_only"].split()
    documents.change_settings(directory, {"grant_only": names or None})


def _role(directory: Directory, form: Form) -> None:
    user = directory.user(form["user"])
    names = [name.strip() for name in form["roles"].split(",") if name.strip()]
    user.roles = {template_id(name) for name in names}


def _break(directory: Directory, form: Form) -> None:
    times = int(form["times"]) if form.get("times") else None
    document = {"kind": form["kind"], "endpoint": form["endpoint"], "times": times}
    directory.faults.add(Fault.parse(document))


def _mend(directory: Directory, form: Form) -> None:
    directory.faults.clear(form.get("fault", ""))


def _settle(directory: Directory, form: Form) -> None:
    directory.settle()


def _reset(directory: Directory, form: Form) -> None:
    with directory.lock:
        directory.clear()
        documents.load(directory, directory.start)


_ACTIONS: dict[str, Callable[[Directory, Form], None]] = {
    "principal": _principal_action,
    "registration": _registration,
    "delays": _delays,
    "only": _only,
    "role": _role,
    "break": _break,
    "mend": _mend,
    "settle": _settle,
    "reset": _reset,
}

"""python -m sandbox ctl: the control API from a terminal."""

import argparse
import json
import os
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

TENANT = {"help": "id or domain"}
PERMISSION = {
    "nargs": "*",
    "metavar": "VALUE:KIND",
    "help": "for example SecurityEvents.Read.All:application",
}


def main(arguments: list[str]) -> int:
    options = _parser().parse_args(arguments)
    method, path, body = options.request(options)
    try:
        answer = _ask(options.url, method, path, body)
    except urllib.error.HTTPError as error:
        with error:
            _say(json.loads(error.read()).get("error", error.reason), error=True)
        return 1
    except OSError as error:
        _say(f"no sandbox at {options.url}: {error}", error=True)
        return 1
    _say(json.dumps(answer, indent=2))
    return 0


def _say(text: str, *, error: bool = False) -> None:
    print(text, file=sys.stderr if error else sys.stdout)


def _ask(url: str, method: str, path: str, body: Any) -> Any:
    if urlsplit(url).scheme not in ("http", "https"):
        raise OSError("the address must begin with http:// or https://")
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{url}/_sandbox/{path}", data=data, method=method)  # noqa: S310
    with urllib.request.urlopen(request, timeout=30) as response:  # noqa: S310
        return json.loads(response.read())


def _app_path(options: argparse.Namespace, action: str) -> str:
    return f"tenants/{quote(options.tenant)}/apps/{quote(options.app)}/{action}"


def _grant(options: argparse.Namespace) -> tuple[str, str, Any]:
    return (
        "POST",
        _app_path(options, "grant"),
        {"permissions": options.permissions} if options.permissions else {},
    )


def _revoke(options: argparse.Namespace) -> tuple[str, str, Any]:
    return (
        "POST",
        _app_path(options, "revoke"),
        {"permissions": options.permissions} if options.permissions else {},
    )


def _switch(options: argparse.Namespace) -> tuple[str, str, Any]:
    return "POST", _app_path(options, options.command), {}


def _require(options: argparse.Namespace) -> tuple[str, str, Any]:
    return "PATCH", f"applications/{quote(options.app)}", {"requiredResourceAccess": options.permissions}


def _assign_role(options: argparse.Namespace) -> tuple[str, str, Any]:
    return "PATCH", f"users/{quote(options.user)}", {"directoryRoles": options.roles}


def _fault(options: argparse.Namespace) -> tuple[str, str, Any]:
    if options.kind == "clear":
        return "DELETE", "faults", None
    body: dict[str, Any] = {"kind": options.kind, "endpoint": options.endpoint, "times": options.times}
    body |= {"tenant": options.tenant, "app": options.app}
    return "POST", "faults", body | _pairs(options.options)


def _settings(options: argparse.Namespace) -> tuple[str, str, Any]:
    return "PATCH", "settings", _pairs(options.changes)


def _pairs(texts: list[str]) -> dict[str, Any]:
    pairs = (text.partition("=") for text in texts)
    return {name: _value(value) for name, _, value in pairs}


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m sandbox ctl", description="Steer a running sandbox.")
    parser.add_argument("--url", default=os.environ.get("ENTRA_SANDBOX_URL") or "http://127.0.0.1:9000")
    commands = parser.add_subparsers(dest="command", required=True)

    def command(name: str, about: str, request: Any) -> argparse.ArgumentParser:
        found = commands.add_parser(name, help=about, description=about)
        found.set_defaults(request=request)
        return found

    for name, about, request in (
        ("grant", "grant permissions, or what the registration requires now", _grant),
        ("revoke", "withdraw permissions, or all", _revoke),
        ("disable", "disable the service principal", _switch),
        ("enable", "enable the service principal", _switch),
        ("delete", "delete the service principal with its grants", _switch),
    ):
        sub = command(name, about, request)
        sub.add_argument("tenant", help="id or domain")
        sub.add_argument("app", help="client id")
        if name in ("grant", "revoke"):
            sub.add_argument("permissions", nargs="*", metavar="VALUE:KIND")
    sub = command("require", "change what the registration requires", _require)
    sub.add_argument("app", help="client id")
    sub.add_argument("permissions", nargs="*", metavar="VALUE:KIND")
    sub = command("assign-role", "give a person exactly these directory roles", _assign_role)
    sub.add_argument("user", help="id or user name")
    sub.add_argument("roles", nargs="*", metavar="ROLE", help="for example 'Security Reader'")
    sub = command("fault", "break something: see sandbox/faults.py; `clear` mends everything", _fault)
    sub.add_argument("kind")
    sub.add_argument("--endpoint", default="any")
    sub.add_argument("--tenant", default="")
    sub.add_argument("--app", default="")
    sub.add_argument("--times", type=int, help="how often (default: until cleared)")
    sub.add_argument("options", nargs="*", metavar="NAME=VALUE")
    sub = command("settings", "show or change settings, for example grant_delay=20", _settings)
    sub.add_argument("changes", nargs="*", metavar="NAME=VALUE")
    sub = command("load", "add or replace what a JSON document holds", _load)
    sub.add_argument("file", type=Path)
    command("reset", "back to the document it was started with", lambda options: ("POST", "reset", {}))
    command("settle", "let everything on its way arrive now", lambda options: ("POST", "settle", {}))
    command("rotate", "rotate the signing key", lambda options: ("POST", "keys/rotate", {}))
    command("show", "print the directory", lambda options: ("GET", "directory", None))
    command("requests", "print what was asked", lambda options: ("GET", "requests", None))
    return parser


def _load(options: argparse.Namespace) -> tuple[str, str, Any]:
    return "POST", "load", json.loads(options.file.read_text())

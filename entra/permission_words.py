"""A permission in plain words, for the administrator who has to decide about it."""

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from entra.types import GRAPH, Permission

Risk = Literal["Read only", "Can change data", "Can change security settings", "Can act as any user"]

_READING = re.compile(r"Read(Basic|Anonymous|Selected)?(For(Chat|Team|User))?")
_GUARDED = re.compile(
    r"(Policy|RoleManagement|RoleAssignmentSchedule|RoleEligibilitySchedule|Privileged|UserAuth|TrustFramework"
    r"|Security|IdentityProvider|AppRoleAssignment|DelegatedPermissionGrant|ConsentRequest|Application\b)"
)
_HUMPS = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+[0-9]*|[A-Z]+[0-9]*|[0-9]+")
_VERBS = {
    "ReadWrite": "Read and change",
    "ReadBasic": "Read the basics of",
    "Read": "Read",
    "FullControl": "Fully control",
    "AccessAsUser": "Act as the signed-in person in",
    "SelectedOperations": "Work with",
    "Manage": "Manage",
}
_WHICH = {"All": "all", "Shared": "shared", "Selected": "selected", "OwnedBy": "its own"}
_NO_PLURAL = frozenset(
    {"access", "content", "data", "directory", "imap", "information", "mail", "people", "pop", "presence"}
    | {"smtp", "eas", "ews", "teamwork", "inventory", "storage", "intelligence", "ediscovery"}
)


@dataclass(frozen=True)
class Words:
    """`reaches` and `cannot` complete a sentence; `closed` says why it opens nothing, if it does."""

    title: str
    reaches: str
    cannot: str
    risk: Risk
    opens: bool = True
    closed: str = ""


def words(permission: Permission) -> Words:
    written = _written().get(permission.value) if permission.resource == GRAPH else None
    if written is None:
        return _guessed(permission)
    closed = written.get("closed", {}).get(permission.kind, "")
    reaches = written["reaches"]
    if needs_signed_in_user(permission) and not written.get("personal"):
        reaches += ", within what the signed-in person may do"
    return Words(
        title=written["title"],
        reaches=reaches,
        cannot=written["cannot"],
        risk=written["risk"],
        opens=not closed,
        closed=closed,
    )


def needs_signed_in_user(permission: Permission) -> bool:
    return permission.kind == "delegated"


def needs_security_role(permission: Permission) -> bool:
    """Whether a person also has to hold Security Reader or Security Administrator to get an answer.

    "Authorization and the Microsoft Graph security API".
    """
    guarded = re.match(
        r"(Security(Actions|Alert|Events|Incident)|Threat(Hunting|Indicators))\b", permission.value
    )
    return needs_signed_in_user(permission) and permission.resource == GRAPH and guarded is not None


@cache
def _written() -> dict[str, dict[str, Any]]:
    return tomllib.loads(files("entra").joinpath("permission_words.toml").read_text(encoding="utf-8"))


def _guessed(permission: Permission) -> Words:
    """For what nobody has described yet: cautious, and never calmer than the name allows."""
    if permission.resource != GRAPH or not re.fullmatch(r"[A-Za-z][\w.-]*", permission.value):
        return Words(
            title=permission.value or permission.id,
            reaches="what the application that owns this permission offers under it",
            cannot="reach what that application does not offer under it",
            risk="Can change data",
        )
    subject, *rest = permission.value.split(".")
    risk = _risk(subject, rest)
    things = _spoken(subject)
    person = ", within what the signed-in person may do" if needs_signed_in_user(permission) else ""
    return Words(
        title=_title(things, rest),
        reaches=f"{things} in your organization{person}",
        cannot="change anything" if risk == "Read only" else "go beyond what its name says",
        risk=risk,
    )


def _risk(subject: str, rest: list[str]) -> Risk:
    if "AccessAsUser" in rest:
        return "Can act as any user"
    if rest and _READING.fullmatch(rest[0]):
        return "Read only"
    return "Can change security settings" if _GUARDED.match(subject) else "Can change data"


def _title(things: str, rest: list[str]) -> str:
    which = [_WHICH[part] for part in rest if part in _WHICH]
    others = [part for part in rest if part not in _WHICH]
    verb = "Use"
    if others:
        first = others.pop(0)
        known = next((name for name in _VERBS if first.startswith(name)), "")
        verb = _VERBS[known] if known else _humps(first).capitalize()
        others = [first.removeprefix(known), *others] if known not in ("", first) else others
    about = f" ({', '.join(_humps(part) for part in others)})" if others else ""
    return " ".join((verb, *which[:1], things)) + about


def _spoken(subject: str) -> str:
    main, *parts = subject.split("-")
    spoken = _humps(main)
    about = f" for {_humps(' '.join(parts))}" if parts else ""
    last = spoken.split()[-1].lower()
    if last in _NO_PLURAL or last.endswith("s"):
        return spoken + about
    if last.endswith("y") and last[-2:-1] not in tuple("aeiou"):
        return f"{spoken[:-1]}ies{about}"
    return f"{spoken}s{about}"


def _humps(name: str) -> str:
    found = _HUMPS.findall(name)
    return " ".join(hump if hump.isupper() and len(hump) > 1 else hump.lower() for hump in found) or name

"""The permissions of Microsoft Graph by name and by id.

The table beside this file follows the "Microsoft Graph permissions reference". Microsoft adds
permissions all the time: one that is missing here is unknown to us, not wrong.
"""

import csv
import difflib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from uuid import NAMESPACE_URL, uuid5

from entra.types import GRAPH, Kind, Permission


@dataclass(frozen=True)
class _Catalog:
    by_value: dict[tuple[str, str], Permission]
    by_id: dict[tuple[str, str], Permission]
    names: dict[str, str]
    user_may_consent: frozenset[str]


@cache
def _catalog() -> _Catalog:
    by_value: dict[tuple[str, str], Permission] = {}
    by_id: dict[tuple[str, str], Permission] = {}
    names: dict[str, str] = {}
    user_may_consent: set[str] = set()
    with files("entra").joinpath("graph_permissions.csv").open(encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            ids: tuple[tuple[Kind, str], ...] = (
                ("application", row["application_id"]),
                ("delegated", row["delegated_id"]),
            )
            names[row["value"].lower()] = row["value"]
            for kind, permission_id in ids:
                if permission_id:
                    permission = Permission(GRAPH, kind, permission_id, row["value"])
                    by_value[kind, row["value"].lower()] = permission
                    by_id[kind, permission_id] = permission
            if row["delegated_admin_consent"] == "no":
                user_may_consent.add(row["delegated_id"])
    return _Catalog(by_value, by_id, names, frozenset(user_may_consent))


def by_value(value: str, kind: Kind) -> Permission | None:
    return _catalog().by_value.get((kind, value.strip().lower()))


def by_id(kind: Kind, permission_id: str) -> Permission | None:
    return _catalog().by_id.get((kind, permission_id.strip().lower()))


def permissions(kind: Kind | None = None) -> list[Permission]:
    """All of them in the order of their names, to choose from."""
    found = (p for p in _catalog().by_id.values() if kind in (None, p.kind))
    return sorted(found, key=lambda p: (p.value.lower(), p.kind))


def suggestions(value: str, limit: int = 3) -> list[str]:
    """Names that somebody who typed `value` may have meant."""
    names = _catalog().names
    asked = value.strip().lower()[:100]
    close = difflib.get_close_matches(asked, names, n=limit, cutoff=0.75)
    begins = [name for name in names if asked and name.startswith(asked)]
    return [names[name] for name in dict.fromkeys([*close, *begins])][:limit]


def admin_consent_required(permission: Permission) -> bool:
    """Whether only an administrator can consent; what we do not know, we say needs one."""
    if permission.kind == "application" or permission.resource != GRAPH:
        return True
    return permission.id not in _catalog().user_may_consent


def known_or_stand_in(value: str, kind: Kind, resource: str = GRAPH) -> Permission:
    """The permission of that name, or one with a stand-in id when nobody can tell us the real one.

    The stand-in is a name-based UUID, the same on every machine, and never equal to an id of
    Microsoft's, so such a permission can be shown as granted but never satisfies a requirement.
    """
    known = by_value(value, kind) if resource == GRAPH else None
    if known is not None:
        return known
    owner = "https://graph.microsoft.com" if resource == GRAPH else f"api://{resource}"
    return Permission(resource, kind, str(uuid5(NAMESPACE_URL, f"{owner}/{value}")), value)

"""Permissions as the pages of the staff show them: in words, API by API."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import groupby

from entra.permission_words import words
from entra.types import GRAPH, Permission


@dataclass(frozen=True)
class Shown:
    """One permission in the shape that the permission component takes; `key` names it in a form."""

    permission: Permission
    title: str
    risk: str
    reaches: str
    cannot: str
    resource: str  # the API, and what else stands behind the name
    reason: str = ""

    @property
    def value(self) -> str:
        return self.permission.value or self.permission.id

    @property
    def kind(self) -> str:
        return self.permission.kind

    @property
    def key(self) -> str:
        return ":".join(self.permission.key)


@dataclass(frozen=True)
class Api:
    """One API and the permissions of it on a page."""

    name: str
    shown: list[Shown] = field(default_factory=list)


def show(permission: Permission, *, reason: str = "", detail: str = "") -> Shown:
    told = words(permission)
    return Shown(
        permission=permission,
        title=told.title,
        risk=told.risk,
        reaches=_sentence(told.reaches),
        cannot=" ".join(filter(None, (_sentence(told.cannot), _sentence(told.closed)))),
        resource=" · ".join(filter(None, (api_name(permission.resource), detail))),
        reason=_sentence(reason),
    )


def api_name(resource: str) -> str:
    return "Microsoft Graph" if resource == GRAPH else f"API {resource}"


def by_name(permissions: Iterable[Permission]) -> list[Permission]:
    """Return permissions as people look for them: Microsoft Graph first, then by name."""
    return sorted(permissions, key=lambda p: (p.resource != GRAPH, p.resource, p.value.lower(), p.kind))


def by_api(
    permissions: Iterable[Permission],
    *,
    reasons: Mapping[Permission, str] | None = None,
    details: Mapping[Permission, str] | None = None,
) -> list[Api]:
    reasons, details = reasons or {}, details or {}
    return [
        Api(
            name=api_name(resource),
            shown=[show(p, reason=reasons.get(p, ""), detail=details.get(p, "")) for p in group],
        )
        for resource, group in groupby(by_name(permissions), key=lambda p: p.resource)
    ]


def manifest_fragment(permissions: Iterable[Permission]) -> list[dict[str, object]]:
    """Return `requiredResourceAccess` as an Entra manifest writes it.

    "Understand the app manifest (Microsoft Graph format)", Microsoft Entra documentation.
    """
    return [
        {
            "resourceAppId": resource,
            "resourceAccess": [
                {"id": p.id, "type": "Role" if p.kind == "application" else "Scope"} for p in group
            ],
        }
        for resource, group in groupby(by_name(permissions), key=lambda p: p.resource)
    ]


def _sentence(text: str) -> str:
    """Words complete a sentence; it ends here."""
    return text if not text or text.endswith((".", "!", "?")) else f"{text}."

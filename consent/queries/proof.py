"""Permission by permission: before and now, and how we know."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.dateparse import parse_datetime

from consent.queries.permission_list import api_name
from consent.rules.drift import Grants, Permissions, compare
from entra.types import GRAPH, Permission

Evidence = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Row:
    """One permission. `before` and `now` are slugs of cells."""

    value: str
    kind: str
    resource: str
    before: str
    now: str
    how: str
    at: datetime | None


def rows_of(
    *, required: Permissions, before: Permissions, grants: Grants, evidence: Evidence, is_read: bool
) -> list[Row]:
    """Return what is required or surplus, what is new first."""
    drift = compare(required=required, grants=grants)
    listed = sorted(required | drift.surplus, key=lambda p: (p in before, p.value.lower(), p.kind))
    rows = []
    for permission in listed:
        seen = "granted" if permission not in drift.missing | drift.unknown else "missing"
        if permission in drift.unknown or not is_read:
            seen = "unknown"
        how, at = how_known(permission, evidence, seen) if is_read else ("Not read yet", None)
        was_known = grants.covers(permission) or not grants.knows
        rows.append(
            Row(
                value=permission.value or permission.id,
                kind=permission.kind,
                resource=api_name(permission.resource),
                before="granted" if permission in before else "missing" if was_known else "unknown",
                now="surplus" if permission in drift.surplus and seen == "granted" else seen,
                how=how,
                at=at,
            )
        )
    return rows


def how_known(permission: Permission, evidence: Evidence, seen: str) -> tuple[str, datetime | None]:
    """Return how we know, and when it was read."""
    if seen == "unknown" or not evidence:
        return ("Microsoft doesn’t let the app look this up", None)
    token = next((item for item in evidence if item["source"] == "token"), None)
    graph = next((item for item in evidence if item["source"] == "graph"), None)
    by_token = token and permission.kind == "application" and permission.resource == GRAPH
    item = (token if by_token else graph) or token or evidence[0]
    if item["claims"].get("code"):
        words = "Microsoft says the app isn’t in your organization"
    elif item is token:
        carries = "carries" if seen == "granted" else "lacks"
        words = f"Microsoft’s token for your organization {carries} it"
    else:
        words = "Read from your directory" if seen == "granted" else "Not in your directory"
    return (words, parse_datetime(item["observed_at"]))

"""Revisions: the list, one, and the difference between two. A few statements each, whatever the fleet."""

from __future__ import annotations

import json
from typing import Any

from consent.models import Application, Revision
from consent.queries.patterns import load_cohorts, load_history
from consent.queries.permission_list import api_name, by_api, by_name, manifest_fragment
from consent.rules.approvers import approvers_of, needs_security_reader
from consent.rules.drift import Permissions
from consent.rules.requirements import History, Requirement
from entra.types import GRAPH, Permission


def revision_list(application: Application) -> list[dict[str, Any]]:
    """Return every revision, newest first, with what it added and removed. Two queries."""
    history = load_history(application)
    published = _published(application)
    rows = []
    for requirement, before in zip(history.revisions, (None, *history.revisions), strict=False):
        earlier = before.required if before else frozenset()
        rows.append(
            {
                "number": requirement.number,
                "before": before.number if before else None,
                "published_at": requirement.published_at,
                "by": _who(published[requirement.id]),
                "note": published[requirement.id].note,
                "size": len(requirement.required),
                "added": by_name(requirement.required - earlier),
                "removed": by_name(earlier - requirement.required),
                "current": requirement is history.current,
            }
        )
    return rows[::-1]


def revision_page(application: Application, number: int) -> dict[str, Any] | None:
    """Return one revision with its permissions in words, and how many tenants satisfy it."""
    history = load_history(application)
    requirement = history.numbered(number)
    if requirement is None:
        return None
    published = _published(application)
    until = History(tuple(r for r in history.revisions if r.number <= number))
    cohorts = load_cohorts(application, history)
    satisfied = [c for c in cohorts if requirement.required <= c.granted]
    return {
        "number": number,
        "revision": published[requirement.id],
        "by": _who(published[requirement.id]),
        "current": requirement is history.current,
        "latest": history.current.number if history.current else number,
        "previous": number - 1 or None,
        "apis": by_api(
            requirement.required,
            reasons=requirement.reasons,
            details={p: _since(p, until, published) for p in requirement.required},
        ),
        "size": len(requirement.required),
        "tenants": sum(c.installations for c in cohorts),
        "satisfied": sum(c.installations for c in satisfied),
        "patterns": len({c.pattern_id for c in cohorts}),
        "satisfying_patterns": len({c.pattern_id for c in satisfied}),
        "approvers": approvers_of(requirement.required),
        "needs_reader": needs_security_reader(requirement.required),
        "manifest": manifest_json(requirement.required),
    }


def comparison_page(application: Application, before: int, after: int) -> dict[str, Any] | None:
    """Return what changed from one revision to another, API by API. One query."""
    history = load_history(application)
    first, second = history.numbered(before), history.numbered(after)
    if first is None or second is None:
        return None
    return {
        "before": first,
        "after": second,
        "apis": _differences(first, second),
        "added": len(second.required - first.required),
        "removed": len(first.required - second.required),
        "kept": len(first.required & second.required),
        "approvers_before": approvers_of(first.required),
        "approvers": approvers_of(second.required),
        "numbers": [r.number for r in history.revisions],
    }


def manifest_json(required: Permissions) -> str:
    return json.dumps({"requiredResourceAccess": manifest_fragment(required)}, indent=2)


def _differences(before: Requirement, after: Requirement) -> list[dict[str, Any]]:
    resources = sorted(
        {p.resource for p in before.required | after.required},
        key=lambda resource: (resource != GRAPH, resource),
    )

    def of(resource: str, permissions: Permissions) -> list[Permission]:
        return by_name(p for p in permissions if p.resource == resource)

    return [
        {
            "name": api_name(resource),
            "added": of(resource, after.required - before.required),
            "removed": of(resource, before.required - after.required),
            "kept": of(resource, before.required & after.required),
        }
        for resource in resources
    ]


def _published(application: Application) -> dict[int, Revision]:
    return {r.pk: r for r in application.revisions.select_related("published_by")}


def _who(revision: Revision) -> str:
    return str(revision.published_by) if revision.published_by else "the command line"


def _since(permission: Permission, history: History, published: dict[int, Revision]) -> str:
    """Return since which revision a permission is asked for, and who added it."""
    added = history.added_in(permission)
    if added is None:
        return ""
    return f"since revision {added.number}, by {_who(published[added.id])}"

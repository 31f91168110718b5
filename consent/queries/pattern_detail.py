"""One grant pattern: what it holds against the current revision, and who has it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from consent.models import Application
from consent.queries.patterns import Cohort, by_work, count_by_status
from consent.queries.tenant_filter import Params
from consent.queries.tenant_list import tenant_page
from consent.rules.meaning import cell_of, meaning_of
from consent.rules.requirements import History
from entra.types import Permission


def pattern_page(
    application: Application, slug: str, params: Params, *, now: datetime
) -> dict[str, Any] | None:
    """Return the pattern with a page of its tenants; None when no tenant of the application has it."""
    page = tenant_page(application, params, now=now, pattern=slug)
    cohorts = [c for c in page["cohorts"] if page["where"].pattern and c.digest.startswith(slug)]
    if not cohorts:
        return None
    history: History = page["history"]
    first = by_work(cohorts)[0]
    counts = count_by_status(cohorts)
    permissions = sorted(history.required | first.granted, key=lambda p: (p.value.lower(), p.kind))
    return {
        **page,
        "digest": first.slug,
        "installations": sum(c.installations for c in cohorts),
        "counts": [(status, n) for status, n in counts.items() if n],
        "meaning": _meaning(first, cohorts, history),
        "cells": [{"permission": p, "state": _cell(p, first, history)} for p in permissions],
        "satisfies": history.satisfied_by(first.granted),
        "revision": history.current,
    }


def _cell(permission: Permission, cohort: Cohort, history: History) -> str:
    return cell_of(
        permission,
        drift=cohort.drift,
        granted=cohort.granted,
        required=history.required,
        status=cohort.status,
    )


def _meaning(first: Cohort, cohorts: list[Cohort], history: History) -> str:
    return meaning_of(
        status=first.status,
        standing=first.standing,
        conditions={c.condition for c in cohorts if c.status is first.status},
        drift=first.drift,
        granted=first.granted,
        history=history,
    )

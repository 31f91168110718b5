"""The tenant list: one page of it, everything that narrows it, and all of it for a spreadsheet."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings

from consent.models import Application, Installation
from consent.queries.patterns import Cohort, count_by_status, load_cohorts, load_history
from consent.queries.tenant_filter import SIZES, STATES, Params, TenantFilter, matching, name_of, parse_filter
from consent.queries.tenant_rows import COUNT_LIMIT, Cursor, Scatter, count_rows, read_cursor, read_rows
from consent.rules.drift import Drift
from consent.rules.meaning import difference_of
from consent.rules.requirements import History
from consent.rules.status import Condition, Standing, Status

EXPORT_BATCH = 2000
NEEDS_CONSENT = {Status.REVOKED, Status.RE_CONSENT_NEEDED, Status.NEVER_CONSENTED}


@dataclass(frozen=True)
class Row:
    tenant_id: UUID
    name: str
    domain: str
    status: Status
    difference: str
    drift: Drift
    satisfies: int | None  # the newest revision whose every permission is granted
    since: datetime
    proved_at: datetime | None
    checked_at: datetime | None
    note: str
    stale: bool
    disabled: bool
    some_users_only: bool

    @property
    def needs_consent(self) -> bool:
        return self.status in NEEDS_CONSENT


def tenant_page(
    application: Application, params: Params, *, now: datetime, pattern: str = ""
) -> dict[str, Any]:
    """Return one page of the list with its filters, ready to draw. `pattern` narrows it for good."""
    history = load_history(application)
    cohorts = load_cohorts(application, history)
    where = parse_filter({**params, "pattern": [pattern]} if pattern else params, history, cohorts)
    left = matching(where, cohorts, history)
    problems = list(where.problems)
    token = (params.get("after") or [""])[-1]
    cursor = read_cursor(token) if token else None
    if token and cursor is None:
        problems.append("This link to a page of the list is damaged or too old. This is the first page.")
    scatter = _scatter(where, now=now)
    found = read_rows(
        application.pk,
        left,
        sort=where.sort,
        cursor=cursor,
        limit=where.size + 1,
        scatter=scatter,
        complete=len(left) == len(cohorts),
    )
    shown, before, after = _trim(found, where.size, cursor)
    total = count_rows(application.pk, left, scatter) if scatter else sum(c.installations for c in left)
    return {
        "where": where,
        "problems": problems,
        "rows": rows_of(shown, left, history, now=now),
        "total": total,
        "total_text": f"{COUNT_LIMIT:,}+" if scatter and total > COUNT_LIMIT else "",
        "previous": where.query(after=before) if before else "",
        "next": where.query(after=after) if after else "",
        "fleet": sum(c.installations for c in cohorts),
        "statuses": _status_choices(where, cohorts, history),
        "chips": _chips(where),
        "sizes": [{"size": n, "url": where.query(size=n), "current": n == where.size} for n in SIZES],
        "sorts": {name: where.query(sort=name) for name in ("work", "name")},
        "permissions": _permission_choices(where, cohorts, history),
        "states": STATES,
        "revisions": [r.number for r in reversed(history.revisions)],
        "history": history,
        "cohorts": cohorts,
        "export_query": where.query(),
    }


def export_rows(
    application: Application, params: Params, *, now: datetime
) -> tuple[TenantFilter, Iterator[Row]]:
    """Return the filter and every row that it leaves, in the list's order, read batch by batch."""
    history = load_history(application)
    cohorts = load_cohorts(application, history)
    where = parse_filter(params, history, cohorts)
    left = matching(where, cohorts, history)

    def rows() -> Iterator[Row]:
        cursor: Cursor | None = None
        while True:
            batch = read_rows(
                application.pk,
                left,
                sort=where.sort,
                cursor=cursor,
                limit=EXPORT_BATCH,
                scatter=_scatter(where, now=now),
                complete=len(left) == len(cohorts),
            )
            yield from rows_of(batch, left, history, now=now)
            if len(batch) < EXPORT_BATCH:
                return
            cursor = _cursor_at(batch[-1])

    return where, rows()


def rows_of(
    installations: Sequence[Installation], cohorts: Sequence[Cohort], history: History, *, now: datetime
) -> list[Row]:
    """Return installations, as read_rows returns them, ready to draw."""
    by_place = {(c.pattern_id, c.condition): (c, history.satisfied_by(c.granted)) for c in cohorts}
    rows = []
    for installation in installations:
        condition = Condition(installation.condition)
        place = (installation.pattern_id, condition)
        cohort, satisfied = by_place.get(place) or (_unheard_of(installation, condition), ())
        rows.append(
            Row(
                tenant_id=installation.tenant_id,
                name=installation.tenant_name,  # type: ignore[attr-defined]  # a column of the statement
                domain=installation.tenant_domain,  # type: ignore[attr-defined]
                status=cohort.status,
                difference=difference_of(status=cohort.status, standing=cohort.standing, drift=cohort.drift),
                drift=cohort.drift,
                satisfies=satisfied[-1] if satisfied else None,
                since=installation.condition_since,
                proved_at=installation.proved_at,
                checked_at=installation.checked_at,
                note=installation.note,
                stale=is_stale(installation.proved_at, now=now),
                disabled=condition is Condition.DISABLED,
                some_users_only=installation.some_users_only,
            )
        )
    return rows


def stale_after() -> timedelta:
    """Return the age from which a proof is called stale: two regular checks were missed."""
    return timedelta(hours=2 * settings.CHECK_INTERVAL_HOURS)


def is_stale(proved_at: datetime | None, *, now: datetime) -> bool:
    return proved_at is not None and now - proved_at > stale_after()


def _scatter(where: TenantFilter, *, now: datetime) -> Scatter | None:
    if not where.scattered:
        return None
    return Scatter(text=where.text, proved_before=now - stale_after() if where.stale else None)


def _cursor_at(row: Installation, *, back: bool = False) -> Cursor:
    return Cursor(row.work, row.sort_name, row.pk, back)  # type: ignore[attr-defined]  # a column of ours


def _trim(found: list[Installation], size: int, cursor: Cursor | None) -> tuple[list[Installation], str, str]:
    """Return the rows of the page and the tokens of the pages before and after it."""
    more = len(found) > size
    if cursor is not None and cursor.back:
        shown = found[1:] if more else found
        has_before, has_after = more, True
    else:
        shown = found[:size]
        has_before, has_after = cursor is not None, more
    if not shown:
        return [], "", ""
    before = _cursor_at(shown[0], back=True).token() if has_before else ""
    after = _cursor_at(shown[-1]).token() if has_after else ""
    return shown, before, after


def _status_choices(where: TenantFilter, cohorts: Sequence[Cohort], history: History) -> list[dict[str, Any]]:
    """Return every status with its link and its count; no count where cohorts cannot tell."""
    others = matching(TenantFilter(
        permission=where.permission, state=where.state, revision=where.revision, pattern=where.pattern
    ), cohorts, history)  # fmt: skip
    counts = count_by_status(others)
    return [
        {
            "slug": status,
            "count": None if where.scattered else counts[status],
            "url": where.toggled(status),
            "current": status in where.statuses,
        }
        for status in _LEGEND
    ]


# The order in which pages list the statuses.
_LEGEND = (
    Status.IN_STEP,
    Status.RE_CONSENT_NEEDED,
    Status.NEVER_CONSENTED,
    Status.REVOKED,
    Status.OVER_GRANTED,
    Status.UNVERIFIED,
    Status.UNREACHABLE,
)


def _chips(where: TenantFilter) -> list[dict[str, str]]:
    """Return the applied filters in words, each with the list without it."""
    chips = [{"status": str(s), "text": "", "url": where.toggled(s)} for s in where.statuses]
    words = (
        (where.text, f"Begins with “{where.text}”", {"text": ""}),
        (
            where.permission,
            f"{where.permission.split(':')[0]} {where.state}",
            {"permission": "", "state": "missing"},
        ),
        (where.revision, f"Satisfies revision {where.revision}", {"revision": None}),
        (where.pattern, f"Grant pattern {where.pattern[:8]}", {"pattern": ""}),
        (where.stale, "Stale proof", {"stale": False}),
    )
    return chips + [
        {"status": "", "text": text, "url": where.query(**without)} for on, text, without in words if on
    ]


def _permission_choices(
    where: TenantFilter, cohorts: Sequence[Cohort], history: History
) -> list[dict[str, Any]]:
    extras = frozenset(p for cohort in cohorts for p in cohort.drift.surplus)
    known = sorted(history.ever_required | extras, key=lambda p: (p.value.lower(), p.kind))
    return [
        {"name": name_of(p), "value": p.value, "kind": p.kind, "current": name_of(p) == where.permission}
        for p in known
    ]


def _unheard_of(installation: Installation, condition: Condition) -> Cohort:
    # The row moved to a cohort that appeared after the cohorts were read.
    nothing = frozenset[Any]()
    return Cohort(
        pattern_id=installation.pattern_id,
        digest="",
        condition=condition,
        standing=Standing.UNKNOWN,
        installations=1,
        granted=nothing,
        drift=Drift(nothing, nothing, nothing, nothing),
    )

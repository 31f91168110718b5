"""Pages of installations by keyset, as one statement each.

A list filtered by status is a list of cohorts. Each is read from the index (application, pattern,
condition, sort_name, id) from where the page starts and no further than it goes; then the database merges
them, so that one collation decides. The ORM cannot say this: SQLite takes no limits inside a union there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core import signing
from django.db import connection

from consent.models import Installation
from consent.queries.patterns import Cohort
from consent.rules.status import SEVERITY
from tenants.models import Tenant

INSTALLATION = Installation._meta.db_table
TENANT = Tenant._meta.db_table
LAST_CHARACTER = "\U0010ffff"
MOST_PARTS = 200  # SQLite takes 500 terms in one compound select
COUNT_LIMIT = 10_000

COLUMNS = (
    "i.id, i.application_id, i.tenant_id, i.sort_name, i.pattern_id, i.condition, i.condition_since, "
    "i.proved_at, i.checked_at, i.failures, i.some_users_only, i.note, t.name AS tenant_name, "
    "t.domain AS tenant_domain"
)

# CROSS JOIN keeps SQLite to the order that is written: from the few hits to what belongs to them.
FROM_HITS = (
    f"hit CROSS JOIN {INSTALLATION} i CROSS JOIN cohort c CROSS JOIN {TENANT} t WHERE i.id = hit.id "
    "AND c.pattern_id = i.pattern_id AND c.condition = i.condition AND t.id = i.tenant_id"
)

Sql = tuple[str, list[Any]]


@dataclass(frozen=True)
class Cursor:
    """Where a page starts: after a row, or before it when going back."""

    work: int
    name: str
    id: int
    back: bool = False

    def token(self) -> str:
        return signing.dumps([self.work, self.name, self.id, self.back], salt="tenant-list")


def read_cursor(token: str) -> Cursor | None:
    """Return the cursor of a token, or None when nobody here made it."""
    try:
        return Cursor(*signing.loads(token, salt="tenant-list"))
    except (signing.BadSignature, TypeError, ValueError):
        return None


@dataclass(frozen=True)
class Scatter:
    """Conditions that are no question of cohorts: a name, a domain or a GUID, and the age of the proof."""

    text: str = ""
    proved_before: datetime | None = None


def read_rows(
    application_id: int,
    cohorts: Sequence[Cohort],
    *,
    sort: str,
    cursor: Cursor | None,
    limit: int,
    scatter: Scatter | None = None,
    complete: bool = False,
) -> list[Installation]:
    """Return up to `limit` installations of these cohorts, in the list's order even when going back.

    Each carries tenant_name, tenant_domain and work (its place in the order of urgency). `complete` says
    that these are all the application's cohorts.
    """
    if not cohorts:
        return []
    back = cursor is not None and cursor.back
    ranks = {c: SEVERITY.index(c.status) if sort == "work" else 0 for c in cohorts}
    if scatter is not None:
        sql, params = _scattered(application_id, ranks, cursor, limit, scatter)
    else:
        if complete and sort == "name":
            parts = [_part(application_id, None, 0, cursor, limit)]
        else:
            parts = [_part(application_id, c, r, cursor, limit) for c, r in _needed(ranks, cursor, limit)]
        sql, params = _with_columns(_merged(parts, _order(back), limit), _order(back, "m."))
    rows = list(Installation.objects.raw(sql, params))
    return rows[::-1] if back else rows


def count_rows(application_id: int, cohorts: Sequence[Cohort], scatter: Scatter) -> int:
    """Return how many installations match, counting no further than one above the limit."""
    if not cohorts:
        return 0
    hits, hit_params = _hits(application_id, scatter)
    values, value_params = _values(dict.fromkeys(cohorts, 0))
    sql = (
        f"WITH {values}, {hits} SELECT COUNT(*) FROM ("  # noqa: S608  (names of ours; values are parameters)
        f"SELECT 1 FROM {FROM_HITS} LIMIT {COUNT_LIMIT + 1}) found"
    )
    with connection.cursor() as database:
        database.execute(sql, [*value_params, *hit_params])
        (count,) = database.fetchone()
    return int(count)


def _needed(ranks: dict[Cohort, int], cursor: Cursor | None, limit: int) -> list[tuple[Cohort, int]]:
    """Return the cohorts that can reach this page: beyond the cursor's own rank, only until it is full."""
    back = cursor is not None and cursor.back
    needed: list[tuple[Cohort, int]] = []
    room = limit
    for rank in sorted(set(ranks.values()), reverse=back):
        if cursor is not None and (rank > cursor.work if back else rank < cursor.work):
            continue
        if room <= 0:
            break
        group = [c for c, own in ranks.items() if own == rank]
        needed += [(c, rank) for c in group]
        if cursor is None or rank != cursor.work:  # of the cursor's own rank, who knows how many are left
            room -= sum(c.installations for c in group)
    return needed


def _part(application_id: int, cohort: Cohort | None, rank: int, cursor: Cursor | None, limit: int) -> Sql:
    where = "application_id = %s"
    params: list[Any] = [application_id]
    if cohort is not None:
        where += " AND pattern_id = %s AND condition = %s"
        params += [cohort.pattern_id, str(cohort.condition)]
    back = cursor is not None and cursor.back
    if cursor is not None and cursor.work == rank:
        where += f" AND (sort_name, id) {'<' if back else '>'} (%s, %s)"
        params += [cursor.name, cursor.id]
    way = " DESC" if back else ""
    return (
        f"SELECT id, sort_name, {rank} AS work FROM {INSTALLATION} WHERE {where} "  # noqa: S608  (as above)
        f"ORDER BY sort_name{way}, id{way} LIMIT {limit}",
        params,
    )


def _merged(parts: list[Sql], order: str, limit: int) -> Sql:
    """Return a statement for the first rows of all parts together."""
    while len(parts) > MOST_PARTS:
        parts = [
            _merged(parts[start : start + MOST_PARTS], order, limit)
            for start in range(0, len(parts), MOST_PARTS)
        ]
    union = " UNION ALL ".join(f"SELECT * FROM ({sql}) p{n}" for n, (sql, _) in enumerate(parts))  # noqa: S608
    return f"{union} ORDER BY {order} LIMIT {limit}", [p for _, params in parts for p in params]


def _with_columns(page: Sql, order: str) -> Sql:
    sql, params = page
    return (
        f"SELECT {COLUMNS}, m.work FROM ({sql}) m JOIN {INSTALLATION} i ON i.id = m.id "  # noqa: S608
        f"JOIN {TENANT} t ON t.id = i.tenant_id ORDER BY {order}",
        params,
    )


def _scattered(
    application_id: int, ranks: dict[Cohort, int], cursor: Cursor | None, limit: int, scatter: Scatter
) -> Sql:
    """Return a statement that finds the hits first and sorts them, few as they usually are."""
    hits, hit_params = _hits(application_id, scatter)
    values, value_params = _values(ranks)
    seek: str = ""
    seek_params: list[Any] = []
    if cursor is not None:
        seek = f"AND (c.work, i.sort_name, i.id) {'<' if cursor.back else '>'} (%s, %s, %s) "
        seek_params = [cursor.work, cursor.name, cursor.id]
    way = " DESC" if cursor is not None and cursor.back else ""
    return (
        f"WITH {values}, {hits} SELECT {COLUMNS}, c.work FROM {FROM_HITS} {seek}"  # noqa: S608
        f"ORDER BY c.work{way}, i.sort_name{way}, i.id{way} LIMIT {limit}",
        [*value_params, *hit_params, *seek_params],
    )


def _values(ranks: dict[Cohort, int]) -> Sql:
    rows = ", ".join(f"(%s, %s, {rank})" for rank in ranks.values())
    params = [value for c in ranks for value in (c.pattern_id, str(c.condition))]
    return f"cohort (pattern_id, condition, work) AS (VALUES {rows})", params


def _hits(application_id: int, scatter: Scatter) -> Sql:
    """Return the ids that match, each way of matching from its own index."""
    ways: list[Sql] = [("", [])]
    if scatter.text:
        text = scatter.text.lower()
        in_name, name_params = _begins("i.sort_name", text)
        in_domain, domain_params = _begins("t.domain", text)
        ways = [(f" AND {in_name}", name_params), (f" AND {in_domain}", domain_params)]
        if guid := _guid(text):
            ways.append((" AND i.tenant_id = %s", [guid]))
    young, young_params = "", []
    if scatter.proved_before is not None:
        young = " AND i.proved_at < %s"
        young_params = [_moment(scatter.proved_before)]
    parts, params = [], []
    for way, way_params in ways:
        start, same = (f"{TENANT} t CROSS JOIN ", " AND i.tenant_id = t.id") if "t." in way else ("", "")
        parts.append(
            f"SELECT i.id FROM {start}{INSTALLATION} i "  # noqa: S608
            f"WHERE i.application_id = %s{same}{way}{young}"
        )
        params += [application_id, *way_params, *young_params]
    return f"hit AS ({' UNION '.join(parts)})", params


def _begins(column: str, text: str) -> Sql:
    if connection.vendor == "sqlite":  # compares bytes, so a range says it exactly and uses the index
        return f"{column} >= %s AND {column} < %s", [text, text + LAST_CHARACTER]
    pattern = text.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_") + "%"
    return f"{column} LIKE %s AND {column} >= %s", [pattern, text]


def _guid(text: str) -> Any:
    try:
        return Tenant._meta.pk.get_db_prep_value(UUID(text), connection)
    except ValueError:
        return None


def _order(back: bool, table: str = "") -> str:
    way = " DESC" if back else ""
    return f"{table}work{way}, {table}sort_name{way}, {table}id{way}"


def newest_changes(
    application_id: int, *, since: datetime, until: datetime | None, limit: int
) -> list[Installation]:
    """Return the installations whose state moved last, newest first, as read_rows returns them."""
    where, params = "i.application_id = %s AND i.condition_since >= %s", [application_id, _moment(since)]
    if until is not None:
        where += " AND i.condition_since <= %s"
        params.append(_moment(until))
    return list(
        Installation.objects.raw(
            f"SELECT {COLUMNS}, 0 AS work FROM {INSTALLATION} i JOIN {TENANT} t ON t.id = i.tenant_id "  # noqa: S608
            f"WHERE {where} ORDER BY i.condition_since DESC, i.id DESC LIMIT {limit}",
            params,
        )
    )


def _moment(value: datetime) -> Any:
    return connection.ops.adapt_datetimefield_value(value)

"""Writes failures in bulk: each row once however often it comes, and its count with it.

On PostgreSQL one statement writes and counts, whatever else goes on: it takes few rows as JSON, and many
from a table of this session that COPY fills while they are still being made.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import Any, Final, NamedTuple
from uuid import UUID

from django.db import connection, transaction

from support.models import FailedRequest, FailureCount
from support.rules.normal import FACTS, NULL, Normal

_FAILURES: Final = FailedRequest._meta.db_table
_COUNTS: Final = FailureCount._meta.db_table
# What a report decides, then what its coming in does.
COLUMNS: Final = (*FACTS, "id", "verdict", "application_id", "source", "key_id", "received_at")
_PLACE: Final = ("application_id", "hour", "verdict", "tenant_id", "method", "template")
_COUNTED: Final = (*_PLACE, "count")
NOBODY: Final = str(UUID(int=0))  # the tenant of a count when nobody told

FEW: Final = 50  # rows up to which JSON is faster than COPY
PART: Final = 100  # rows that PostgreSQL takes in while the next are made

# Names are of our own tables. One order for everybody: no deadlock.
_NAMES: Final = ", ".join(COLUMNS)
_FROM_JSON: Final = f"SELECT {_NAMES} FROM json_populate_recordset(NULL::{_FAILURES}, %s)"  # noqa: S608
_INCOMING: Final = f"""
    CREATE TEMPORARY TABLE IF NOT EXISTS incoming_failures ON COMMIT DELETE ROWS
    AS SELECT {_NAMES} FROM {_FAILURES} WITH NO DATA
"""  # noqa: S608
_FROM_INCOMING: Final = f"DELETE FROM incoming_failures RETURNING {_NAMES}"  # noqa: S608
_WRITE: Final = f"""
    WITH incoming AS (…), new AS (
        INSERT INTO {_FAILURES} ({_NAMES}) SELECT {_NAMES} FROM incoming ORDER BY id
        ON CONFLICT (id) DO NOTHING
        RETURNING application_id, date_trunc('hour', occurred_at, 'UTC') AS hour, verdict,
            coalesce(tenant_id, '{NOBODY}') AS tenant_id, method, template, status
    ), counted AS (
        INSERT INTO {_COUNTS} ({", ".join(_COUNTED)})
        SELECT {", ".join(_PLACE)}, count(*) FROM new WHERE status >= 400 OR status = 206
        GROUP BY {", ".join(_PLACE)} ORDER BY {", ".join(_PLACE)}
        ON CONFLICT ({", ".join(_PLACE)}) DO UPDATE SET count = {_COUNTS}.count + excluded.count
    )
    SELECT count(*) FROM new
"""  # noqa: S608


class Row(NamedTuple):
    id: str
    normal: Normal
    verdict: str


class Origin(NamedTuple):
    """What the rows of a batch have in common, in the order of COLUMNS."""

    application_id: int
    source: str
    key_id: str | None
    received_at: str  # ISO 8601


def write_new(origin: Origin, rows: Iterable[Row], *, size: int) -> int:
    """Write and count the rows that are not there yet; return how many. All of them or none.

    `size` is how many there are, at most.
    """
    if connection.vendor != "postgresql":
        with transaction.atomic():
            return _write_on_sqlite(origin, {row.id: row for row in rows})
    if size <= FEW:
        return _write(_FROM_JSON, [_as_json(origin, rows)])
    with transaction.atomic():
        _copy(origin, rows)
        return _write(_FROM_INCOMING, [])


def _write(source: str, values: Sequence[str]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(_WRITE.replace("…", source), values)
        return int(cursor.fetchone()[0])


def _as_json(origin: Origin, rows: Iterable[Row]) -> str:
    same = origin._asdict()
    return json.dumps([{**row.normal.columns, "id": row.id, "verdict": row.verdict, **same} for row in rows])


def _copy(origin: Origin, rows: Iterable[Row]) -> None:
    same = "\t".join(NULL if value is None else str(value) for value in origin)
    statement = f"COPY incoming_failures ({_NAMES}) FROM STDIN"
    with connection.cursor() as cursor:
        cursor.execute(_INCOMING)
        # COPY is the driver's own: without this its errors would not be Django's.
        with connection.wrap_database_errors, cursor.copy(statement) as copy:
            for part in _parts(rows):
                copy.write(_text(part, same))


def _parts(rows: Iterable[Row]) -> Iterator[list[Row]]:
    left = iter(rows)
    while part := list(islice(left, PART)):
        yield part


def _text(rows: Sequence[Row], same: str) -> str:
    """Tabs between values, a backslash before a backslash; no value holds a tab or newline."""
    lines = [f"{row.normal.line}\t{row.id}\t{row.verdict}\t{same}\n" for row in rows]
    content = "".join(lines).replace("\\", r"\\").replace(NULL, r"\N")
    if content.count("\n") != len(rows) or content.count("\t") != len(rows) * (len(COLUMNS) - 1):
        raise ValueError("A value has a tab or newline in it.")
    return content


def _write_on_sqlite(origin: Origin, rows: Mapping[str, Row]) -> int:
    """The same for a small fleet: nobody else writes meanwhile."""
    stored = FailedRequest.objects.filter(pk__in=rows).values_list("pk", flat=True)
    there = set(map(str, stored))
    new = [row for row in rows.values() if row.id not in there]
    if new:
        _insert(origin, new)
        _count(origin, [row for row in new if row.normal.is_denied])
    return len(new)


def _insert(origin: Origin, rows: Sequence[Row]) -> None:
    """Write rows, times and ids as Django writes them there."""
    values = [
        [
            value if value is None or name not in _SPELLED else _SPELLED[name](str(value))
            for name, value in zip(COLUMNS, (*row.normal.values, row.id, row.verdict, *origin), strict=True)
        ]
        for row in rows
    ]
    marks = ", ".join(["%s"] * len(COLUMNS))
    with connection.cursor() as cursor:
        cursor.executemany(f"INSERT INTO {_FAILURES} ({_NAMES}) VALUES ({marks})", values)  # noqa: S608


def _count(origin: Origin, rows: Sequence[Row]) -> None:
    counts = Counter(
        (
            origin.application_id,
            _sqlite_time(f"{row.normal.columns['occurred_at'][:13]}:00:00+00:00"),
            row.verdict,
            _hex(row.normal.columns["tenant_id"] or NOBODY),
            row.normal.columns["method"],
            row.normal.columns["template"],
        )
        for row in rows
    )
    marks = ", ".join(["%s"] * len(_COUNTED))
    with connection.cursor() as cursor:
        cursor.executemany(
            f"INSERT INTO {_COUNTS} ({', '.join(_COUNTED)}) VALUES ({marks})"  # noqa: S608
            f" ON CONFLICT ({', '.join(_PLACE)}) DO UPDATE SET count = {_COUNTS}.count + excluded.count",
            [(*place, n) for place, n in counts.items()],
        )


def _hex(guid: str) -> str:
    return guid.replace("-", "")


def _sqlite_time(text: str) -> str:
    return str(datetime.fromisoformat(text).astimezone(UTC).replace(tzinfo=None))


_SPELLED: Final[Mapping[str, Callable[[str], Any]]] = {
    **dict.fromkeys(("id", "tenant_id", "key_id"), _hex),
    **dict.fromkeys(("occurred_at", "received_at"), _sqlite_time),
}

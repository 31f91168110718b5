"""Writes failures in bulk: each row once however often it comes, and its count with it.

Who writes rows of an application holds its lock until the commit. So what is there already can be looked
up first, the rest goes in by COPY on PostgreSQL, and nobody waits for each other in a circle.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from operator import itemgetter
from typing import Any, Final
from uuid import UUID

from django.db import connection

from support.models import FailedRequest, FailureCount

Row = dict[str, Any]  # by column; plain JSON, times in ISO 8601 and UTC, ids as GUIDs

_FAILURES: Final = FailedRequest._meta.db_table
_COUNTS: Final = FailureCount._meta.db_table
COLUMNS: Final = tuple(str(field.column) for field in FailedRequest._meta.concrete_fields)
_PLACE: Final = ("application_id", "hour", "verdict", "tenant_id", "method", "template")
_COUNTED: Final = (*_PLACE, "count")
_GUIDS: Final = ("id", "tenant_id", "key_id")
_TIMES: Final = ("occurred_at", "received_at", "hour")
_LOCKS: Final = 0x6661696C  # this kind of lock among the advisory ones
NOBODY: Final = str(UUID(int=0))  # the tenant of a count when nobody told

_NULL: Final = "\0"  # until all else is escaped
_ENCODE: Final = json.JSONEncoder(separators=(",", ":")).encode
_VALUES: Final = itemgetter(*COLUMNS)


def write_new(application_id: int, rows: Mapping[str, Row]) -> int:
    """Write and count the rows, by id, that are not there yet; return how many. Call it in a transaction."""
    _lock(application_id)
    there = _there(rows)
    new = [row for key, row in rows.items() if key not in there]
    if connection.vendor == "postgresql":
        _copy(new)
    else:
        _insert(_FAILURES, COLUMNS, new)
    _count(new)
    return len(new)


def _count(rows: Iterable[Row]) -> None:
    counts = Counter(
        (
            row["application_id"],
            f"{row['occurred_at'][:13]}:00:00+00:00",
            row["verdict"],
            row["tenant_id"] or NOBODY,
            row["method"],
            row["template"],
        )
        for row in rows
    )
    counted = [dict(zip(_COUNTED, (*place, n), strict=True)) for place, n in counts.items()]
    keys, kept = ", ".join(_PLACE), f"{_COUNTS}.count + excluded.count"
    _insert(_COUNTS, _COUNTED, counted, f"ON CONFLICT ({keys}) DO UPDATE SET count = {kept}")


def _lock(application_id: int) -> None:
    """Wait until nobody else writes rows of this application. On SQLite a transaction has that already."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_LOCKS, application_id])


def _there(keys: Collection[str]) -> set[str]:
    """Return those that are stored. By the ORM a thousand keys take longer than writing their rows."""
    if connection.vendor != "postgresql":
        return set(map(str, FailedRequest.objects.filter(pk__in=keys).values_list("pk", flat=True)))
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT id::text FROM {_FAILURES} WHERE id = ANY(%s::uuid[])", [list(keys)])  # noqa: S608
        return {key for (key,) in cursor.fetchall()}


def _copy(rows: Sequence[Row]) -> None:
    """COPY as text: tabs between values, a backslash before a backslash; no value holds a tab or newline."""
    if not rows:
        return
    lines = [
        "\t".join([value if type(value) is str else _text(value) for value in _VALUES(row)]) for row in rows
    ]
    content = "\n".join([*lines, ""]).replace("\\", r"\\").replace(_NULL, r"\N")
    if content.count("\n") != len(rows) or content.count("\t") != len(rows) * (len(COLUMNS) - 1):
        raise ValueError("A value has a tab or newline in it.")
    statement = f"COPY {_FAILURES} ({', '.join(COLUMNS)}) FROM STDIN"
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        copy.write(content)


def _text(value: Any) -> str:
    if value is None:
        return _NULL
    return str(value) if type(value) is int else _ENCODE(value)


def _insert(table: str, columns: Sequence[str], rows: Sequence[Row], conflict: str = "") -> None:
    """INSERT all objects of a JSON array, which is the statement's one parameter. Names are our own."""
    if not rows:
        return
    names = ", ".join(columns)
    if connection.vendor == "postgresql":
        source = f"SELECT {names} FROM json_populate_recordset(NULL::{table}, %s)"  # noqa: S608
    else:
        rows = [_as_sqlite_has_it(row) for row in rows]
        values = ", ".join(f"value ->> '{name}'" for name in columns)
        # "WHERE true" tells SQLite that the ON of ON CONFLICT belongs to no join.
        source = f"SELECT {values} FROM json_each(%s) WHERE true"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {table} ({names}) {source} {conflict}", [_ENCODE(rows)])


def _as_sqlite_has_it(row: Row) -> Row:
    """Return a row with times and ids as Django writes them there."""
    guids = {name: row[name].replace("-", "") for name in _GUIDS if row.get(name)}
    times: Row = {
        name: str(datetime.fromisoformat(row[name]).astimezone(UTC).replace(tzinfo=None))
        for name in _TIMES
        if name in row
    }
    return {**row, **guids, **times}

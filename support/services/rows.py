"""Writes failures in bulk: each row once however often it comes, and its count with it.

Who writes many rows of an application holds its lock until the commit. So what is there already can be
looked up first, and the rest goes in by COPY on PostgreSQL. Few rows are one statement that needs no lock.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Final, NamedTuple
from uuid import UUID

from django.db import IntegrityError, connection, transaction

from support.models import FailedRequest, FailureCount
from support.rules.normal import FACTS, NULL, Normal

_FAILURES: Final = FailedRequest._meta.db_table
_COUNTS: Final = FailureCount._meta.db_table
# What a report decides, then what its coming in does.
COLUMNS: Final = (*FACTS, "id", "verdict", "application_id", "source", "key_id", "received_at")
_PLACE: Final = ("application_id", "hour", "verdict", "tenant_id", "method", "template")
_COUNTED: Final = (*_PLACE, "count")
_LOCKS: Final = 0x6661696C  # this kind of lock among the advisory ones
NOBODY: Final = str(UUID(int=0))  # the tenant of a count when nobody told


FEW: Final = 50  # rows up to which one statement is faster than COPY
PART: Final = 100  # rows that PostgreSQL takes in while the next are made
# Names are of our own tables.
_FEW: Final = f"""
    WITH new AS (
        INSERT INTO {_FAILURES} ({", ".join(COLUMNS)})
        SELECT {", ".join(COLUMNS)} FROM json_populate_recordset(NULL::{_FAILURES}, %s)
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


@dataclass(frozen=True)
class Row:
    id: str
    normal: Normal
    judge: Callable[[Normal], str]

    @cached_property
    def verdict(self) -> str:
        """Judged when it is written: what is there already costs nothing, and the database works meanwhile."""
        return self.judge(self.normal)


class Origin(NamedTuple):
    """What the rows of a batch have in common, in the order of COLUMNS."""

    application_id: int
    source: str
    key_id: str | None
    received_at: str  # ISO 8601


def write_new(origin: Origin, rows: Mapping[str, Row]) -> int:
    """Write and count the rows, by id, that are not there yet; return how many. All of it or nothing."""
    ordered = [rows[key] for key in sorted(rows)]  # one order for all: no deadlock
    if connection.vendor == "postgresql" and len(rows) <= FEW:
        return _write_few(origin, ordered)
    with transaction.atomic():
        _lock(origin.application_id)
        there = _there(rows)
        new = [row for row in ordered if row.id not in there]
        if connection.vendor != "postgresql":
            _insert(origin, new)
        elif not _copied(origin, new):
            return _write_few(origin, ordered)
        _count(origin, [row for row in new if row.normal.is_denied])
    return len(new)


def _write_few(origin: Origin, rows: Sequence[Row]) -> int:
    """Write, count and tell how many were new in one statement: for single reports each trip counts."""
    objects = [
        {**row.normal.columns, "id": row.id, "verdict": row.verdict, **origin._asdict()} for row in rows
    ]
    with connection.cursor() as cursor:
        cursor.execute(_FEW, [json.dumps(objects)])
        return int(cursor.fetchone()[0])


def _count(origin: Origin, rows: Sequence[Row]) -> None:
    if not rows:
        return
    counts = Counter(
        (
            origin.application_id,
            f"{row.normal.columns['occurred_at'][:13]}:00:00+00:00",
            row.verdict,
            row.normal.columns["tenant_id"] or NOBODY,
            row.normal.columns["method"],
            row.normal.columns["template"],
        )
        for row in rows
    )
    places = [dict(zip(_COUNTED, (*place, n), strict=True)) for place, n in sorted(counts.items())]
    names, keys = ", ".join(_COUNTED), ", ".join(_PLACE)
    if connection.vendor == "postgresql":
        source = f"SELECT {names} FROM json_populate_recordset(NULL::{_COUNTS}, %s)"  # noqa: S608
    else:
        # "WHERE true" tells SQLite that the ON of ON CONFLICT belongs to no join.
        values = ", ".join(f"value ->> '{name}'" for name in _COUNTED)
        source = f"SELECT {values} FROM json_each(%s) WHERE true"  # noqa: S608
        for place in places:
            place["hour"], place["tenant_id"] = _sqlite_time(place["hour"]), _hex(place["tenant_id"])
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {_COUNTS} ({names}) {source}"
            f" ON CONFLICT ({keys}) DO UPDATE SET count = {_COUNTS}.count + excluded.count",
            [json.dumps(places)],
        )


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


def _copied(origin: Origin, rows: Sequence[Row]) -> bool:
    """Write rows; whether nobody wrote one of them just now, without waiting for the lock."""
    try:
        with transaction.atomic():
            _copy(origin, rows)
    except IntegrityError:
        return False
    return True


def _copy(origin: Origin, rows: Sequence[Row]) -> None:
    """COPY as text: tabs between values, a backslash before a backslash; no value holds a tab or newline."""
    if not rows:
        return
    same = "\t".join(NULL if value is None else str(value) for value in origin)
    statement = f"COPY {_FAILURES} ({', '.join(COLUMNS)}) FROM STDIN"
    # COPY is the driver's own: without this its errors would not be Django's.
    with connection.wrap_database_errors, connection.cursor() as cursor, cursor.copy(statement) as copy:
        for start in range(0, len(rows), PART):
            copy.write(_text(rows[start : start + PART], same))


def _text(rows: Sequence[Row], same: str) -> str:
    lines = [f"{row.normal.line}\t{row.id}\t{row.verdict}\t{same}\n" for row in rows]
    content = "".join(lines).replace("\\", r"\\").replace(NULL, r"\N")
    if content.count("\n") != len(rows) or content.count("\t") != len(rows) * (len(COLUMNS) - 1):
        raise ValueError("A value has a tab or newline in it.")
    return content


def _insert(origin: Origin, rows: Sequence[Row]) -> None:
    """Write rows to SQLite, times and ids as Django writes them there."""
    if not rows:
        return
    values = [
        [
            value if value is None or name not in _SPELLED else _SPELLED[name](str(value))
            for name, value in zip(COLUMNS, (*row.normal.values, row.id, row.verdict, *origin), strict=True)
        ]
        for row in rows
    ]
    marks = ", ".join(["%s"] * len(COLUMNS))
    with connection.cursor() as cursor:
        cursor.executemany(f"INSERT INTO {_FAILURES} ({', '.join(COLUMNS)}) VALUES ({marks})", values)  # noqa: S608


def _hex(guid: str) -> str:
    return guid.replace("-", "")


def _sqlite_time(text: str) -> str:
    return str(datetime.fromisoformat(text).astimezone(UTC).replace(tzinfo=None))


_SPELLED: Final[Mapping[str, Callable[[str], str]]] = {
    **dict.fromkeys(("id", "tenant_id", "key_id"), _hex),
    **dict.fromkeys(("occurred_at", "received_at"), _sqlite_time),
}

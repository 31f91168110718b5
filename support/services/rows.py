"""Writes failures in bulk: each row once however often it comes, and its count with it.

One statement takes a whole batch as JSON, on both databases alike. Rows are written in the order of
their keys, so that batches that share rows wait for each other and never deadlock.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from django.db import connection

from support.models import FailedRequest, FailureCount

_FAILURES: Final = FailedRequest._meta.db_table
_COUNTS: Final = FailureCount._meta.db_table
_COLUMNS: Final = tuple(str(field.column) for field in FailedRequest._meta.concrete_fields)
_COUNTED: Final = ("application_id", "hour", "verdict", "tenant_id", "method", "template", "count")
NOBODY: Final = UUID(int=0)  # the tenant of a count when nobody told


class Place(NamedTuple):
    """What failures are counted by."""

    application_id: int
    hour: datetime
    verdict: str
    tenant_id: UUID
    method: str
    template: str


def insert_new(rows: Mapping[UUID, Mapping[str, Any]]) -> set[UUID]:
    """Write the rows that are not there yet; return the ids of those. Values are as JSON has them."""
    if not rows:
        return set()
    content = [{**rows[key], "id": _guid(key)} for key in sorted(rows)]
    statement = _insert(_FAILURES, _COLUMNS) + " ON CONFLICT (id) DO NOTHING RETURNING id"
    with connection.cursor() as cursor:
        cursor.execute(statement, [json.dumps(content)])
        return {key if isinstance(key, UUID) else UUID(key) for (key,) in cursor.fetchall()}


def count_up(counts: Counter[Place]) -> None:
    if not counts:
        return
    content = [
        {**place._asdict(), "hour": moment(place.hour), "tenant_id": _guid(place.tenant_id), "count": n}
        for place, n in sorted(counts.items())
    ]
    statement = (
        f"{_insert(_COUNTS, _COUNTED)} ON CONFLICT ({', '.join(_COUNTED[:-1])})"
        f" DO UPDATE SET count = {_COUNTS}.count + excluded.count"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [json.dumps(content)])


def moment(value: datetime) -> str:
    """Return an aware time as this database has it in JSON."""
    if connection.vendor == "postgresql":
        return value.isoformat()
    return str(value.astimezone(UTC).replace(tzinfo=None))  # as Django writes it to SQLite


def guid(value: UUID | None) -> str | None:
    return None if value is None else _guid(value)


def _guid(value: UUID) -> str:
    return str(value) if connection.vendor == "postgresql" else value.hex


def _insert(table: str, columns: tuple[str, ...]) -> str:
    """Return an INSERT of all objects in a JSON array, its one parameter. Names are of our own tables."""
    names = ", ".join(columns)
    if connection.vendor == "postgresql":
        return f"INSERT INTO {table} ({names}) SELECT {names} FROM json_populate_recordset(NULL::{table}, %s)"  # noqa: S608
    values = ", ".join(f"value ->> '{name}'" for name in columns)
    # "WHERE true" tells SQLite that the ON of ON CONFLICT belongs to no join.
    return f"INSERT INTO {table} ({names}) SELECT {values} FROM json_each(%s) WHERE true"  # noqa: S608

"""Builds a fleet of any size in bulk, with everything that the services would have written beside it."""

from __future__ import annotations

import json
import uuid
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from django.core.management.color import no_style
from django.db import connection, models, transaction

from bench import shape
from consent.models import (
    Application,
    DailyCount,
    GrantPattern,
    Installation,
    Invitation,
    Scan,
    Snapshot,
)
from consent.queries.overview import status_counts
from consent.services.patterns import compare_with, count_moves, intern
from consent.services.revisions import publish
from entra.types import GRAPH
from tenants.models import Person, Tenant

HOME = uuid.UUID("0c0ffee0-0000-4000-8000-000000000001")
CLIENT = uuid.UUID("5e471e10-0000-4000-8000-0000000000c1")
DAYS = 90
INVITED_EVERY = 50  # one tenant in so many holds an open invitation
WORDS = "Alpine Baltic Contoso Delta Fabrikam Graphic Litware Northwind Proseware Tailspin Wingtip Woodgrove"

Row = tuple[Any, ...]


def load(size: int, *, now: datetime) -> Application:
    """Fill an empty database with one application and so many installations. Returns the application."""
    application = Application.objects.create(
        slug="sentinel-connector",
        name="Sentinel Connector",
        client_id=CLIENT,
        home_tenant=HOME,
        credential="env:CONNECTOR_SECRET",
        created_at=now - timedelta(days=2 * DAYS),
    )
    _publish(application, now=now)
    patterns = [intern(grants) for grants in shape.PATTERNS]
    clock = _Clock(now)
    _copy(Tenant, ["id", "name", "domain", "contact", "created_at"], _tenants(size, clock))
    _copy(Installation, INSTALLATION, _installations(size, application, patterns, clock))
    revisions = list(application.revisions.order_by("number").values_list("pk", flat=True))
    _copy(Snapshot, SNAPSHOT, _snapshots(size, revisions, patterns, clock))
    _copy(Invitation, INVITATION, _invitations(size, clock))
    _count(size, application, patterns)
    for revision in application.revisions.all():
        compare_with(revision, patterns)
    _history(size, application, now=now)
    return application


def owner() -> Person:
    return Person.objects.create(
        tenant_id=HOME, object_id=uuid.UUID(int=1), name="Dana Okafor", role=Person.Role.OWNER
    )


def _publish(application: Application, *, now: datetime) -> None:
    for number, required in enumerate(shape.REVISIONS):
        publish(
            application=application,
            required=[(permission, f"We use {permission.value}") for permission in required],
            note="",
            person=None,
            now=now - timedelta(days=DAYS - 30 * number),
            based_on=None,
        )


INSTALLATION = [
    "id", "application", "tenant", "sort_name", "created_at", "pattern", "condition", "condition_since",
    "proved_at", "checked_at", "claimed_at", "evidence", "next_check_at",
]  # fmt: skip
SNAPSHOT = ["installation", "sequence", "observed_at", "pattern", "revision", "evidence"]
INVITATION = ["id", "installation", "created_at", "expires_at"]


class _Clock:
    """Moments as the database's driver takes them, hour by hour, made once."""

    def __init__(self, now: datetime) -> None:
        hours = range(-24 * DAYS, 24 * 14)
        self._texts = [_text(now + timedelta(hours=hour)) for hour in hours]
        self._hours = 24 * DAYS

    def ago(self, hours: int) -> str:
        return self._texts[self._hours - hours]


def _text(moment: datetime) -> str:
    text = moment.astimezone(UTC).replace(tzinfo=None).isoformat(sep=" ", timespec="microseconds")
    return f"{text}+00" if connection.vendor == "postgresql" else text


def _guid(kind: int, index: int) -> str:
    # A fixed mix, so that keys come in no order, as GUIDs do.
    mixed = (index * 0x9E3779B97F4A7C15 + kind) & 0xFFFFFFFFFFFFFFFF
    value = uuid.UUID(int=(mixed << 64) | (kind << 56) | index, version=4)
    return str(value) if connection.vendor == "postgresql" else value.hex


def _name(index: int) -> str:
    words = WORDS.split()
    number = index * 7_368_787 % 10_000_019  # a prime: no two alike below it
    return f"{words[index % len(words)]} {words[number % len(words)]} {number:08}"


def _tenants(size: int, clock: _Clock) -> Iterator[Row]:
    for i in range(1, size + 1):
        contact = f"admin@t{i}.example" if i % 10 else ""
        yield _guid(1, i), _name(i), f"t{i}.example", contact, clock.ago(i % (24 * DAYS))


def _installations(
    size: int, application: Application, patterns: list[GrantPattern], clock: _Clock
) -> Iterator[Row]:
    evidence = [_evidence(number, clock) for number in range(len(patterns))]
    for i in range(1, size + 1):
        slot = shape.slot_of(i)
        unread = slot.condition == "unread"
        since = i * 37 % (24 * DAYS)
        proved = 24 * 4 + i % 100 if slot.condition == "unreachable" else i % 6
        yield (
            i, application.pk, _guid(1, i), _name(i).lower(), clock.ago(24 * DAYS - 1),
            patterns[slot.pattern].pk, slot.condition.value, clock.ago(since),
            None if unread else clock.ago(min(proved, since) if since else proved),
            None if unread else clock.ago(i % 6),
            clock.ago(1) if slot.condition == "claimed" else None,
            "[]" if unread else evidence[slot.pattern],
            clock.ago(-(1 + i % 12)),
        )  # fmt: skip


def _snapshots(size: int, revisions: list[int], patterns: list[GrantPattern], clock: _Clock) -> Iterator[Row]:
    # Asks the database nothing: its rows are read while a copy has the connection.
    evidence = [_evidence(number, clock) for number in range(len(patterns))]
    paths = [_path(number) for number in range(len(patterns))]
    for i in range(1, size + 1):
        path = paths[shape.slot_of(i).pattern]
        for sequence, number in enumerate(path, start=1):
            observed = clock.ago(24 * (DAYS - 30 * (sequence - 1)) - 24 + i % 24)
            revision = revisions[min(sequence, len(revisions)) - 1]
            yield i, sequence, observed, patterns[number].pk, revision, evidence[number]


def _path(number: int) -> list[int]:
    """Return the patterns of an installation's snapshots, oldest first; none where nothing ever changed."""
    grants = shape.PATTERNS[number]
    return [*shape.earlier(number), number] if grants.ever_granted else []


def _invitations(size: int, clock: _Clock) -> Iterator[Row]:
    for i in range(INVITED_EVERY, size + 1, INVITED_EVERY):
        yield _guid(2, i), i, clock.ago(i % 48), clock.ago(-24 * 7)


def _evidence(number: int, clock: _Clock) -> str:
    roles = sorted(p.value for p in shape.PATTERNS[number].granted if p.kind == "application")
    observed = clock.ago(1).replace(" ", "T").removesuffix("+00") + "Z"
    return json.dumps(
        [
            {
                "source": "token",
                "observed_at": observed,
                "request_id": str(uuid.UUID(int=number)),
                "client_request_id": str(uuid.UUID(int=number + 1000)),
                "claims": {"aud": GRAPH, "roles": roles},
            }
        ]
    )


def _count(size: int, application: Application, patterns: list[GrantPattern]) -> None:
    places: Counter[tuple[int, str]] = Counter()
    for i in range(1, size + 1):
        slot = shape.slot_of(i)
        places[patterns[slot.pattern].pk, slot.condition.value] += 1
    count_moves(application.pk, places)


def _history(size: int, application: Application, *, now: datetime) -> None:
    counts = status_counts(application)
    DailyCount.objects.bulk_create(
        DailyCount(
            application=application,
            day=(now - timedelta(days=ago)).date(),
            status=status,
            installations=count,
        )
        for ago in range(DAYS)
        for status, count in counts.items()
    )
    Scan.objects.create(
        application=application,
        started_at=now - timedelta(days=1),
        finished_at=now - timedelta(hours=23),
        total=size,
    )


def _copy(model: type[models.Model], names: list[str], rows: Iterable[Row]) -> None:
    """Write rows whose values are as the driver takes them; what is not named gets the model's default."""
    fields = {field.name: field for field in model._meta.concrete_fields}
    rest = [field for name, field in fields.items() if name not in names and not field.primary_key]
    defaults = tuple(_plain(field.get_db_prep_save(field.get_default(), connection)) for field in rest)
    columns = ", ".join(f'"{field.column}"' for field in [*(fields[name] for name in names), *rest])
    table = model._meta.db_table
    complete = (row + defaults for row in rows)
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
                for row in complete:
                    copy.write_row(row)
            if isinstance(fields["id"], models.AutoField) and "id" in names:
                reset = connection.ops.sequence_reset_sql(no_style(), [model])
                cursor.execute(reset[0])
        else:
            marks = ", ".join("?" * (len(names) + len(rest)))
            # Straight to the driver: Django would look at each row's values once more.
            statement = f"INSERT INTO {table} ({columns}) VALUES ({marks})"  # noqa: S608  (names of ours)
            cursor.connection.executemany(statement, complete)


def _plain(value: Any) -> Any:
    return (
        value
        if value is None or isinstance(value, bool | int | str)
        else json.dumps(getattr(value, "obj", value))
    )

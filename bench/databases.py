"""Databases of several sizes at once: each is the default one while it is measured, and stays connected."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from django.core.management import call_command
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.utils import load_backend

DEFAULT = "default"
# PostgreSQL's autovacuum would do this in a while; SQLite collects no statistics by itself.
UPKEEP = {"postgresql": "VACUUM ANALYZE", "sqlite": "PRAGMA wal_checkpoint(TRUNCATE)"}


class Databases:
    """`use(size)` makes the database of that size the one that the portal sees."""

    def __init__(self) -> None:
        self._of: dict[int, BaseDatabaseWrapper] = {}

    def use(self, size: int) -> None:
        connections[DEFAULT] = self._of[size]

    @contextlib.contextmanager
    def created(self, size: int) -> Iterator[None]:
        """Make an empty database with the portal's tables beside the one that is configured, for a while."""
        configured = connections[DEFAULT]
        settings = dict(connections.settings[DEFAULT])
        postgresql = configured.vendor == "postgresql"
        name = f"bench_{os.getpid()}_{size}"
        settings["NAME"] = name if postgresql else str(Path(settings["NAME"]).with_name(f"{name}.sqlite3"))
        if postgresql:
            _run(configured, f"CREATE DATABASE {name}")
        wrapper = load_backend(settings["ENGINE"]).DatabaseWrapper(settings, DEFAULT)
        self._of[size] = wrapper
        try:
            self.use(size)
            call_command("migrate", verbosity=0, interactive=False)
            yield
        finally:
            wrapper.close()
            connections[DEFAULT] = configured
            if postgresql:
                _run(configured, f"DROP DATABASE {name}")
            else:
                for suffix in ("", "-wal", "-shm"):
                    Path(f"{settings['NAME']}{suffix}").unlink(missing_ok=True)

    def settle(self) -> None:
        """Leave the current database as its own upkeep would have it after loading."""
        wrapper = connections[DEFAULT]
        _run(wrapper, UPKEEP[wrapper.vendor])


def _run(wrapper: BaseDatabaseWrapper, statement: str) -> None:
    with wrapper.cursor() as cursor:
        cursor.execute(statement)


INDEXES = {
    # Those that no constraint owns.
    "postgresql": """
        SELECT i.indexname, i.indexdef FROM pg_indexes i
        WHERE i.schemaname = current_schema()
        AND NOT EXISTS (SELECT 1 FROM pg_constraint c WHERE c.conname = i.indexname)
    """,
    "sqlite": "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql LIKE 'CREATE INDEX%'",
}
BEFORE = {
    "postgresql": ["SET statement_timeout = 0", "SET maintenance_work_mem = '256MB'"],
    "sqlite": ["PRAGMA foreign_keys = OFF", "PRAGMA synchronous = OFF", "PRAGMA cache_size = -400000"],
}
AFTER = {
    "postgresql": ["RESET maintenance_work_mem", "RESET statement_timeout"],
    "sqlite": ["PRAGMA foreign_keys = ON", "PRAGMA synchronous = NORMAL", "PRAGMA cache_size = -2000"],
}


@contextlib.contextmanager
def loading() -> Iterator[None]:
    """Write in bulk: indexes come after the rows, and no row is checked against the rows it names."""
    wrapper = connections[DEFAULT]
    for statement in BEFORE[wrapper.vendor]:
        _run(wrapper, statement)
    if unchecked := wrapper.vendor == "postgresql" and _all(wrapper, "SHOW is_superuser") == [("on",)]:
        _run(wrapper, "SET session_replication_role = replica")
    indexes = _all(wrapper, INDEXES[wrapper.vendor])
    for name, _ in indexes:
        _run(wrapper, f'DROP INDEX "{name}"')
    yield
    for _, statement in indexes:
        _run(wrapper, statement)
    if unchecked:
        _run(wrapper, "RESET session_replication_role")
    for statement in AFTER[wrapper.vendor]:
        _run(wrapper, statement)


def _all(wrapper: BaseDatabaseWrapper, query: str) -> list[tuple[str, ...]]:
    with wrapper.cursor() as cursor:
        cursor.execute(query)
        return list(cursor.fetchall())

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
        _run(
            connections[DEFAULT],
            "VACUUM ANALYZE"
            if connections[DEFAULT].vendor == "postgresql"
            else "PRAGMA wal_checkpoint(TRUNCATE)",
        )


def _run(wrapper: BaseDatabaseWrapper, statement: str) -> None:
    with wrapper.cursor() as cursor:
        cursor.execute(statement)


@contextlib.contextmanager
def loading() -> Iterator[None]:
    """Write in bulk: no statement times out, and no row is checked against the rows it names."""
    wrapper = connections[DEFAULT]
    if wrapper.vendor == "postgresql":
        before, after = (
            ["SET statement_timeout = 0", "SET session_replication_role = replica"],
            ["RESET session_replication_role", "RESET statement_timeout"],
        )
    else:
        before = ["PRAGMA foreign_keys = OFF", "PRAGMA synchronous = OFF", "PRAGMA cache_size = -400000"]
        after = ["PRAGMA foreign_keys = ON", "PRAGMA synchronous = NORMAL", "PRAGMA cache_size = -2000"]
    for statement in before:
        _run(wrapper, statement)
    yield
    for statement in after:
        _run(wrapper, statement)

"""Measures how denied calls come in and are found: `python -m bench.failures [quick]`. JSON lines.

What is compared takes turns, so that whatever else the machine does falls on all alike.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import random
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
django.setup()

from django.conf import settings  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from django.urls import reverse  # noqa: E402
from django.utils import timezone  # noqa: E402

from bench import load, reports  # noqa: E402
from bench.databases import Databases, loading  # noqa: E402
from bench.measure import say, timed  # noqa: E402
from bench.served import served  # noqa: E402
from consent.models import Application  # noqa: E402
from support.models import FailedRequest  # noqa: E402
from support.queries.failures import find  # noqa: E402
from support.services.keys import make_key  # noqa: E402
from support.services.rows import COLUMNS  # noqa: E402

TENANTS = 1000
BATCH = 1000
SIZES = {"full": (10_000, 10_000_000), "quick": (10_000, 200_000)}
ROUNDS = {"full": 41, "quick": 21}
SINGLES = 100  # requests in one measurement
WARM_UP = 3
STATEMENT = f"COPY {FailedRequest._meta.db_table} ({', '.join(COLUMNS)}) FROM STDIN"


def main(mode: str) -> None:
    databases = Databases()
    with filled(databases, TENANTS) as application:
        measure_ingest(application, rounds=ROUNDS[mode])
    if connection.vendor == "postgresql":
        measure_lookup(databases, SIZES[mode], rounds=ROUNDS[mode])


@contextlib.contextmanager
def filled(databases: Databases, name: int) -> Iterator[Application]:
    """Make a database with an application and its tenants, for a while."""
    with databases.created(name):
        with loading():
            application = load.load(TENANTS, now=timezone.now())
        databases.settle()
        yield application


def measure_ingest(application: Application, *, rounds: int) -> None:
    settings.FAILURES_PER_MINUTE = 10**9
    key = make_key(application=application, name="bench", person=None, now=timezone.now())
    maker = reports.Maker(application, now=timezone.now())
    times: dict[str, list[float]] = {"batch": [], "copy": [], "single": [], "trivial": []}
    with served(FAILURES_PER_MINUTE=str(10**9)) as ask:
        report = partial(ask, "POST", reverse("api:failures"), key.text)
        trivial = partial(ask, "GET", reverse("portal:healthz"), key.text)
        for number in range(-WARM_UP, rounds):
            calls = {
                "batch": partial(report, maker.body(BATCH)),
                "single": partial(each, report, [maker.body(1) for _ in range(SINGLES)]),
                "trivial": partial(each, trivial, [b""] * SINGLES),
            }
            if connection.vendor == "postgresql":
                calls["copy"] = partial(copy, maker.copied(BATCH, key.key))
            for name, call in calls.items():
                taken = timed(call)
                if number >= 0:
                    times[name].append(taken)
    tell_ingest(times)


def tell_ingest(times: dict[str, list[float]]) -> None:
    vendor = connection.vendor
    middle = {name: statistics.median(taken) for name, taken in times.items() if taken}
    say("ingest_batches", round(BATCH / middle["batch"]), "rows/s", vendor, BATCH)
    if "copy" in middle:
        say("ingest_copy", round(BATCH / middle["copy"]), "rows/s", vendor, BATCH)
        say("ingest_against_copy", round(middle["copy"] / middle["batch"], 3), "ratio", vendor, BATCH)
    say("ingest_singles", round(SINGLES / middle["single"]), "requests/s", vendor, 1)
    say("trivial_view", round(SINGLES / middle["trivial"]), "requests/s", vendor, 1)
    say("ingest_against_trivial", round(middle["trivial"] / middle["single"], 3), "ratio", vendor, 1)


def each(call: Callable[[Any], None], items: Iterable[Any]) -> None:
    for item in items:
        call(item)


def copy(content: str) -> None:
    with connection.cursor() as cursor, cursor.copy(STATEMENT) as stream:
        stream.write(content)


def measure_lookup(databases: Databases, sizes: tuple[int, int], *, rounds: int) -> None:
    """Find ids that are there, and open the page of what was found."""
    with contextlib.ExitStack() as stack:
        clients: dict[int, Client] = {}
        for size in sizes:
            application = stack.enter_context(filled(databases, size))
            started = time.monotonic()
            with loading():
                reports.generate(application, size, now=timezone.now())
            databases.settle()
            say("failures_load", round(time.monotonic() - started, 1), "s", connection.vendor, size)
            clients[size] = Client()
            clients[size].force_login(load.owner())
        times: dict[tuple[str, int], list[float]] = {}
        order = itertools.cycle((sizes, sizes[::-1]))
        for number, turn in zip(range(-WARM_UP, rounds), order, strict=False):
            for size in turn:
                databases.use(size)
                for name, taken in look_up(clients[size], size):
                    if number >= 0:
                        times.setdefault((name, size), []).append(taken)
    middle = {key: statistics.median(taken) for key, taken in times.items()}
    for (name, size), value in sorted(middle.items()):
        say(name, round(value * 1000, 3), "ms", "postgresql", size)
    for name in ("failure_lookup", "failure_page"):
        growth = middle[name, sizes[1]] / middle[name, sizes[0]]
        say(f"{name}_growth", round(growth, 3), "ratio", "postgresql", sizes[1])


def look_up(client: Client, size: int) -> Iterator[tuple[str, float]]:
    number = random.randrange(1, size + 1)  # noqa: S311  (no secret)
    wanted = reports.client_request_id(number)
    found: list[FailedRequest] = []
    yield "failure_lookup", timed(lambda: found.extend(find([wanted])))
    if [row.client_request_id for row in found] != [wanted]:
        raise RuntimeError(f"{wanted} was not found")
    address = reverse("support:failure_detail", args=[found[0].application.slug, found[0].pk])
    yield "failure_page", timed(lambda: _open(client, address))


def _open(client: Client, address: str) -> None:
    if client.get(address).status_code != 200:
        raise RuntimeError(f"{address} is not there")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "full")

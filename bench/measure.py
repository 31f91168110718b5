"""Measures one database: `python -m bench.measure [quick]`, on the engine of DATABASE_URL. JSON lines.

Every size is loaded first. Then the sizes take turns, call by call, so that whatever else the machine does
falls on all alike, and what is compared is medians of the same minutes.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
django.setup()

from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from django.urls import reverse  # noqa: E402
from django.utils import timezone  # noqa: E402

from bench import load, shape, verdicts  # noqa: E402
from bench.databases import Databases, loading  # noqa: E402
from consent.models import Application, Installation  # noqa: E402
from consent.queries.patterns import load_cohorts, load_history  # noqa: E402
from consent.queries.tenant_rows import Cursor  # noqa: E402
from consent.rules.status import SEVERITY, Status  # noqa: E402
from consent.services.revisions import preview, publish  # noqa: E402
from tenants.models import Person  # noqa: E402

SIZES = {"full": (1_000, 100_000, 1_000_000), "quick": (1_000, 10_000)}
ROUNDS = {"full": 31, "quick": 15}
WARM_UP = 3
FILTERED = Status.RE_CONSENT_NEEDED  # the status whose list is read
DEEP = 0.8  # how far down that list the deep page starts
GROWTH = {
    "publish_growth": ["publish"],
    "preview_growth": ["preview"],
    "overview_growth": ["overview"],
    "list_growth": ["list_first_page", "list_deep_page"],  # the worse of both
    "tenant_growth": ["tenant"],
}


@dataclass
class Fleet:
    """One size: who looks at it, and the addresses that are asked for."""

    size: int
    application: Application
    owner: Person
    client: Client = field(default_factory=Client)
    published: int = 0

    def prepare(self) -> None:
        self.client.force_login(self.owner)
        slug = self.application.slug
        self.overview_url = reverse("consent:overview", args=[slug])
        self.list_url = f"{reverse('consent:tenant_list', args=[slug])}?status={FILTERED}"
        place = self._deep_row()
        self.deep_url = f"{self.list_url}&after={place.token()}"
        tenant = Installation.objects.values_list("tenant_id", flat=True).get(pk=place.id)
        self.tenant_url = reverse("consent:tenant_detail", args=[slug, tenant])

    def _deep_row(self) -> Cursor:
        cohorts = load_cohorts(self.application, load_history(self.application))
        filtered = [c for c in cohorts if c.status is FILTERED]
        biggest = max(filtered, key=lambda c: c.installations)
        rows = Installation.objects.filter(
            application=self.application, pattern_id=biggest.pattern_id, condition=biggest.condition
        ).order_by("sort_name", "id")
        row = rows[int(biggest.installations * DEEP)]
        return Cursor(SEVERITY.index(FILTERED), row.sort_name, row.pk)

    def publish(self) -> None:
        """Publish two sets in turn: a revision may not repeat the one before it."""
        self.published += 1
        extra = (shape.HUNTING,) if self.published % 2 else ()
        required = [(p, "We use it") for p in (*shape.REVISIONS[-1], *extra)]
        publish(
            application=self.application,
            required=required,
            note="",
            person=self.owner,
            now=timezone.now(),
            based_on=None,
        )

    def preview(self) -> None:
        preview(application=self.application, required=[*shape.REVISIONS[-1], shape.AUDIT])

    def get(self, url: str) -> None:
        response = self.client.get(url)
        if response.status_code != 200:
            raise RuntimeError(f"{url} answered {response.status_code}")

    def calls(self) -> dict[str, Callable[[], None]]:
        # Publishing comes last in each round: what the pages show then is the same in every round.
        return {
            "preview": self.preview,
            "overview": lambda: self.get(self.overview_url),
            "list_first_page": lambda: self.get(self.list_url),
            "list_deep_page": lambda: self.get(self.deep_url),
            "tenant": lambda: self.get(self.tenant_url),
            "publish": self.publish,
        }


def main(mode: str) -> None:
    databases = Databases()
    vendor, sizes = connection.vendor, SIZES[mode]
    with contextlib.ExitStack() as stack:
        fleets = []
        for size in sizes:
            stack.enter_context(databases.created(size))
            fleets.append(loaded(size, databases))
            print(f"{vendor}: {size:,} installations loaded", file=sys.stderr, flush=True)
        times = measured(fleets, databases, rounds=ROUNDS[mode])
    medians = {key: statistics.median(values) for key, values in times.items()}
    for figure, size in sorted(medians):
        say(figure, round(medians[figure, size] * 1000, 3), "ms", vendor, size)
    for growth, figures in GROWTH.items():
        worst = max(medians[name, sizes[-1]] / medians[name, sizes[0]] for name in figures)
        say(growth, round(worst, 3), "ratio", vendor, sizes[-1])
    say("verdicts", round(verdicts.per_second()), "1/s per core", vendor, verdicts.MANY)


def loaded(size: int, databases: Databases) -> Fleet:
    started = time.monotonic()
    with loading():
        application = load.load(size, now=timezone.now())
    databases.settle()
    say("load", round(time.monotonic() - started, 3), "s", connection.vendor, size)
    fleet = Fleet(size=size, application=application, owner=load.owner())
    fleet.prepare()
    return fleet


def measured(fleets: list[Fleet], databases: Databases, *, rounds: int) -> dict[tuple[str, int], list[float]]:
    times: dict[tuple[str, int], list[float]] = {}
    for number in range(-WARM_UP, rounds):
        for figure in fleets[0].calls():
            # Who goes first alternates as well.
            for fleet in fleets if number % 2 else reversed(fleets):
                databases.use(fleet.size)
                taken = timed(fleet.calls()[figure])
                if number >= 0:
                    times.setdefault((figure, fleet.size), []).append(taken)
    return times


def timed(call: Callable[[], None]) -> float:
    gc.collect()
    gc.disable()
    try:
        started = time.perf_counter()
        call()
        return time.perf_counter() - started
    finally:
        gc.enable()


def say(figure: str, value: float, unit: str, database: str, n: int) -> None:
    line = {"figure": figure, "value": value, "unit": unit, "database": database, "n": n}
    print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "full")

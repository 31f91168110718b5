"""A bench fleet is what the services would have written, or its figures would mean nothing."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

import pytest

from bench import load, shape
from bench.measure import Fleet
from consent.models import Comparison, Installation, Snapshot
from consent.queries.overview import status_counts
from consent.rules.drift import compare
from consent.rules.status import Status, standing_of
from consent.services.patterns import recount

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@pytest.fixture
def fleet(db):
    return load.load(shape.SLOTS, now=NOW)


def test_the_roll_up_equals_a_recount(fleet):
    assert recount(fleet, repair=False) == Counter()


def test_statuses_counted_in_sql_are_those_of_the_rule_for_each_installation(fleet):
    required = fleet.current_revision.required
    one_by_one: Counter[Status] = Counter()
    for installation in Installation.objects.select_related("pattern"):
        grants = installation.pattern.grants
        drift = compare(required=required, grants=grants)
        one_by_one[installation.status(standing_of(drift=drift, grants=grants))] += 1

    assert one_by_one.total() == shape.SLOTS
    assert +Counter(status_counts(fleet)) == one_by_one


def test_every_pattern_in_use_is_compared_with_every_revision(fleet):
    in_use = Installation.objects.values("pattern").distinct().count()

    assert 35 <= in_use <= 45
    assert Comparison.objects.count() == in_use * fleet.revisions.count()


def test_the_newest_snapshot_shows_what_is_granted_now(fleet):
    newest = {
        row.installation_id: row for row in Snapshot.objects.order_by("sequence").select_related("pattern")
    }
    granted = {
        row.pk: row.pattern.grants
        for row in Installation.objects.select_related("pattern")
        if row.pattern.grants.ever_granted
    }

    assert {key: row.granted for key, row in newest.items()} == {
        key: grants.granted for key, grants in granted.items()
    }


def test_every_call_that_is_measured_works_on_it(fleet):
    measured = Fleet(size=shape.SLOTS, application=fleet, owner=load.owner())
    measured.prepare()

    for call in measured.calls().values():
        call()

    assert fleet.revisions.count() == len(shape.REVISIONS) + 1

"""The rule against failures that were labelled from Microsoft's documentation, not by the rule."""

from collections import Counter

import pytest

from support.rules.facts import Confidence, Slug
from support.rules.verdict import judge
from tests.support.labelled import ROWS, Row

MOST_DOUBT = 0.05


@pytest.mark.parametrize("row", ROWS, ids=[row.name for row in ROWS])
def test_is_judged_as_it_was_labelled_or_left_open(row: Row):
    verdict = judge(row.facts)
    assert verdict.headline
    assert verdict.next_step
    if verdict.confidence is Confidence.CANNOT_TELL:
        assert verdict.settles, "what would settle it has to be named"
        return
    assert verdict.slug == row.slug, f"{row.why} The rule says: {verdict.headline}"
    if row.who is not None:
        assert verdict.who == row.who, row.why


def test_at_most_one_in_twenty_is_left_open():
    doubted = [row.name for row in ROWS if judge(row.facts).confidence is Confidence.CANNOT_TELL]
    assert len(doubted) <= MOST_DOUBT * len(ROWS), doubted


def test_where_only_doubt_is_honest_nothing_is_said_for_certain():
    for row in ROWS:
        if row.slug is Slug.NOT_ENOUGH_EVIDENCE:
            assert judge(row.facts).confidence is Confidence.CANNOT_TELL, row.name


def test_every_verdict_is_there_several_times_and_no_failure_twice():
    counts = Counter(row.slug for row in ROWS)
    assert len(ROWS) >= 160
    assert set(counts) == set(Slug)
    assert min(counts.values()) >= 4
    assert counts[Slug.NOT_ENOUGH_EVIDENCE] <= MOST_DOUBT * len(ROWS)
    assert len({row.name for row in ROWS}) == len(ROWS)
    assert all(row.why.endswith(".") for row in ROWS)
    for index, row in enumerate(ROWS):
        assert row.facts not in [other.facts for other in ROWS[:index]], row.name

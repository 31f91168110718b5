"""Counts over time, drawn."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from portal.bars import bar_chart

START = datetime(2026, 11, 17, tzinfo=UTC)


def days(*counts: int) -> list[tuple[datetime, int]]:
    return [(START + timedelta(days=n), count) for n, count in enumerate(counts)]


def test_without_a_count_there_is_nothing_to_draw():
    assert bar_chart(days(0, 0, 0), hourly=False) is None
    assert bar_chart([], hourly=True) is None


@pytest.mark.parametrize(
    ("most", "top"), [(1, "2"), (3, "4"), (7, "8"), (10, "10"), (11, "20"), (99, "100"), (8_001, "10,000")]
)
def test_the_plot_ends_with_a_round_number_that_holds_every_bar(most, top):
    chart = bar_chart(days(0, most), hourly=False)

    assert chart
    assert [level.label for level in chart.levels][-1] == top
    assert all(0 <= bar.y <= 100 and abs(bar.y + bar.height - 100) < 0.02 for bar in chart.bars)


def test_one_call_does_not_vanish_beside_thousands():
    chart = bar_chart(days(1, 9_000), hourly=False)

    assert chart
    assert chart.bars[0].height > 1


def test_bars_share_the_width_without_touching():
    chart = bar_chart(days(*range(1, 31)), hourly=False)

    assert chart
    assert len(chart.labels) <= 6
    for left, right in zip(chart.bars, chart.bars[1:], strict=False):
        assert left.x + left.width < right.x
    assert chart.bars[-1].x + chart.bars[-1].width <= 100


def test_it_says_the_same_in_words():
    hours = [(START + timedelta(hours=n), n) for n in range(24)]
    chart = bar_chart(hours, hourly=True)

    assert chart
    assert chart.summary == "276 from 00:00 to 23:00; most at 23:00: 23."

"""Where the bars of a count over time go. Templates draw them; positions are percent of the plot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from portal.charts import Tick, day_label

GAP = 0.25  # of a bar's room
MINIMUM = 1.5  # percent of the height: one call must not vanish beside thousands
MOST_LABELS = 6
HOURLY_BARS = 24  # up to here a bar is an hour


@dataclass(frozen=True)
class Bar:
    x: float
    width: float
    y: float
    height: float
    label: str
    count: int


@dataclass(frozen=True)
class BarChart:
    bars: tuple[Bar, ...]
    levels: tuple[Tick, ...]
    labels: tuple[Tick, ...]
    summary: str


def bar_chart(points: Sequence[tuple[datetime, int]], *, hourly: bool) -> BarChart | None:
    """Points are (start, count), oldest first; without a count there is nothing to draw."""
    if not any(count for _, count in points):
        return None
    top = _top(max(count for _, count in points))
    room = 100 / len(points)
    bars = []
    for n, (at, count) in enumerate(points):
        height = max(100 * count / top, MINIMUM) if count else 0.0
        bars.append(
            Bar(
                x=round(room * (n + GAP / 2), 2),
                width=round(room * (1 - GAP), 2),
                y=round(100 - height, 2),
                height=round(height, 2),
                label=bar_label(at, hourly=hourly),
                count=count,
            )
        )
    stride = -(-len(bars) // MOST_LABELS)
    labels = [Tick(round(b.x + b.width / 2, 2), b.label) for b in bars[::stride]]
    levels = tuple(Tick(100 - 100 * part / 2, f"{top * part // 2:,}") for part in (0, 1, 2))
    return BarChart(tuple(bars), levels, tuple(labels), _summary(bars))


def bar_label(at: datetime, *, hourly: bool) -> str:
    return f"{at:%H}:00" if hourly else day_label(at)


def _top(most: int) -> int:
    """Return the even round number that the plot ends with."""
    step = 1
    while step * 10 < most:
        step *= 10
    return next(step * n for n in (2, 4, 6, 8, 10) if step * n >= most)


def _summary(bars: Sequence[Bar]) -> str:
    most = max(bars, key=lambda bar: bar.count)
    total = sum(bar.count for bar in bars)
    return f"{total:,} from {bars[0].label} to {bars[-1].label}; most at {most.label}: {most.count:,}."

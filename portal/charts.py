"""Where the marks of a chart go, as plain numbers. Templates draw them; positions are percent of the plot."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from portal.wording import STATUSES, Status

BAR_GAP = 0.4
BAR_MINIMUM = 0.7  # a status that a few tenants have must not vanish
LABEL_WIDTH = 28  # percent of the plot a marker's label takes on a phone
MOST_DATE_LABELS = 4


@dataclass(frozen=True)
class Segment:
    status: Status
    count: int
    share: str
    x: float
    width: float


@dataclass(frozen=True)
class Tick:
    position: float
    label: str


@dataclass(frozen=True)
class Marker:
    position: float
    label: str
    day: date
    anchor: str
    dx: int
    dy: int


@dataclass(frozen=True)
class LineChart:
    points: tuple[tuple[date, float], ...]
    markers: tuple[Marker, ...]
    line: str
    area: str
    levels: tuple[Tick, ...]
    dates: tuple[Tick, ...]
    summary: str


def share(count: int, total: int) -> str:
    """Percent with one decimal, never rounded up to all or down to none."""
    if not total or not count:
        return "0%"
    if count == total:
        return "100%"
    return f"{min(max(100 * count / total, 0.1), 99.9):.1f}%"


def day_label(day: date) -> str:
    return f"{day.day} {day:%b}"


def percent(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0") + "%"


def stacked_bar(counts: Mapping[str, int]) -> tuple[Segment, ...]:
    """One segment per status in the order of the vocabulary, zero counts included (their width is 0)."""
    total = sum(counts.values())
    shown = [slug for slug in STATUSES if counts.get(slug, 0) > 0]
    room = 100 - BAR_GAP * max(len(shown) - 1, 0)
    wanted = {slug: max(room * counts[slug] / total, BAR_MINIMUM) for slug in shown}
    scale = room / sum(wanted.values()) if wanted else 0
    segments = []
    x = 0.0
    for slug, status in STATUSES.items():
        count = counts.get(slug, 0)
        width = wanted.get(slug, 0) * scale
        segments.append(Segment(status, count, share(count, total), round(x, 2), round(width, 2)))
        x += width + BAR_GAP if width else 0
    return tuple(segments)


def line_chart(
    points: Sequence[tuple[date, float]], markers: Sequence[tuple[date, str]] = ()
) -> LineChart | None:
    """Points are (day, percent), oldest first; without two different days there is nothing to draw."""
    days = [(_day(day), float(value)) for day, value in points]
    if len(days) < 2 or days[0][0] == days[-1][0]:
        return None
    first, last = days[0][0], days[-1][0]
    low, step = _scale(min(value for _, value in days))

    def across(day: date) -> float:
        return round(100 * (day - first).days / (last - first).days, 2)

    line = " ".join(f"{across(day):g},{_down(value, low):g}" for day, value in days)
    placed = _place_markers(
        [(across(_day(day)), _day(day), label) for day, label in markers if first <= _day(day) <= last]
    )
    return LineChart(
        points=tuple(days),
        markers=placed,
        line=line,
        area=f"0,100 {line} 100,100",
        levels=tuple(Tick(_down(level, low), f"{level}%") for level in range(low, 101, step)),
        dates=tuple(Tick(across(day), day_label(day)) for day in _date_ticks(first, last)),
        summary=_summary(days, placed),
    )


def _day(value: date) -> date:
    return value.date() if isinstance(value, datetime) else value


def _down(value: float, low: int) -> float:
    return round(100 * (100 - value) / (100 - low), 2)


def _scale(lowest: float) -> tuple[int, int]:
    """The percentage at the bottom of the plot, and the distance of its grid lines."""
    for low, step in ((90, 2), (80, 5), (50, 10)):
        if lowest >= low:
            return low, step
    return 0, 20


def _date_ticks(first: date, last: date) -> list[date]:
    """First days of months where the plot is long enough for two of them, else evenly spaced days."""
    months = [
        day for day in (first + timedelta(days=n) for n in range((last - first).days + 1)) if day.day == 1
    ]
    if len(months) >= 2:
        stride = -(-len(months) // MOST_DATE_LABELS)
        return months[::stride]
    count = min(MOST_DATE_LABELS, (last - first).days + 1)
    return [first + (last - first) * n / (count - 1) for n in range(count)]


def _place_markers(found: list[tuple[float, date, str]]) -> tuple[Marker, ...]:
    """Near the right edge a label turns left; one that would run into another goes a line higher."""
    markers: list[Marker] = []
    taken: dict[int, list[float]] = {}
    for position, day, label in found:
        turned = position > 100 - LABEL_WIDTH
        start = position - LABEL_WIDTH if turned else position
        level = 0
        while any(abs(start - other) < LABEL_WIDTH for other in taken.get(level, [])):
            level += 1
        taken.setdefault(level, []).append(start)
        anchor, dx = ("end", -5) if turned else ("start", 5)
        markers.append(Marker(position, label, day, anchor, dx, -8 - 16 * level))
    return tuple(markers)


def _summary(days: list[tuple[date, float]], markers: tuple[Marker, ...]) -> str:
    low_day, low = min(days, key=lambda point: point[1])
    text = (
        f"From {percent(days[0][1])} on {day_label(days[0][0])} to {percent(days[-1][1])} "
        f"on {day_label(days[-1][0])}; lowest {percent(low)} on {day_label(low_day)}."
    )
    if markers:
        text += (
            " Marked: " + ", ".join(f"{marker.label} on {day_label(marker.day)}" for marker in markers) + "."
        )
    return text

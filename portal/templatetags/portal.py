"""Components of the pages. Only presentation: everything they show arrives ready."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django import template
from django.forms import BaseForm, BoundField
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from portal import bars, charts
from portal.wording import CELLS, KINDS, RAIL, STATUSES

register = template.Library()

# After a dot, and where a lower-case letter meets a capital: ReadWrite may break, URLs of GUIDs may not.
BREAKS = re.compile(r"(?<=[.])(?=[^.])|(?<=[a-z])(?=[A-Z])")


@register.simple_tag
def icon(name: str, label: str = "", size: int = 20, tone: str = "") -> SafeString:
    """A symbol of icons.svg, hidden from assistive technology unless it has a label."""
    css = f"icon {tone}" if tone else "icon"
    href = f"{static('icons.svg')}#{name}"
    if not label:
        return format_html(
            '<svg class="{}" width="{}" height="{}" aria-hidden="true"><use href="{}"/></svg>',
            css,
            size,
            size,
            href,
        )
    return format_html(
        '<svg class="{}" width="{}" height="{}" role="img" aria-label="{}"><use href="{}"/></svg>',
        css,
        size,
        size,
        label,
        href,
    )


@register.inclusion_tag("components/status_chip.html")
def status_chip(slug: str, url: str = "", large: bool = False) -> dict[str, Any]:
    return {"status": STATUSES[slug], "url": url, "large": large}


@register.inclusion_tag("components/cell.html")
def cell(state: str, text: bool = False) -> dict[str, Any]:
    return {"cell": CELLS[state], "text": text}


@register.simple_tag
def status_label(slug: str) -> str:
    return STATUSES[slug].label


@register.simple_tag
def status_meaning(slug: str) -> str:
    return STATUSES[slug].meaning


@register.filter
def kind_words(kind: str) -> str:
    """`application permission`, for sentences."""
    return KINDS[kind][1]


@register.filter
def kind_short(kind: str) -> str:
    """`App`, for columns."""
    return KINDS[kind][0]


@register.filter
def perm_breaks(value: str) -> SafeString:
    """Lets SecurityEvents.ReadWrite.All wrap between its words."""
    *heads, tail = BREAKS.split(str(value))
    return format_html("{}{}", format_html_join("", "{}<wbr>", ((head,) for head in heads)), tail)


@register.simple_tag
def permission_name(value: str) -> SafeString:
    return _inline("components/permission_name.html", {"value": value})


@register.filter
def thousands(value: int | None) -> str:
    """47,280; a dash where there is no number."""
    return "—" if value is None else f"{value:,}"


@register.simple_tag
def share(count: int, total: int) -> str:
    """91.4%; 100% and 0% only when exact."""
    return charts.share(count, total)


@register.simple_tag
def when(value: datetime | None, now: datetime, empty: str = "Never") -> SafeString:
    """Relative for a week, then the date; the exact time in the tooltip."""
    if value is None:
        return _inline("components/time.html", {"text": "", "empty": empty})
    return _inline("components/time.html", {"value": _utc(value), "text": relative(value, now)})


@register.simple_tag
def exact(value: datetime | None, empty: str = "Never") -> SafeString:
    """With seconds and zone, as evidence needs it."""
    if value is None:
        return _inline("components/time.html", {"text": "", "empty": empty})
    utc = _utc(value)
    text = f"{day(utc)}, {utc:%H:%M:%S} UTC"
    return _inline("components/time.html", {"value": utc, "text": text, "plain": True})


def _inline(template_name: str, context: dict[str, Any]) -> SafeString:
    """Without the line break that ends every file: a comma may follow."""
    return SafeString(render_to_string(template_name, context).strip())


@register.filter
def day(value: date) -> str:
    """12 Nov 2026: no reader takes the month for the day."""
    return f"{value.day} {value:%b %Y}"


def relative(value: datetime, now: datetime) -> str:
    distance = now - value
    words = _distance(abs(distance))
    if words is None:
        return day(_utc(value))
    if words == "":
        return "just now"
    return f"{words} ago" if distance > timedelta(0) else f"in {words}"


def _distance(distance: timedelta) -> str | None:
    minutes = int(distance.total_seconds() // 60)
    if minutes < 1:
        return ""
    if minutes < 60:
        return f"{minutes} min"
    if minutes < 24 * 60:
        return f"{minutes // 60} h"
    if distance <= timedelta(days=7):
        return f"{minutes // (24 * 60)} d"
    return None


def _utc(value: datetime) -> datetime:
    return value.astimezone(UTC)


@register.inclusion_tag("components/stacked_bar.html")
def stacked_bar(counts: Mapping[str, int], url: str = "") -> dict[str, Any]:
    """`url` is the list that takes `?status=`; without it the legend is text."""
    return {"segments": charts.stacked_bar(counts), "total": sum(counts.values()), "url": url}


@register.inclusion_tag("components/line_chart.html")
def line_chart(
    points: Sequence[tuple[date, float]],
    markers: Sequence[tuple[date, str]] = (),
    name: str = "trend",
    title: str = "Tenants in step",
) -> dict[str, Any]:
    """Points are (day, percent), markers (day, label), oldest first; `name` makes the ids."""
    chart = charts.line_chart(points, markers)
    rows = [(point, charts.percent(value)) for point, value in reversed(chart.points)] if chart else []
    return {"chart": chart, "rows": rows, "name": name, "title": title}


@register.inclusion_tag("components/bar_chart.html")
def bar_chart(
    points: Sequence[tuple[datetime, int]], hourly: bool, name: str = "counts", title: str = "Denied calls"
) -> dict[str, Any]:
    """Points are (start of an hour or day, count), oldest first; `name` makes the ids."""
    chart = bars.bar_chart(points, hourly=hourly)
    return {"chart": chart, "name": name, "title": title, "first": "Hour, UTC" if hourly else "Day"}


@register.inclusion_tag("components/field.html")
def field(bound: BoundField, large: bool = False) -> dict[str, Any]:
    widget = bound.field.widget
    return {
        "field": bound,
        "is_group": widget.use_fieldset,
        "is_checkbox": getattr(widget, "input_type", "") == "checkbox" and not widget.use_fieldset,
        "large": large,
    }


@register.inclusion_tag("components/error_summary.html")
def error_summary(form: BaseForm) -> dict[str, Any]:
    return {"form": form, "fields": [bound for bound in form.visible_fields() if bound.errors]}


@register.inclusion_tag("components/rail.html", takes_context=True)
def rail(context: template.Context) -> dict[str, Any]:
    """The links of the left rail, as far as the person's role and the application at hand allow."""
    nav = context.get("nav")
    role = getattr(context.get("person"), "role", "")
    return {"items": _rail_items(nav, role) if nav else []}


def _rail_items(nav: Mapping[str, Any], role: str) -> list[dict[str, Any]]:
    application: Any = nav.get("application")
    current = nav.get("current") or ""
    items = []
    for item in RAIL:
        if (item.roles and role not in item.roles) or (item.of_application and application is None):
            continue
        href = reverse(item.url_name, kwargs={"slug": application.slug} if item.of_application else None)
        place = "page" if current == item.url_name else "true" if current.startswith(item.section) else ""
        count = (nav.get("counts") or {}).get(item.count)
        more = item.count in nav.get("more", ())
        items.append({"item": item, "href": href, "place": place, "count": count, "more": more})
    return items

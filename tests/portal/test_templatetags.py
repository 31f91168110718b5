"""Components, rendered as pages render them."""

import re
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

import pytest
from django import forms
from django.template import Context, Template
from django.template.loader import render_to_string

from portal import charts
from portal.wording import CELLS, SEVERITY, STATUSES

NOW = datetime(2026, 11, 23, 3, 10, 30, tzinfo=UTC)
COUNTS = {"in-step": 43_207, "re-consent-needed": 2_114, "revoked": 3}


def render(text: str, **context: object) -> str:
    return Template("{% load portal %}" + text).render(Context(context))


class TestStatusChip:
    @pytest.mark.parametrize("slug", STATUSES)
    def test_shows_shape_word_and_tone(self, slug):
        html = render("{% status_chip slug %}", slug=slug)
        assert f"#st-{slug}" in html
        assert f">{STATUSES[slug].label}<" in html.replace("</svg>", "</svg>>", 1)
        assert f"is-{slug}" in html

    def test_links_when_given_an_address(self):
        html = render("{% status_chip 'revoked' url %}", url="/x?a=1&b=2")
        assert 'href="/x?a=1&amp;b=2"' in html

    def test_refuses_a_status_that_does_not_exist(self):
        with pytest.raises(KeyError):
            render("{% status_chip 'compliant' %}")

    def test_severity_orders_every_status_once(self):
        assert sorted(SEVERITY) == sorted(STATUSES)


class TestCell:
    def test_says_its_word_to_those_who_cannot_see_the_glyph(self):
        for state in CELLS:
            assert CELLS[state].label in render("{% cell state %}", state=state)

    def test_shapes_differ(self):
        icons = [cell.icon for slug, cell in CELLS.items() if slug != "extra"]
        assert len(set(icons)) == len(icons) == 5

    def test_calls_a_surplus_permission_extra(self):
        assert render("{% cell 'surplus' %}") == render("{% cell 'extra' %}")


class TestPermissionNames:
    def test_wrap_after_dots_and_between_words(self):
        html = render("{{ name|perm_breaks }}", name="SecurityEvents.ReadWrite.All")
        assert html == "Security<wbr>Events.<wbr>Read<wbr>Write.<wbr>All"

    def test_are_escaped(self):
        html = render("{{ name|perm_breaks }}", name='<script>alert("x")</script>.A')
        assert "<script" not in html
        assert "&lt;script&gt;" in html

    def test_may_be_empty(self):
        assert render("{{ name|perm_breaks }}", name="") == ""

    def test_are_never_translated(self):
        assert 'translate="no"' in render("{% permission_name 'User.Read' %}")


class TestWhen:
    @pytest.mark.parametrize(
        ("distance", "words"),
        [
            (timedelta(seconds=20), "just now"),
            (timedelta(seconds=-20), "just now"),
            (timedelta(minutes=14), "14 min ago"),
            (timedelta(hours=2, minutes=59), "2 h ago"),
            (timedelta(days=3), "3 d ago"),
            (timedelta(days=7), "7 d ago"),
            (timedelta(days=8), "15 Nov 2026"),
            (timedelta(minutes=-9), "in 9 min"),
            (timedelta(days=-30), "23 Dec 2026"),
        ],
    )
    def test_is_relative_for_a_week(self, distance, words):
        assert f">{words}</time>" in render("{% when value now %}", value=NOW - distance, now=NOW)

    def test_keeps_the_exact_time_with_its_zone(self):
        html = render("{% when value now %}", value=NOW, now=NOW)
        assert 'datetime="2026-11-23T03:10:30Z"' in html
        assert 'title="23 Nov 2026, 03:10 UTC"' in html

    def test_shows_other_zones_in_utc(self):
        there = NOW.astimezone(tz=datetime.strptime("+0900", "%z").tzinfo)
        assert "23 Nov 2026, 03:10:30 UTC" in render("{% exact value %}", value=there)

    def test_says_what_a_missing_time_means(self):
        html = render("{% when None now empty='Not proved' %}", now=NOW)
        assert "Not proved" in html
        assert "<time" not in html


class TestNumbers:
    def test_are_grouped(self):
        assert render("{{ n|thousands }}", n=47_280) == "47,280"
        assert render("{{ n|thousands }}", n=None) == "—"

    @pytest.mark.parametrize(
        ("count", "total", "words"),
        [
            (0, 0, "0%"),
            (0, 9, "0%"),
            (1, 100_000, "0.1%"),
            (99_999, 100_000, "99.9%"),
            (9, 9, "100%"),
            (1, 8, "12.5%"),
        ],
    )
    def test_shares_are_all_or_none_only_when_exact(self, count, total, words):
        assert render("{% share count total %}", count=count, total=total) == words


class TestStackedBar:
    def test_lists_every_status_with_a_link_to_its_tenants(self):
        html = render("{% stacked_bar counts '/tenants' %}", counts=COUNTS)
        for slug in STATUSES:
            assert f'href="/tenants?status={slug}"' in html
        assert "43,207" in html

    def test_draws_only_what_exists_and_never_too_thin_to_see(self):
        segments = charts.stacked_bar(COUNTS)
        drawn = [segment for segment in segments if segment.width]
        assert [segment.status.slug for segment in drawn] == ["in-step", "re-consent-needed", "revoked"]
        assert min(segment.width for segment in drawn) > 0.6

    def test_fills_the_bar_exactly(self):
        for counts in (COUNTS, {"revoked": 1}, dict.fromkeys(STATUSES, 1), {"in-step": 10**6, "revoked": 1}):
            last = [segment for segment in charts.stacked_bar(counts) if segment.width][-1]
            assert last.x + last.width == pytest.approx(100, abs=0.05)

    def test_without_tenants_shows_the_words_only(self):
        html = render("{% stacked_bar counts %}", counts={})
        assert "<rect" not in html
        assert "In step" in html


class TestLineChart:
    points = tuple((date(2026, 9, 1) + timedelta(days=n), 97.0 - n % 40) for n in range(84))
    markers = ((date(2026, 10, 1), "Revision 6"), (date(2026, 10, 4), "Revision 7"))

    def test_shows_the_numbers_as_words_and_as_a_table_too(self):
        html = render("{% line_chart points markers %}", points=self.points, markers=self.markers)
        assert "From 97% on 1 Sep to 94% on 23 Nov; lowest 58% on 10 Oct." in html
        assert html.count("<tr>") == len(self.points) + 1

    def test_labels_revisions_without_overlap(self):
        chart = charts.line_chart(self.points, self.markers)
        assert chart is not None
        first, second = chart.markers
        assert first.position < second.position
        assert first.dy != second.dy

    def test_leaves_out_markers_before_the_first_point(self):
        chart = charts.line_chart(self.points, [(date(2026, 1, 1), "Revision 1")])
        assert chart is not None
        assert chart.markers == ()

    def test_keeps_every_point_inside_the_plot(self):
        chart = charts.line_chart([(date(2026, 9, 1), 0.0), (date(2026, 9, 2), 100.0)])
        assert chart is not None
        assert chart.line == "0,100 100,0"

    @pytest.mark.parametrize("days", [2, 3, 10, 40, 365, 1000])
    def test_has_few_enough_dates_for_a_phone(self, days):
        points = [(date(2026, 1, 1) + timedelta(days=n), 50.0) for n in range(days)]
        chart = charts.line_chart(points)
        assert chart is not None
        assert 2 <= len(chart.dates) <= charts.MOST_DATE_LABELS

    @pytest.mark.parametrize("points", [[], [(date(2026, 9, 1), 90.0)]])
    def test_says_when_there_is_no_history(self, points):
        html = render("{% line_chart points %}", points=points)
        assert "No history yet" in html
        assert "<polyline" not in html

    def test_gives_two_charts_on_a_page_different_ids(self):
        html = render("{% line_chart p name='a' %}{% line_chart p name='b' %}", p=self.points)
        ids = re.findall(r'id="([^"]+)"', html)
        assert len(ids) == len(set(ids)) == 4


class TestField:
    class Form(forms.Form):
        name = forms.CharField(label="Name", help_text="As admins read it.")
        way = forms.ChoiceField(choices=[("a", "A"), ("b", "B")], widget=forms.RadioSelect)
        note = forms.CharField(required=False)
        sure = forms.BooleanField(label="I am sure", help_text="Really.")

    def html(self, data: dict[str, str] | None) -> str:
        return render(
            "{% error_summary form %}{% for f in form %}{% field f %}{% endfor %}", form=self.Form(data)
        )

    def test_describes_every_widget_by_elements_that_exist(self):
        for html in (self.html(None), self.html({})):
            ids = set(re.findall(r' id="([^"]+)"', html))
            described = {
                one for many in re.findall(r'aria-describedby="([^"]+)"', html) for one in many.split()
            }
            assert described
            assert described <= ids

    def test_links_the_summary_to_its_fields(self):
        html = self.html({})
        ids = set(re.findall(r' id="([^"]+)"', html))
        targets = re.findall(r'href="#([^"]+)"', html)
        assert len(targets) == 3
        assert set(targets) <= ids

    def test_shows_no_summary_without_errors(self):
        assert "There is a problem" not in self.html(None)

    def test_marks_what_is_optional(self):
        assert self.html(None).count("(optional)") == 1

    def test_escapes_what_people_typed(self):
        assert "<b>x" not in self.html({"name": "<b>x", "way": "<b>x"})


NAV = {
    "application": SimpleNamespace(slug="connector", name="Connector"),
    "counts": {"tenants": 47_280, "revisions": None},
    "current": "consent:tenant_list",
}


class TestRail:
    def test_marks_the_page_that_is_open(self):
        html = render("{% rail %}", nav=NAV)
        assert re.search(r'aria-current="page"[^>]*>\s*<svg.*?</svg>Tenants', html)
        assert html.count("aria-current") == 1

    def test_keeps_the_section_marked_on_pages_below_it(self):
        html = render("{% rail %}", nav={**NAV, "current": "consent:tenant_detail"})
        assert re.search(r'aria-current="true"[^>]*>\s*<svg.*?</svg>Tenants', html)

    def test_counts_what_it_knows(self):
        assert "47,280" in render("{% rail %}", nav=NAV)

    def test_leads_to_every_section(self):
        html = render("{% rail %}", nav=NAV)
        for label in ("Overview", "Tenants", "Revisions", "Invitations", "Scans"):
            assert f"</svg>{label}" in html

    def test_is_empty_without_an_application(self):
        assert "<a" not in render("{% rail %}", nav=None)


class TestErrorPages:
    @pytest.mark.parametrize("code", ["400", "403", "403_csrf", "404", "429", "500", "503"])
    def test_say_what_to_do_and_what_to_quote_with_no_context_but_the_reference(self, code):
        html = render_to_string(f"{code}.html", {"request_id": "7d1c0a52"})
        assert "What to do" in html
        assert "7d1c0a52" in html
        assert html.lstrip().startswith("<!doctype html>")

    def test_the_last_resort_needs_no_manifest_of_static_files(self, settings):
        settings.STORAGES = {
            **settings.STORAGES,
            "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"},
        }
        assert "Something broke" in render_to_string("500.html")

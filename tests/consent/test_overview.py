"""The drift overview: what it counts, what it says, and what it costs."""

from __future__ import annotations

import re
from collections import Counter
from datetime import timedelta
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from consent.models import Comparison, DailyCount, Scan
from consent.queries.overview import overview, status_counts
from consent.rules.drift import compare
from consent.rules.meaning import meaning_of
from consent.rules.requirements import History, Requirement
from consent.rules.status import Condition, Standing, Status, standing_of, status_of
from tests.consent.fleets import make_fleet, status_by_the_rule
from tests.factories import (
    EVERYTHING,
    NOW,
    P1,
    P2,
    P3,
    grants,
    make_application,
    make_installation,
    make_revision,
    make_tenant,
)

SEEDS = range(6)


def page_of(application, **options):
    return overview(application, **{"days": 90, "all_patterns": True, "now": NOW, **options})


def text_of(response) -> str:
    """What a person reads on the page; names may wrap, which is no space."""
    words = re.sub(r"<[^>]+>", " ", response.content.decode().replace("<wbr>", ""))
    return " ".join(unescape(words).split())


@pytest.fixture
def story(application):
    """Revision 2 adds P2; one tenant followed, two did not, one never consented."""
    make_revision(application, P1)
    make_revision(application, P1, P2)
    make_installation(application, make_tenant("In Step"), has=grants(P1, P2))
    make_installation(application, make_tenant("Old One"), has=grants(P1))
    make_installation(application, make_tenant("Old Two"), has=grants(P1))
    make_installation(application, make_tenant("Never"), has=grants(knows=EVERYTHING))
    return application


def open_overview(client, application, query=""):
    return client.get(reverse("consent:overview", args=[application.slug]) + query)


class TestCounts:
    @pytest.mark.parametrize("seed", SEEDS)
    def test_in_sql_and_by_the_rule_row_by_row_are_the_same(self, db, seed):
        application = make_fleet(seed)
        by_rule = Counter(status_by_the_rule(i) for i in application.installations.all())

        assert status_counts(application) == {status: by_rule[status] for status in Status}
        assert page_of(application)["counts"] == status_counts(application)

    def test_take_a_missing_comparison_for_unknown_never_for_in_step(self, story):
        Comparison.objects.all().delete()

        assert status_counts(story)[Status.UNVERIFIED] == 4
        assert page_of(story)["counts"][Status.IN_STEP] == 0

    @pytest.mark.parametrize("seed", SEEDS[:3])
    def test_each_lead_to_a_list_with_that_total(self, as_owner, seed):
        application = make_fleet(seed)
        page = open_overview(as_owner, application).content.decode()
        for status, count in status_counts(application).items():
            url = reverse("consent:tenant_list", args=[application.slug]) + f"?status={status}"

            assert f'href="{url}"' in page
            assert as_owner.get(url).context["total"] == count

    @pytest.mark.parametrize("seed", SEEDS)
    def test_of_the_pattern_rows_add_up_to_the_tenants(self, db, seed):
        page = page_of(make_fleet(seed))

        assert sum(int(row["label"]) for row in page["matrix"]["rows"]) == page["total"]


class TestCost:
    def test_is_at_most_eight_queries_whatever_the_size(self, as_owner, story):
        with CaptureQueriesContext(
            connection,
        ) as few:
            open_overview(as_owner, story)
        for number in range(40):
            has = grants(*[(P1,), (P1, P2), (P1, P2, P3), (P2,)][number % 4])
            make_installation(story, make_tenant(f"More {number}"), has=has)
        with CaptureQueriesContext(connection) as many:
            open_overview(as_owner, story)

        assert len(many) == len(few) <= 8, [q["sql"][:80] for q in many]


class TestPage:
    def test_says_how_many_are_in_step_and_warns_below_ninety(self, as_owner, story):
        response = open_overview(as_owner, story)
        html = response.content.decode()

        assert "25.0% of tenants are in step with revision 2" in text_of(response)
        assert "<title>▼ 25% in step – Consent Drift</title>" in html
        assert "favicon-warn" in html

    def test_keeps_its_plain_title_while_nearly_all_are_in_step(self, as_owner, application):
        make_revision(application, P1)
        make_installation(application, has=grants(P1))
        html = open_overview(as_owner, application).content.decode()

        assert "<title>Drift overview – Consent Drift</title>" in html
        assert "favicon-warn" not in html

    def test_names_who_needs_attention_most_pressing_first(self, as_owner, story):
        revoked = grants(knows=EVERYTHING, withdrawn=[P1])
        make_installation(story, make_tenant("Zed Revoked"), has=revoked)
        rows = open_overview(as_owner, story).context["attention"]

        assert [row.name for row in rows] == ["Zed Revoked", "Old One", "Old Two", "Never"]

    def test_shows_seven_patterns_and_all_when_asked(self, as_owner, application):
        make_revision(application, P1)
        for n, extra in enumerate([(), (P2,), (P3,), (P2, P3)]):
            make_installation(application, make_tenant(f"A{n}"), has=grants(P1, *extra))
            make_installation(application, make_tenant(f"B{n}"), has=grants(*extra, knows=EVERYTHING))
        some, everything = (
            open_overview(as_owner, application),
            open_overview(as_owner, application, "?patterns=all"),
        )

        assert len(some.context["matrix"]["rows"]) == 7
        assert "7 of 8 patterns" in text_of(some)
        assert len(everything.context["matrix"]["rows"]) == 8

    def test_marks_every_required_and_every_extra_permission(self, application):
        make_revision(application, P1, P2)
        make_installation(application, has=grants(P1, P3))
        matrix = page_of(application)["matrix"]

        assert [c["value"] for c in matrix["columns"]] == [P2.value, P1.value, P3.value]
        assert matrix["rows"][0]["cells"] == ["missing", "granted", "extra"]

    def test_shows_nothing_but_unknowns_for_who_cannot_be_read(self, as_owner, story):
        make_installation(story, make_tenant("Lost"), has=grants(P1), condition=Condition.UNREACHABLE)
        make_installation(story, make_tenant("Gone"), has=grants(P1, P2), condition=Condition.UNREACHABLE)
        response = open_overview(as_owner, story)
        row = next(r for r in response.context["matrix"]["rows"] if r["status"] == Status.UNREACHABLE)

        assert (row["label"], row["cells"]) == ("2", ["unknown", "unknown"])
        assert "2 tenants couldn’t be read." in text_of(response)

    def test_draws_the_trend_with_the_revisions_that_explain_it(self, story):
        today = NOW.date()
        for ago, good in ((40, 3), (10, 1)):
            day = today - timedelta(days=ago)
            DailyCount.objects.create(application=story, day=day, status="in-step", installations=good)
            DailyCount.objects.create(application=story, day=day, status="revoked", installations=4 - good)
        quarter, month = page_of(story), page_of(story, days=30)

        assert [round(percent) for _, percent in quarter["points"]] == [75, 25, 25]
        assert [round(percent) for _, percent in month["points"]] == [25, 25]
        assert (today, "Revision 2") in quarter["markers"]

    def test_takes_the_window_from_the_address(self, as_owner, story):
        assert open_overview(as_owner, story, "?days=365").context["days"] == 365
        assert open_overview(as_owner, story, "?days=7; DROP").context["days"] == 90

    def test_says_when_the_last_scan_ended(self, as_owner, story):
        ended = timezone.now() - timedelta(hours=2, minutes=5)
        Scan.objects.create(application=story, started_at=ended, finished_at=ended, total=4)

        assert "last full scan 2 h ago" in text_of(open_overview(as_owner, story))

    def test_says_that_the_credential_is_refused(self, as_owner, story):
        story.credential_error = "The client secret has expired (AADSTS7000222)."
        story.save()

        assert "The client secret has expired (AADSTS7000222)." in text_of(open_overview(as_owner, story))

    def test_asks_for_a_first_revision(self, as_owner, application):
        make_installation(application, has=grants(P1))
        response = open_overview(as_owner, application)
        page = text_of(response)

        assert "No revision yet" in page
        assert reverse("consent:revision_draft", args=[application.slug]) in response.content.decode()
        assert "in step with" not in page

    def test_asks_for_a_first_tenant(self, as_owner, application):
        make_revision(application, P1)

        response = open_overview(as_owner, application)

        assert "No tenants yet" in text_of(response)
        assert reverse("consent:tenant_add", args=[application.slug]) in response.content.decode()

    def test_offers_a_viewer_nothing_that_a_viewer_may_not_do(self, client, viewer, story):
        client.force_login(viewer)
        page = text_of(open_overview(client, story))

        assert "Scan now" not in page
        assert "Edit permissions" not in page
        assert "Invite " not in page


class TestHome:
    def test_leads_to_the_only_application(self, as_owner, application):
        response = as_owner.get("/")

        assert response.headers["Location"] == f"/{application.slug}/"

    def test_offers_a_choice_of_several(self, as_owner, application):
        make_application(slug="other", name="Other App", client_id="5e471e10-0000-4000-8000-0000000000c2")
        page = text_of(as_owner.get("/"))

        assert "Sentinel Connector" in page
        assert "Other App" in page

    def test_asks_for_a_first_application(self, as_owner):
        response = as_owner.get("/")

        assert "No application yet" in text_of(response)
        assert reverse("consent:application_register") in response.content.decode()


class TestWhatAPatternMeans:
    @pytest.mark.parametrize(
        ("required", "has", "condition", "says"),
        [
            ([(P1, P2)], grants(P1, P2), "proved", "Everything revision 1 asks for"),
            ([(P1,), (P1, P2)], grants(P1), "proved", "Missing the permission added in revision 2"),
            ([(P1,), (P1, P2, P3)], grants(P1), "proved", "Missing both permissions added in revision 2"),
            ([(P1,), (P1, P2, P3)], grants(P1, P2), "proved", "Missing 1 permission added in revision 2"),
            (
                [(P1,), (P1, P2), (P1, P2, P3)],
                grants(P1),
                "proved",
                "Missing 2 permissions added since revision 1",
            ),
            ([(P1, P2)], grants(P1), "proved", "Missing 1 of 2 required permissions"),
            ([(P1, P2), (P1,)], grants(P1, P2), "proved", "Kept a permission removed in revision 2"),
            ([(P1,)], grants(P1, P2), "proved", "Granted 1 permission that no revision asked for"),
            ([(P1,), (P1, P2)], grants(P1, P3), "proved",
             "Missing the permission added in revision 2; 1 extra"),
            ([(P1,)], grants(knows=EVERYTHING), "proved", "No grant ever seen"),
            ([(P1,)], grants(P1), "unreachable", "Could not be read in the last scan"),
            ([(P1,)], grants(P1), "disabled", "The tenant switched the app off"),
            ([(P1, P2)], grants(P1, withdrawn=[P2]), "proved", "Withdrew 1 permission after consenting"),
            ([(P1,)], grants(withdrawn=[P1]), "proved", "Withdrew everything it had granted"),
            ([(P1,)], grants(knows=frozenset()), "unread", "Not read yet"),
            ([(P1,)], grants(knows=frozenset()), "claimed", "Said to be approved; no proof yet"),
        ],
    )  # fmt: skip
    def test_is_said_in_one_sentence(self, required, has, condition, says):
        history = History(
            tuple(Requirement(n, n, NOW, frozenset(r)) for n, r in enumerate(required, start=1))
        )
        drift = compare(required=history.required, grants=has)
        standing: Standing = standing_of(drift=drift, grants=has)

        assert says == meaning_of(
            status=status_of(condition=Condition(condition), standing=standing),
            standing=standing,
            conditions={Condition(condition)},
            drift=drift,
            granted=has.granted,
            history=history,
        )

    def test_counts_a_permission_that_came_back_from_its_return(self):
        sets = [(P1, P2), (P1,), (P1, P2)]
        history = History(tuple(Requirement(n, n, NOW, frozenset(r)) for n, r in enumerate(sets, start=1)))

        added = history.added_in(P2)
        assert added is not None
        assert added.number == 3
        assert history.satisfied_by(frozenset({P1})) == (2,)

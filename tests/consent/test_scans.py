"""Scans: everything due at once, progress as a count, an end that the sweep declares."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from consent.models import Installation, Scan
from consent.queries.scans import progress, scan_page
from consent.services.scans import finish_scans, request_check, start_scan
from tests.consent.test_overview import text_of
from tests.factories import NOW, P1, grants, make_application, make_installation, make_revision, make_tenant

LATER = NOW + timedelta(minutes=1)


@pytest.fixture
def fleet(application):
    make_revision(application, P1)
    for name in ("One", "Two", "Three", "Four"):
        make_installation(
            application, make_tenant(name), has=grants(P1), next_check_at=NOW + timedelta(hours=3)
        )
    return application


def checked(application, *names, at=LATER, **changes):
    Installation.objects.filter(application=application, tenant__name__in=names).update(
        checked_at=at, **changes
    )


def start(application, now=NOW + timedelta(seconds=1)):
    return start_scan(application=application, person=None, now=now)


class TestStarting:
    def test_makes_every_tenant_of_this_application_due_and_no_other(self, fleet):
        other = make_application(slug="other", client_id="5e471e10-0000-4000-8000-0000000000c2")
        stranger = make_installation(other, make_tenant("Stranger"), next_check_at=LATER)
        scan = start(fleet)
        stranger.refresh_from_db()

        assert set(fleet.installations.values_list("next_check_at", flat=True)) == {scan.started_at}
        assert scan.total == 4
        assert stranger.next_check_at == LATER

    def test_leaves_what_is_overdue_at_its_place_in_the_queue(self, fleet):
        fleet.installations.filter(tenant__name="One").update(next_check_at=NOW - timedelta(hours=1))
        start(fleet)

        assert fleet.installations.get(tenant__name="One").next_check_at == NOW - timedelta(hours=1)

    def test_again_leads_to_the_one_that_runs(self, fleet):
        assert start(fleet) == start(fleet, LATER)
        assert Scan.objects.count() == 1

    def test_without_tenants_says_what_to_do(self, application):
        with pytest.raises(ValidationError, match="no tenants to scan yet"):
            start(application)

    def test_by_a_button_ends_on_its_page(self, as_owner, owner, fleet):
        response = as_owner.post(reverse("consent:scan_start", args=[fleet.slug]))
        scan = Scan.objects.get()

        assert scan.started_by == owner
        assert response.headers["Location"] == reverse("consent:scan_detail", args=[fleet.slug, scan.pk])

    def test_by_a_button_without_tenants_comes_back_with_the_reason(self, as_owner, application):
        response = as_owner.post(reverse("consent:scan_start", args=[application.slug]), follow=True)

        assert "There are no tenants to scan yet." in text_of(response)
        assert "No scan has run yet" in text_of(response)


class TestProgress:
    def test_counts_who_was_read_or_tried_since_the_start(self, fleet):
        scan = start(fleet)
        checked(fleet, "One", "Two")

        assert progress(scan) == (2, 4)

    def test_says_how_long_it_takes_and_will_take(self, fleet):
        scan = start(fleet)
        checked(fleet, "One", at=scan.started_at + timedelta(seconds=5))
        page = scan_page(scan, now=scan.started_at + timedelta(seconds=10))

        assert (page["rate"], page["left"], page["quarter"]) == ("0.1", "30 seconds", 25)

    def test_names_causes_and_explains_throttling_in_words(self, as_owner, fleet):
        scan = start(fleet, timezone.now() - timedelta(minutes=1))
        now = timezone.now()
        soon = now + timedelta(minutes=7, seconds=30)
        checked(fleet, "One", "Two", at=now, failures=1, last_error={"kind": "Throttled"}, next_check_at=soon)
        checked(fleet, "Three", at=now, failures=2, last_error={"kind": "Unavailable"}, next_check_at=soon)
        response = as_owner.get(reverse("consent:scan_detail", args=[fleet.slug, scan.pk]))

        assert [(c["kind"], c["n"]) for c in response.context["causes"]] == [
            ("Throttled", 2),
            ("Unavailable", 1),
        ]
        assert "Microsoft asked us to slow down. 2 tenants wait; the next read is in 7 min" in text_of(
            response
        )

    def test_lists_what_changed_since_the_start_newest_first(self, fleet):
        scan = start(fleet)
        checked(fleet, "One", condition_since=LATER)
        checked(fleet, "Two", condition_since=LATER + timedelta(seconds=5), at=LATER + timedelta(seconds=5))
        checked(fleet, "Three")
        page = scan_page(scan, now=LATER)

        assert [row.name for row in page["changes"]] == ["Two", "One"]
        assert page["changed"] == 2

    def test_costs_the_same_for_few_and_many(self, as_owner, fleet):
        scan = start(fleet)
        checked(fleet, "One", condition_since=LATER, failures=1, last_error={"kind": "Throttled"})
        url = reverse("consent:scan_detail", args=[fleet.slug, scan.pk])
        with CaptureQueriesContext(connection) as few:
            as_owner.get(url)
        for n in range(30):
            make_installation(fleet, make_tenant(f"More {n}"), has=grants(P1), checked_at=LATER)
        Installation.objects.update(condition_since=LATER, checked_at=LATER, failures=1)
        with CaptureQueriesContext(connection) as many:
            as_owner.get(url)

        assert len(many) == len(few) <= 15


class TestPolling:
    def fragment(self, client, scan, quarter=0):
        url = reverse("consent:scan_detail", args=[scan.application.slug, scan.pk])
        return client.get(f"{url}?quarter={quarter}", headers={"HX-Request": "true"})

    def test_gets_only_what_moves_and_asks_again(self, as_owner, fleet):
        scan = start(fleet)
        response = self.fragment(as_owner, scan)

        assert "<html" not in response.content.decode()
        assert 'hx-trigger="every 2s"' in response.content.decode()
        assert "HX-Request" in response.headers["Vary"]

    def test_stops_at_the_end(self, as_owner, fleet):
        scan = start(fleet)
        checked(fleet, "One", "Two", "Three", "Four")
        finish_scans(now=LATER)
        response = self.fragment(as_owner, scan, 75)

        assert "hx-trigger" not in response.content.decode()
        assert json.loads(response.headers["HX-Trigger"]) == {"announce": "The scan is complete."}

    def test_speaks_only_at_quarters(self, as_owner, fleet):
        scan = start(fleet)
        checked(fleet, "One", "Two")

        assert "50%" in self.fragment(as_owner, scan, 25).headers["HX-Trigger"]
        assert "HX-Trigger" not in self.fragment(as_owner, scan, 50).headers

    def test_is_replaced_by_a_refresh_where_there_is_no_script(self, as_owner, fleet):
        scan = start(fleet)
        url = reverse("consent:scan_detail", args=[fleet.slug, scan.pk])

        assert '<noscript><meta http-equiv="refresh"' in as_owner.get(url).content.decode()
        checked(fleet, "One", "Two", "Three", "Four")
        finish_scans(now=LATER)
        assert 'http-equiv="refresh"' not in as_owner.get(url).content.decode()


class TestTheEnd:
    def test_comes_when_all_were_read_and_is_written_once(self, fleet):
        scan = start(fleet)
        checked(fleet, "One", "Two", "Three")
        assert finish_scans(now=LATER) == 0
        checked(fleet, "Four", failures=1, condition_since=LATER)

        assert finish_scans(now=LATER) == 1
        assert finish_scans(now=LATER + timedelta(hours=1)) == 0
        scan.refresh_from_db()
        assert (scan.finished_at, scan.total, scan.failed, scan.changed) == (LATER, 4, 1, 1)

    def test_is_not_brought_about_by_looking(self, as_owner, fleet):
        scan = start(fleet)
        checked(fleet, "One", "Two", "Three", "Four")
        as_owner.get(reverse("consent:scan_detail", args=[fleet.slug, scan.pk]))
        as_owner.get(reverse("consent:scan_list", args=[fleet.slug]))
        scan.refresh_from_db()

        assert scan.finished_at is None

    def test_is_listed_with_what_came_of_it(self, as_owner, fleet):
        start(fleet)
        checked(fleet, "One", "Two", "Three", "Four")
        finish_scans(now=LATER)
        response = as_owner.get(reverse("consent:scan_list", args=[fleet.slug]))

        assert [scan.total for scan in response.context["scans"]] == [4]
        assert "Scan now" in text_of(response)


def test_a_requested_check_is_due_now_and_asks_nobody_in_the_request(fleet):
    installation = fleet.installations.get(tenant__name="One")
    request_check(installation=installation, person=None, now=LATER)
    installation.refresh_from_db()

    assert installation.next_check_at == LATER
    assert installation.checked_at == NOW

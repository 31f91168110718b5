"""The audit log as owners see it: newest first, filtered by address, event by event, and as files."""

from __future__ import annotations

import csv
import json
from datetime import timedelta

import pytest
from django.db.transaction import atomic
from django.test import Client
from django.utils import timezone

from tenants.models import AuditCheck, AuditEvent, Person
from tenants.queries.audit import PAGE
from tenants.services.audit import (
    MICROSOFT,
    Action,
    Origin,
    Target,
    coming_from,
    record,
    record_refusal,
    record_sign_in,
)
from tests.consent.admin import main_of
from tests.factories import P1, P2, T1

FROM = Origin(ip="192.0.2.7", user_agent="Mozilla/5.0 (X11; Linux) Firefox/140.0", request_id="r" * 36)
LONG_AGO = timezone.now() - timedelta(days=40)


@pytest.fixture
def past(owner: Person, viewer: Person) -> None:
    """Three events: long ago a sign-in, then a refusal, then what Microsoft's records decided."""
    now = timezone.now()
    with coming_from(FROM), atomic():
        record_sign_in(owner, before=None, now=LONG_AGO)
        record_refusal(viewer, view="consent:revision_draft", path="/x/draft", roles=["Owner"], now=now)
    with atomic():
        record(
            Action.CONSENT_SETTLED,
            actor=MICROSOFT,
            target=Target("consent", "7", "Consent of Northwind Traders"),
            tenant_id=T1,
            before={"outcome": "checking", "permissions": [P1.json()]},
            after={"outcome": "approved", "permissions": [P2.json()], "expires": "2026-12-07T10:21:55+02:00"},
            now=now,
        )


def listed(client: Client, query: str = "") -> list[int]:
    return [row.event.sequence for row in client.get(f"/audit{query}").context["rows"]]


def test_an_empty_log_says_so(as_owner):
    assert "Nothing has been changed yet." in main_of(as_owner.get("/audit"))


class TestTheList:
    def test_is_newest_first_with_who_what_and_from_where(self, as_owner, past):
        page = main_of(as_owner.get("/audit"))

        assert listed(as_owner) == [3, 2, 1]
        assert "Outcome: checking → became approved" in page
        assert "Added SecurityAlert.Read.All" in page
        assert "Removed SecurityEvents.Read.All" in page
        assert "Expires: 2026-12-07 08:21:55 UTC" in page
        assert "192.0.2.7" in page
        assert "Firefox on Linux" in page

    def test_leaves_out_what_only_says_that_there_was_nothing(self, as_owner, past):
        page = main_of(as_owner.get("/audit"))

        assert "Role: owner" in page
        assert "Locked out" not in page

    @pytest.mark.parametrize(
        ("query", "events"),
        [
            ("?action=sign-in", [1]),
            ("?actor=Vera+Lind", [2]),
            ("?actor=microsoft", [3]),
            ("?object=consent", [3]),
            ("?object=consent:7", [3]),
            ("?object=consent:8", []),
            (f"?tenant={T1}", [3]),
            (f"?to={LONG_AGO.date()}", [1]),
            (f"?from={(LONG_AGO + timedelta(days=1)).date()}", [3, 2]),
            ("?action=sign-in&actor=Vera+Lind", []),
        ],
    )
    def test_is_narrowed_by_each_filter(self, as_owner, past, query, events):
        assert listed(as_owner, query) == events

    def test_leaves_out_a_filter_that_makes_no_sense_and_says_so(self, as_owner, past):
        page = as_owner.get("/audit?from=yesterday&tenant=x&action=\x00nonsense")

        assert len(page.context["rows"]) == 3
        assert main_of(page).count("so this filter was left out") == 3

    def test_names_whom_it_is_narrowed_to(self, as_owner, past, viewer):
        assert "by Vera Lind" in main_of(as_owner.get(f"/audit?actor={viewer.object_id}"))

    def test_goes_page_by_page_and_back(self, as_owner, owner):
        with atomic():
            for _ in range(PAGE + 5):
                record(Action.EXPORTED, actor=owner, target=Target("portal"), now=timezone.now())

        first = as_owner.get("/audit")
        second = as_owner.get(f"/audit{first.context['older']}")
        back = as_owner.get(f"/audit{second.context['newer']}")

        assert [row.event.sequence for row in second.context["rows"]] == [5, 4, 3, 2, 1]
        assert second.context["older"] == ""
        assert back.context["rows"] == first.context["rows"]

    def test_says_what_the_last_reading_of_it_all_found(self, as_owner, past):
        assert "Never verified" in main_of(as_owner.get("/audit"))
        AuditCheck.objects.create(at=timezone.now(), events=2, problem="Event 3 was changed.")

        assert "The log is not as it was written. Event 3 was changed." in main_of(as_owner.get("/audit"))


class TestAnEvent:
    def test_has_an_address_of_its_own_with_everything(self, as_owner, past, viewer):
        page = main_of(as_owner.get("/audit/2"))

        for text in (str(viewer.object_id), str(viewer.tenant_id), "192.0.2.7", FROM.request_id, "2 of 3"):
            assert text in page
        assert AuditEvent.objects.get(sequence=2).hash in page
        assert "The hash fits the content." in page

    def test_without_a_request_says_so(self, as_owner, past):
        assert "Not from a browser" in main_of(as_owner.get("/audit/3"))

    def test_that_was_changed_says_so(self, as_owner, past):
        AuditEvent.objects.filter(sequence=2).update(actor_name="Somebody else")

        assert "This event was changed." in main_of(as_owner.get("/audit/2"))

    @pytest.mark.parametrize("sequence", ["0", "4", "99999999999999999999999"])
    def test_that_does_not_exist_is_not_found(self, as_owner, past, sequence):
        assert as_owner.get(f"/audit/{sequence}").status_code == 404


class TestAFile:
    def test_has_the_filtered_events_with_their_hashes(self, as_owner, past):
        text = b"".join(as_owner.get("/audit.json?actor=Vera+Lind").streaming_content)

        (event,) = json.loads(text)
        kept = AuditEvent.objects.get(sequence=2)
        assert event == {**kept.content(), "hash": kept.digest()}

    def test_for_a_spreadsheet_starts_no_formula(self, as_owner, past, owner):
        with atomic():
            record(
                Action.EXPORTED, actor=owner, target=Target("portal", "", "=HYPERLINK()"), now=timezone.now()
            )

        text = b"".join(as_owner.get("/audit.csv").streaming_content).decode("utf-8-sig")
        rows = list(csv.DictReader(text.splitlines()))

        assert [row["sequence"] for row in rows] == ["1", "2", "3", "4", "5"]  # the last is this file
        assert rows[3]["object_label"] == "'=HYPERLINK()"

    def test_is_an_event_itself(self, as_owner, past):
        as_owner.get("/audit.csv?action=sign-in")

        event = AuditEvent.objects.latest("sequence")
        assert (event.action, event.actor_name) == ("exported", "Dana Okafor")
        assert "sign-in" in str(event.after)

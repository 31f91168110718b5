"""The desk: from whatever somebody pastes to the reason, at an address that can be sent on."""

from __future__ import annotations

import json
import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from support.models import FailedRequest
from tenants.models import AuditEvent
from tests import factories
from tests.factories import P1, P2, grants
from tests.support.failing import CLIENT_REQUEST, count_failures, make_failure, make_tenant_with_gap

NOBODYS = "99999999-9999-4999-8999-999999999999"


@pytest.fixture
def northwind(application):
    return make_tenant_with_gap(application)


@pytest.fixture
def denied(application, northwind):
    return make_failure(
        application,
        northwind,
        client_request_id=CLIENT_REQUEST,
        occurred_at=timezone.now(),
        received_at=timezone.now(),
    )


@pytest.fixture
def desk(client, support):
    client.force_login(support)
    return client


@pytest.fixture
def box(application):
    return reverse("support:lookup", args=[application.slug])


def page(response) -> str:
    assert response.status_code == 200, response.status_code
    return str(response.content.decode())


class TestTheBox:
    def test_an_id_in_the_address_leads_to_the_answer(self, desk, box, denied):
        answer = desk.get(box, {"q": CLIENT_REQUEST.upper()})

        assert answer.status_code == 303
        assert answer["Location"] == reverse("support:failure_detail", args=["sentinel-connector", denied.pk])

    @pytest.mark.parametrize("name", ["client_request_id", "request_id", "correlation_id"])
    def test_every_kind_of_id_is_found(self, desk, box, application, northwind, name):
        wanted = str(uuid.uuid4())
        found = make_failure(application, northwind, **{name: wanted})

        answer = desk.post(box, {"pasted": f"it said {wanted}, what now?"})

        assert str(found.pk) in answer["Location"]

    def test_a_newer_report_of_another_application_does_not_stand_before_ours(self, desk, box, denied):
        other = factories.make_application(slug="other", name="Other", client_id=uuid.uuid4())
        make_failure(other, None, client_request_id=CLIENT_REQUEST, occurred_at=timezone.now())

        answer = desk.get(box, {"q": CLIENT_REQUEST})

        assert answer["Location"].endswith(f"/sentinel-connector/support/{denied.pk}")

    def test_the_call_itself_goes_before_others_of_its_conversation(self, desk, box, application, denied):
        shared = str(uuid.uuid4())
        for _ in range(25):
            make_failure(application, None, correlation_id=shared, occurred_at=timezone.now())

        answer = desk.post(box, {"pasted": f"correlation-id: {shared} request-id: {denied.request_id}"})

        assert answer["Location"].endswith(str(denied.pk))

    def test_nothing_pasted_in_the_address_is_read_or_shown(self, desk, box):
        shown = page(desk.get(box, {"q": "AADSTS65001 Bearer eyJhbGciOi"}))

        assert "Only an ID may stand in the address" in shown
        assert "eyJhbGciOi" not in shown[shown.index("<main") :]

    def test_an_unknown_id_says_how_long_calls_are_kept_and_gives_a_query(self, desk, box, settings):
        settings.FAILURE_RETENTION_DAYS = 21

        shown = page(desk.get(box, {"q": NOBODYS}))

        assert "Nothing with this ID in the last 21 days." in shown
        assert "MicrosoftGraphActivityLogs" in shown
        assert "SigninLogs" in shown
        assert NOBODYS in shown

    def test_facts_without_a_known_id_still_give_a_verdict(self, desk, box, northwind):
        text = (
            "AADSTS7000215: Invalid client secret provided. Trace ID: "
            f"{NOBODYS} Correlation ID: {NOBODYS} Timestamp: 2026-11-22 10:22:33Z"
        )

        shown = page(desk.post(box, {"pasted": text}))

        assert "app-credential" in shown
        assert "Explain" in shown

    @pytest.mark.parametrize("year", ["0001", "1970", "9999"])
    def test_a_time_that_cannot_be_is_no_time(self, desk, box, northwind, year):
        shown = page(desk.post(box, {"pasted": f"AADSTS7000215 Timestamp: {year}-01-01 00:00:00Z"}))

        assert "That call was too long ago" not in shown
        assert "ago(30d)" in shown

    @pytest.mark.parametrize("text", ["", "  \n ", "hello"])
    def test_a_text_with_nothing_in_it_is_said_to_have_nothing(self, desk, box, text):
        answer = desk.post(box, {"pasted": text})

        assert answer.status_code == 422
        assert b"field-error" in answer.content

    def test_the_short_form_answers_from_the_snapshots(self, desk, box, northwind):
        asked = {"tenant": "northwind.example", "call": "GET /v1.0/security/alerts_v2", "status": "403"}

        shown = page(desk.get(box, {**asked, "at": "2026-11-23T10:00"}))

        assert "Permission missing" in shown
        assert "SecurityAlert.Read.All" in shown
        assert "RequestUri contains" in shown

    @pytest.mark.parametrize(
        ("field", "value", "says"),
        [
            ("tenant", "nobody.example", "has no tenant with this ID or domain"),
            ("call", "DROP TABLE alerts", "Write the method and the path"),
            ("at", "9999-01-01T00:00", "in the future"),
            ("at", "yesterday", "Enter a valid date/time"),
            ("status", "42", "greater than or equal to 100"),
        ],
    )
    def test_the_short_form_says_what_it_cannot_read(self, desk, box, northwind, field, value, says):
        answer = desk.get(box, {"tenant": "northwind.example", field: value})

        assert answer.status_code == 422
        assert says in answer.content.decode()

    def test_a_call_before_retention_is_said_to_be_too_long_ago(self, desk, box, northwind):
        shown = page(desk.get(box, {"tenant": str(northwind.tenant_id), "at": "2026-01-05T10:00"}))

        assert "That call was too long ago." in shown


class TestTheAnswer:
    def test_it_reads_verdict_next_step_checks_evidence_raw(self, desk, denied):
        shown = page(desk.get(reverse("support:failure_detail", args=["sentinel-connector", denied.pk])))

        parts = ['id="verdict"', "Next step", 'id="checks"', 'id="trail"', 'id="reported"']
        assert [shown.find(part) for part in parts] == sorted(shown.find(part) for part in parts)
        assert all(part in shown for part in parts)
        assert "Certain" in shown
        assert "SecurityAlert.Read.All" in shown
        assert "Make an approval link for Northwind Traders" in shown

    def test_reports_of_other_sources_are_all_shown_and_none_replaces_another(
        self, desk, denied, application
    ):
        other = factories.make_application(slug="other", name="Other", client_id=uuid.uuid4())
        poison = make_failure(other, None, client_request_id=CLIENT_REQUEST, status=429, source="file")

        shown = page(desk.get(reverse("support:failure_detail", args=["sentinel-connector", denied.pk])))

        assert "Also reported under this ID" in shown
        assert "imported from a file" in shown
        assert reverse("support:failure_detail", args=["other", poison.pk]) in shown
        assert "Permission missing" in shown

    def test_other_calls_of_its_conversation_are_told_apart(self, desk, denied, application, northwind):
        denied.correlation_id = str(uuid.uuid4())
        denied.save()
        other = make_failure(application, northwind, correlation_id=denied.correlation_id)

        shown = page(desk.get(reverse("support:failure_detail", args=["sentinel-connector", denied.pk])))

        assert "Also reported under this ID" not in shown
        assert str(other.pk) in shown[shown.index("Other calls of the same conversation") :]

    def test_it_tells_how_many_more_there_are_here_and_elsewhere(self, desk, denied, application):
        count_failures(denied, 14)
        count_failures(denied, 5, tenant_id=factories.T2)
        for name in ("Tailspin Toys", "Wingtip Toys"):
            factories.make_installation(application, factories.make_tenant(name), has=grants(P1))
        factories.make_installation(application, factories.make_tenant("Woodgrove"), has=grants(P1, P2))

        shown = page(desk.get(reverse("support:failure_detail", args=["sentinel-connector", denied.pk])))

        assert "13 more here today" in shown
        assert "for the same cause" in shown
        assert "3 tenants with the same gap" in shown

    def test_what_was_counted_by_less_than_is_known_now_is_named_as_it_was_counted(self, desk, denied):
        FailedRequest.objects.filter(pk=denied.pk).update(verdict="not-enough-evidence")
        denied.verdict = "not-enough-evidence"
        count_failures(denied, 3)

        shown = page(desk.get(reverse("support:failure_detail", args=["sentinel-connector", denied.pk])))

        assert "2 more here today" in shown
        assert "for the same cause" not in shown
        assert "counted as “Not enough evidence”" in shown

    def test_an_open_approval_link_is_used_in_place_of_a_second_one(self, desk, denied, northwind):
        made = desk.post(
            reverse("consent:invitation_create", args=["sentinel-connector", northwind.tenant_id])
        )

        shown = page(desk.get(reverse("support:failure_detail", args=["sentinel-connector", denied.pk])))

        assert f'href="{made["Location"]}"' in shown
        assert "Make an approval link" not in shown
        assert "/c/" in shown[shown.index('id="reply"') :]

    def test_the_reply_names_nothing_internal_and_the_bundle_all_that_microsoft_asks_for(self, desk, denied):
        shown = page(desk.get(reverse("support:failure_detail", args=["sentinel-connector", denied.pk])))

        reply = shown[shown.index('id="reply"') : shown.index('id="bundle"')]
        bundle = shown[shown.index('id="bundle"') :][:900]
        assert denied.request_id not in reply
        assert str(denied.tenant_id) not in reply
        assert all(part in bundle for part in (denied.request_id, CLIENT_REQUEST, str(denied.tenant_id)))

    def test_it_costs_ten_queries_whatever_there_is(self, desk, denied, application, northwind):
        address = reverse("support:failure_detail", args=["sentinel-connector", denied.pk])
        page(desk.get(address))  # the first event of an audit log is preceded by its tail
        few = self.statements(desk, address)
        for number in range(12):
            make_failure(application, northwind, client_request_id=CLIENT_REQUEST, source="own")
            tenant = factories.make_tenant(f"Tenant {number}")
            factories.make_installation(application, tenant, has=grants(P1))

        assert self.statements(desk, address) == few <= 10

    def statements(self, desk, address: str) -> int:
        with CaptureQueriesContext(
            connection,
        ) as run:
            page(desk.get(address))
        control = ("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT")
        return len([query for query in run if not query["sql"].startswith(control)])

    def test_the_json_is_that_of_the_command(self, desk, denied):
        answer = desk.get(reverse("support:failure_json", args=["sentinel-connector", denied.pk]))

        told = json.loads(answer.content)
        assert told["verdict"] == "permission-missing"
        assert told["installation"]["tenant"] == str(denied.tenant_id)

    def test_every_look_is_in_the_audit_log_and_no_pasted_text(self, desk, box, denied, support):
        desk.post(box, {"pasted": f"secret words {CLIENT_REQUEST}"})
        desk.get(reverse("support:failure_detail", args=["sentinel-connector", denied.pk]))
        desk.get(reverse("support:tenant_failures", args=["sentinel-connector", denied.tenant_id]))

        events = AuditEvent.objects.filter(action="looked-up").order_by("sequence")
        assert [event.actor_name for event in events] == [support.name] * 3
        assert [event.tenant_id for event in events] == [denied.tenant_id] * 3
        assert events[0].after["searched"] == [CLIENT_REQUEST]
        assert "secret" not in json.dumps([event.after for event in events])

    def test_looking_changes_no_failure(self, desk, box, denied):
        before = list(FailedRequest.objects.values())

        desk.post(box, {"pasted": f"{CLIENT_REQUEST} AADSTS65001"})

        assert list(FailedRequest.objects.values()) == before


def test_the_help_has_an_anchor_for_every_verdict(desk):
    from support.rules.facts import Slug

    shown = page(desk.get(reverse("support:verdict_help")))

    assert [slug for slug in Slug if f'id="{slug}"' not in shown] == []

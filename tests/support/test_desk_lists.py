"""Denied calls by group, those of one tenant among its snapshots, and an organization's own."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from support.models import FailureCount
from tenants.models import AuditEvent
from tests import factories
from tests.factories import P1, P2, T2, grants
from tests.support.failing import count_failures, make_failure, make_tenant_with_gap, seen

HOUR = timedelta(hours=1)
SLUG = "sentinel-connector"


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def northwind(application):
    return make_tenant_with_gap(application)


@pytest.fixture
def desk(client, support):
    client.force_login(support)
    return client


def page(response) -> str:
    assert response.status_code == 200, response.status_code
    return re.sub(r"\s+", " ", response.content.decode())


class TestGroups:
    @pytest.fixture
    def counted(self, application, northwind, now):
        missing = make_failure(application, northwind, occurred_at=now)
        count_failures(missing, 20)
        count_failures(missing, 3, hour=now - timedelta(days=3), verdict="throttled")
        count_failures(missing, 4, tenant_id=uuid.UUID(int=0), method="", template="", verdict="wrong-tenant")
        count_failures(missing, 700, hour=now - timedelta(days=20))
        return missing

    @pytest.mark.parametrize(
        ("asked", "total"),
        [
            ({}, "27 denied calls"),
            ({"days": "1"}, "24 denied calls"),
            ({"days": "30"}, "727 denied calls"),
            ({"days": "31"}, "27 denied calls"),
            ({"cause": "throttled"}, "3 denied calls"),
            ({"tenant": str(factories.T1)}, "23 denied calls"),
            ({"call": "GET /security/alerts_v2"}, "23 denied calls"),
            ({"call": "GET /security/incidents"}, "0 denied calls"),
            ({"days": "1", "cause": "throttled"}, "0 denied calls"),
        ],
    )
    def test_the_address_says_what_is_counted(self, desk, counted, asked, total):
        assert total in page(desk.get(reverse("support:failure_list", args=[SLUG]), asked))

    def test_the_largest_group_comes_first_and_leads_to_its_tenant(self, desk, counted):
        shown = page(desk.get(reverse("support:failure_list", args=[SLUG])))

        groups = shown[shown.index('id="groups"') :]
        assert groups.index(">20<") < groups.index(">4<") < groups.index(">3<")
        address = reverse("support:tenant_failures", args=[SLUG, factories.T1])
        assert f'{address}?cause=permission-missing">Northwind Traders' in groups
        assert "Not told" in groups

    def test_the_chart_tells_its_numbers_in_words_too(self, desk, counted):
        shown = page(desk.get(reverse("support:failure_list", args=[SLUG])))

        assert "<rect" in shown
        assert re.search(r"27 from \d+ \w+ to \d+ \w+; most at", shown)

    def test_the_cost_does_not_grow(self, desk, counted, northwind, django_assert_max_num_queries):
        for number in range(60):
            count_failures(counted, 1, template=f"/security/{number}")

        with django_assert_max_num_queries(7):
            shown = page(desk.get(reverse("support:failure_list", args=[SLUG])))

        assert "the 50 largest" in shown


class TestOneTenant:
    def test_a_call_stands_between_what_was_granted_before_and_after(self, desk, application, northwind, now):
        make_failure(application, northwind, occurred_at=now - 2 * HOUR)
        seen(northwind, grants(P1, P2), at=now - HOUR)
        make_failure(application, northwind, occurred_at=now, verdict="throttled", status=429)

        shown = page(desk.get(reverse("support:tenant_failures", args=[SLUG, northwind.tenant_id])))

        order = ["Throttled", "Seen granted: 2", "Permission missing", "Seen granted: 1"]
        assert [shown.find(part) for part in order] == sorted(shown.find(part) for part in order)
        assert all(part in shown for part in order)

    def test_calls_of_one_kind_are_one_entry_with_each_of_them_inside(
        self, desk, application, northwind, now
    ):
        calls = [make_failure(application, northwind, occurred_at=now - n * HOUR / 60) for n in range(14)]

        shown = page(desk.get(reverse("support:tenant_failures", args=[SLUG, northwind.tenant_id])))

        assert "Permission missing, 14 times" in shown
        assert all(call.client_request_id in shown for call in calls)

    def test_older_calls_are_on_the_next_page_and_none_is_lost(self, desk, application, northwind, now):
        calls = [make_failure(application, northwind, occurred_at=now - n // 3 * HOUR) for n in range(120)]
        address = reverse("support:tenant_failures", args=[SLUG, northwind.tenant_id])
        found: list[str] = []
        pages = [""]
        for where in pages:
            shown = page(desk.get(address + where))
            found += re.findall(r"<code translate=\"no\">([0-9a-f-]{36})</code>", shown)
            pages += re.findall(r'href="(\?after=[^"]+)"', shown)

        assert sorted(found) == sorted(call.client_request_id for call in calls)

    @pytest.mark.parametrize("after", ["x", "2026-13-01_x", "2026-11-23T09:00:00_nobody"])
    def test_an_address_that_nobody_made_starts_at_the_top(self, desk, application, northwind, after):
        make_failure(application, northwind)

        shown = page(
            desk.get(reverse("support:tenant_failures", args=[SLUG, northwind.tenant_id]), {"after": after})
        )

        assert "Permission missing" in shown

    def test_a_call_that_worked_is_no_denied_one(self, desk, application, northwind):
        make_failure(application, northwind, status=200, source="own", verdict="not-enough-evidence")

        shown = page(desk.get(reverse("support:tenant_failures", args=[SLUG, northwind.tenant_id])))

        assert "No denied call of this tenant" in shown

    def test_a_cause_narrows_it(self, desk, application, northwind, now):
        make_failure(application, northwind, occurred_at=now)
        make_failure(application, northwind, occurred_at=now - HOUR, verdict="throttled")
        address = reverse("support:tenant_failures", args=[SLUG, northwind.tenant_id])

        shown = page(desk.get(address, {"cause": "throttled"}))

        assert "Throttled" in shown
        assert "Permission missing" not in shown

    def test_the_tenants_page_leads_here(self, desk, northwind):
        shown = page(desk.get(reverse("consent:tenant_detail", args=[SLUG, northwind.tenant_id])))

        assert reverse("support:tenant_failures", args=[SLUG, northwind.tenant_id]) in shown


class TestAnOrganization:
    @pytest.fixture
    def ada(self, client, northwind):
        person = factories.make_tenant_admin(northwind.tenant, "Global Administrator")
        client.force_login(person)
        return client

    def test_its_admin_sees_its_own_calls_and_why_they_were_denied(self, ada, application, northwind):
        call = make_failure(application, northwind)
        address = reverse("own_failures:failure", args=[SLUG, call.pk])

        assert address in page(ada.get(reverse("own_failures:failures", args=[SLUG])))
        shown = page(ada.get(address))
        assert "Permission missing" in shown
        assert "Send the approval link" not in shown
        assert "opens the approval page" in shown
        assert reverse("organization:application", args=[SLUG]) in shown

    def test_nothing_of_another_organization_is_there(self, ada, application, northwind):
        fabrikam = factories.make_installation(application, factories.make_tenant("Fabrikam", id=T2))
        foreign = make_failure(application, fabrikam)
        count_failures(foreign, 9)

        shown = page(ada.get(reverse("own_failures:failures", args=[SLUG])))

        assert "No denied call" in shown
        assert ada.get(reverse("own_failures:failure", args=[SLUG, foreign.pk])).status_code == 404

    def test_it_is_not_told_what_we_know_of_our_credential(self, ada, application, northwind, support):
        application.credential_error = "The secret of env:CONNECTOR_SECRET expired."
        application.save()
        refused = {"door": "token", "aadsts": 7000222, "code": "invalid_client", "status": 401, "token": None}
        call = make_failure(application, northwind, **refused)

        own = page(ada.get(reverse("own_failures:failure", args=[SLUG, call.pk])))
        ada.force_login(support)
        ours = page(ada.get(reverse("support:failure_detail", args=[SLUG, call.pk])))

        assert "CONNECTOR_SECRET" not in own
        assert "CONNECTOR_SECRET" in ours

    def test_it_is_told_nothing_of_other_tenants(self, ada, application, northwind):
        factories.make_installation(application, factories.make_tenant("Tailspin"), has=grants(P1))
        call = make_failure(application, northwind)
        count_failures(call, 20, tenant_id=T2)

        shown = page(ada.get(reverse("own_failures:failure", args=[SLUG, call.pk])))

        assert "same gap" not in shown
        assert "Tailspin" not in shown

    def test_its_looks_are_in_the_audit_log(self, ada, application, northwind):
        call = make_failure(application, northwind)

        ada.get(reverse("own_failures:failure", args=[SLUG, call.pk]))

        event = AuditEvent.objects.get(action="looked-up")
        assert event.tenant_id == northwind.tenant_id
        assert event.actor_name == "Ada Alvarez"


def test_counts_are_never_made_from_rows(desk, application, northwind):
    make_failure(application, northwind)

    assert not FailureCount.objects.exists()
    assert "0 denied calls" in page(desk.get(reverse("support:failure_list", args=[SLUG])))

"""One tenant's page, its timeline and snapshots, and two tenants' tokens side by side."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from consent.models import Invitation
from consent.queries.tenant_detail import tenant_page
from consent.rules.status import Condition
from tests.consent.past import (
    CLIENT_REQUEST_ID,
    REQUEST_ID,
    attempt,
    invite,
    northwind,
    open_tenant,
    take_snapshot,
    token,
)
from tests.consent.test_overview import text_of
from tests.factories import (
    EVERYTHING,
    NOW,
    P1,
    P2,
    P3,
    USER_READ,
    grants,
    make_revision,
)


class TestPage:
    def test_says_what_is_missing_since_when_and_why(self, as_owner, story):
        response = open_tenant(as_owner, northwind(story))
        page = text_of(response)

        assert response.context["status"] == "re-consent-needed"
        assert "Missing the permission added in revision 2" in page
        assert "SecurityAlert.Read.All App Missing Added in revision 2," in page
        assert "We use SecurityAlert.Read.All" in page
        assert "Satisfies revision 1" in page

    def test_says_what_is_extra_and_that_no_revision_asked_for_it(self, as_owner, story):
        page = text_of(open_tenant(as_owner, northwind(story, grants(P1, P2, P3))))

        assert "SecurityIncident.Read.All App Extra No revision ever asked for it" in page

    def test_says_which_permissions_nobody_could_look_at(self, as_owner, story):
        make_revision(story, P1, USER_READ)
        page = text_of(open_tenant(as_owner, northwind(story)))

        assert "Nobody could look at 1 permission that is required" in page
        assert "User.Read Del Unknown Added in revision 3" in page

    def test_says_how_it_is_known_to_the_second_with_both_request_ids(self, as_owner, story):
        installation = northwind(story, evidence=[token(roles=[P1.value])])
        page = open_tenant(as_owner, installation).content.decode()

        assert "23 Nov 2026, 09:00:00 UTC" in page
        assert f'data-copy="{REQUEST_ID}"' in page
        assert f'data-copy="{CLIENT_REQUEST_ID}"' in page

    @pytest.mark.parametrize(
        ("has", "condition", "action"),
        [
            (grants(P1), Condition.PROVED, "Send approval link"),
            (grants(knows=EVERYTHING), Condition.PROVED, "Send approval link"),
            (grants(withdrawn=[P1, P2]), Condition.PROVED, "Send approval link"),
            (grants(P1), Condition.CLAIMED, "Check now"),
            (grants(P1), Condition.UNREACHABLE, "Check now"),
            (grants(P1, P2), Condition.PROVED, ""),
            (grants(P1, P2, P3), Condition.PROVED, ""),
        ],
    )
    def test_offers_the_one_action_that_fits(self, as_owner, story, has, condition, action):
        page = open_tenant(as_owner, northwind(story, has, condition=condition)).content.decode()
        primary = page.split('class="button primary"')[1:]

        assert len(primary) == bool(action)
        assert not action or action in primary[0].split("</button>")[0]

    def test_offers_a_viewer_no_action(self, client, viewer, story):
        client.force_login(viewer)
        page = text_of(open_tenant(client, northwind(story)))

        assert "Check now" not in page
        assert "Send approval link" not in page

    def test_shows_the_last_failure_beside_what_stays_proved(self, as_owner, story):
        failure = {
            "summary": "Microsoft did not answer in time.",
            "kind": "Unavailable",
            "at": NOW.isoformat(),
            "client_request_id": CLIENT_REQUEST_ID,
        }
        response = open_tenant(as_owner, northwind(story, grants(P1, P2), failures=2, last_error=failure))
        page = text_of(response)

        assert response.context["status"] == "in-step"
        assert "The last attempt to read this tenant failed" in page
        assert "Microsoft did not answer in time." in page
        assert "What you see was proved" in page
        assert "2 of 2 required permissions" not in page  # no evidence is on file here
        assert CLIENT_REQUEST_ID in page

    def test_marks_stale_disabled_and_some_users_only(self, as_owner, story):
        installation = northwind(
            story, condition=Condition.DISABLED, proved_at=NOW - timedelta(days=9), some_users_only=True
        )
        page = text_of(open_tenant(as_owner, installation))

        assert "App disabled Stale Some users only" in page

    def test_says_so_when_nobody_has_looked_yet(self, as_owner, story):
        page = text_of(open_tenant(as_owner, northwind(story, grants(knows=frozenset()))))

        assert "We have never read this tenant." in page

    @pytest.mark.parametrize(
        ("changes", "state"),
        [
            ({}, "sent"),
            ({"opened_at": NOW}, "opened"),
            ({"declined_at": NOW}, "declined"),
            ({"withdrawn_at": NOW}, "withdrawn"),
            ({"used_at": NOW}, "used"),
            ({"expires_at": NOW - timedelta(days=1)}, "expired"),
        ],
    )
    def test_says_how_far_the_invitation_is(self, story, changes, state):
        installation = northwind(story)
        times = {"created_at": NOW, "expires_at": NOW + timedelta(days=7), **changes}
        Invitation.objects.create(installation=installation, **times)

        assert tenant_page(installation, older="", now=NOW)["invitation"]["state"] == state

    def test_costs_the_same_for_a_short_and_a_long_history(self, as_owner, story):
        installation = northwind(story)
        take_snapshot(installation, P1, P2)
        invitation = invite(installation, at=NOW)
        attempt(invitation, at=NOW)
        with CaptureQueriesContext(connection) as few:
            open_tenant(as_owner, installation)
        for n in range(15):
            take_snapshot(installation, *[(P1,), (P1, P2)][n % 2], days=n)
            attempt(invite(installation, at=NOW + timedelta(hours=n)), at=NOW + timedelta(hours=n))
        with CaptureQueriesContext(connection) as many:
            open_tenant(as_owner, installation)

        assert len(many) == len(few) <= 15

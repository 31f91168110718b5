"""One tenant's page, its timeline and snapshots, and two tenants' tokens side by side."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from consent.models import ConsentAttempt, Invitation, Snapshot
from consent.queries.tenant_detail import tenant_page
from consent.queries.timeline import EVENTS
from consent.rules.change import change_of
from consent.rules.status import Condition
from consent.services.patterns import intern
from tests.consent.test_overview import text_of
from tests.factories import (
    EVERYTHING,
    NOW,
    P1,
    P2,
    P3,
    T1,
    T2,
    USER_READ,
    grants,
    make_installation,
    make_revision,
    make_tenant,
)

REQUEST_ID = "5b2c2a52-0000-4000-8000-00000000000a"
CLIENT_REQUEST_ID = "7d1c0a52-0000-4000-8000-00000000000b"


@pytest.fixture
def story(application):
    make_revision(application, P1, at=NOW - timedelta(days=30))
    make_revision(application, P1, P2, at=NOW - timedelta(days=11))
    return application


def token(at=NOW, **claims):
    return {
        "source": "token",
        "observed_at": at.isoformat().replace("+00:00", "Z"),
        "request_id": REQUEST_ID,
        "client_request_id": CLIENT_REQUEST_ID,
        "claims": {"appid": "5e471e10-0000-4000-8000-0000000000c1", **claims},
    }


def northwind(application, has=None, **options):
    tenant = make_tenant("Northwind Traders", id=T1)
    return make_installation(application, tenant, has=has or grants(P1), **options)


def open_tenant(client, installation, query="", **options):
    url = reverse("consent:tenant_detail", args=[installation.application.slug, installation.tenant_id])
    return client.get(url + query, **options)


def take_snapshot(installation, *granted, knows=EVERYTHING, days=0):
    last = installation.snapshots.order_by("-sequence").first()
    return Snapshot.objects.create(
        installation=installation,
        sequence=(last.sequence if last else 0) + 1,
        observed_at=NOW + timedelta(days=days),
        pattern=intern(grants(*granted, knows=knows)),
        evidence=[token(roles=[p.value for p in granted])],
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


def invite(installation, *, at):
    return Invitation.objects.create(
        installation=installation, created_at=at, expires_at=at + timedelta(days=7), opened_at=at
    )


def attempt(invitation, *, at, outcome="checking", settled=None, **values):
    return ConsentAttempt.objects.create(
        invitation=invitation,
        state_hash=f"{invitation.pk}{at}{outcome}"[-64:],
        session_hash="",
        started_at=at,
        expires_at=at + timedelta(hours=1),
        returned_at=at + timedelta(minutes=1),
        outcome=outcome,
        settled_at=settled,
        **values,
    )


class TestTimeline:
    def titles(self, installation):
        return [event.title for event in tenant_page(installation, older="", now=NOW)["events"]]

    def test_tells_the_story_newest_first(self, story):
        installation = northwind(story, created_at=NOW - timedelta(days=40))
        invitation = invite(installation, at=NOW + timedelta(hours=1))
        at = NOW + timedelta(hours=2)
        attempt(invitation, at=at, outcome="approved", settled=at + timedelta(minutes=2))
        Snapshot.objects.filter(installation=installation).update(observed_at=NOW - timedelta(days=20))
        Snapshot.objects.create(
            installation=installation,
            sequence=2,
            observed_at=at + timedelta(minutes=2),
            pattern=intern(grants(P1, P2)),
            evidence=[token()],
        )

        assert self.titles(installation) == [
            "Approval proved: everything required is granted",
            "Snapshot 2",
            "The admin returned from Microsoft with a yes",
            "An admin left for Microsoft",
            "Approval link opened",
            "Approval link made",
            "Revision 2 published",
            "Snapshot 1",
            "Revision 1 published",
        ]

    @pytest.mark.parametrize(
        ("outcome", "says"),
        [
            ("declined", "The admin chose Cancel at Microsoft; nothing changed"),
            ("refused", "Microsoft refused the approval; nothing changed"),
            ("other-tenant", "The admin approved in another tenant; nothing changed here"),
        ],
    )
    def test_tells_a_trip_that_ended_at_once_in_one_line(self, story, outcome, says):
        installation = northwind(story)
        at = NOW + timedelta(hours=1)
        attempt(invite(installation, at=NOW), at=at, outcome=outcome, settled=at + timedelta(minutes=1))

        assert self.titles(installation)[:2] == [says, "An admin left for Microsoft"]

    def test_never_names_the_other_tenant(self, as_owner, story):
        installation = northwind(story)
        attempt(invite(installation, at=NOW), at=NOW, outcome="other-tenant", settled=NOW, other_tenant=T2)

        assert str(T2) not in open_tenant(as_owner, installation).content.decode()

    def test_pages_through_everything_once_even_at_one_instant(self, story):
        installation = northwind(story)
        for n in range(22):
            invitation = invite(installation, at=NOW)  # made and opened in one instant
            attempt(invitation, at=NOW, outcome="declined", settled=NOW, code=n)
        seen, older = [], ""
        while True:
            page = tenant_page(installation, older=older, now=NOW)
            seen += [(e.at, e.title, e.invitation_id, e.snapshot) for e in page["events"]]
            older = page["older"]
            if not older:
                break
            assert len(page["events"]) == EVENTS

        assert len(seen) == len(set(seen)) == 22 * 5 + 1
        assert [at for at, *_ in seen] == sorted((at for at, *_ in seen), reverse=True)

    def test_starts_at_the_top_when_its_link_is_damaged(self, as_owner, story):
        installation = northwind(story)

        assert "Snapshot 1" in text_of(open_tenant(as_owner, installation, "?older=nonsense"))

    def test_calls_a_refused_token_what_it_is(self, story):
        installation = northwind(story, grants(P1, knows=EVERYTHING))
        gone = take_snapshot(installation, days=1)
        gone.evidence = [token(code=7000229)]
        gone.save()
        newest = tenant_page(installation, older="", now=NOW)["events"][0]

        assert newest.detail.startswith("Microsoft refused a token")
        assert newest.removed == [P1]

    def test_shows_each_snapshots_difference_from_the_one_before(self, as_owner, story):
        installation = northwind(story, grants(P1, knows=EVERYTHING))
        take_snapshot(installation, P2, days=1)
        page = text_of(open_tenant(as_owner, installation))

        assert "Added SecurityAlert.Read.All application permission Removed SecurityEvents.Read.All" in page


class TestChange:
    def test_never_calls_removed_what_the_later_proof_could_not_see(self):
        change = change_of(before=grants(P1, USER_READ, knows=EVERYTHING), after=grants(P1, P2))

        assert (set(change.added), set(change.removed), set(change.kept)) == ({P2}, set(), {P1})
        assert change.unclear == {USER_READ}

    def test_never_calls_added_what_the_earlier_proof_could_not_see(self):
        change = change_of(before=grants(P1), after=grants(P1, USER_READ, knows=EVERYTHING))

        assert (set(change.added), set(change.unclear)) == (set(), {USER_READ})


class TestSnapshots:
    def open(self, client, installation, query):
        return open_tenant(client, installation, query, follow=True)

    def test_are_compared_in_words_at_a_stable_address(self, as_owner, story):
        installation = northwind(story, grants(P1, P3, knows=EVERYTHING))
        take_snapshot(installation, P1, P2)
        redirected = open_tenant(as_owner, installation, "?snapshot=2&against=1")
        address = reverse("consent:snapshot_detail", args=[story.slug, T1, 2]) + "?against=1"
        page = text_of(as_owner.get(address))

        assert redirected.headers["Location"] == address
        assert "Microsoft Graph Added SecurityAlert.Read.All" in page
        assert "Removed SecurityIncident.Read.All" in page
        assert "Kept SecurityEvents.Read.All" in page

    def test_show_their_own_evidence_and_claims(self, as_owner, story):
        installation = northwind(story)
        take_snapshot(installation, P1, P2)
        page = text_of(as_owner.get(reverse("consent:snapshot_detail", args=[story.slug, T1, 2])))

        assert "An app-only token issued for this tenant" in page
        assert f"roles {P1.value}, {P2.value}" in page
        assert "The token itself is never kept." in page

    @pytest.mark.parametrize("path", ["9", "1?against=9", "1?against=x", "99999999999999999999", "0"])
    def test_that_do_not_exist_are_not_found(self, as_owner, story, path):
        northwind(story)

        assert as_owner.get(f"/{story.slug}/tenants/{T1}/snapshots/{path}").status_code == 404


class TestCheckNow:
    @pytest.mark.parametrize("role", ["owner", "support"])
    def test_makes_the_tenant_due_and_says_so(self, client, request, story, role):
        client.force_login(request.getfixturevalue(role))
        installation = northwind(story, next_check_at=NOW + timedelta(days=300))
        before = timezone.now()
        response = client.post(reverse("consent:tenant_check", args=[story.slug, T1]), follow=True)
        installation.refresh_from_db()

        assert before <= installation.next_check_at <= timezone.now()
        assert installation.checked_at == NOW
        assert "Asked Microsoft again" in text_of(response)


class TestClaims:
    @pytest.fixture
    def pair(self, story):
        one = northwind(story, evidence=[token(tid=str(T1), roles=[P1.value], iat=1795418608)])
        tenant = make_tenant("Fabrikam Residences", id=T2)
        roles = [P1.value, P2.value]
        two = make_installation(
            story, tenant, has=grants(P1, P2), evidence=[token(tid=str(T2), roles=roles, iat=1795418609)]
        )
        return one, two

    def open(self, client, application, a="", b=""):
        return client.get(reverse("consent:tenant_claims", args=[application.slug]), {"a": a, "b": b})

    def test_show_the_same_application_with_different_permissions(self, as_owner, story, pair):
        response = self.open(as_owner, story, str(T1), "fabrikam.example")
        rows = {claim.name: claim for claim in response.context["claims"]}
        page = text_of(response)

        assert not rows["appid"].differs
        assert rows["tid"].differs
        assert [(v.text, v.only_here) for v in rows["roles"].b] == [(P2.value, True), (P1.value, False)]
        assert "Same application, different permissions." in page
        assert "Only Fabrikam Residences granted SecurityAlert.Read.All." in page
        assert "SecurityAlert.Read.All Only here" in page
        assert "2026-11-23 07:23:28 UTC" in page
        assert "The tokens themselves are never kept." in page

    def test_name_a_tenant_that_is_not_there(self, as_owner, story, pair):
        page = text_of(self.open(as_owner, story, str(T1), "nobody.example\x00"))

        assert "No tenant here has this ID or domain." in page

    def test_name_a_tenant_without_a_token(self, as_owner, story, pair):
        make_installation(story, make_tenant("Wingtip"), has=grants(knows=EVERYTHING))
        page = text_of(self.open(as_owner, story, str(T1), "wingtip.example"))

        assert "Microsoft issued no token for Wingtip" in page

    def test_ask_for_two_tenants_first(self, as_owner, story):
        assert "Choose two tenants" in text_of(self.open(as_owner, story))

    @pytest.mark.parametrize("value", [10**30, -1, "x", None, [1], {"a": 1}, 3.5])
    def test_survive_claims_of_any_shape(self, as_owner, story, pair, value):
        one, _ = pair
        one.evidence = [token(exp=value, roles=value)]
        one.save()

        assert self.open(as_owner, story, str(T1), str(T2)).status_code == 200

"""A tenant's timeline: what happened, in order, with what changed."""

from __future__ import annotations

from datetime import timedelta

import pytest

from consent.models import Snapshot
from consent.queries.tenant_detail import tenant_page
from consent.queries.timeline import EVENTS
from consent.services.patterns import intern
from tests.consent.past import attempt, invite, northwind, open_tenant, take_snapshot, token
from tests.consent.test_overview import text_of
from tests.factories import (
    EVERYTHING,
    NOW,
    P1,
    P2,
    T2,
    grants,
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

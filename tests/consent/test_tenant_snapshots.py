"""Snapshots and their differences, checks on request, and tokens side by side."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from consent.rules.change import change_of
from tests.consent.past import northwind, open_tenant, take_snapshot, token
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
    make_tenant,
)


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

    def test_tell_a_refused_token_as_a_refusal_with_its_code_and_show_no_claims_for_it(
        self, as_owner, story, pair
    ):
        refusal = token()
        refusal["claims"] = {"code": 7000229}
        wingtip = make_tenant("Wingtip")
        make_installation(story, wingtip, has=grants(knows=EVERYTHING), evidence=[refusal])

        response = self.open(as_owner, story, str(T1), "wingtip.example")
        page = text_of(response)

        assert "Microsoft refused a token for Wingtip : AADSTS7000229." in page
        assert refusal["request_id"] in page
        assert [claim.name for claim in response.context["claims"]] == ["appid", "tid", "roles", "iat"]
        assert f'data-label="{wingtip.name}"' not in response.content.decode()
        for compared in ("Only here", "Differs", "Same application, "):
            assert compared not in page

        both = text_of(self.open(as_owner, story, "wingtip.example", "wingtip.example"))
        assert "Choose two tenants" not in both
        assert both.count("AADSTS7000229") == 2
        assert "What it says" not in both

    def test_say_that_a_tenant_was_never_read(self, as_owner, story, pair):
        make_installation(story, make_tenant("Wingtip"))

        assert "No read of Wingtip succeeded yet" in text_of(
            self.open(as_owner, story, str(T1), "wingtip.example")
        )

    def test_ask_for_two_tenants_first(self, as_owner, story):
        assert "Choose two tenants" in text_of(self.open(as_owner, story))

    @pytest.mark.parametrize("value", [10**30, -1, "x", None, [1], {"a": 1}, 3.5])
    def test_survive_claims_of_any_shape(self, as_owner, story, pair, value):
        one, _ = pair
        one.evidence = [token(exp=value, roles=value)]
        one.save()

        assert self.open(as_owner, story, str(T1), str(T2)).status_code == 200

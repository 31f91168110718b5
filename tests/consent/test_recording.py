"""What a read comes to, written down: observations and failures as Microsoft would give them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db.models import Q

from consent.models import Application, ConsentAttempt, Installation, Invitation, PatternCount
from consent.rules.status import Condition
from consent.services.checks import LEASE, Read, claim, run_due
from consent.services.patterns import recount
from consent.services.recording import record
from consent.services.upkeep import expire_proofs
from entra.errors import AppDisabled, CredentialRejected, Throttled, Unavailable
from entra.types import Evidence, Observation
from tests import factories
from tests.factories import NOW, P1, P2, TOKEN_KNOWS, grants

pytestmark = pytest.mark.django_db


def saw(*granted, at=NOW, consented=True):
    evidence = Evidence("token", at, "request-1", "client-1", {"roles": sorted(p.value for p in granted)})
    return Observation(frozenset(granted), TOKEN_KNOWS, (evidence,), consented)


def check(installation: Installation, result, *, at=NOW) -> Installation:
    """Take the lease, and write down what "Microsoft" answered."""
    (taken,) = claim(Q(pk=installation.pk), now=at, limit=1)
    record([Read(taken, result)], now=at)
    return Installation.objects.select_related("pattern", "application").get(pk=installation.pk)


@pytest.fixture
def installation(application):
    factories.make_revision(application, P1)
    return factories.make_installation(application, factories.make_tenant(id=factories.T1))


class TestAnObservation:
    def test_becomes_the_first_snapshot_with_its_evidence(self, installation):
        after = check(installation, saw(P1))

        snapshot = after.snapshots.get()
        assert snapshot.sequence == 1
        assert snapshot.granted == {P1}
        assert snapshot.evidence[0]["request_id"] == "request-1"
        assert after.proved_at == after.checked_at == NOW
        assert after.condition == Condition.PROVED

    def test_that_shows_nothing_granted_is_no_snapshot(self, installation):
        after = check(installation, saw(consented=False))

        assert not after.snapshots.exists()
        assert after.proved_at == NOW

    def test_that_shows_no_change_writes_no_second_snapshot(self, installation):
        check(installation, saw(P1))
        after = check(installation, saw(P1), at=NOW + timedelta(hours=6))

        assert after.snapshots.count() == 1
        assert after.proved_at == NOW + timedelta(hours=6)
        assert after.condition_since == NOW

    def test_of_a_withdrawal_remembers_what_went(self, installation):
        check(installation, saw(P1, P2))
        after = check(installation, saw(P2), at=NOW + timedelta(hours=1))

        assert after.pattern.grants == grants(P2, withdrawn=[P1])
        assert [s.granted for s in after.snapshots.order_by("sequence")] == [{P1, P2}, {P2}]

    def test_keeps_the_roll_up_equal_to_a_real_count(self, installation, application):
        other = factories.make_installation(application, factories.make_tenant("Fabrikam"), has=grants(P1))
        check(installation, saw(P1, P2))
        check(other, saw(P1, P2))

        assert not recount(application, repair=False)
        assert [c.installations for c in PatternCount.objects.filter(installations__gt=0)] == [2]

    def test_is_due_again_later_and_free_for_anyone(self, installation):
        after = check(installation, saw(P1))

        assert after.next_check_at is not None
        assert after.next_check_at > NOW + timedelta(hours=5)
        assert after.lease_token == ""


class TestAFailure:
    def test_changes_nothing_that_was_proved(self, installation):
        proved = check(installation, saw(P1))
        after = check(installation, Unavailable("no answer"), at=NOW + timedelta(hours=1))

        assert (after.pattern_id, after.condition) == (proved.pattern_id, Condition.PROVED)
        assert after.proved_at == NOW
        assert after.failures == 1
        assert after.last_error["summary"] in after.note

    def test_before_any_proof_leaves_it_unreachable_and_unknown(self, installation):
        after = check(installation, Unavailable("no answer"))

        assert after.condition == Condition.UNREACHABLE
        assert not after.pattern.grants.knows

    def test_becomes_unreachable_when_the_proof_grows_too_old(self, installation):
        check(installation, saw(P1))
        late = NOW + timedelta(hours=73)
        check(installation, Throttled("slow down", retry_after=60), at=late - timedelta(hours=2))
        assert Installation.objects.get(pk=installation.pk).condition == Condition.PROVED

        assert expire_proofs(now=late) == 1

        assert Installation.objects.get(pk=installation.pk).condition == Condition.UNREACHABLE
        assert not recount(installation.application, repair=False)
        assert expire_proofs(now=late) == 0

    def test_after_a_proof_that_is_too_old_leaves_it_unreachable(self, installation):
        check(installation, saw(P1))

        after = check(installation, Unavailable("no answer"), at=NOW + timedelta(hours=73))

        assert after.condition == Condition.UNREACHABLE

    def test_waits_as_long_as_microsoft_asks(self, installation):
        after = check(installation, Throttled("slow down", retry_after=3000))

        assert after.next_check_at is not None
        assert after.next_check_at >= NOW + timedelta(seconds=3000)

    def test_of_a_disabled_application_is_a_definite_answer(self, installation):
        check(installation, saw(P1))
        after = check(installation, AppDisabled("off", code=7000112))

        assert after.condition == Condition.DISABLED
        assert after.pattern.grants.granted == {P1}

    def test_ends_with_the_next_good_read(self, installation):
        check(installation, Unavailable("no answer"))
        after = check(installation, saw(P1))

        assert (after.condition, after.failures, after.last_error, after.note) == ("proved", 0, {}, "")

    def test_of_our_credential_alarms_the_owner_once_and_is_cleared(self, installation, application):
        check(installation, CredentialRejected("bad", code=7000222))
        first = Application.objects.get()
        check(installation, CredentialRejected("bad", code=7000222), at=NOW + timedelta(hours=1))

        assert "expired" in first.credential_error
        assert Application.objects.get().credential_error_at == NOW

        check(installation, saw(P1), at=NOW + timedelta(hours=2))
        assert Application.objects.get().credential_error == ""


class TestALease:
    def test_is_held_by_one_at_a_time(self, installation):
        assert len(claim(Q(pk=installation.pk), now=NOW, limit=1)) == 1
        assert claim(Q(pk=installation.pk), now=NOW, limit=1) == []

    def test_that_ran_out_is_anyones_and_the_late_writer_is_fenced_off(self, installation):
        (slow,) = claim(Q(pk=installation.pk), now=NOW, limit=1)
        later = NOW + LEASE
        after = check(installation, saw(P1, P2), at=later)

        record([Read(slow, saw())], now=later)

        unchanged = Installation.objects.get(pk=installation.pk)
        assert unchanged.pattern_id == after.pattern_id
        assert unchanged.snapshots.count() == 1

    def test_of_a_deleted_installation_ends_quietly(self, installation):
        (taken,) = claim(Q(pk=installation.pk), now=NOW, limit=1)
        Installation.objects.all().delete()

        record([Read(taken, saw(P1))], now=NOW)

        assert not Installation.objects.exists()


class TestSomebodyWho:
    def test_waits_is_served_before_a_fleets_scan(self, installation, application, microsoft):
        fleet = factories.make_installation(
            application, factories.make_tenant(id=factories.T2), next_check_at=NOW - timedelta(hours=5)
        )
        Installation.objects.filter(pk=installation.pk).update(next_check_at=NOW, asked_at=NOW)

        assert run_due(now=NOW) == 1

        checked, waiting = (Installation.objects.get(pk=i.pk) for i in (installation, fleet))
        assert (checked.checked_at, checked.asked_at) == (NOW, None)
        assert waiting.checked_at is None

    def test_asks_while_a_read_is_under_way_gets_another_read(self, installation):
        (taken,) = claim(Q(pk=installation.pk), now=NOW, limit=1)
        asked = NOW + timedelta(seconds=1)
        Installation.objects.filter(pk=installation.pk).update(next_check_at=asked, asked_at=asked)

        record([Read(taken, saw(P1))], now=NOW)

        after = Installation.objects.get(pk=installation.pk)
        assert (after.next_check_at, after.asked_at) == (asked, asked)


class TestATripToMicrosoft:
    @pytest.fixture
    def attempt(self, installation):
        invitation = Invitation.objects.create(
            installation=installation, created_at=NOW, expires_at=NOW + timedelta(days=14)
        )
        Installation.objects.filter(pk=installation.pk).update(claimed_at=NOW)
        return ConsentAttempt.objects.create(
            invitation=invitation,
            state_hash="s",
            session_hash="b",
            started_at=NOW,
            expires_at=NOW + timedelta(hours=1),
            returned_at=NOW,
            outcome="checking",
        )

    def test_is_approved_when_the_proof_shows_everything(self, installation, attempt):
        after = check(installation, saw(P1))

        attempt.refresh_from_db()
        assert (attempt.outcome, attempt.settled_at) == ("approved", NOW)
        assert attempt.invitation.used_at == NOW
        assert after.claimed_at is None

    def test_stays_unverified_while_roles_lag(self, installation, attempt):
        after = check(installation, saw(consented=False), at=NOW + timedelta(seconds=1))

        attempt.refresh_from_db()
        assert attempt.outcome == "checking"
        assert after.condition == Condition.CLAIMED
        assert after.next_check_at == NOW + timedelta(seconds=3)

    def test_is_partly_approved_when_some_came(self, installation, attempt, application):
        factories.make_revision(application, P1, P2)
        after = check(installation, saw(P1))

        attempt.refresh_from_db()
        assert (attempt.outcome, attempt.settled_at) == ("partly", None)
        assert after.condition == Condition.PROVED

        later = after.next_check_at
        assert later is not None
        check(installation, saw(P1, P2), at=later)
        attempt.refresh_from_db()
        assert (attempt.outcome, attempt.settled_at) == ("approved", later)

    def test_from_which_nothing_came_back_is_found_by_a_later_read(self, installation, attempt):
        ConsentAttempt.objects.update(outcome="started", returned_at=None)
        Installation.objects.update(claimed_at=None)

        check(installation, saw(P1), at=NOW + timedelta(hours=1))

        attempt.refresh_from_db()
        assert (attempt.outcome, attempt.invitation.used_at) == ("approved", NOW + timedelta(hours=1))

    @pytest.mark.parametrize("seen", [(), (P1,)], ids=["nothing", "a part that anything may have brought"])
    def test_that_never_came_back_is_decided_by_the_whole_only(
        self, installation, attempt, application, seen
    ):
        factories.make_revision(application, P1, P2)
        ConsentAttempt.objects.update(outcome="started", returned_at=None)
        Installation.objects.update(claimed_at=None)

        check(installation, saw(*seen, consented=bool(seen)), at=NOW + timedelta(hours=1))

        attempt.refresh_from_db()
        assert (attempt.outcome, attempt.settled_at) == ("started", None)

    def test_is_given_up_after_a_day(self, installation, attempt):
        after = check(installation, saw(consented=False), at=NOW + timedelta(hours=24))

        attempt.refresh_from_db()
        assert attempt.outcome == "not-confirmed"
        assert (after.condition, after.claimed_at) == (Condition.PROVED, None)

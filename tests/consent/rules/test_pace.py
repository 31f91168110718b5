from datetime import UTC, datetime, timedelta

import pytest

from consent.rules import pace
from consent.rules.drift import compare
from consent.rules.outcome import is_final, outcome_of
from tests.factories import D1, P1, P2, grants

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)


def test_a_claim_is_looked_at_again_after_growing_pauses():
    moments, at = [], NOW
    for _ in range(14):
        at = pace.after_claim(claimed_at=NOW, now=at)
        moments.append(at)

    pauses = [later - earlier for earlier, later in zip([NOW, *moments], moments, strict=False)]
    assert pauses[0] == timedelta(seconds=3)
    assert pauses == sorted(pauses)
    assert pauses[-1] == timedelta(hours=1)


def test_failures_are_tried_again_after_growing_pauses_up_to_two_hours():
    pauses = [pace.after_failure(failures=n, retry_after=None, now=NOW, spread=0) - NOW for n in range(1, 20)]

    assert pauses[0] == timedelta(seconds=30)
    assert pauses == sorted(pauses)
    assert pauses[-1] == timedelta(hours=2)


def test_a_retry_after_of_microsoft_is_a_floor():
    assert pace.after_failure(failures=1, retry_after=600, now=NOW, spread=0) == NOW + timedelta(minutes=10)
    assert pace.after_failure(failures=9, retry_after=1, now=NOW, spread=0) > NOW + timedelta(minutes=10)


@pytest.mark.parametrize("spread", [0.0, 0.5, 1.0])
def test_a_fleet_does_not_come_back_at_one_moment(spread):
    at = pace.after_success(interval=timedelta(hours=10), now=NOW, spread=spread)

    assert timedelta(hours=9) <= at - NOW <= timedelta(hours=11)


class TestOutcomeOfATrip:
    def outcome(self, *, required, before=(), has=None, consented=True, waited=timedelta(0)):
        has = has or grants()
        return outcome_of(
            before=frozenset(before),
            granted=has.granted,
            drift=compare(required=frozenset(required), grants=has),
            consented=consented,
            claimed_at=NOW - waited,
            now=NOW,
        )

    def test_everything_proved_is_approved(self):
        assert self.outcome(required={P1, P2}, has=grants(P1, P2)) == "approved"

    def test_what_no_proof_covers_does_not_hold_it_up(self):
        assert self.outcome(required={P1, D1}, has=grants(P1)) == "approved"

    def test_a_yes_to_what_nobody_can_read_proves_nothing(self):
        assert self.outcome(required={P1, D1}, before={P1}, has=grants(P1)) == "unprovable"
        assert self.outcome(required={D1}) == "unprovable"

    def test_half_of_it_waits_some_minutes_for_the_other_half(self):
        assert not is_final("partly", claimed_at=NOW, now=NOW + timedelta(minutes=9))
        assert is_final("partly", claimed_at=NOW, now=NOW + timedelta(minutes=10))
        assert is_final("approved", claimed_at=NOW, now=NOW)
        assert not is_final("checking", claimed_at=NOW, now=NOW + timedelta(hours=30))

    def test_fewer_than_asked_is_partly(self):
        assert self.outcome(required={P1, P2}, has=grants(P1)) == "partly"

    def test_nothing_gained_yet_is_still_being_checked(self):
        assert self.outcome(required={P1, P2}, before={P1}, has=grants(P1)) == "checking"
        assert self.outcome(required={P1}, consented=False) == "checking"

    def test_after_a_day_without_a_sign_it_is_not_confirmed(self):
        assert self.outcome(required={P1}, waited=timedelta(hours=24)) == "not-confirmed"

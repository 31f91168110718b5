from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.rules.drift import NOTHING_KNOWN, Drift, Grants, compare, differs, fold
from entra.types import GRAPH, Observation, Permission
from tests.factories import D1, EVERYTHING, P1, P2, P3, TOKEN_KNOWS, USER_READ, grants

NOW = datetime(2026, 11, 23, tzinfo=UTC)
OPENID = Permission(GRAPH, "delegated", "37f7f235-527c-4136-accd-4a02d197296e", "openid")
VAULT = Permission(
    "cfa8b339-82a2-471a-a3c9-0fc0be7a4093", "application", "f53da476-18e3-4152-8e01-aec403e6edc0"
)

permissions = st.frozensets(st.sampled_from([P1, P2, P3, D1, USER_READ, VAULT]))
coverage = st.sampled_from(
    [frozenset(), TOKEN_KNOWS, frozenset({"application"}), frozenset({"delegated"}), EVERYTHING]
)


def saw(*granted: Permission, knows=TOKEN_KNOWS) -> Observation:
    return Observation(granted=frozenset(granted), knows=knows, evidence=(), consented=bool(granted))


class TestCompare:
    @pytest.mark.parametrize(
        ("required", "has", "expected"),
        [
            ({P1}, grants(P1), ((), (), (), ())),
            ({P1, P2}, grants(P1), ((P2,), (), (), ())),
            ({P1}, grants(P1, P2), ((), (P2,), (), ())),
            ({P2}, grants(P1, withdrawn=[P2]), ((P2,), (P1,), (), (P2,))),
            ({P1, D1}, grants(P1), ((), (), (D1,), ())),
            ({P1, D1}, grants(P1, knows=EVERYTHING), ((D1,), (), (), ())),
            ({P1}, NOTHING_KNOWN, ((), (), (P1,), ())),
            ({P1, VAULT}, grants(P1), ((), (), (VAULT,), ())),
            ({P1}, grants(P1, OPENID, knows=EVERYTHING), ((), (), (), ())),
            ({P1, OPENID}, grants(P1, knows=EVERYTHING), ((OPENID,), (), (), ())),
        ],
    )
    def test_sorts_every_permission_into_its_set(self, required, has, expected):
        drift = compare(required=frozenset(required), grants=has)

        assert drift == Drift(*(frozenset(group) for group in expected))

    def test_the_same_value_of_another_kind_satisfies_nothing(self):
        drift = compare(required=frozenset({D1}), grants=grants(P1, knows=EVERYTHING))

        assert drift.missing == {D1}
        assert drift.surplus == {P1}

    @given(required=permissions, granted=permissions, knows=coverage, withdrawn=permissions)
    def test_what_is_required_is_granted_missing_or_unknown_and_only_one_of_them(
        self, required, granted, knows, withdrawn
    ):
        has = Grants(granted, knows, withdrawn)
        drift = compare(required=required, grants=has)

        assert required == (required & granted) | drift.missing | drift.unknown
        assert not drift.missing & drift.unknown
        assert not (drift.missing | drift.unknown) & granted
        assert drift.revoked <= drift.missing


class TestFold:
    def test_a_withdrawal_is_remembered(self):
        assert fold(grants(P1, P2), saw(P2)) == grants(P2, withdrawn=[P1])

    def test_a_withdrawal_stays_remembered_while_nothing_is_gained(self):
        assert fold(grants(P2, withdrawn=[P1]), saw(P2)) == grants(P2, withdrawn=[P1])

    def test_consenting_again_closes_the_book(self):
        assert fold(grants(P2, withdrawn=[P1]), saw(P1, P2)) == grants(P1, P2)
        assert fold(grants(P2, withdrawn=[P1]), saw(P2, P3)) == grants(P2, P3)

    def test_a_kind_that_nobody_could_read_is_not_taken_for_withdrawn(self):
        before = grants(P1, D1, knows=EVERYTHING)

        after = fold(before, saw(P1))

        assert after == grants(P1)
        assert compare(required=frozenset({P1, D1}), grants=after).unknown == {D1}

    def test_leaving_the_directory_withdraws_everything(self):
        assert fold(grants(P1, P2), saw(knows=EVERYTHING)) == grants(knows=EVERYTHING, withdrawn=[P1, P2])

    @given(before=permissions, seen=permissions, knows=coverage)
    def test_what_was_seen_is_what_is_granted(self, before, seen, knows):
        after = fold(Grants(before, EVERYTHING), saw(*seen, knows=knows))

        assert after.granted == seen
        assert not after.withdrawn & after.granted


class TestDiffers:
    def test_the_first_empty_read_is_no_snapshot(self):
        assert not differs(frozenset(), saw())

    def test_a_change_is_one(self):
        assert differs(frozenset({P1}), saw(P1, P2))
        assert differs(frozenset({P1}), saw())

    def test_what_this_read_could_not_see_is_no_change(self):
        assert not differs(frozenset({P1, D1}), saw(P1))

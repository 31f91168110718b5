from itertools import product

import pytest

from consent.rules.drift import NOTHING_KNOWN, compare
from consent.rules.status import SEVERITY, Condition, Standing, Status, standing_of, status_of
from tests.factories import D1, EVERYTHING, P1, P2, grants

C, S = Condition, Standing


@pytest.mark.parametrize(
    ("required", "has", "expected"),
    [
        ({P1}, grants(P1), S.IN_STEP),
        ({P1, P2}, grants(P1), S.MISSING),
        ({P1}, grants(P1, P2), S.SURPLUS),
        ({P1}, grants(), S.NOTHING_GRANTED),
        ({P1}, grants(knows=EVERYTHING), S.NOTHING_GRANTED),
        ({P1}, NOTHING_KNOWN, S.UNKNOWN),
        ({P1, D1}, grants(P1), S.UNKNOWN),
        ({D1}, grants(), S.UNKNOWN),
        ({P1, D1}, grants(), S.NOTHING_GRANTED),
        ({P1, D1, P2}, grants(P1), S.MISSING),
        ({P1, P2}, grants(P2, withdrawn=[P1]), S.REVOKED),
        ({P1}, grants(withdrawn=[P1]), S.REVOKED),
        ({P2}, grants(P2, withdrawn=[P1]), S.IN_STEP),
        ({P2}, grants(withdrawn=[P1]), S.MISSING),
        ({P1}, grants(P1, P2, withdrawn=[D1], knows=EVERYTHING), S.SURPLUS),
    ],
)
def test_standing(required, has, expected):
    drift = compare(required=frozenset(required), grants=has)

    assert standing_of(drift=drift, grants=has) is expected


@pytest.mark.parametrize(
    ("condition", "standing", "expected"),
    [
        (C.PROVED, S.IN_STEP, Status.IN_STEP),
        (C.PROVED, S.MISSING, Status.RE_CONSENT_NEEDED),
        (C.PROVED, S.SURPLUS, Status.OVER_GRANTED),
        (C.PROVED, S.NOTHING_GRANTED, Status.NEVER_CONSENTED),
        (C.PROVED, S.REVOKED, Status.REVOKED),
        (C.PROVED, S.UNKNOWN, Status.UNVERIFIED),
        (C.UNREAD, S.UNKNOWN, Status.UNVERIFIED),
        (C.UNREAD, S.NOTHING_GRANTED, Status.UNVERIFIED),
        (C.CLAIMED, S.NOTHING_GRANTED, Status.UNVERIFIED),
        (C.CLAIMED, S.MISSING, Status.UNVERIFIED),
        (C.CLAIMED, S.REVOKED, Status.REVOKED),
        (C.DISABLED, S.IN_STEP, Status.REVOKED),
        (C.DISABLED, S.MISSING, Status.REVOKED),
        (C.DISABLED, S.NOTHING_GRANTED, Status.NEVER_CONSENTED),
        (C.DISABLED, S.UNKNOWN, Status.UNVERIFIED),
        (C.UNREACHABLE, S.IN_STEP, Status.UNREACHABLE),
        (C.UNREACHABLE, S.REVOKED, Status.UNREACHABLE),
    ],
)
def test_status(condition, standing, expected):
    assert status_of(condition=condition, standing=standing) is expected


def test_every_combination_has_a_status_and_only_proof_is_in_step():
    for condition, standing in product(Condition, Standing):
        status = status_of(condition=condition, standing=standing)

        assert (status is Status.IN_STEP) == (condition is C.PROVED and standing is S.IN_STEP)


def test_every_status_has_its_place_in_the_order_of_lists():
    assert sorted(SEVERITY) == sorted(Status)

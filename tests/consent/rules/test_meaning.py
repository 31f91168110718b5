from datetime import UTC, datetime

from consent.rules.claims import meaning_of as meaning_of_claim
from consent.rules.drift import Drift
from consent.rules.meaning import meaning_of
from consent.rules.own_role import own_role
from consent.rules.requirements import History, Requirement
from consent.rules.security_api import GLOBAL_READER, SECURITY_READER
from consent.rules.status import Condition, Standing, Status
from consent.rules.try_it import trouble_of
from entra.types import GRAPH, Permission

P1, P2, P3 = (Permission(GRAPH, "application", f"{n:036}", f"P{n}") for n in (1, 2, 3))
NONE = frozenset[Permission]()


def history(*required):
    at = datetime(2026, 11, 23, tzinfo=UTC)
    return History(tuple(Requirement(n, n, at, frozenset(r)) for n, r in enumerate(required, start=1)))


def said(surplus, revisions):
    return meaning_of(
        status=Status.OVER_GRANTED,
        standing=Standing.SURPLUS,
        conditions=[Condition.PROVED],
        drift=Drift(missing=NONE, surplus=frozenset(surplus), unknown=NONE, revoked=NONE),
        granted=frozenset(surplus),
        history=revisions,
    )


class TestWhatIsGrantedButNotAskedFor:
    def test_names_the_one_revision_that_dropped_it(self):
        assert said({P2}, history([P1, P2], [P1])) == "Kept a permission removed in revision 2"

    def test_names_the_first_of_several_revisions(self):
        assert said({P2, P3}, history([P1, P2, P3], [P1, P2], [P1])) == (
            "Kept 2 permissions removed since revision 1"
        )

    def test_says_when_nobody_ever_asked_for_it(self):
        assert said({P2}, history([P1])) == "Granted 1 permission that no revision asked for"


class TestAPersonsRole:
    def test_waits_when_only_an_eligible_one_would_do(self):
        assert own_role(needed=True, active=[], eligible=[SECURITY_READER.upper()]).state == "eligible"

    def test_is_doubtful_where_no_page_says_that_it_suffices(self):
        assert own_role(needed=True, active=[GLOBAL_READER], eligible=[]).state == "doubtful"


def test_microsofts_own_claims_are_said_to_be_of_no_use_and_strange_ones_to_be_nothing():
    assert "no use" in meaning_of_claim("xms_anything")
    assert meaning_of_claim("invented") == ""


def test_a_sign_in_that_only_needs_time_says_that_microsoft_is_away():
    assert trouble_of(code=None, error="temporarily_unavailable", retryable=True) == "microsoft-away"
    assert trouble_of(code=None, error="access_denied", retryable=False) == "cancelled"

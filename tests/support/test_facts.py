"""What was granted and required at the moment of the call, not at the moment of asking."""

from __future__ import annotations

from datetime import timedelta

import pytest

from support.queries.facts import facts_of, failure_facts, load_past
from support.rules.facts import FailureFacts
from tests import factories
from tests.factories import NOW, P1, P2, P3, grants
from tests.support.failing import make_failure, make_tenant_with_gap, seen

HOUR = timedelta(hours=1)


@pytest.fixture
def northwind(application):
    """Granted P1 at NOW, P1 and P2 an hour later, P2 alone two hours later."""
    factories.make_revision(application, P1, at=NOW - HOUR)
    installation = factories.make_installation(application, has=grants(P1))
    factories.make_revision(application, P1, P2, at=NOW + HOUR / 2)
    seen(installation, grants(P1, P2), at=NOW + HOUR)
    seen(installation, grants(P2, withdrawn={P1}), at=NOW + 2 * HOUR)
    return installation


def told(installation, at):
    past = load_past(application_id=installation.application_id, tenant_id=installation.tenant_id)
    facts = facts_of(FailureFacts(occurred_at=at), past=past, now=NOW + 9 * HOUR)
    assert facts.tenant
    return facts.tenant


@pytest.mark.parametrize(
    ("after", "granted", "revision"),
    [
        (timedelta(minutes=-1), None, 1),
        (timedelta(minutes=1), {P1}, 1),
        (timedelta(minutes=45), {P1}, 2),
        (timedelta(minutes=61), {P1, P2}, 2),
        (timedelta(minutes=121), {P2}, 2),
    ],
)
def test_what_was_granted_and_required_is_that_of_the_call(northwind, after, granted, revision):
    then = told(northwind, NOW + after)

    assert then.granted_then == granted
    assert then.revision_then == revision
    assert then.granted_now == {P2}


def test_before_the_first_revision_nothing_was_required(northwind):
    assert told(northwind, NOW - 2 * HOUR).revision_then is None


def test_it_says_since_when_each_permission_is_granted_and_when_it_was_withdrawn(northwind):
    then = told(northwind, NOW)

    assert then.granted_since == {P2: NOW + HOUR}
    assert then.withdrawn_at == {P1: NOW + 2 * HOUR}
    assert then.required_since == {P1: 1, P2: 2}


def test_a_permission_that_came_back_counts_from_its_return(northwind):
    seen(northwind, grants(P1, P2), at=NOW + 3 * HOUR)

    then = told(northwind, NOW)

    assert then.granted_since[P1] == NOW + 3 * HOUR
    assert then.withdrawn_at == {}


def test_a_proof_that_could_not_see_is_neither_gap_nor_withdrawal(northwind):
    seen(northwind, grants(P1, P2), at=NOW + 3 * HOUR)
    seen(northwind, grants(knows=frozenset({"delegated"})), at=NOW + 4 * HOUR)
    seen(northwind, grants(P1, P2), at=NOW + 5 * HOUR)

    assert told(northwind, NOW).granted_since[P1] == NOW + 3 * HOUR


def test_a_tenant_that_was_never_read_has_no_grants_rather_than_none(application):
    installation = factories.make_installation(application)

    then = told(installation, NOW + HOUR)

    assert then.granted_then is None
    assert then.granted_now is None


def test_a_tenant_proved_to_have_granted_nothing_has_none(application):
    refused = [{"source": "token", "observed_at": NOW.isoformat(), "claims": {"code": 7000229}}]
    installation = factories.make_installation(application, has=grants(), evidence=refused)

    then = told(installation, NOW + HOUR)

    assert then.granted_then is not None
    assert not then.granted_then
    assert then.gone


def test_a_stored_failure_gives_back_what_was_told(application):
    installation = make_tenant_with_gap(application)
    failure = make_failure(
        application, installation, headers={"retry_after": 17, "challenge": "insufficient_claims"}
    )

    facts = failure_facts(failure)

    assert (facts.status, facts.path, facts.retry_after) == (403, "/security/alerts_v2", 17)
    assert facts.challenge == "insufficient_claims"
    assert facts.token
    assert facts.token.roles == frozenset({"SecurityEvents.Read.All"})
    assert facts.token.wids is None
    assert facts.token.issued_at == NOW - timedelta(minutes=10)


def test_collecting_costs_the_same_whatever_the_past(northwind, django_assert_num_queries):
    for hour in range(3, 30):
        seen(northwind, grants(P1, P2) if hour % 2 else grants(P2, P3), at=NOW + hour * HOUR)

    with django_assert_num_queries(2):
        told(northwind, NOW + 90 * HOUR)

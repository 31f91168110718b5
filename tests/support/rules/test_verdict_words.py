"""The sentences of a verdict: what happened, who acts, what would settle it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

import support.rules
from support.rules.verdict import judge
from support.rules.wording import DENIED
from support.rules.wording_rest import EXPLAINED
from tests.support.rules.cases import (
    AT,
    EVENTS,
    INCIDENTS,
    LONG_AGO,
    approved,
    facts,
    graph,
    minutes,
    sign_in,
    tenant,
    withdrawn,
)
from tests.support.rules.stories import ANA, TWO
from tests.support.rules.test_verdict import STORIES


def headline(failure, about=None):
    return judge(facts(failure, about)).headline


def test_a_missing_permission_tells_which_revision_brought_it():
    assert headline(graph(token=TWO), tenant()) == (
        "Northwind Traders hasn't approved SecurityIncident.Read.All: revision 7 asks for it, "
        "and Northwind Traders' approval dates from revision 6."
    )
    assert headline(graph(token=TWO), tenant(EVENTS)).endswith("approval dates from before revision 7.")
    first = tenant(required_since={INCIDENTS: 1})
    assert headline(graph(token=TWO), first) == "Northwind Traders hasn't approved SecurityIncident.Read.All."


def test_what_only_the_token_shows_is_not_said_of_the_tenant():
    assert headline(graph(token=TWO)) == (
        "The token lacks SecurityIncident.Read.All: the tenant probably hasn't approved it."
    )


def test_an_older_token_is_told_with_both_times():
    assert headline(graph(token=TWO), approved(AT - minutes(5))) == (
        "Approved at 03:05 UTC, but the app still uses a token from 02:40 UTC."
    )


def test_a_time_of_another_day_has_its_day():
    assert "(seen at 25 August 2026, 03:10 UTC)" in headline(graph(token=TWO), withdrawn(LONG_AGO))


def test_a_permission_that_nobody_asks_for_is_ours():
    said = headline(graph("/security/runHuntingQuery", method="POST", token=TWO), tenant())
    assert said == "The call needs ThreatHunting.Read.All, which no revision of the app asks for."
    said = headline(graph(token=replace(ANA, scp=frozenset({"openid"}))), tenant())
    assert said == (
        "The call was made for a signed-in person, "
        "but the app asks for SecurityIncident.Read.All for itself only."
    )


def test_slowing_down_says_how_long():
    assert (
        judge(facts(graph(status=429, retry_after=17), None)).next_step
        == "Retry after 17 s. No approval is needed."
    )


def test_without_a_record_no_consent_may_be_none_or_not_all():
    assert (
        headline(sign_in(65001))
        == "Nobody has approved the app for the tenant, or not for all that it asks for."
    )


def test_an_answer_is_no_refusal():
    assert (
        headline(graph(status=200, token=TWO), tenant()) == "The call wasn't refused: Microsoft answered 200."
    )


def test_an_unknown_code_tells_what_is_known():
    verdict = judge(facts(sign_in(999999), tenant()))

    assert "AADSTS999999" in verdict.headline
    assert "Northwind Traders is “re-consent needed”, last proved 03:00 UTC" in verdict.next_step
    assert "AADSTS999999" in verdict.settles


def test_microsofts_words_are_short_and_on_one_line():
    said = headline(graph("/sites/root", message="no\r\n\x1b[31m" + "x" * 500), None)

    assert len(said) < 300
    assert said.isprintable()


def test_braces_in_a_name_stay_braces():
    odd = tenant(name="{tenant} {0.__class__} %s")

    assert headline(graph(token=TWO), odd).startswith("{tenant} {0.__class__} %s hasn't approved")


@pytest.mark.parametrize(("failure", "about"), [s[1:3] for s in STORIES], ids=[s[0] for s in STORIES])
def test_the_voice(failure, about):
    verdict = judge(facts(failure, about))

    assert verdict.headline.endswith(".")
    assert verdict.next_step.endswith(".")
    assert not verdict.settles or verdict.settles.endswith(".")
    for text in (verdict.headline, verdict.next_step, verdict.settles):
        for word in ("successfully", "simply", "please", "oops", "  ", "..", "broken", "orphan"):
            assert word not in text.lower()
        assert text[:1].upper() == text[:1]


def test_every_wording_can_be_reached():
    """A wording that no check asks for would be one that nobody keeps true."""
    folder = Path(support.rules.__file__).parent
    checks = "".join(path.read_text(encoding="utf-8") for path in folder.glob("checks_*.py"))
    wanted = {variant for _, variant in (*DENIED, *EXPLAINED) if variant}
    named = {variant for variant in wanted if f'"{variant}"' in checks}

    assert wanted - named <= {"never-delegated", "never-app-only"}, (
        "these are put together in checks_permission"
    )


def test_graph_explorer_is_told_by_its_name():
    ours = replace(ANA, scp=frozenset({"openid"}), appid="de8bc8b5-d9f9-48b1-a8ad-b748da725064")

    assert headline(graph(token=ours), tenant(INCIDENTS)) == (
        "The token is not our app's but that of Graph Explorer, and it lacks SecurityIncident.Read.All."
    )

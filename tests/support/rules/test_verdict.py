"""Why a call was denied, by table: each row is one story, what it must come to, and how sure one may be."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from support.rules.facts import Slug, Who
from support.rules.verdict import judge, slug_of
from tests.support.rules.cases import (
    AT,
    NOTHING_GRANTED,
    app_token,
    approved,
    facts,
    graph,
    minutes,
    sign_in,
    tenant,
    withdrawn,
)
from tests.support.rules.stories import ANA, APPS, PEOPLE, TWO, V2
from tests.support.rules.stories_elsewhere import REST, SIGN_INS, TOKENS

STORIES = SIGN_INS + TOKENS + APPS + PEOPLE + REST


@pytest.mark.parametrize(
    ("failure", "about", "slug", "confidence"), [s[1:] for s in STORIES], ids=[s[0] for s in STORIES]
)
def test_story(failure, about, slug, confidence):
    verdict = judge(facts(failure, about))

    assert (verdict.slug.value, verdict.confidence) == (slug, confidence)
    assert slug_of(facts(failure, about)) is verdict.slug


def test_every_verdict_is_told_in_some_story():
    assert {story[3] for story in STORIES} == {slug.value for slug in Slug}


@pytest.mark.parametrize(
    ("failure", "about", "who"),
    [
        (graph(token=TWO), tenant(), Who.TENANT_ADMIN),
        (graph("/security/runHuntingQuery", method="POST", token=TWO), tenant(), Who.PUBLISHER),
        (graph(token=TWO), approved(AT + minutes(5)), Who.NOBODY),
        (sign_in(65001), approved(AT + minutes(5)), Who.NOBODY),
        (sign_in(7000229), replace(approved(AT + minutes(5)), granted_then=frozenset()), Who.NOBODY),
        (sign_in(65004), NOTHING_GRANTED, Who.PERSON),
        (graph(status=206, warning='199 - "Microsoft/WDATP/403/1"', token=ANA), None, Who.TENANT_ADMIN),
        (graph(status=206, warning='199 - "Microsoft/WDATP/403/1"', token=TWO), None, Who.UNKNOWN),
        (graph(status=206, warning='199 - "Microsoft/WDATP/500/1"', token=ANA), None, Who.MICROSOFT),
        (sign_in(54005), None, Who.PUBLISHER),
        (sign_in(50057), None, Who.TENANT_ADMIN),
        (sign_in(50126), None, Who.PERSON),
    ],
)
def test_who_can_mend_it(failure, about, who):
    assert judge(facts(failure, about)).who is who


def test_what_would_open_the_call_comes_with_the_least_first():
    assert judge(facts(graph(V2, token=app_token()), None)).missing == (
        "SecurityAlert.Read.All",
        "SecurityAlert.ReadWrite.All",
        "SecurityIncident.Read.All",
        "SecurityIncident.ReadWrite.All",
    )


def test_the_day_of_the_call_decides_whether_an_api_had_ended():
    on_its_last_day = graph("/security/alerts", occurred_at=AT.replace(month=10, day=14), token=app_token())
    assert judge(facts(on_its_last_day, today=AT.date())).slug is Slug.PERMISSION_MISSING
    undated = graph("/security/alerts", occurred_at=None, token=app_token())
    assert judge(facts(undated, today=AT.date())).slug is Slug.API_RETIRED


def test_the_questions_are_answered_in_order():
    checks = {check.check: check.result for check in judge(facts(graph(token=TWO), tenant())).checks}

    assert list(checks)[:2] == ["Microsoft took the request", "A token was issued"]
    assert checks["Token is for Microsoft Graph"] == "pass"
    assert checks["Permission was approved at the time"] == "fail"
    assert checks["Token carries the permission"] == "fail"
    assert checks["User holds Security Reader"] == "not-applicable"
    assert checks["Conditional Access lets it pass"] == "unknown"


@pytest.mark.parametrize("edge", [datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)])
@pytest.mark.parametrize("hours", [-12, 0, 12])
def test_the_first_and_last_hours_of_the_calendar_are_times_too(edge, hours):
    when = edge.replace(tzinfo=timezone(timedelta(hours=hours)))
    told = graph(occurred_at=when, token=replace(TWO, issued_at=when, expires_at=when))

    assert judge(facts(told, withdrawn(when, proved_at=when))).headline


def test_a_401_says_that_it_is_never_a_matter_of_consent():
    assert "never a matter of consent" in judge(facts(graph(status=401, token=TWO), tenant())).headline
    assert "never a matter of consent" in judge(facts(graph(status=401), NOTHING_GRANTED)).headline

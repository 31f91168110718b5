"""Why a call was denied: an ordered list of checks, each a pure function. The first that decides wins."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from support.rules import checks_answer, checks_permission, checks_sign_in, checks_token
from support.rules.case import Case, Finding
from support.rules.facts import Confidence, Facts, Slug, Verdict
from support.rules.questions import asked
from support.rules.words import say

# First what was no refusal, then the door that nobody gets past without a token, then the token itself,
# then what the call needs; within that, consent before the person's role, and the guesses last.
CHECKS: Final[tuple[Callable[[Case], Finding | None], ...]] = (
    checks_answer.throttled,
    checks_answer.partial_answer,
    checks_sign_in.sign_in_refused,
    checks_sign_in.unexplained_code,
    checks_answer.outage,
    checks_answer.not_refused,
    checks_token.wrong_audience,
    checks_token.wrong_tenant,
    checks_token.claims_challenge,
    checks_token.expired,
    checks_token.unauthorized,
    checks_token.licence,
    checks_permission.api_retired,
    checks_permission.app_is_gone,
    checks_permission.approved_since,
    checks_permission.permission_revoked,
    checks_permission.wrong_kind,
    checks_permission.permission_missing,
    checks_permission.user_lacks_role,
    checks_permission.switched_off,
)


def judge(facts: Facts) -> Verdict:
    case = Case(facts)
    finding = _decided(case)
    said = say(finding, case)
    return Verdict(
        slug=finding.slug,
        confidence=_confidence(finding),
        who=said.who,
        headline=said.headline,
        next_step=said.next_step,
        checks=asked(case),
        settles=said.settles,
        missing=finding.missing,
        role=finding.role,
    )


def slug_of(facts: Facts) -> Slug:
    """Return the verdict's slug alone, without its words: for counting many."""
    return _decided(Case(facts)).slug


def _decided(case: Case) -> Finding:
    for check in CHECKS:
        finding = check(case)
        if finding is not None:
            return finding
    return checks_permission.unexplained(case)


def _confidence(finding: Finding) -> Confidence:
    if finding.slug is Slug.NOT_ENOUGH_EVIDENCE:
        return Confidence.CANNOT_TELL
    return Confidence.CERTAIN if len(set(finding.agree)) > 1 else Confidence.LIKELY

"""Checks of what Microsoft answered: slow down, out of order, only in part, not refused at all."""

from __future__ import annotations

import re
from typing import Final

from support.rules.case import Case, Finding
from support.rules.facts import Slug, Who

# "Microsoft Graph throttling guidance"; the AADSTS codes are the token endpoint's way to say so.
_THROTTLED: Final = frozenset({"toomanyrequests", "activitylimitreached", "applicationthrottled"})
_THROTTLED_CODES: Final = frozenset({50196, 90055})
# "Microsoft Graph error responses and resource types"; RFC 6749, section 4.1.2.1.
_AWAY: Final = frozenset(
    {"servicenotavailable", "serviceunavailable", "temporarily_unavailable", "server_error", "gatewaytimeout"}
)
# "Microsoft Graph security API error responses": 199 - "Vendor/Provider/status of the provider/latency".
_PROVIDER: Final = re.compile(r"199\b[^\"]{0,20}\"([^/\"]{1,60})/([^/\"]{1,60})/(\d{3})\b")


def throttled(case: Case) -> Finding | None:
    says_so = case.f.code.lower() in _THROTTLED or case.aadsts in _THROTTLED_CODES
    told_when = bool(case.f.throttle_scope) or _wait(case)
    # RFC 9110, section 15.6.4: a 503 may ask for a pause, and then it is one.
    too_many = case.status == 429 or (case.status == 503 and told_when)
    if not (too_many or says_so):
        return None
    facts = (("answer", too_many), ("body", says_so), ("headers", told_when))
    wait = f" {case.f.retry_after} s" if _wait(case) else " a pause that doubles each time"
    return Finding(Slug.THROTTLED, tuple(name for name, there in facts if there), values=(("wait", wait),))


def _wait(case: Case) -> bool:
    return case.f.retry_after is not None and case.f.retry_after >= 0


def partial_answer(case: Case) -> Finding | None:
    provider = _PROVIDER.search(case.f.warning[:1000]) if case.f.warning else None
    answered = case.status is None or 200 <= case.status < 300
    if not answered or (case.status != 206 and provider is None):
        return None
    agree = tuple(
        name for name, there in (("answer", case.status == 206), ("headers", provider is not None)) if there
    )
    if provider is None:
        return Finding(Slug.PARTIAL_ANSWER, agree, "unnamed", values=(("provider", "one provider"),))
    values = (("provider", f"{provider[1]} {provider[2]}"), ("answered", provider[3]))
    return Finding(Slug.PARTIAL_ANSWER, agree, *_partial_cause(case, int(provider[3])), values=values)


def _partial_cause(case: Case, answered: int) -> tuple[str, Who | None]:
    if answered == 429:
        return "slow", Who.NOBODY
    if answered not in {401, 403}:
        return "away", Who.MICROSOFT
    # Defender for Endpoint limits people by its own roles, and applications by none.
    if case.kind == "application":
        return "app-only", Who.UNKNOWN
    return ("role" if case.kind == "delegated" else "role-unseen"), Who.TENANT_ADMIN


def outage(case: Case) -> Finding | None:
    named = case.f.code.lower() in _AWAY
    broken = case.status is not None and case.status >= 500 and case.status != 501
    if not (broken or (named and (case.status is None or case.status >= 400))):
        return None
    agree = ["answer"] if broken else []
    agree += ["body"] if named else []
    agree += ["headers"] if _wait(case) else []
    wait = f" after {case.f.retry_after} s" if _wait(case) else " in a few minutes"
    return Finding(Slug.MICROSOFT_OUTAGE, tuple(agree), values=(("wait", wait),))


def not_refused(case: Case) -> Finding | None:
    if case.status is None or not 100 <= case.status < 400 or case.f.code or case.aadsts is not None:
        return None
    return Finding(Slug.NOT_ENOUGH_EVIDENCE, variant="answered", who=Who.NOBODY)

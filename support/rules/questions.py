"""What was asked of the facts, in order, and what each answered: shown below a verdict."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from typing import Final, Literal

from consent.rules.security_api import DOUBTFUL_ROLES, SUFFICIENT_ROLES
from support.rules.case import Case, utc
from support.rules.facts import Check, audience_is_graph
from support.rules.sign_in_codes import GROUP_OF

Answer = tuple[Literal["pass", "fail", "not-applicable", "unknown"], str]
_NOBODY_TOLD: Final[Answer] = ("unknown", "Nobody told")
_NO_TOKEN: Final[Answer] = ("not-applicable", "No token was issued")


def _stamp(moment: datetime | None) -> str:
    return moment.isoformat(" ")[:16] if moment is not None else ""


def _took(case: Case) -> Answer:
    if case.status is None:
        return _NOBODY_TOLD
    if case.status == 429:
        return "fail", "HTTP 429: asked to slow down"
    return ("fail" if case.status >= 500 else "pass"), f"HTTP {case.status}"


def _issued(case: Case) -> Answer:
    if case.door == "token":
        what = f"AADSTS{case.aadsts}" if case.aadsts is not None else case.f.code or "no code"
        return "fail", f"The token endpoint refused: {what}"
    return ("pass", "The call reached Microsoft Graph") if case.door == "graph" else _NOBODY_TOLD


def _known(case: Case) -> Answer:
    tenant = case.tenant
    if case.aadsts is not None and GROUP_OF.get(case.aadsts) == "absent":
        return "fail", f"AADSTS{case.aadsts}: no service principal of the app"
    if not case.known:
        return (
            "unknown",
            "The token is another application's" if case.foreign else "No installation is known here",
        )
    if tenant.gone:
        return "fail", "The tenant has no service principal of the app"
    if tenant.condition == "disabled":
        return "fail", "The tenant switched sign-in for the app off"
    if tenant.proved_at is None:
        return "unknown", "Nothing has been proved yet"
    return "pass", f"Last proved {_stamp(utc(tenant.proved_at))} UTC"


def _for_graph(case: Case) -> Answer:
    if case.door == "token":
        return _NO_TOKEN
    if not case.t.aud:
        return _NOBODY_TOLD
    return ("pass" if audience_is_graph(case.t.aud) else "fail"), f"aud is {case.t.aud[:100]}"


def _of_tenant(case: Case) -> Answer:
    if case.door == "token":
        return _NO_TOKEN
    if not case.t.tid or not case.f.tenant_id:
        return _NOBODY_TOLD
    same = case.t.tid.lower() == case.f.tenant_id.lower()
    return ("pass" if same else "fail"), f"tid is {case.t.tid[:40]}"


def _valid(case: Case) -> Answer:
    if case.door == "token":
        return _NO_TOKEN
    if case.expires_at is None or case.at is None:
        return _NOBODY_TOLD
    return ("pass" if case.expires_at > case.at else "fail"), f"exp is {_stamp(case.expires_at)} UTC"


def _exists(case: Case) -> Answer:
    call = case.call
    if call is None:
        return (
            ("not-applicable", "No call of Graph")
            if case.door == "token"
            else ("unknown", "No map of this call")
        )
    day = case.at.date() if case.at is not None else case.facts.today
    if call.retired_on is not None and day is not None and day >= call.retired_on:
        return "fail", f"Microsoft ended it on {call.retired_on:%Y-%m-%d}"
    if call.version == "beta" and case.f.version == "v1.0":
        return "fail", "It is in beta only"
    return "pass", f"{call.method} {call.path}: “{call.source}”"


def _right_kind(case: Case) -> Answer:
    if case.door == "token":
        return _NO_TOKEN
    if case.kind is None:
        return _NOBODY_TOLD
    words = "application permissions" if case.kind == "application" else "a signed-in person"
    never = case.call is not None and not case.needs
    wrong = never or (case.granted_other and case.holds is not True)
    return ("fail" if wrong else "pass"), f"The token is one with {words}"


def _approved(case: Case) -> Answer:
    if not case.needs:
        return "unknown", "What the call needs isn't known"
    if case.granted is None:
        return "unknown", "No proof covers it" if case.known else "No proof of this tenant"
    if case.granted:
        return "pass", f"{case.granted_value or case.needs[0]} was granted"
    return "fail", f"{case.needs[0]} wasn't granted{_others(case)}"


def _others(case: Case) -> str:
    more = len(case.needs) - 1
    return (
        f", nor any of {more} that would do as well" if more > 1 else f", nor {case.needs[1]}" if more else ""
    )


def _carries(case: Case) -> Answer:
    if case.door == "token":
        return _NO_TOKEN
    if not case.needs:
        return "unknown", "What the call needs isn't known"
    if case.holds is None or case.carried is None:
        return _NOBODY_TOLD
    claim = "scp" if case.kind == "delegated" else "roles"
    if case.holds:
        return "pass", f"{claim} has {next(p for p in case.needs if p in case.carried)}"
    return "fail", f"{claim} lacks {case.needs[0]}{_others(case)}"


def _newer(case: Case) -> Answer:
    if case.door == "token":
        return _NO_TOKEN
    if case.approved_at is None:
        return "not-applicable", "No approval was seen"
    if case.issued_at is None:
        return _NOBODY_TOLD
    seen = f"Approval seen {_stamp(case.approved_at)}, token issued {_stamp(case.issued_at)} UTC"
    return ("pass" if case.issued_at >= case.approved_at else "fail"), seen


def _role(case: Case) -> Answer:
    if case.kind == "application":
        return "not-applicable", "No person is signed in, and an app needs no role"
    if case.call is not None and not case.call.path.startswith("/security/"):
        return "not-applicable", "The call takes no security role"
    if case.roles is None or case.kind is None:
        return _NOBODY_TOLD
    if not case.roles.isdisjoint(SUFFICIENT_ROLES):
        return "pass", "wids has a role that may see security data"
    if not case.roles.isdisjoint(DOUBTFUL_ROLES):
        return "unknown", "Microsoft doesn't say whether the role in wids suffices"
    return "fail", "wids has neither Security Reader nor Security Administrator"


def _policy(case: Case) -> Answer:
    if case.f.challenge == "insufficient_claims":
        return "fail", "Microsoft asked for more claims"
    return "unknown", "Not checked: only the tenant's own sign-in log shows it"


def _licence(case: Case) -> Answer:
    if case.call is None or not case.call.licence:
        return "not-applicable", "The call needs none that is known"
    return ("fail" if case.says_unprovisioned else "unknown"), case.call.licence


_QUESTIONS: Final[tuple[tuple[str, Callable[[Case], Answer]], ...]] = (
    ("Microsoft took the request", _took),
    ("A token was issued", _issued),
    ("Tenant knows the app", _known),
    ("Token is for Microsoft Graph", _for_graph),
    ("Token is of this tenant", _of_tenant),
    ("Token was valid at the time", _valid),
    ("The call exists", _exists),
    ("Token is of the right kind", _right_kind),
    ("Permission was approved at the time", _approved),
    ("Token carries the permission", _carries),
    ("Token is newer than the approval", _newer),
    ("User holds Security Reader", _role),
    ("Conditional Access lets it pass", _policy),
    ("Tenant has the licence", _licence),
)


# The same answers come again and again, and making one anew takes longer than finding it.
_check = lru_cache(maxsize=4096)(Check)


def asked(case: Case) -> tuple[Check, ...]:
    return tuple([_check(title, *answer(case)) for title, answer in _QUESTIONS])

"""Checks of the token itself: for which API, of which tenant, how old. A 401 is never a matter of consent."""

from __future__ import annotations

from typing import Final

from entra.types import is_guid
from support.rules.case import Case, Finding
from support.rules.facts import Slug, Who, audience_is_graph

_RETIRED_GRAPH: Final = "00000002-0000-0000-c000-000000000000"  # Azure AD Graph
_REFUSED: Final = frozenset({None, 400, 401, 403, 404})
# "Resolve Microsoft Graph authorization errors", and the texts of its token validation.
_EMPTY: Final = "token is empty"
_NOT_A_TOKEN: Final = ("parsing failed", "not well formed", "80049217", "jwt is malformed")
_EXPIRED: Final = ("expired", "not yet valid")
_NOT_PROVEN: Final = "80049228"


def wrong_audience(case: Case) -> Finding | None:
    aud, says = case.t.aud, "invalid audience" in case.text
    if case.status not in _REFUSED:
        return None
    if aud:
        if audience_is_graph(aud):
            return None
        agree = ("token", "answer") if says or case.status == 401 else ("token",)
        retired = _RETIRED_GRAPH in aud or "graph.windows.net" in aud.lower()
        return Finding(Slug.WRONG_AUDIENCE, agree, "retired" if retired else "", values=(("aud", aud[:100]),))
    return Finding(Slug.WRONG_AUDIENCE, ("answer",), "unnamed") if says else None


def wrong_tenant(case: Case) -> Finding | None:
    tid, tenant_id = case.t.tid.lower(), case.f.tenant_id.lower()
    comparable = is_guid(tid) and is_guid(tenant_id)  # a domain may be the same tenant
    if not comparable or tid == tenant_id or case.status not in _REFUSED:
        return None
    return Finding(Slug.WRONG_TENANT, ("token", "report"), "token")


def claims_challenge(case: Case) -> Finding | None:
    if case.f.challenge == "insufficient_claims":
        fine = (
            case.t.aud and case.expires_at is not None and case.at is not None and case.expires_at > case.at
        )
        return Finding(Slug.CONDITIONAL_ACCESS, ("answer", "token") if fine else ("answer",), "challenge")
    if case.f.code == "Unauthorized_MissingMFA":
        return Finding(Slug.CONDITIONAL_ACCESS, ("answer",), "second-factor")
    return None


def expired(case: Case) -> Finding | None:
    if case.status not in {None, 401}:
        return None
    says = any(words in case.text for words in _EXPIRED) and "token" in case.text
    over = None if case.expires_at is None or case.at is None else case.expires_at <= case.at
    if over:
        agree = ("token", "answer") if says or case.status == 401 else ("token",)
        return Finding(Slug.TOKEN_EXPIRED, agree)
    if says and over is None:
        return Finding(Slug.TOKEN_EXPIRED, ("answer",), "untimed")
    return Finding(Slug.NOT_ENOUGH_EVIDENCE, variant="expired-not", who=Who.MICROSOFT) if says else None


def unauthorized(case: Case) -> Finding | None:
    """What is left of the 401s. None of them is about consent or a person's role."""
    if case.status != 401:
        return None
    if case.says_unprovisioned:
        return Finding(Slug.LICENCE_OR_SERVICE, _unprovisioned(case))
    variant, who = _unauthorized_words(case)
    if who is Who.UNKNOWN and case.tenant.condition == "disabled":
        return Finding(Slug.APP_DISABLED_OR_REMOVED, ("tenant",), "disabled")
    return Finding(Slug.NOT_ENOUGH_EVIDENCE, (), variant, who)


def _unauthorized_words(case: Case) -> tuple[str, Who]:
    if _EMPTY in case.text:
        return "empty", Who.PUBLISHER
    if any(words in case.text for words in _NOT_A_TOKEN):
        return "not-a-token", Who.PUBLISHER
    if _NOT_PROVEN in case.text:
        return "not-proven", Who.UNKNOWN
    return ("unauthorized-fine" if case.t.aud and case.expires_at else "unauthorized"), Who.UNKNOWN


def _unprovisioned(case: Case) -> tuple[str, ...]:
    return ("answer", "token") if case.holds else ("answer",)


def licence(case: Case) -> Finding | None:
    if case.f.code.startswith("Authentication_RequestFromNonPremiumTenant"):
        return Finding(Slug.LICENCE_OR_SERVICE, _unprovisioned(case), "premium")
    if case.status in {None, 403} and case.says_unprovisioned and case.holds is not False:
        return Finding(Slug.LICENCE_OR_SERVICE, _unprovisioned(case))
    return None

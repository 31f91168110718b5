"""Checks of what the call needed: does it exist, was it approved, did the token carry it, may the person.

A missing permission and a missing role exclude each other here: a role is looked at only where the
permission is known to be there, and the other way round.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from consent.rules.security_api import (
    DOUBTFUL_ROLES,
    GLOBAL_ADMINISTRATOR,
    SECURITY_ADMINISTRATOR,
    SUFFICIENT_ROLES,
)
from support.rules.case import Case, Finding
from support.rules.facts import Slug, Who

# Microsoft dates a token up to five minutes back, and what issues tokens follows the directory with a delay.
_LAG: Final = timedelta(minutes=60)
_LIFETIME: Final = timedelta(minutes=95)  # "Access tokens": 60 to 90 minutes, and the five
_GONE: Final = frozenset({400, 403, 404, 405, 410, 501})
_SEGMENT: Final = "resource not found for the segment"


def api_retired(case: Case) -> Finding | None:
    call = case.call
    if call is None or case.status not in _GONE:
        return None
    day = case.at.date() if case.at is not None else case.facts.today
    if call.retired_on is not None and day is not None and day >= call.retired_on:
        agree = ("report", "answer") if case.status in {404, 410} else ("report",)
        return Finding(Slug.API_RETIRED, agree, values=(("ended", f"{call.retired_on:%Y-%m-%d}"),))
    if case.status not in {400, 404, 410, 501}:
        return None
    if call.version == "beta" and case.f.version == "v1.0":
        agree = ("report", "answer") if _SEGMENT in case.text else ("report",)
        return Finding(Slug.API_RETIRED, agree, "beta-only")
    if case.status == 410 or (
        call.entity == "tiIndicator" and case.status == 404 and case.f.path.count("/") < 3
    ):
        return Finding(Slug.API_RETIRED, ("answer",), "gone")
    return None


def app_is_gone(case: Case) -> Finding | None:
    """Graph knows no such caller, or a lookup found nothing of an app that we know to be gone."""
    lost = case.f.code == "Request_ResourceNotFound" and case.status == 404 and case.tenant.gone
    if case.f.code != "Authorization_IdentityNotFound" and not lost:
        return None
    if case.tenant.granted_then or case.tenant.withdrawn_at:
        agree = ("answer", "tenant") if case.tenant.gone or not case.tenant.granted_now else ("answer",)
        return Finding(Slug.APP_DISABLED_OR_REMOVED, agree, "removed")
    agree = ("answer", "tenant") if case.known and case.tenant.granted_then is not None else ("answer",)
    return Finding(Slug.NEVER_CONSENTED, agree)


def wrong_kind(case: Case) -> Finding | None:
    """The call is open to the other kind of token only, or only the other kind was approved."""
    if case.door == "token" or case.status not in {None, 400, 403} or case.kind is None:
        return None
    variant = "app-only" if case.kind == "application" else "delegated"
    if case.call is not None and not case.needs:
        other = case.call.application or case.call.delegated
        least = (("permission", other[0] if other else ""),)
        return Finding(
            Slug.WRONG_TOKEN_TYPE, ("token", "report"), f"never-{variant}", missing=other, values=least
        )
    if case.granted_other and case.holds is not True and case.status != 400:
        agree = ("token", "tenant") if case.holds is False else ("tenant",)
        return Finding(Slug.WRONG_TOKEN_TYPE, agree, variant, missing=case.needs)
    return None


def approved_since(case: Case) -> Finding | None:
    """Approved, and yet not in the token: the token is older, or what issued it had not heard yet."""
    if not _denied(case) or case.holds is True or case.approved_at is None or case.at is None:
        return None
    if case.granted is not True and not (case.issued_at and case.issued_at < case.approved_at <= case.at):
        return None
    if case.holds is None and not _may_be_old(case):
        return None
    if case.issued_at is None:
        return _untimed(case)
    if case.issued_at < case.approved_at:
        agree = ("token", "tenant") if case.holds is False else ("tenant",)
        return Finding(Slug.TOKEN_OLDER_THAN_APPROVAL, agree, missing=case.needs)
    if case.issued_at - case.approved_at <= _LAG:
        return Finding(Slug.TOKEN_OLDER_THAN_APPROVAL, ("tenant",), "lag", missing=case.needs)
    return None


def _may_be_old(case: Case) -> bool:
    """Of a person it is told first whether they hold a role: without one, a newer token opens nothing."""
    return case.kind != "delegated" or case.roles is None or not case.roles.isdisjoint(SUFFICIENT_ROLES)


def _untimed(case: Case) -> Finding | None:
    if (
        case.at is None
        or case.approved_at is None
        or not timedelta(0) <= case.at - case.approved_at <= _LIFETIME
    ):
        return None
    return Finding(Slug.TOKEN_OLDER_THAN_APPROVAL, ("tenant",), "untimed", missing=case.needs)


def permission_revoked(case: Case) -> Finding | None:
    """Only the tenant's history shows that something was withdrawn; that it is absent doesn't."""
    if not _denied(case) or case.holds is True or case.withdrawn_at is None or _approved_again(case):
        return None
    before = case.at is None or case.withdrawn_at <= case.at
    if case.holds is None and (case.granted is True or not before):
        return None
    agree = ["tenant", *([case.carried_from] if case.holds is False else _said(case))]
    later = "approved-later" if case.granted_today else ""
    return Finding(Slug.PERMISSION_REVOKED, tuple(agree), later, missing=case.needs)


def _approved_again(case: Case) -> bool:
    """Whether what was withdrawn had been approved again by the time of the call."""
    if case.approved_at is None or case.withdrawn_at is None:
        return False
    return case.withdrawn_at <= case.approved_at and (case.at is None or case.approved_at <= case.at)


def permission_missing(case: Case) -> Finding | None:
    if not _denied(case) or not case.needs or case.holds is True:
        return None
    if case.granted is True:
        # Whether it was in the token nobody told, or the two contradict each other.
        return Finding(Slug.NOT_ENOUGH_EVIDENCE, variant="not-in-token") if case.holds is False else None
    if _perhaps(case):
        return Finding(Slug.NOT_ENOUGH_EVIDENCE, variant="perhaps")
    agree = [case.carried_from] if case.holds is False else []
    agree += ["tenant"] if case.granted is False else []
    agree += _said(case)
    if not agree:
        return None
    nothing = not case.tenant.granted_then and not case.tenant.withdrawn_at
    if nothing and case.granted is False and case.carried is None:
        since = "approved-later" if case.granted_today else ""
        return Finding(Slug.NEVER_CONSENTED, tuple(agree), since, missing=case.needs)
    return Finding(Slug.PERMISSION_MISSING, tuple(agree), *_missing_words(case), missing=case.needs)


def _missing_words(case: Case) -> tuple[str, Who | None]:
    required = case.tenant.required_now or case.tenant.required_then
    if case.known and required and not case.required_here:
        values = {p.value for p in required}
        return ("not-asked" if values.isdisjoint(case.needs) else "not-asked-so"), Who.PUBLISHER
    if case.approved_at is not None and case.at is not None and case.approved_at > case.at:
        return "approved-later", Who.NOBODY
    if case.foreign:
        return "foreign", None
    return ("token-only" if case.granted is None and case.holds is False else ""), None


def _said(case: Case) -> list[str]:
    """Whether Microsoft's own words name a permission, and nothing else, as what is lacking."""
    alone = case.kind == "application" and (case.says_either or case.says_privileges)
    return ["answer"] if (case.says_permission or alone) and case.carried_from != "answer" else []


def _perhaps(case: Case) -> bool:
    """The service lets some permissions in that its page doesn't list for people."""
    if case.kind != "delegated" or case.call is None or not case.carried:
        return False
    return not case.carried.isdisjoint(case.call.perhaps)


def user_lacks_role(case: Case) -> Finding | None:
    if not _denied(case) or case.kind != "delegated" or not _permitted(case) or case.says_permission:
        return None
    security = case.call is not None and case.call.path.startswith("/security/")
    if not security:
        return _lacks_directory_role(case)
    if case.roles is None:
        if not case.says_either:
            return Finding(Slug.NOT_ENOUGH_EVIDENCE, variant="roles-unseen", role="Security Reader")
        return Finding(Slug.USER_LACKS_ROLE, ("answer",), "unseen", role="Security Reader")
    if not case.roles.isdisjoint(SUFFICIENT_ROLES):
        return _reads_only(case)
    if not case.roles.isdisjoint(DOUBTFUL_ROLES):
        return Finding(Slug.NOT_ENOUGH_EVIDENCE, variant="role-doubtful", role="Security Reader")
    agree = ["token"]
    agree += ["answer"] if case.says_either else []
    agree += ["tenant"] if case.granted is True else []
    return Finding(Slug.USER_LACKS_ROLE, tuple(agree), role="Security Reader")


def _permitted(case: Case) -> bool:
    return case.holds is True or (case.holds is None and case.granted is True)


def _reads_only(case: Case) -> Finding | None:
    """Security Reader reads in Microsoft's portals only; no page says whether it may change through Graph."""
    writes = case.call is not None and case.call.method != "GET" and case.call.entity != "hunting"
    changing = {SECURITY_ADMINISTRATOR, GLOBAL_ADMINISTRATOR}
    if not writes or case.roles is None or not case.roles.isdisjoint(changing):
        return None
    return Finding(Slug.NOT_ENOUGH_EVIDENCE, variant="reader-writes", role="Security Administrator")


def _lacks_directory_role(case: Case) -> Finding | None:
    if not case.says_privileges or case.roles is None or case.roles or case.holds is not True:
        return None
    return Finding(Slug.USER_LACKS_ROLE, ("token", "answer"), "directory")


def switched_off(case: Case) -> Finding | None:
    """The last explanation that the tenant's record offers, when all else is in place."""
    if not _denied(case):
        return None
    if case.tenant.condition == "disabled":
        return Finding(Slug.APP_DISABLED_OR_REMOVED, ("tenant",), "disabled")
    if case.tenant.gone and case.tenant.granted_then:
        return Finding(Slug.APP_DISABLED_OR_REMOVED, ("tenant",), "removed")
    return None


def unexplained(case: Case) -> Finding:
    """Everything that is known speaks for the call, or too little is known: which fact would settle it?"""
    if case.status in {400, 404, 405, 409, 412, 422} and case.door != "token":
        return Finding(Slug.NOT_ENOUGH_EVIDENCE, variant="not-found" if case.status == 404 else "request")
    if case.door == "token":
        return Finding(Slug.NOT_ENOUGH_EVIDENCE, variant="code" if case.aadsts is not None else "no-code")
    if _permitted(case) and _denied(case):
        return Finding(Slug.NOT_ENOUGH_EVIDENCE, variant=_all_there(case))
    if case.call is None and not case.needs:
        return Finding(Slug.NOT_ENOUGH_EVIDENCE, variant="unknown-call" if case.f.path else "")
    return Finding(Slug.NOT_ENOUGH_EVIDENCE, variant="no-token")


def _all_there(case: Case) -> str:
    if case.holds is not True:
        return "approved-only"
    if case.says_permission:
        return "contradiction"
    return "all-there-person" if case.kind == "delegated" else "all-there"


def _denied(case: Case) -> bool:
    return case.door != "token" and case.status in {None, 403}

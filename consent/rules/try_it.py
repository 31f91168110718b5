"""What a try of the application comes to, for the person who made it: in words, and what to do next."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from consent.rules.security_api import SUFFICIENT_ROLES, ApiCall, Judgement, Verdict

# "Microsoft Entra authentication and authorization error codes": what a person can do about a sign-in
# that did not come to its end.
_CODES = {
    "cancelled": (65004,),
    "consent-needed": (65001, 90093, 90094, 90095, 700016, 7000229, 650056),
    "wrong-organization": (50020, 50034, 700005),
    "not-assigned": (50105,),
    "conditional-access": (
        *(53000, 53001, 53002, 53003, 53004, 530032, 530034, 530035),
        *(50076, 50079, 50097, 50129, 50131, 50158),
    ),
    "switched-off": (7000112,),
    "not-set-up": (7000215, 7000222, 700027, 7000218, 50011, 500113),
}
_BY_CODE = {code: slug for slug, codes in _CODES.items() for code in codes}

_READABLE = {
    "alert_v2": "alerts",
    "alert": "alerts",
    "incident": "incidents",
    "secureScore": "secure scores",
    "secureScoreControlProfile": "secure scores",
}


@dataclass(frozen=True)
class Headline:
    slug: str
    title: str
    tone: str


@dataclass(frozen=True)
class Tried:
    """One call: how it stands by the book, and the status that Microsoft answered; None: not tried."""

    call: ApiCall
    judgement: Judgement
    status: int | None = None

    @property
    def worked(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


def trouble_of(*, code: int | None, error: str, retryable: bool) -> str:
    """Return the slug of what kept a sign-in from ending well: which page to show."""
    if code in _BY_CODE:
        return _BY_CODE[code]
    if error == "another_organization":
        return "wrong-organization"
    if retryable:
        return "microsoft-away"
    if error == "access_denied" and code is None:
        return "cancelled"
    return "consent-needed" if error == "consent_required" else "again"


def headline(
    person: Sequence[Tried],
    app: Sequence[Tried],
    *,
    eligible: Collection[str] | None,
    application: str,
) -> Headline:
    """Return the verdict for the person. What Microsoft really answered goes before what its pages say."""
    readable = _readable(person)
    if readable:
        return Headline("works", f"You can read {readable} here", "success")
    tried = [one for one in person if one.status is not None]
    if tried and not any(one.status and one.status < 500 and one.status != 429 for one in tried):
        return Headline("unanswered", "You are signed in, but Microsoft didn’t answer", "warning")
    verdicts = {one.judgement.verdict for one in person if one.judgement.may_work}
    if Verdict.MISSING_ROLE in verdicts:
        if SUFFICIENT_ROLES & set(eligible or ()):
            return Headline("eligible", "Almost: your role is eligible, but not active", "warning")
        return Headline("no-role", "The app may, but you may not: no Security Reader role", "warning")
    if verdicts:
        return Headline("refused", "The permission is there, but Microsoft refused", "warning")
    if any(one.worked or one.judgement.verdict is Verdict.ALLOWED for one in app):
        return Headline("app-only", f"{application} reads security data without you", "info")
    return Headline("nothing", f"Nobody has let {application} read security data here", "warning")


def _readable(tried: Sequence[Tried]) -> str:
    names = list(dict.fromkeys(_READABLE[one.call.entity] for one in tried if one.worked))
    *heads, last = names or [""]
    return f"{', '.join(heads)} and {last}" if heads else last

"""What one try of the application showed: the person's token beside the application's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from consent.models import SignInEvidence
from consent.queries.approval import Place, place_of
from consent.queries.token_claims import moment_words, texts_of
from consent.rules.claims import MOMENTS, in_order, meaning_of
from consent.rules.drift import OIDC_SCOPES
from consent.rules.security_api import (
    CALLS,
    LIVE,
    MARKERS,
    SUFFICIENT_ROLES,
    ApiCall,
    Judgement,
    Verdict,
    directory_roles,
    may_call,
)
from consent.rules.try_it import Headline, Tried, headline
from entra.catalog import by_value
from entra.permission_words import words
from entra.types import GRAPH, Kind
from tenants.rules.directory_roles import names_of

_VERDICTS = {
    Verdict.ALLOWED: ("Suffices", "pc-granted", "is-granted"),
    Verdict.MISSING_PERMISSION: ("Permission missing", "pc-missing", "is-missing"),
    Verdict.MISSING_ROLE: ("Role missing", "pc-missing", "is-missing"),
    Verdict.WRONG_KIND: ("Not for people", "pc-missing", "is-missing"),
    Verdict.RETIRED: ("Retired", "pc-missing", "is-missing"),
    Verdict.UNKNOWN: ("Can’t tell", "pc-unknown", "is-unknown"),
}
_OWN_WORDS = {
    200: "It works",
    206: "It works in part",
    400: "This API isn’t there",
    401: "Microsoft didn’t accept the token",
    403: "Microsoft refused",
    404: "This API isn’t there",
    410: "This API is gone",
    429: "Microsoft asked to slow down",
}


@dataclass(frozen=True)
class Cell:
    """Whether a token suffices for one call, as glyph and words."""

    word: str
    icon: str
    tone: str
    why: str
    slug: str


@dataclass(frozen=True)
class Row:
    call: ApiCall
    person: Cell
    app: Cell | None  # None: Microsoft issued no token, or one that nobody but Graph can read


@dataclass(frozen=True)
class Answer:
    """What Microsoft answered to one call."""

    words: str
    tone: str
    icon: str
    fact: Mapping[str, Any]


@dataclass(frozen=True)
class Live:
    call: ApiCall
    person: Answer | None
    app: Answer | None


@dataclass(frozen=True)
class Scope:
    value: str
    title: str
    asked: bool
    by_sign_in: bool  # sign-in itself adds it


@dataclass(frozen=True)
class Claim:
    name: str
    meaning: str
    values: tuple[tuple[str, str], ...]  # text, and the same for people
    kept: bool


@dataclass(frozen=True)
class TryPage:
    place: Place
    evidence: SignInEvidence
    headline: Headline
    roles: tuple[str, ...] | None  # names; None: nobody could look
    eligible: tuple[str, ...] | None
    scopes: list[Scope]
    rows: list[Row]
    live: list[Live]
    claims: list[Claim]
    app_claims: list[Claim]
    app_roles: list[str] | None
    app_error: str
    app_works: bool

    @property
    def more_than_asked(self) -> list[str]:
        return [scope.value for scope in self.scopes if not (scope.asked or scope.by_sign_in)]


def try_page(evidence: SignInEvidence, *, asked: Sequence[str]) -> TryPage:
    """Return everything that the result's page shows."""
    own = evidence.app_only
    person, app = _tried(evidence, "delegated"), _tried(evidence, "application")
    app_readable = own.get("roles") is not None
    place = place_of(evidence.installation)
    return TryPage(
        place=place,
        evidence=evidence,
        headline=headline(person, app, eligible=evidence.eligible, application=place.application.name),
        roles=None if evidence.roles is None else names_of(evidence.roles),
        eligible=_waiting(evidence),
        scopes=[_scope(value, asked) for value in evidence.scopes],
        rows=[
            Row(one.call, cell_of(one.judgement), cell_of(other.judgement) if app_readable else None)
            for one, other in zip(person, app, strict=True)
        ],
        live=[
            Live(call, _answer(evidence.results, call), _answer(own.get("results", ()), call))
            for call in LIVE
        ],
        claims=_claims(evidence.claims, evidence.claim_names, "delegated"),
        app_claims=_claims(own.get("claims", {}), own.get("claim_names", ()), "application"),
        app_roles=own.get("roles"),
        app_error=own.get("error", ""),
        app_works=any(one.worked for one in app),
    )


def _tried(evidence: SignInEvidence, kind: Kind) -> list[Tried]:
    own = evidence.app_only
    results = evidence.results if kind == "delegated" else own.get("results", ())
    statuses = {(result["entity"], result["method"]): result["status"] for result in results}
    permissions = evidence.scopes if kind == "delegated" else own.get("roles") or ()
    roles = None if evidence.roles is None else directory_roles(evidence.roles)
    day = evidence.at.date()
    return [
        Tried(
            call=call,
            judgement=may_call(
                *(call.entity, call.method), kind=kind, permissions=permissions, roles=roles, on=day
            ),
            status=statuses.get((call.entity, call.method)),
        )
        for call in CALLS
    ]


def _waiting(evidence: SignInEvidence) -> tuple[str, ...] | None:
    """Return the names of the roles that would suffice, once activated."""
    if evidence.eligible is None:
        return None
    return names_of(SUFFICIENT_ROLES & set(evidence.eligible) - set(evidence.roles or ()))


def _scope(value: str, asked: Sequence[str]) -> Scope:
    permission = by_value(value, "delegated")
    title = words(permission).title if permission else ""
    return Scope(value, title, asked=value in asked, by_sign_in=value in OIDC_SCOPES)


def cell_of(judgement: Judgement) -> Cell:
    word, icon, tone = _VERDICTS[judgement.verdict]
    return Cell(word, icon, tone, judgement.why, judgement.verdict.value)


def _answer(results: Sequence[Mapping[str, Any]], call: ApiCall) -> Answer | None:
    found = next((result for result in results if result["entity"] == call.entity), None)
    if found is None:
        return None
    status = found["status"]
    told = _OWN_WORDS.get(status, "Microsoft didn’t answer" if status in (0, *range(500, 600)) else "Refused")
    if 200 <= status < 300:
        return Answer(told, "is-granted", "pc-granted", found)
    passing = not status or status == 429 or status >= 500
    return Answer(told, *(("is-unknown", "pc-unknown") if passing else ("is-missing", "pc-missing")), found)


def _claims(facts: Mapping[str, Any], names: Sequence[str], kind: Kind) -> list[Claim]:
    return [
        Claim(
            name=name,
            meaning=meaning_of(name, kind),
            values=tuple((text, _for_people(name, text)) for text in _texts(name, facts.get(name))),
            kept=name in facts,
        )
        for name in in_order({*facts, *names})
    ]


def _texts(name: str, value: Any) -> list[str]:
    return sorted(str(value).split()) if name == "scp" and value else texts_of(value)


def _for_people(name: str, text: str) -> str:
    if name in MOMENTS:
        return moment_words(text)
    if name == "aud" and text == GRAPH:
        return "Microsoft Graph"
    if name == "wids":
        named = names_of([text])
        if named:
            return named[0]
        return "a mark, no role" if text in MARKERS else "a role that has no name here"
    return ""

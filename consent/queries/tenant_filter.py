"""The filters of the tenant list as they stand in an address, and which cohorts they leave."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from consent.queries.patterns import Cohort
from consent.rules.meaning import cell_of
from consent.rules.requirements import History
from consent.rules.status import Status
from entra.types import GRAPH, Permission

SLUGS = {str(status): status for status in Status}
STATES = ("missing", "granted", "extra", "unknown")
SIZES = (25, 50, 100)
LONGEST_TEXT = 253  # a domain's length, and no name is longer

Params = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class TenantFilter:
    statuses: tuple[Status, ...] = ()
    text: str = ""
    permission: str = ""  # VALUE, VALUE:KIND or VALUE:KIND:RESOURCE
    state: str = "missing"
    revision: int | None = None
    pattern: str = ""
    stale: bool = False
    sort: str = "work"
    size: int = 50
    problems: tuple[str, ...] = ()

    @property
    def scattered(self) -> bool:
        """Whether it asks for something that cohorts do not decide."""
        return bool(self.text) or self.stale

    def params(self) -> list[tuple[str, Any]]:
        pairs: list[tuple[str, Any]] = [("status", str(status)) for status in self.statuses]
        pairs += [("q", self.text)] if self.text else []
        pairs += [("perm", self.permission), ("perm_state", self.state)] if self.permission else []
        pairs += [("rev", self.revision)] if self.revision is not None else []
        pairs += [("pattern", self.pattern)] if self.pattern else []
        pairs += [("stale", 1)] if self.stale else []
        pairs += [("sort", self.sort)] if self.sort != "work" else []
        return pairs + ([("size", self.size)] if self.size != 50 else [])

    def query(self, **changes: Any) -> str:
        """Return the query string of this filter with some of it changed, "?" included."""
        after = changes.pop("after", "")
        params = replace(self, **changes).params() + ([("after", after)] if after else [])
        return f"?{urlencode(params)}" if params else "?"

    def toggled(self, status: Status) -> str:
        kept = tuple(s for s in self.statuses if s is not status)
        return self.query(statuses=kept if status in self.statuses else (*kept, status))


class _Reading:
    """A query string being read, and what was wrong with it."""

    def __init__(self, params: Params) -> None:
        self.params = params
        self.problems: list[str] = []

    def last(self, name: str) -> str:
        values = self.params.get(name) or [""]
        return values[-1].replace("\x00", "").strip()

    def checked(self, name: str, what: str, *, known: Callable[[str], bool], remedy: str) -> str:
        text = self.last(name)
        return text if not text or known(text) else self.refuse(what, text, remedy)

    def refuse(self, what: str, text: str, remedy: str) -> str:
        self.problems.append(f"There is no {what} “{text[:80]}”, so this filter was left out. {remedy}")
        return ""


def parse_filter(params: Params, history: History, cohorts: Iterable[Cohort]) -> TenantFilter:
    """Read a query string. What makes no sense is left out, and named in `problems`."""
    reading = _Reading(params)
    asked = [slug for slug in dict.fromkeys(params.get("status", [])) if slug]
    for slug in asked:
        if slug not in SLUGS:
            reading.refuse("status", slug, f"The statuses are {', '.join(Status)}.")
    permission = reading.checked(
        "perm",
        "permission",
        known=lambda name: _is_known(name, history, cohorts),
        remedy="Choose one from the list.",
    )
    state = reading.checked(
        "perm_state",
        "permission state",
        known=STATES.__contains__,
        remedy=f"The states are {', '.join(STATES)}.",
    )
    revision = reading.checked(
        "rev",
        "revision",
        known={str(r.number) for r in history.revisions}.__contains__,
        remedy="Choose one from the list.",
    )
    pattern = reading.checked(
        "pattern",
        "grant pattern",
        known=lambda slug: _of_pattern(cohorts, slug),
        remedy="No tenant has it any more.",
    )
    size = reading.last("size")
    return TenantFilter(
        statuses=tuple(SLUGS[slug] for slug in asked if slug in SLUGS),
        text=reading.last("q")[:LONGEST_TEXT],
        permission=permission,
        state=state or "missing",
        revision=int(revision) if revision else None,
        pattern=pattern,
        stale=reading.last("stale") == "1",
        sort="name" if reading.last("sort") == "name" else "work",
        size=int(size) if size in map(str, SIZES) else 50,
        problems=tuple(reading.problems),
    )


def name_of(permission: Permission) -> str:
    """Return the permission's name in an address; the API is named when it is not Microsoft Graph."""
    resource = "" if permission.resource == GRAPH else f":{permission.resource}"
    return f"{permission.value}:{permission.kind}{resource}"


def is_named(permission: Permission, name: str) -> bool:
    """Whether a name of an address means this permission."""
    asked = name.lower().split(":")
    own = (permission.value.lower(), permission.kind, permission.resource)
    return len(asked) <= 3 and all(mine == theirs for mine, theirs in zip(own, asked, strict=False))


def matching(where: TenantFilter, cohorts: Iterable[Cohort], history: History) -> list[Cohort]:
    """Return the cohorts that a filter leaves. A pure set question per cohort, never per tenant."""
    revision = history.numbered(where.revision) if where.revision is not None else None
    return [
        cohort
        for cohort in cohorts
        if (not where.statuses or cohort.status in where.statuses)
        and (not where.pattern or cohort.digest.startswith(where.pattern))
        and (revision is None or revision.required <= cohort.granted)
        and (not where.permission or _has(cohort, where, history))
    ]


def _has(cohort: Cohort, where: TenantFilter, history: History) -> bool:
    candidates = {*history.ever_required, *cohort.granted}
    return any(
        where.state
        == cell_of(
            permission,
            drift=cohort.drift,
            granted=cohort.granted,
            required=history.required,
            status=cohort.status,
        )
        for permission in candidates
        if is_named(permission, where.permission)
    )


def _is_known(name: str, history: History, cohorts: Iterable[Cohort]) -> bool:
    known = {*history.ever_required, *(p for cohort in cohorts for p in cohort.granted)}
    return any(is_named(permission, name) for permission in known)


def _of_pattern(cohorts: Iterable[Cohort], slug: str) -> bool:
    return len(slug) >= 12 and any(cohort.digest.startswith(slug) for cohort in cohorts)

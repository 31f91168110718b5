"""Fills in the words of a verdict: names, permissions, times. What Microsoft wrote stays short."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final, NamedTuple

from support.rules.calls import template_of
from support.rules.case import MICROSOFTS, Case, Finding, utc
from support.rules.facts import Slug, Who
from support.rules.wording import DENIED
from support.rules.wording_rest import EXPLAINED
from support.rules.wording_unknown import DOUBTS

_WORDINGS: Final = {**DENIED, **EXPLAINED}


class Said(NamedTuple):
    who: Who
    headline: str
    next_step: str
    settles: str


class _Blanks(dict[str, str]):
    """Works a name out when a sentence has it."""

    def __init__(self, finding: Finding, case: Case) -> None:
        super().__init__(finding.values)
        self.finding = finding
        self.case = case

    def __missing__(self, name: str) -> str:
        return _FILL[name](self.finding, self.case)


def say(finding: Finding, case: Case) -> Said:
    blanks = _Blanks(finding, case)
    if finding.slug is Slug.NOT_ENOUGH_EVIDENCE:
        doubt = DOUBTS[finding.variant]
        return Said(
            finding.who or doubt.who,
            doubt.headline.format_map(blanks),
            doubt.next_step.format_map(blanks),
            doubt.settles.format_map(blanks),
        )
    wording = _WORDINGS.get((finding.slug, finding.variant)) or _WORDINGS[finding.slug, ""]
    headline = wording.headline.format_map(blanks)
    return Said(finding.who or wording.who, headline, wording.next_step.format_map(blanks), "")


def _tenant(_: Finding, case: Case) -> str:
    return name_of(case) or "the tenant"


def _whose(finding: Finding, case: Case) -> str:
    name = _tenant(finding, case)
    return f"{name}'" if name.endswith("s") else f"{name}'s"


def _tenant_first(_: Finding, case: Case) -> str:
    return name_of(case) or "The tenant"


def name_of(case: Case) -> str:
    """Return the tenant's name, also where its grants say nothing because the token is another app's."""
    return " ".join(case.facts.tenant.name.split())[:100] if case.facts.tenant is not None else ""


def _permission(finding: Finding, case: Case) -> str:
    """What the revision asks for goes before what would do as well; then the least."""
    asked = [p.value for p in case.required_here if p.value] if case.needs else []
    values = list(asked[:1]) or list(finding.missing if not case.needs else case.needs[:1])
    more = f" and {len(values) - 3} more" if len(values) > 3 else ""
    return ", ".join(values[:3]) + more or "the permission"


def _drift(finding: Finding, case: Case) -> str:
    """Which revision brought the permission, and which one the tenant's approval dates from."""
    tenant = case.tenant
    asked = case.required_here if case.needs else []
    wanted = asked[:1] or [p for p in tenant.required_now if p.value in finding.missing]
    number = max((tenant.required_since.get(p, 0) for p in wanted), default=0)
    if number < 2 or not tenant.granted_then:
        return ""
    earlier = {
        p for p in tenant.required_then | tenant.required_now if 0 < tenant.required_since.get(p, 0) < number
    }
    had_all = earlier <= tenant.granted_then
    since = f"revision {number - 1}" if had_all else f"before revision {number}"
    return f": revision {number} asks for it, and {_whose(finding, case)} approval dates from {since}"


def _withdrawn(_: Finding, case: Case) -> str:
    return f" (seen at {moment(case.withdrawn_at, case.at)})" if case.withdrawn_at is not None else ""


def _approved(_: Finding, case: Case) -> str:
    return moment(case.approved_at, case.at)


def _issued(_: Finding, case: Case) -> str:
    return moment(case.issued_at, case.at)


def moment(when: datetime | None, near: datetime | None) -> str:
    """Return the time, with its day where that is another one than that of the call."""
    when, near = utc(when), utc(near)
    if when is None:
        return "an unknown time"
    if near is not None and when.date() == near.date():
        return f"{when:%H:%M} UTC"
    return f"{when.day} {when:%B} {when.year}, {when:%H:%M} UTC"


def call_of_case(case: Case) -> str:
    return f"{case.f.method or 'GET'} {template_of(case.f.path)}"[:200] if case.f.path else "the call"


def _code(_: Finding, case: Case) -> str:
    return f"AADSTS{case.aadsts}" if case.aadsts is not None else short(case.f.code) or "no code"


def _said(_: Finding, case: Case) -> str:
    """Microsoft's own words, as Microsoft's."""
    parts = [
        f"HTTP {case.status}" if case.status is not None else "",
        short(case.f.code),
        short(case.f.message),
    ]
    told = ", ".join(part for part in parts if part)
    return f" ({told})" if told else ""


def short(text: str) -> str:
    plain = " ".join("".join(c if c.isprintable() else " " for c in text[:400]).split())
    return f"{plain[:159]}…" if len(plain) > 160 else plain


def _about(finding: Finding, case: Case) -> str:
    """What is known of the tenant, where nothing else is."""
    tenant = case.tenant
    if not case.known or not tenant.status:
        return ""
    proved = f", last proved {moment(tenant.proved_at, case.at)}" if tenant.proved_at is not None else ""
    status = tenant.status.replace("-", " ").replace("re consent", "re-consent").replace("over g", "over-g")
    return f"What we know: {_tenant(finding, case)} is “{short(status)}”{proved}. "


def _owner(appid: str) -> str:
    name = MICROSOFTS.get(appid.lower(), "")
    return f"that of {name}" if name else ""


def _held(_: Finding, case: Case) -> str:
    carried = case.carried or frozenset()
    return next((p for p in case.needs if p in carried), "the permission")


_FILL: Final[dict[str, Callable[[Finding, Case], str]]] = {
    "tenant": _tenant,
    "Tenant": _tenant_first,
    "permission": _permission,
    "drift": _drift,
    "withdrawn": _withdrawn,
    "approved": _approved,
    "issued": _issued,
    "call": lambda _, case: call_of_case(case),
    "code": _code,
    "said": _said,
    "about": _about,
    "held": _held,
    "role": lambda finding, _: finding.role or "the right",
    "so": lambda _, case: "for a signed-in person" if case.kind == "delegated" else "by the app itself",
    "otherwise": lambda _, case: "for itself" if case.kind == "delegated" else "for signed-in people",
    "foreign": lambda _, case: _owner(case.t.appid) or f"another one's ({short(case.t.appid)[:40]})",
    "licence": lambda _, case: f"{case.call.licence} " if case.call and case.call.licence else "",
    "status": lambda _, case: f" (HTTP {case.status})" if case.status is not None else "",
    "status_code": lambda _, case: str(case.status),
    "expired": lambda _, case: moment(case.expires_at, case.at),
}

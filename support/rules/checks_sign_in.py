"""Checks of a refusal by the token endpoint: its code decides, the tenant's record confirms it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from support.rules.case import Case, Finding, utc
from support.rules.facts import Slug, Who
from support.rules.sign_in_codes import GROUP_OF, MEANINGS, WHO, Group


def sign_in_refused(case: Case) -> Finding | None:
    """Whatever the status: a refusal that a person meets is a page, and pages come with 200."""
    if case.door != "token":
        return None
    group = GROUP_OF.get(case.aadsts) if case.aadsts is not None else _without_code(case)
    if group in _BY_GROUP:
        return _BY_GROUP[group](case)
    if group is not None:
        return _plain(group)
    return None


def unexplained_code(case: Case) -> Finding | None:
    """A refusal of the token endpoint that is nobody's permission, role or policy, or one not known yet."""
    if case.door != "token":
        return None
    said = MEANINGS.get(case.aadsts or 0)
    if said is None:
        return None
    who = WHO.get(case.aadsts or 0, Who.UNKNOWN)
    return Finding(Slug.NOT_ENOUGH_EVIDENCE, variant="known-code", who=who, values=(("said_code", said),))


def _without_code(case: Case) -> Group | None:
    """RFC 6749's error and Microsoft's suberror, where nobody passed the code on."""
    code, suberror = case.f.code, case.f.suberror
    if code == "consent_required" or suberror == "consent_required":
        return "not-approved"
    if suberror in {"basic_action", "message_only"}:
        return "policy"
    if suberror in {"bad_token", "token_expired"}:
        return "old-grant"
    if code == "invalid_client" and case.tenant.credential_error:
        return "credential"
    if code == "unauthorized_client":
        return "disabled" if case.tenant.condition == "disabled" else "absent" if case.tenant.gone else None
    return _BY_ERROR.get(code)


_BY_ERROR: Final[Mapping[str, Group]] = {
    "invalid_tenant": "unknown-tenant",
    "invalid_scope": "scope",
    # "Admin consent on the Microsoft identity platform": both are what a person's Cancel comes back as.
    "permission_denied": "declined",
    "access_denied": "declined",
}


_PLAIN: Final[Mapping[Group, Finding]] = {
    "service": Finding(Slug.RESOURCE_NOT_IN_TENANT, ("answer",)),
    "account": Finding(Slug.WRONG_TENANT, ("answer",), "account"),
    "unknown-tenant": Finding(Slug.WRONG_TENANT, ("answer",), "unknown"),
    "cloud": Finding(Slug.WRONG_TENANT, ("answer",), "cloud"),
    "tenantless": Finding(Slug.WRONG_TENANT, ("answer",), "tenantless"),
    "old-grant": Finding(Slug.TOKEN_EXPIRED, ("answer",), "sign-in"),
    "scope": Finding(Slug.WRONG_AUDIENCE, ("answer",), "scope"),
    "registration": Finding(Slug.PERMISSION_MISSING, ("answer",), "registration"),
}


def _plain(group: Group) -> Finding | None:
    return _PLAIN.get(group)


def _consent(case: Case, variant: str) -> Finding:
    """Somebody approved nothing, or not this: the tenant's own record says which."""
    tenant = case.tenant
    if not case.known or tenant.granted_then is None:
        never = tenant.status == "never-consented" or tenant.gone
        if never:
            return Finding(Slug.NEVER_CONSENTED, ("answer", "tenant"), variant)
        return Finding(Slug.NEVER_CONSENTED, ("answer",), variant or "or-not-all")
    absent = [p for p in tenant.required_then if p not in tenant.granted_then]
    known = [
        p for p in absent if p.kind in tenant.knows_then or f"{p.kind}:{p.resource}" in tenant.knows_then
    ]
    gone = [p for p in absent if p in tenant.withdrawn_at]
    values = tuple(sorted({p.value for p in gone or known or absent}))
    if gone:
        return Finding(Slug.PERMISSION_REVOKED, ("answer", "tenant"), missing=values)
    if not tenant.granted_then:
        return Finding(Slug.NEVER_CONSENTED, ("answer", "tenant"), _approved_since(case) or variant)
    if not absent and tenant.required_then:
        return Finding(Slug.NOT_ENOUGH_EVIDENCE, variant="approved-all")
    agree = ("answer", "tenant") if known else ("answer",)
    if known and tenant.granted_now is not None and tenant.granted_now.issuperset(known):
        return Finding(Slug.PERMISSION_MISSING, agree, "all-since", missing=values)
    return Finding(Slug.PERMISSION_MISSING, agree, variant or "not-all", missing=values)


def _approved_since(case: Case) -> str:
    """Which words say that nothing was granted at the time of the call, and something is now."""
    return "approved-later" if case.tenant.granted_now and not case.tenant.gone else ""


def _not_approved(case: Case) -> Finding:
    return _consent(case, "")


def _declined(case: Case) -> Finding:
    return _consent(case, "declined")


def _needs_admin(case: Case) -> Finding:
    return _consent(case, "needs-admin")


def _risky(case: Case) -> Finding:
    return _consent(case, "risky")


def _absent(case: Case) -> Finding:
    """AADSTS700016 and 7000229: the tenant has no service principal of the app, now or ever."""
    tenant = case.tenant
    was_there = bool(tenant.granted_then or tenant.withdrawn_at) or tenant.status == "revoked"
    if not was_there:
        never = tenant.granted_then is not None or tenant.gone or tenant.status == "never-consented"
        agree = ("answer", "tenant") if never else ("answer",)
        return Finding(Slug.NEVER_CONSENTED, agree, _approved_since(case))
    left = tenant.gone or tenant.status == "revoked" or bool(tenant.withdrawn_at)
    if left or not tenant.granted_now:
        return Finding(Slug.APP_DISABLED_OR_REMOVED, ("answer", "tenant"), "removed")
    proved = utc(tenant.proved_at)
    if proved is not None and case.at is not None and proved > case.at:
        return Finding(Slug.NOT_ENOUGH_EVIDENCE, variant="absent-but-granted")
    return Finding(Slug.APP_DISABLED_OR_REMOVED, ("answer",), "removed")


def _disabled(case: Case) -> Finding:
    agree = ("answer", "tenant") if case.tenant.condition == "disabled" else ("answer",)
    return Finding(Slug.APP_DISABLED_OR_REMOVED, agree, "disabled")


def _credential(case: Case) -> Finding:
    agree = ("answer", "tenant") if case.tenant.credential_error else ("answer",)
    variant = {7000222: "expired", 700027: "certificate", 7000218: "none"}.get(case.aadsts or 0, "")
    return Finding(Slug.APP_CREDENTIAL, agree, variant)


def _policy(case: Case) -> Finding:
    return Finding(Slug.CONDITIONAL_ACCESS, _with_approval(case), "")


def _unassigned(case: Case) -> Finding:
    return Finding(Slug.USER_NOT_ASSIGNED, _with_approval(case))


def _with_approval(case: Case) -> tuple[str, ...]:
    """The tenant's record agrees that consent isn't what is lacking."""
    return ("answer", "tenant") if case.tenant.granted_then and not case.tenant.gone else ("answer",)


_BY_GROUP: Final[Mapping[Group | None, Callable[[Case], Finding]]] = {
    "not-approved": _not_approved,
    "declined": _declined,
    "needs-admin": _needs_admin,
    "risky": _risky,
    "absent": _absent,
    "disabled": _disabled,
    "credential": _credential,
    "policy": _policy,
    "unassigned": _unassigned,
}

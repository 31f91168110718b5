"""What support sends on: a reply that a customer can read, and the bundle that Microsoft's support asks for.

A reply names the customer's own organization and public names of permissions and roles. It holds no id and
nothing that Microsoft or a reporter wrote.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from entra.types import is_guid
from support.rules.case import utc
from support.rules.facts import Facts, Slug, Verdict, Who

_OURS: Final = "This is ours to mend. You don't need to do anything, and nothing has to be approved."
_NOBODY: Final = (
    "You don't need to do anything; it passes by itself. If it is still so tomorrow, write to us."
)
_KEEPS: Final = "What you use today keeps working in the meantime."
_APPROVE: Final = (
    "A Privileged Role Administrator or a Global Administrator of {organization} opens the approval page, "
    "reads what is asked for, and chooses Accept. " + _KEEPS
)

# What happened, and what to do: by slug, and by who can mend it where that makes another reply.
_REPLIES: Final[Mapping[tuple[Slug, Who | None], tuple[str, str]]] = {
    (Slug.PERMISSION_MISSING, None): (
        "Microsoft refused a request of our app because {organization} hasn't approved {permission} yet.",
        _APPROVE,
    ),
    (Slug.PERMISSION_MISSING, Who.PERSON): (
        "Our app wasn't approved for {permission}: the page at Microsoft was left without accepting.",
        _APPROVE,
    ),
    (Slug.PERMISSION_MISSING, Who.PUBLISHER): (
        "Microsoft refused a request of our app because we asked for it in the wrong way.",
        _OURS,
    ),
    (Slug.PERMISSION_MISSING, Who.NOBODY): (
        "Microsoft refused a request of our app because {permission} wasn't approved yet. It has been since.",
        _NOBODY,
    ),
    (Slug.PERMISSION_REVOKED, None): (
        "Microsoft refused a request of our app because {organization} no longer allows {permission}.",
        "If that was meant, tell us, and we stop asking. If not: " + _APPROVE,
    ),
    (Slug.PERMISSION_REVOKED, Who.NOBODY): (
        "Microsoft refused a request of our app because {permission} had been withdrawn. "
        "It has been approved again since.",
        _NOBODY,
    ),
    (Slug.NEVER_CONSENTED, None): (
        "Microsoft refused our app because nobody has approved it for {organization} yet.",
        _APPROVE,
    ),
    (Slug.NEVER_CONSENTED, Who.NOBODY): (
        "Microsoft refused our app because nobody had approved it for {organization} yet. It has been since.",
        _NOBODY,
    ),
    (Slug.TOKEN_OLDER_THAN_APPROVAL, None): (
        "{Organization} has approved what our app needs, but the app was still signed in from before that.",
        "It signs in anew about once an hour and then has what you approved. "
        "If it is still refused two hours after the approval, write to us.",
    ),
    (Slug.WRONG_TOKEN_TYPE, None): (
        "Microsoft refused a request of our app because it doesn't take the way in which the app signed in.",
        _OURS,
    ),
    (Slug.WRONG_AUDIENCE, None): ("Our app signed in to the wrong service of Microsoft.", _OURS),
    (Slug.TOKEN_EXPIRED, None): ("Our app's sign-in had ended when it made the request.", _OURS),
    (Slug.TOKEN_EXPIRED, Who.PERSON): (
        "The sign-in that our app had kept for the person has ended.",
        "The person signs in again. Nothing has to be approved.",
    ),
    (Slug.USER_LACKS_ROLE, None): (
        "{Organization} has approved our app, but the person who used it may not see security data.",
        "An administrator gives them the role {role} in Microsoft Entra ID. If your organization uses "
        "Privileged Identity Management, the role must be active. Then the person signs in again. "
        "The app itself doesn't have to be approved again.",
    ),
    (Slug.USER_NOT_ASSIGNED, None): (
        "The person who signed in isn't assigned to our app in {organization}.",
        "An administrator adds them in Microsoft Entra ID: Enterprise apps, our app, Users and groups, Add.",
    ),
    (Slug.CONDITIONAL_ACCESS, None): (
        "A sign-in policy of {organization} (Conditional Access) stopped the request.",
        "An administrator finds the sign-in in Microsoft Entra ID, Sign-in logs, and sees which policy it "
        "was. The app doesn't have to be approved again.",
    ),
    (Slug.CONDITIONAL_ACCESS, Who.PERSON): (
        "Microsoft asks for a second factor before it makes this change.",
        "The person signs in with multifactor authentication. The app doesn't have to be approved again.",
    ),
    (Slug.APP_DISABLED_OR_REMOVED, None): (
        "Our app is switched off or removed in {organization}.",
        "If that was meant, tell us. If not, an administrator switches it on in Microsoft Entra ID "
        "(Enterprise apps, our app, Properties), or approves it again if it isn't listed there any more.",
    ),
    (Slug.RESOURCE_NOT_IN_TENANT, None): (
        "Our app asked for a service that {organization} doesn't have.",
        "If you do have it, tell us; then we asked in the wrong place. Nothing has to be approved.",
    ),
    (Slug.LICENCE_OR_SERVICE, None): (
        "The service that our app reads from isn't set up in {organization}, or its licence is missing.",
        "An administrator checks the licence and sets it up. Approving the app again changes nothing.",
    ),
    (Slug.THROTTLED, None): ("Nothing was denied: Microsoft asked our app to slow down.", _NOBODY),
    (Slug.MICROSOFT_OUTAGE, None): ("Nothing was denied: Microsoft couldn't answer at that moment.", _NOBODY),
    (Slug.WRONG_TENANT, None): ("Our app asked at another organization than yours.", _OURS),
    (Slug.WRONG_TENANT, Who.PERSON): (
        "The account that was used doesn't belong to {organization}.",
        "The person signs in with a work account of {organization}.",
    ),
    (Slug.APP_CREDENTIAL, None): ("Microsoft didn't accept our app's own credential.", _OURS),
    (Slug.API_RETIRED, None): ("Our app used something that Microsoft no longer offers.", _OURS),
    (Slug.PARTIAL_ANSWER, None): (
        "Microsoft answered only in part: one of its services left its data out.",
        _NOBODY,
    ),
    (Slug.PARTIAL_ANSWER, Who.TENANT_ADMIN): (
        "Microsoft answered only in part: one of its services shows data only to people with its own role.",
        "An administrator gives the person a role in Microsoft Defender for Endpoint. "
        "The app doesn't have to be approved again.",
    ),
    (Slug.NOT_ENOUGH_EVIDENCE, None): (
        "We can't tell yet why Microsoft refused the request.",
        "Please send us the whole error text, the time, and what was being done. "
        "Don't send passwords, secrets or tokens.",
    ),
    (Slug.NOT_ENOUGH_EVIDENCE, Who.PUBLISHER): (
        "Microsoft couldn't use the request that our app made.",
        _OURS,
    ),
    (Slug.NOT_ENOUGH_EVIDENCE, Who.TENANT_ADMIN): (
        "Microsoft refused the sign-in because of an account or a setting of {organization}.",
        "An administrator finds the sign-in in Microsoft Entra ID, Sign-in logs, with the reason.",
    ),
    (Slug.NOT_ENOUGH_EVIDENCE, Who.PERSON): (
        "Microsoft refused the sign-in itself.",
        "The person signs in once more. If it fails again, please send us the whole error text and the time.",
    ),
    (Slug.NOT_ENOUGH_EVIDENCE, Who.NOBODY): (
        "As far as we can see, this request wasn't refused.",
        "If something doesn't work, please send us the whole error text and the time.",
    ),
}
_ANOTHER_APP: Final = (
    "The request was made with another app than ours, and that one isn't approved for {permission}.",
    "Please make it with our app. Approving our app again doesn't change what the other one may do.",
)
_BY_APPROVAL: Final = frozenset({Slug.PERMISSION_MISSING, Slug.PERMISSION_REVOKED, Slug.NEVER_CONSENTED})


def wants_approval(verdict: Verdict) -> bool:
    """Say whether an administrator's approval mends it, so that a link is worth sending."""
    if verdict.slug in _BY_APPROVAL and verdict.who is Who.PERSON:
        return True
    # Not so where the app was switched off, or where the token was another app's.
    mends = verdict.slug in _BY_APPROVAL or verdict.slug is Slug.APP_DISABLED_OR_REMOVED
    return mends and verdict.who is Who.TENANT_ADMIN and "approval link" in verdict.next_step


def customer_reply(verdict: Verdict, facts: Facts, link: str = "") -> str:
    """Return a reply ready to send; the link goes in only where an approval helps."""
    happened, to_do = _REPLIES.get((verdict.slug, verdict.who)) or _REPLIES[verdict.slug, None]
    if verdict.slug is Slug.PERMISSION_MISSING and "approving our app" in verdict.next_step.lower():
        happened, to_do = _ANOTHER_APP
    name = _organization(facts)
    blanks = {
        "organization": name or "your organization",
        "Organization": name or "Your organization",
        "permission": _permission(verdict, facts),
        "role": verdict.role or "that the request takes",
    }
    parts = ["Hello,", happened.format_map(blanks), to_do.format_map(blanks)]
    if link and wants_approval(verdict):
        parts.append(f"Approval page: {link}")
    return "\n\n".join([*parts, "Kind regards"]) + "\n"


def _organization(facts: Facts) -> str:
    name = " ".join(facts.tenant.name.split())[:100] if facts.tenant is not None else ""
    return "" if is_guid(name) else name


def _permission(verdict: Verdict, facts: Facts) -> str:
    """What we ask for goes before what would do as well."""
    asked = {p.value for p in facts.tenant.required_now} if facts.tenant is not None else set()
    wanted = [value for value in verdict.missing if value in asked] or list(verdict.missing)
    if verdict.slug in _BY_APPROVAL and len(wanted) > 1 and facts.failure.path:
        wanted = wanted[:1]  # either would do for the one call
    return ", ".join(wanted[:5]) or "all that it needs"


def microsoft_bundle(
    *,
    client_request_id: str,
    request_id: str,
    occurred_at: datetime | None,
    tenant_id: str,
    diagnostic: str = "",
    correlation_id: str = "",
    call: str = "",
    status: int | None = None,
) -> str:
    """Return what Microsoft's support asks for: "Microsoft Graph best practices", reliability and support."""
    at = utc(occurred_at)
    lines = (
        ("client-request-id", client_request_id),
        ("request-id", request_id),
        ("correlation id", correlation_id),
        ("time", f"{at:%Y-%m-%dT%H:%M:%SZ}" if at is not None else ""),
        ("tenant", tenant_id),
        ("request", call),
        ("status", str(status) if status is not None else ""),
        ("x-ms-ags-diagnostic", diagnostic),
    )
    always = {"client-request-id", "request-id", "time", "tenant", "x-ms-ags-diagnostic"}
    return "".join(
        f"{name}: {_one_line(value) or 'not reported'}\n" for name, value in lines if value or name in always
    )


def _one_line(text: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in text[:1000]).split())

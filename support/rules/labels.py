"""The desk's words for causes, for how sure it is, and for who can mend it: one table each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from support.rules.facts import Confidence, Slug, Who

CONFIDENCES: Final = {
    Confidence.CERTAIN: "Certain",
    Confidence.LIKELY: "Likely",
    Confidence.CANNOT_TELL: "Can’t tell",
}
CONFIDENCE_MEANINGS: Final = {
    Confidence.CERTAIN: "Two independent facts agree.",
    Confidence.LIKELY: "One fact says so.",
    Confidence.CANNOT_TELL: "What is known fits more than one cause.",
}
WHO: Final = {
    Who.TENANT_ADMIN: "An administrator of the tenant",
    Who.PERSON: "The person who was signed in",
    Who.PUBLISHER: "We: code, registration or credential",
    Who.MICROSOFT: "Microsoft",
    Who.NOBODY: "Nobody: it passes by itself",
    Who.UNKNOWN: "Not known yet",
}


@dataclass(frozen=True)
class Cause:
    """A verdict's short name, how it looks, and what its help says. `tone` and `icon` are the pages'."""

    slug: Slug
    label: str
    tone: str
    icon: str
    meaning: str
    tell: str  # what it is told by, and from what it must not be mistaken


CAUSES: Final = {
    cause.slug: cause
    for cause in (
        Cause(
            Slug.PERMISSION_MISSING,
            "Permission missing",
            "is-re-consent-needed",
            "st-re-consent-needed",
            "The call needs a permission that the tenant has not granted to the application.",
            "The token lacks it, and the tenant's snapshots of that moment lack it too. Microsoft's text"
            " alone is not enough: a person without a directory role is refused with much the same words.",
        ),
        Cause(
            Slug.PERMISSION_REVOKED,
            "Permission withdrawn",
            "is-revoked",
            "st-revoked",
            "The tenant had granted the permission and took it back.",
            "An earlier snapshot holds it, and a later one no longer does. Ask why before you send a link.",
        ),
        Cause(
            Slug.NEVER_CONSENTED,
            "Never consented",
            "is-never-consented",
            "st-never-consented",
            "Nobody of the tenant has ever approved the application.",
            "Microsoft issues no token (AADSTS7000229, 700016 or 65001), and no snapshot was ever taken.",
        ),
        Cause(
            Slug.TOKEN_OLDER_THAN_APPROVAL,
            "Token older than the approval",
            "is-info",
            "clock",
            "The permission was approved, but the call used a token from before.",
            "The token was issued before the snapshot that first shows the permission. A token keeps what it"
            " was issued with, for about an hour. A new one is all that is needed.",
        ),
        Cause(
            Slug.WRONG_TOKEN_TYPE,
            "Wrong kind of token",
            "is-warning",
            "token",
            "The call takes a token of the other kind: for the application itself, or on behalf of a person.",
            "Permissions of the two kinds have the same names and are granted separately.",
        ),
        Cause(
            Slug.WRONG_AUDIENCE,
            "Token for another API",
            "is-warning",
            "token",
            "The token was issued for another API than Microsoft Graph.",
            "Its aud is not Microsoft Graph. Ask for https://graph.microsoft.com/.default.",
        ),
        Cause(
            Slug.TOKEN_EXPIRED,
            "Token expired",
            "is-info",
            "clock",
            "The token's time was over when the call was made.",
            "401 with InvalidAuthenticationToken, and exp before the call. Nothing has to be approved.",
        ),
        Cause(
            Slug.USER_LACKS_ROLE,
            "Person lacks a role",
            "is-warning",
            "person",
            "The application may, but the person it acted for holds no role that may see security data.",
            "The token is a person's, it carries the permission, and wids names no such role. Consent does"
            " not help. With Privileged Identity Management the role must be active, not only eligible.",
        ),
        Cause(
            Slug.USER_NOT_ASSIGNED,
            "Person not assigned",
            "is-warning",
            "person",
            "The tenant lets only assigned people use the application, and this one is not.",
            "AADSTS50105. An administrator assigns them: Enterprise applications, Users and groups.",
        ),
        Cause(
            Slug.CONDITIONAL_ACCESS,
            "Conditional Access",
            "is-warning",
            "shield",
            "A policy of the tenant stopped the sign-in or the call.",
            "AADSTS50076 or 53000 to 53004, or a claims challenge (insufficient_claims). Permissions"
            " are fine.",
        ),
        Cause(
            Slug.APP_DISABLED_OR_REMOVED,
            "Application disabled or removed",
            "is-revoked",
            "st-revoked",
            "The tenant switched the application off, or removed it.",
            "AADSTS7000112 says switched off. That it was there before is told by a snapshot.",
        ),
        Cause(
            Slug.RESOURCE_NOT_IN_TENANT,
            "Resource not in the tenant",
            "is-warning",
            "building",
            "The tenant does not have the API that a token was asked for.",
            "AADSTS500011 or 650052. Either the subscription is missing, or it was the wrong tenant.",
        ),
        Cause(
            Slug.LICENCE_OR_SERVICE,
            "Licence or service missing",
            "is-warning",
            "building",
            "Everything was granted, but the tenant has no licence for it, or the service is not set up.",
            "Microsoft names the service. More permissions do not help.",
        ),
        Cause(
            Slug.THROTTLED,
            "Throttled",
            "is-info",
            "clock",
            "Not denied: Microsoft asked the application to slow down.",
            "429, or 503 with Retry-After. It passes by itself; the application has to wait as it was told.",
        ),
        Cause(
            Slug.MICROSOFT_OUTAGE,
            "Microsoft failed",
            "is-unreachable",
            "st-unreachable",
            "Microsoft could not answer.",
            "A 5xx without Retry-After. Try again later; with the bundle below Microsoft can trace the call.",
        ),
        Cause(
            Slug.WRONG_TENANT,
            "Another tenant",
            "is-warning",
            "building",
            "The token, the account or the call belongs to another tenant than the one that was meant.",
            "tid is another tenant's, or AADSTS50020, 90002, 90038.",
        ),
        Cause(
            Slug.APP_CREDENTIAL,
            "Our credential",
            "is-error",
            "key",
            "Microsoft refused the application's own secret or certificate.",
            "AADSTS7000215, 7000222 or 700027. It is ours to mend, and it concerns every tenant.",
        ),
        Cause(
            Slug.API_RETIRED,
            "API retired",
            "is-error",
            "history",
            "Microsoft ended the API that was called.",
            "The day of the call is past the announced end. No permission brings it back.",
        ),
        Cause(
            Slug.PARTIAL_ANSWER,
            "Partial answer",
            "is-info",
            "info",
            "Microsoft answered in part: one of its providers wanted a role of its own from the person.",
            "206 with a Warning. App-only calls are not limited by it.",
        ),
        Cause(
            Slug.NOT_ENOUGH_EVIDENCE,
            "Not enough evidence",
            "is-unknown",
            "help",
            "What is known fits more than one cause, so none is named.",
            "The verdict says what would settle it.",
        ),
    )
}


def cause_of(slug: str) -> Cause:
    """Return how a stored verdict is shown; one that a later version wrote counts as not known."""
    return CAUSES.get(slug, CAUSES[Slug.NOT_ENOUGH_EVIDENCE])  # type: ignore[call-overload, no-any-return]

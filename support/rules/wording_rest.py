"""The words of verdicts that are nobody's consent: about the token, the tenant, the app and Microsoft."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from support.rules.facts import Slug, Who
from support.rules.wording import Wording

_ADMIN, _PERSON, _US = Who.TENANT_ADMIN, Who.PERSON, Who.PUBLISHER
_GRAPH_DEFAULT = "Ours to fix: ask for https://graph.microsoft.com/.default."

EXPLAINED: Final[Mapping[tuple[Slug, str], Wording]] = {
    (Slug.WRONG_AUDIENCE, ""): Wording(_US, "The token was made for a different API: {aud}.", _GRAPH_DEFAULT),
    (Slug.WRONG_AUDIENCE, "unnamed"): Wording(_US, "The token was made for a different API.", _GRAPH_DEFAULT),
    (Slug.WRONG_AUDIENCE, "retired"): Wording(
        _US, "The token was made for Azure AD Graph, which Microsoft has retired.", _GRAPH_DEFAULT
    ),
    (Slug.WRONG_AUDIENCE, "scope"): Wording(
        _US, "The app asked for a token in a way that Microsoft doesn't take: {code}.", _GRAPH_DEFAULT
    ),
    (Slug.TOKEN_EXPIRED, ""): Wording(
        _US,
        "The token had expired at {expired}.",
        "Ours to fix: get a new token before the old one ends. No approval is needed.",
    ),
    (Slug.TOKEN_EXPIRED, "untimed"): Wording(
        _US,
        "Microsoft says that the token had expired.",
        "Get a new token and try once more. No approval is needed.",
    ),
    (Slug.TOKEN_EXPIRED, "sign-in"): Wording(
        _PERSON,
        "The sign-in that the app kept has ended.",
        "The person signs in again. No approval is needed.",
    ),
    (Slug.CONDITIONAL_ACCESS, ""): Wording(
        _ADMIN,
        "A Conditional Access policy in {tenant} stopped this.",
        "An admin of {tenant} reviews the policy. Permissions aren't the cause.",
    ),
    (Slug.CONDITIONAL_ACCESS, "challenge"): Wording(
        _ADMIN,
        "A Conditional Access policy in {tenant} stopped this, or the session was ended.",
        "The app must take the claims that Microsoft sent along and ask for a new token with them; "
        "an admin of {tenant} reviews the policy. Permissions aren't the cause.",
    ),
    (Slug.CONDITIONAL_ACCESS, "second-factor"): Wording(
        _PERSON,
        "Microsoft wants a second factor for this change.",
        "The person signs in with multifactor authentication. Permissions aren't the cause.",
    ),
    (Slug.APP_DISABLED_OR_REMOVED, "disabled"): Wording(
        _ADMIN,
        "{Tenant} turned off sign-in for the app.",
        "Ask the admin: Enterprise apps › the app › Properties › Enabled for users to sign in. "
        "Nothing that we can change.",
    ),
    (Slug.APP_DISABLED_OR_REMOVED, "removed"): Wording(
        _ADMIN,
        "The app isn't in {tenant} any more.",
        "Ask the admin why it was removed, then send the approval link.",
    ),
    (Slug.RESOURCE_NOT_IN_TENANT, ""): Wording(
        _ADMIN,
        "{Tenant} doesn't have the service that the app asked for.",
        "The customer needs the subscription, or we asked in the wrong tenant.",
    ),
    (Slug.LICENCE_OR_SERVICE, ""): Wording(
        _ADMIN,
        "The service behind {call} isn't set up in {tenant}.",
        "The customer sets it up or gets the licence. {licence}Approving again changes nothing.",
    ),
    (Slug.LICENCE_OR_SERVICE, "premium"): Wording(
        _ADMIN,
        "{Tenant} lacks the Microsoft Entra ID P1 or P2 licence that this call takes.",
        "The customer gets the licence, or does without. Approving again changes nothing.",
    ),
    (Slug.THROTTLED, ""): Wording(
        Who.NOBODY,
        "Not denied: Microsoft asked us to slow down.",
        "Retry after{wait}. No approval is needed.",
    ),
    (Slug.MICROSOFT_OUTAGE, ""): Wording(
        Who.MICROSOFT,
        "Not denied: Microsoft couldn't answer{status}.",
        "Retry{wait}. If it lasts, send Microsoft the bundle. No approval is needed.",
    ),
    (Slug.WRONG_TENANT, "account"): Wording(
        _PERSON,
        "The account belongs to another organization, not to {tenant}.",
        "The person signs in with a work account of {tenant}.",
    ),
    (Slug.WRONG_TENANT, "unknown"): Wording(
        _US,
        "Microsoft knows no tenant of that name.",
        "Ours to fix: check the tenant id that the app asked for.",
    ),
    (Slug.WRONG_TENANT, "cloud"): Wording(
        _US,
        "{Tenant} is in another Microsoft cloud than the app.",
        "Ours to fix: that cloud needs a registration of its own, and its own addresses.",
    ),
    (Slug.WRONG_TENANT, "tenantless"): Wording(
        _US,
        "The app asked for a token without naming the tenant.",
        "Ours to fix: ask at the address of the customer's tenant, not at common or organizations.",
    ),
    (Slug.WRONG_TENANT, "token"): Wording(
        _US,
        "The token opens another tenant than {tenant}.",
        "Ours to fix: get the token from the tenant that the call is about.",
    ),
    (Slug.APP_CREDENTIAL, ""): Wording(
        _US,
        "Microsoft rejected the app's own credential.",
        "Ours to fix: put the right secret or certificate in place. {Tenant} can't change anything.",
    ),
    (Slug.APP_CREDENTIAL, "expired"): Wording(
        _US, "The app's secret has expired.", "Ours to fix: make a new one. {Tenant} can't change anything."
    ),
    (Slug.APP_CREDENTIAL, "certificate"): Wording(
        _US,
        "Microsoft doesn't know the app's certificate, or its signature was wrong.",
        "Ours to fix: upload the certificate in use. {Tenant} can't change anything.",
    ),
    (Slug.APP_CREDENTIAL, "none"): Wording(
        _US,
        "The app sent neither a secret nor a certificate.",
        "Ours to fix: configure its credential. {Tenant} can't change anything.",
    ),
    (Slug.API_RETIRED, ""): Wording(
        _US,
        "Microsoft ended this API on {ended}.",
        "Ours to fix: call alerts_v2 and incidents instead. They need SecurityAlert and SecurityIncident "
        "permissions, which every tenant has to approve.",
    ),
    (Slug.API_RETIRED, "beta-only"): Wording(
        _US, "{call} exists in beta only, and v1.0 was called.", "Ours to fix: call it under /beta."
    ),
    (Slug.API_RETIRED, "gone"): Wording(
        _US,
        "Microsoft no longer answers {call}.",
        "Ours to fix: move to what replaces it. No approval is needed.",
    ),
    (Slug.PARTIAL_ANSWER, "role"): Wording(
        _ADMIN,
        "Answered in part: {provider} left its data out, because the person may not see it there.",
        "An admin of {tenant} gives the person a role in Defender for Endpoint, or the call is made with the "
        "app's own token, which isn't limited so.",
    ),
    (Slug.PARTIAL_ANSWER, "role-unseen"): Wording(
        _ADMIN,
        "Answered in part: {provider} refused with {answered}.",
        "If a person was signed in, an admin of {tenant} gives them a role in Defender for Endpoint. "
        "The app's own token isn't limited so.",
    ),
    (Slug.PARTIAL_ANSWER, "app-only"): Wording(
        Who.UNKNOWN,
        "Answered in part: {provider} refused with {answered}.",
        "No person's role is the cause: the token is the app's own. Check the service's set-up in {tenant}.",
    ),
    (Slug.PARTIAL_ANSWER, "slow"): Wording(
        Who.NOBODY, "Answered in part: {provider} asked to slow down.", "Retry later. No approval is needed."
    ),
    (Slug.PARTIAL_ANSWER, "away"): Wording(
        Who.MICROSOFT,
        "Answered in part: {provider} answered {answered}.",
        "Retry in a few minutes. No approval is needed.",
    ),
    (Slug.PARTIAL_ANSWER, "unnamed"): Wording(
        Who.UNKNOWN,
        "Answered in part, and nobody told which provider left its data out.",
        "Pass the header Warning of the answer on: it names the provider and what it answered.",
    ),
}

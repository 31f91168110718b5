"""The words of verdicts about consent and rights: who acts, what happened, what to do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from support.rules.facts import Slug, Who


class Wording(NamedTuple):
    who: Who
    headline: str
    next_step: str


_ADMIN, _PERSON, _US = Who.TENANT_ADMIN, Who.PERSON, Who.PUBLISHER
_SEND = "Send the approval link to an admin of {tenant}."
_AGAIN = "Try again with a new token: one lives about an hour, and emptying the app's cache is faster."
_RENEW = "Get a new token: one lives about an hour, and emptying the app's cache is faster than waiting."

# By slug and variant, for what lacks consent or a person's right.
DENIED: Final[Mapping[tuple[Slug, str], Wording]] = {
    (Slug.PERMISSION_MISSING, ""): Wording(_ADMIN, "{Tenant} hasn't approved {permission}{drift}.", _SEND),
    (Slug.PERMISSION_MISSING, "token-only"): Wording(
        _ADMIN, "The token lacks {permission}: {tenant} probably hasn't approved it{drift}.", _SEND
    ),
    (Slug.PERMISSION_MISSING, "not-all"): Wording(
        _ADMIN,
        "{Tenant} has approved the app, but not for {permission}{drift}.",
        f"{_SEND} If an admin says that they already approved, compare the list: usually one is missing.",
    ),
    (Slug.PERMISSION_MISSING, "not-asked"): Wording(
        _US,
        "The call needs {permission}, which no revision of the app asks for.",
        "Ours to fix: publish a revision that requires it and send the approval link, or drop the call.",
    ),
    (Slug.PERMISSION_MISSING, "not-asked-so"): Wording(
        _US,
        "The call was made {so}, but the app asks for {permission} {otherwise} only.",
        "Ours to fix: make the call the other way, or publish a revision that requires it for this way too.",
    ),
    (Slug.PERMISSION_MISSING, "approved-later"): Wording(
        Who.NOBODY,
        "{Tenant} hadn't approved {permission} yet; the approval was first seen at {approved}.",
        _AGAIN,
    ),
    (Slug.PERMISSION_MISSING, "all-since"): Wording(
        Who.NOBODY,
        "{Tenant} hadn't approved {permission} yet, and has since.",
        "Try again: it has been approved.",
    ),
    (Slug.PERMISSION_MISSING, "foreign"): Wording(
        _ADMIN,
        "The token is not our app's but {foreign}, and it lacks {permission}.",
        "Approving our app changes nothing for that one: an admin of {tenant} approves it there, "
        "or the call is made with our app.",
    ),
    (Slug.PERMISSION_MISSING, "registration"): Wording(
        _US,
        "The app asks for something that its registration doesn't list.",
        "Ours to fix: registration and code disagree about what is asked for. No approval is needed.",
    ),
    (Slug.PERMISSION_MISSING, "declined"): Wording(
        _PERSON,
        "The person chose Cancel on Microsoft's page, so {permission} isn't approved.",
        "Ask them to try again, or send the page that explains the permissions.",
    ),
    (Slug.PERMISSION_MISSING, "needs-admin"): Wording(
        _ADMIN,
        "Approving {permission} takes an administrator; the person who tried isn't one.",
        "Forward the approval link to a Privileged Role Administrator or Global Administrator of {tenant}.",
    ),
    (Slug.PERMISSION_MISSING, "risky"): Wording(
        _ADMIN,
        "Microsoft marked the app as possibly risky, so {permission} takes an administrator's approval.",
        f"{_SEND} The usual cause is that the publisher isn't verified.",
    ),
    (Slug.PERMISSION_REVOKED, ""): Wording(
        _ADMIN,
        "{Tenant} withdrew {permission}{withdrawn}.",
        "Ask the admin why it was withdrawn, then send the approval link.",
    ),
    (Slug.PERMISSION_REVOKED, "approved-later"): Wording(
        Who.NOBODY,
        "{Tenant} had withdrawn {permission}{withdrawn} when the call was made, and approved it again since.",
        _AGAIN,
    ),
    (Slug.NEVER_CONSENTED, ""): Wording(_ADMIN, "Nobody has approved the app for {tenant} yet.", _SEND),
    (Slug.NEVER_CONSENTED, "or-not-all"): Wording(
        _ADMIN,
        "Nobody has approved the app for {tenant}, or not for all that it asks for.",
        f"{_SEND} If an admin says that they already approved, compare the list: usually one is missing.",
    ),
    (Slug.NEVER_CONSENTED, "declined"): Wording(
        _PERSON,
        "The person chose Cancel on Microsoft's page, so nothing is approved for {tenant}.",
        "Ask them to try again, or send the page that explains the permissions.",
    ),
    (Slug.NEVER_CONSENTED, "needs-admin"): Wording(
        _ADMIN,
        "Approving the app takes an administrator; the person who tried isn't one.",
        "Forward the approval link to a Privileged Role Administrator or Global Administrator of {tenant}.",
    ),
    (Slug.NEVER_CONSENTED, "risky"): Wording(
        _ADMIN,
        "Microsoft marked the app as possibly risky and takes an administrator's approval only.",
        f"{_SEND} The usual cause is that the publisher isn't verified.",
    ),
    (Slug.NEVER_CONSENTED, "approved-later"): Wording(
        Who.NOBODY,
        "Nobody had approved the app for {tenant} when the call was made; somebody has since.",
        "Try again: it has been approved.",
    ),
    (Slug.TOKEN_OLDER_THAN_APPROVAL, ""): Wording(
        Who.NOBODY,
        "Approved at {approved}, but the app still uses a token from {issued}.",
        _RENEW,
    ),
    (Slug.TOKEN_OLDER_THAN_APPROVAL, "lag"): Wording(
        Who.NOBODY,
        "{permission} is approved, but the token of {issued} was made before Microsoft had caught up.",
        f"{_RENEW} What issues tokens usually follows an approval within a few minutes.",
    ),
    (Slug.TOKEN_OLDER_THAN_APPROVAL, "untimed"): Wording(
        Who.NOBODY,
        "Approved at {approved}, shortly before the call: the app probably used an older token.",
        _RENEW,
    ),
    (Slug.WRONG_TOKEN_TYPE, "app-only"): Wording(
        _US,
        "{permission} is approved for signed-in people only, and the token is the app's own.",
        "Make the call with a person signed in, or require {permission} as an application permission "
        "and have it approved.",
    ),
    (Slug.WRONG_TOKEN_TYPE, "delegated"): Wording(
        _US,
        "{permission} is approved for the app itself only, and the token is a signed-in person's.",
        "Make the call with the app's own token, or require {permission} as a delegated permission "
        "and have it approved.",
    ),
    (Slug.WRONG_TOKEN_TYPE, "never-delegated"): Wording(
        _US,
        "{call} is open to apps only, never on behalf of a person.",
        "Ours to fix: make the call with the app's own token and {permission} as an application permission.",
    ),
    (Slug.WRONG_TOKEN_TYPE, "never-app-only"): Wording(
        _US,
        "{call} is about the signed-in person, and the token is the app's own.",
        "Ours to fix: make the call with a person signed in.",
    ),
    (Slug.USER_LACKS_ROLE, ""): Wording(
        _ADMIN,
        "The app may, but the person may not: no {role} role.",
        "An admin of {tenant} assigns {role}. With Privileged Identity Management the role must be active, "
        "not just eligible; then the person signs in again.",
    ),
    (Slug.USER_LACKS_ROLE, "unseen"): Wording(
        _ADMIN,
        "The app may, but the person probably may not: it takes the {role} role, which nobody saw.",
        "An admin of {tenant} looks whether the person holds {role}, actively and not just eligible, "
        "and assigns it; then the person signs in again.",
    ),
    (Slug.USER_LACKS_ROLE, "directory"): Wording(
        _ADMIN,
        "The app may, but the person may not: they hold no directory role.",
        "An admin of {tenant} assigns a role that reads what was asked for; then the person signs in again.",
    ),
    (Slug.USER_NOT_ASSIGNED, ""): Wording(
        _ADMIN,
        "The person isn't assigned to the app in {tenant}.",
        "An admin of {tenant}: Enterprise apps › the app › Users and groups › Add.",
    ),
}

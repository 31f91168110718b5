"""What the token endpoint's codes stand for: a group, and the words of those that no check explains.

Source: "Microsoft Entra authentication and authorization error codes", and for consent
"Unexpected error when performing consent to an application".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

from support.rules.facts import Who

Group = Literal[
    "not-approved",
    "declined",
    "needs-admin",
    "risky",
    "absent",
    "disabled",
    "credential",
    "policy",
    "unassigned",
    "service",
    "registration",
    "account",
    "unknown-tenant",
    "cloud",
    "tenantless",
    "old-grant",
    "scope",
]

_GROUPS: Final[Mapping[Group, tuple[int, ...]]] = {
    "not-approved": (65001, 90090, 90099),
    "declined": (65004,),
    "needs-admin": (90093, 90094, 90095),
    "risky": (900941, 900981),
    "absent": (700016, 7000229),
    "disabled": (7000112, 70001),
    "credential": (7000215, 7000222, 700027, 7000218, 700025, 50012),
    "policy": (
        *(53000, 53001, 53002, 53003, 53004, 530032, 530034, 530035),
        *(50076, 50079, 50097, 50129, 50131, 50158),
    ),
    "unassigned": (50105,),
    "service": (650052, 500011, 50001),
    "registration": (65005, 650054, 650056, 650057),
    "account": (50020, 50034, 16000, 700005),
    "unknown-tenant": (90002, 900023),
    "cloud": (90038, 900382, 900432),
    "tenantless": (50059, 50194, 9001023),
    "old-grant": (50173, 70008, 700082, 70043, 500133),
    "scope": (70011, 700022, 700023, 1002012),
}
GROUP_OF: Final[Mapping[int, Group]] = {code: group for group, codes in _GROUPS.items() for code in codes}

# Nobody's permission, role or policy: what Microsoft says, completing "Microsoft says that ...".
MEANINGS: Final[Mapping[int, str]] = {
    50011: "the address to return to isn't registered",
    500113: "no address to return to is registered",
    900971: "no address to return to was given",
    50053: "the person's account is locked",
    50057: "the person's account is disabled",
    50058: "nobody is signed in, and the app asked without showing a page",
    50126: "the user name or password was wrong",
    54005: "the sign-in code was used twice",
    501481: "the code verifier doesn't match the challenge that the sign-in began with",
    500021: "the network that the person is on allows other tenants only",
    500212: "the person's own tenant doesn't allow access to this one",
    500213: "this tenant doesn't allow access from the person's own",
    650051: "the approval collided with another one; trying again usually works",
    65002: "an app of Microsoft's own lacks an authorization that only Microsoft can give",
    700020: "the person has to sign in with a page",
    700054: "the registration doesn't allow id tokens from the sign-in page",
    7000114: "the app may not act on behalf of a person here",
    90008: "the app has to ask for at least openid or User.Read",
    900144: "the request lacks a field that it must have",
    90014: "the request lacks a field that it must have",
    70003: "it doesn't know the kind of grant that was asked for",
    1000031: "the app can't be opened at this time",
}
_WHO: Final[Mapping[Who, tuple[int, ...]]] = {
    Who.PUBLISHER: (
        *(50011, 500113, 900971, 54005, 501481, 700054, 7000114, 90008, 900144, 90014, 70003, 65002),
    ),
    Who.TENANT_ADMIN: (50053, 50057, 500021, 500212, 500213),
    Who.PERSON: (50058, 50126, 700020),
}
WHO: Final[Mapping[int, Who]] = {code: who for who, codes in _WHO.items() for code in codes}

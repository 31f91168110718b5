"""What each claim of a token says, in one plain sentence."""

from __future__ import annotations

from typing import Final

from entra.types import Kind

# "Access token claims reference" and "ID token claims reference" (Microsoft identity platform).
# In the order in which pages show them: who, what, for which API, when, and then the rest.
_MEANINGS: Final = {
    "appid": "The application that the token was issued to: the same in every tenant.",
    "azp": "The application that the token was issued to: the same in every tenant.",
    "tid": "The tenant that the token opens.",
    "roles": "The application permissions granted in that tenant. An API allows these and no others.",
    "scp": "The delegated permissions. A token without a signed-in person has none.",
    "wids": "Directory roles. The application itself usually has none.",
    "aud": "The API that the token is for. It must be the one that is called.",
    "iss": "Who issued the token: Microsoft Entra ID, for the tenant in the address.",
    "idtyp": "“app” when no person is signed in, “user” when one is.",
    "oid": "The application's own object in that tenant, its service principal.",
    "sub": "Whom the token is about: the application's service principal.",
    "app_displayname": "The application's name in that tenant.",
    "appidacr": "How the application proved who it is: 1 is a secret, 2 a certificate.",
    "azpacr": "How the application proved who it is: 1 is a secret, 2 a certificate.",
    "iat": "When the token was issued. What was granted later is not in it.",
    "nbf": "The token doesn't work before this moment.",
    "exp": "The token stops working at this moment; a new one shows newer grants.",
    "uti": "The token's own number, which Microsoft's support can look up.",
    "ver": "The version of the token's format. Microsoft Graph always gets 1.0.",
    "idp": "Who signed the subject in, when that was another organization.",
    "acct": "0 is a member of the organization, 1 a guest.",
    "acr": "Whether the sign-in met the policy for it: 1 is yes.",
    "amr": "How the person signed in, such as pwd for a password and mfa for a second factor.",
    "auth_time": "When the person last proved who they are.",
    "name": "The person's name for display. It identifies nobody.",
    "family_name": "The person's family name.",
    "given_name": "The person's given name.",
    "preferred_username": "A user name for display. It can change and identifies nobody.",
    "upn": "The person's user name. It can change and identifies nobody.",
    "unique_name": "The person's user name as older software reads it.",
    "email": "An address for display. It can belong to somebody else tomorrow and identifies nobody.",
    "ipaddr": "The network address that the person signed in from.",
    "deviceid": "The registered device that the person signed in from.",
    "sid": "The number of the sign-in session, for signing out.",
    "signin_state": "What was known about the device and network at sign-in.",
    "platf": "The kind of device that the person signed in from.",
    "puid": "An older number of the person, inside Microsoft only.",
    "onprem_sid": "The person's number in a directory on the organization's own premises.",
    "nonce": "Ties the token to the one request that asked for it.",
    "at_hash": "Ties an id token to the access token that came with it.",
    "tenant_region_scope": "The region where the tenant's data is kept.",
    "tenant_ctry": "The country of the tenant.",
    "xms_st": "The person's number for the application, and for nobody else.",
    "aio": "Microsoft's own bookkeeping, of no use to anybody else.",
    "rh": "Microsoft's own bookkeeping, of no use to anybody else.",
}

# The same claim says something else when a person is signed in.
_OF_A_PERSON: Final = {
    "scp": "The delegated permissions: everything granted for this person, asked for or not.",
    "wids": "The directory roles that the person holds actively. A role that is only eligible is not here.",
    "roles": "Application permissions. A token of a signed-in person normally has none.",
    "oid": "The person's object in that tenant. Together with tid it identifies them.",
    "sub": "The person, by a number that is different for every application.",
}

ORDER: Final = tuple(_MEANINGS)
MOMENTS: Final = frozenset({"iat", "nbf", "exp", "auth_time"})


def meaning_of(name: str, kind: Kind = "application") -> str:
    """Return what the claim says; "" for one that Microsoft doesn't document."""
    if kind == "delegated" and name in _OF_A_PERSON:
        return _OF_A_PERSON[name]
    if name in _MEANINGS:
        return _MEANINGS[name]
    return "Microsoft's own bookkeeping, of no use to anybody else." if name.startswith("xms_") else ""


def in_order(names: set[str]) -> list[str]:
    """Return claims as pages show them: the known ones first, in their order, then the others by name."""
    return [name for name in ORDER if name in names] + sorted(names - set(ORDER))

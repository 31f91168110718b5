"""The words of "cannot tell": what is known, what to do meanwhile, and which fact would settle it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from support.rules.facts import Who


class Doubt(NamedTuple):
    who: Who
    headline: str
    next_step: str
    settles: str


_COPY = "Copy for engineering."
_UNKNOWN, _US = Who.UNKNOWN, Who.PUBLISHER
_INSPECT = "The token's aud, tid, exp, and roles or scp: paste the token into the token inspector."
_CHECK = "Check {tenant} now"

DOUBTS: Final[Mapping[str, Doubt]] = {
    "": Doubt(
        _UNKNOWN,
        "We don't know this error yet{said}.",
        f"{{about}}{_COPY}",
        "The call (method and address), its status, and the token's roles or scp.",
    ),
    "unknown-call": Doubt(
        _UNKNOWN,
        "We have no map of {call}{said}.",
        f"{{about}}Look up in Microsoft's page of that call which permission it takes. {_COPY}",
        "Which permission the call takes, and whether the token's roles or scp hold it.",
    ),
    "code": Doubt(
        _UNKNOWN,
        "We don't know this error yet: Microsoft refused the sign-in with {code}.",
        f"{{about}}{_COPY}",
        "What Microsoft's page says of {code}, and the tenant's own sign-in log.",
    ),
    "no-code": Doubt(
        _UNKNOWN,
        "Microsoft refused to issue a token{said}, and nobody told its AADSTS code.",
        f"{{about}}Ask for the whole error text. {_COPY}",
        "The AADSTS code: it stands in error_codes, or at the start of error_description.",
    ),
    "known-code": Doubt(
        _UNKNOWN,
        "Microsoft refused the sign-in because {said_code} ({code}).",
        "No approval and no role is the cause as far as the code tells. {about}" + _COPY,
        "The tenant's own sign-in log for that moment.",
    ),
    "approved-all": Doubt(
        _UNKNOWN,
        "Microsoft says that something isn't approved, but {tenant} has approved all that the app asked for.",
        "Compare what the app asked for with its revision. Perhaps only some people approved.",
        "The scope that the app asked for, and the client id that it used.",
    ),
    "absent-but-granted": Doubt(
        _UNKNOWN,
        "Microsoft says that the app isn't in {tenant}, but its permissions were seen there since.",
        "Check that the request named this tenant and this app's client id.",
        f"The tenant and client id that the request named. {_CHECK}.",
    ),
    "answered": Doubt(
        Who.NOBODY,
        "The call wasn't refused: Microsoft answered {status_code}.",
        "Nothing to mend here. Look up the id of the call that failed.",
        "The id of the call that failed.",
    ),
    "expired-not": Doubt(
        Who.MICROSOFT,
        "Microsoft says that the token had expired, but it hadn't.",
        "Retry once: now and then one of Microsoft's servers refuses a good token. No approval is needed.",
        "A second try, and the clock of the machine that reported the call.",
    ),
    "empty": Doubt(
        _US,
        "The call carried no token.",
        "Ours to fix: send the token in the Authorization header. No approval is needed.",
        "Why the app had no token: the answer of the token endpoint just before.",
    ),
    "not-a-token": Doubt(
        _US,
        "Microsoft couldn't read what was sent as a token.",
        "Ours to fix: send the access token as it came, after “Bearer”. No approval is needed.",
        "What the app sent: an access token has three parts with dots between them.",
    ),
    "not-proven": Doubt(
        _UNKNOWN,
        "Microsoft didn't believe the token: of another cloud, altered, or of a closed tenant.",
        "Get a new token and try again. No approval is needed.",
        "The token's iss, tid and aud.",
    ),
    "unauthorized": Doubt(
        _UNKNOWN,
        "Microsoft didn't accept the token{said}. That is never a matter of consent.",
        "Get a new token and try again. No approval is needed.",
        _INSPECT,
    ),
    "unauthorized-fine": Doubt(
        _UNKNOWN,
        "Microsoft didn't accept the token, though it looks right. That is never a matter of consent.",
        "Get a new token and retry once: now and then one of Microsoft's servers refuses a good token. "
        "No approval is needed.",
        "The header WWW-Authenticate of the answer, and a second try.",
    ),
    "request": Doubt(
        _US,
        "Microsoft couldn't use the request itself{said}.",
        f"Ours to look at: the address, the query and the body. No approval is needed. {_COPY}",
        "The whole address and body of the request.",
    ),
    "not-found": Doubt(
        _US,
        "Microsoft found nothing at that address{said}.",
        f"Ours to look at: does what was asked for still exist in {{tenant}}? No approval is needed. {_COPY}",
        "The whole address of the request, and whether the object was deleted.",
    ),
    "not-in-token": Doubt(
        _UNKNOWN,
        "{Tenant} had approved {permission}, but the token, issued later, lacks it.",
        f"{_CHECK}, get a new token, and try again.",
        "When the token was issued, and whether the permission is still granted: check {tenant} now.",
    ),
    "perhaps": Doubt(
        _UNKNOWN,
        "Microsoft's page asks for {permission}; the token has another that the service also took.",
        "Have {permission} approved, or look for the person's role first: both may be lacking.",
        "A try with {permission} approved, and the person's active roles.",
    ),
    "roles-unseen": Doubt(
        _UNKNOWN,
        "The permission is there; whether the person holds Security Reader nobody told.",
        "Ask which directory roles the person actively holds in {tenant}.",
        "The claim wids of the token, or the person's active roles.",
    ),
    "role-doubtful": Doubt(
        _UNKNOWN,
        "The permission is there, but Microsoft doesn't say whether the person's role suffices.",
        "Have an admin of {tenant} assign Security Reader, and try again.",
        "A try with Security Reader active.",
    ),
    "reader-writes": Doubt(
        _UNKNOWN,
        "The permission is there, but the person's role only reads in Microsoft's own portals.",
        "Have an admin of {tenant} assign Security Administrator, and try again.",
        "A try with Security Administrator active.",
    ),
    "approved-only": Doubt(
        _UNKNOWN,
        "{Tenant} had approved {permission}; whether the token carried it nobody told.",
        "Ask for the token's facts, or get a new token and try again.",
        "The token's roles or scp, when it was issued, and for a signed-in person wids.",
    ),
    "contradiction": Doubt(
        _UNKNOWN,
        "Microsoft says that a role is missing, but the token carries {held}, which suffices.",
        f"Try again with the same token. {_COPY}",
        "Whether the reported token is the one that was sent: compare its iat with the time of the call.",
    ),
    "all-there": Doubt(
        _UNKNOWN,
        "The token carries {held}, so neither consent nor a role is lacking.",
        "{licence}Have an admin of {tenant} look at the service's own settings. " + _COPY,
        "Whether the service is set up in {tenant}, and Microsoft's own view of the request id.",
    ),
    "all-there-person": Doubt(
        _UNKNOWN,
        "The permission and the role are there.",
        "{licence}What is left is Defender's own roles, the licence, and Conditional Access.",
        "The person's roles in Defender, the tenant's licences, and its sign-in log.",
    ),
    "no-token": Doubt(
        _UNKNOWN,
        "{call} takes {permission}; whether the token carried it nobody told{said}.",
        "{about}Ask for the token's facts.",
        "The token's roles or scp, and for a signed-in person wids.",
    ),
}

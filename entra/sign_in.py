"""Signing a person in with Microsoft: authorization code with PKCE by MSAL, the id token checked by us."""

import hmac
import threading
import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from entra import claims as token_claims
from entra.confidential import check_tenant, confidential_client
from entra.errors import EntraError, SignInFailed
from entra.graph import Directory
from entra.http import EntraSession
from entra.id_token import validate
from entra.refusals import describe
from entra.security import Bearer
from entra.types import Client

_START_AGAIN = {
    54005: "This sign-in was already used; start again",
    65004: "You declined at Microsoft",
    70008: "This sign-in has expired; start again",
    501481: "This sign-in was started in another browser; start again",
}
_LONGEST_NAME = 200
_warnings_lock = threading.Lock()


@dataclass(frozen=True)
class Identity:
    """A person, by (tid, oid). Names are for display: they identify nobody.

    `roles` are app roles of the portal's registration, `wids` templates of active directory roles.
    When `wids_known` is false, Microsoft did not tell, and an empty `wids` means nothing.
    """

    tid: str
    oid: str
    name: str
    username: str
    roles: tuple[str, ...]
    wids: tuple[str, ...]
    auth_time: datetime | None
    claims: Mapping[str, Any] = field(hash=False)
    scopes: frozenset[str] = frozenset()
    wids_known: bool = False
    guest: bool = False  # of this tenant; the account is at home in another
    request_id: str = ""
    client_request_id: str = ""


def begin(
    session: EntraSession,
    client: Client,
    *,
    authority_tenant: str,
    redirect_uri: str,
    scopes: Iterable[str] = (),
    prompt: str | None = None,
    login_hint: str | None = None,
    anew: bool = False,
) -> tuple[dict[str, Any], str]:
    """What to keep in the person's session until they return, and where their browser must go.

    `authority_tenant` is a GUID, or "organizations". With User.Read among the scopes, `complete`
    also reads the person's directory roles where the id token does not carry them. With `anew` the
    person has to prove themselves again; that they did shows in `auth_time` alone, not in coming back.
    """
    app = confidential_client(session, client, authority_tenant).app
    with _warnings_lock, warnings.catch_warnings():
        # A form that Microsoft posts to us would come without our SameSite=Lax session cookie.
        warnings.filterwarnings("ignore", message="response_mode='form_post' is recommended")
        flow = app.initiate_auth_code_flow(
            list(scopes),
            redirect_uri=redirect_uri,
            prompt="login" if anew else prompt,
            login_hint=login_hint,
            # OpenID Connect Core 1.0, section 3.1.2.1: the id token then has to say auth_time.
            max_age=0 if anew else None,
        )
    flow.pop("max_age", None)  # MSAL would check it, and say something else; whoever asked checks it
    flow["authority_tenant"] = authority_tenant
    return flow, session.browser_url(flow["auth_uri"])


def complete(
    session: EntraSession,
    client: Client,
    *,
    flow: Mapping[str, Any],
    params: Mapping[str, str],
    now: datetime,
    on_token: Callable[[Identity, Bearer], None] | None = None,
) -> Identity:
    """Raises SignInFailed for everything that goes wrong; it is `retryable` when Microsoft was down.

    `on_token` may use the person's access token while this runs; nothing keeps it afterwards.
    """
    _check_return(flow, params)
    try:
        identity, token = _complete(session, client, flow, params["code"], now)
    except SignInFailed:
        raise
    except EntraError as failure:
        raise _sign_in_failed(failure) from None
    if on_token is not None:
        on_token(identity, token)
    return identity


def _check_return(flow: Mapping[str, Any], params: Mapping[str, str]) -> None:
    expected = flow.get("state")
    kept = ("authority_tenant", "code_verifier", "nonce", "redirect_uri")
    if not isinstance(expected, str) or not expected or not all(isinstance(flow.get(k), str) for k in kept):
        raise SignInFailed("No sign-in was under way in this browser; start again")
    if not hmac.compare_digest(expected.encode(), params.get("state", "").encode("utf-8", "replace")):
        raise SignInFailed("This is the return of another sign-in; start again")
    if params.get("error"):
        described = describe(params.get("error_description", ""))
        cancelled = params["error"] == "access_denied" and described.code is None
        message = "You cancelled at Microsoft" if cancelled else _start_again(described.code)
        raise SignInFailed(
            message,
            code=described.code,
            error=describe(params["error"]).text[:64],
            request_id=described.trace_id,
            client_request_id=described.correlation_id,
        )
    if not params.get("code"):
        raise SignInFailed("Microsoft sent no result of the sign-in; start again")


def _complete(
    session: EntraSession, client: Client, flow: Mapping[str, Any], code: str, now: datetime
) -> tuple[Identity, Bearer]:
    tenant = flow["authority_tenant"]
    check_tenant(tenant)
    confidential = confidential_client(session, client, tenant)
    try:
        result = confidential.app.acquire_token_by_auth_code_flow(
            dict(flow), {"code": code, "state": flow["state"]}
        )
    except (RuntimeError, ValueError):
        # Its text quotes the id token.
        raise SignInFailed("Microsoft's id token was for another sign-in") from None
    claims = validate(
        session,
        client,
        token=str(result.get("id_token") or ""),
        authority_tenant=tenant,
        nonce=flow["nonce"],
        now=now,
    )
    scopes = frozenset(str(result.get("scope") or "").split())
    asked = "User.Read" in (flow.get("scope") or ())
    wids = token_claims.strings(claims.get("wids")) if "wids" in claims else None
    if wids is None and asked:
        wids = _read_roles(session, client, str(result.get("access_token") or ""))
    answer = confidential.answer
    identity = Identity(
        tid=str(claims["tid"]).lower(),
        oid=str(claims["oid"]).lower(),
        name=_display(claims.get("name")),
        username=_display(claims.get("preferred_username")),
        roles=_sorted(token_claims.strings(claims.get("roles"))),
        wids=_sorted(wids),
        auth_time=_moment(claims.get("auth_time")),
        claims=token_claims.facts(claims),
        scopes=scopes,
        wids_known=wids is not None,
        guest=token_claims.is_guest(claims),
        request_id=answer.request_id,
        client_request_id=answer.client_request_id,
    )
    return identity, Bearer(str(result.get("access_token") or ""))


def _read_roles(session: EntraSession, client: Client, token: str) -> frozenset[str] | None:
    try:
        return Directory(session, client, token).my_roles()
    except EntraError:
        return None


def _sorted(names: frozenset[str] | None) -> tuple[str, ...]:
    return tuple(sorted(names or ()))


def _display(value: object) -> str:
    return describe(value).text[:_LONGEST_NAME] if isinstance(value, str) else ""


def _moment(value: object) -> datetime | None:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < 2**33:
        return None
    return datetime.fromtimestamp(value, UTC)


def _start_again(code: int | None) -> str:
    said = f" (AADSTS{code})" if code is not None else ""
    return _START_AGAIN.get(code or 0, "Microsoft refused the sign-in") + said


def _sign_in_failed(failure: EntraError) -> SignInFailed:
    known = failure.code in _START_AGAIN
    failed = SignInFailed(
        _start_again(failure.code) if known else failure.summary.rstrip("."),
        code=failure.code,
        error=failure.error,
        retryable=failure.retryable,
        retry_after=failure.retry_after,
        request_id=failure.request_id,
        client_request_id=failure.client_request_id,
        at=failure.at,
    )
    failed.status = failure.status
    return failed

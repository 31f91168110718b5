"""A person signs in to the watched application, to see what it may do for them. Facts stay, no token does.

What is learned is one person's view: it moves no installation.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction

from consent.models import Installation, SignInEvidence
from consent.rules.security_api import LIVE, ApiCall, Judgement, may_call
from consent.rules.try_it import trouble_of
from consent.services import trail
from consent.services.gateway import client_of, entra_session, on_behalf, with_token
from entra import sign_in
from entra.errors import EntraError
from entra.graph import Directory
from entra.http import EntraSession
from entra.security import Bearer, live_get
from entra.sign_in import Identity
from entra.tokens import app_only
from entra.types import Client

ASKED = ("User.Read",)
EXCHANGE_TIME = 15.0  # seconds that somebody waits for the sign-in itself
LIVE_TIME = 10.0  # and for everything that is tried afterwards
KEPT = 20  # tries of one person for one application
_READS_ELIGIBILITY = {
    "RoleEligibilitySchedule.Read.Directory",
    "RoleEligibilitySchedule.ReadWrite.Directory",
    "RoleManagement.Read.All",
    "RoleManagement.Read.Directory",
    "RoleManagement.ReadWrite.Directory",
}


@dataclass(frozen=True)
class Trouble:
    """Why a try came to nothing. `slug` names the page; the ids are Microsoft's."""

    slug: str
    code: int | None = None
    request_id: str = ""
    client_request_id: str = ""


@dataclass(frozen=True)
class Started:
    flow: dict[str, Any]
    url: str


def start(installation: Installation) -> Started | Trouble:
    """Return what the browser's session keeps until the person is back, and where the browser goes."""
    try:
        flow, url = sign_in.begin(
            entra_session(),
            client_of(installation.application),
            authority_tenant=str(installation.tenant_id),
            redirect_uri=f"{settings.PORTAL_URL}/c/return",
            scopes=ASKED,
            prompt="select_account",
        )
    except (EntraError, ValidationError) as failure:
        return _trouble(failure)
    return Started(flow, url)


def finish(
    *, installation: Installation, flow: Mapping[str, Any], params: Mapping[str, str], now: datetime
) -> SignInEvidence | Trouble:
    """Exchange the code, look around with the token, and keep the facts. Failing keeps nothing."""
    session = entra_session()
    seen: dict[str, Any] = {}
    try:
        client = client_of(installation.application)

        def look(identity: Identity, token: Bearer) -> None:
            with session.within(LIVE_TIME):
                seen.update(_look(session, client, identity, token, now=now))

        with on_behalf(installation), session.within(EXCHANGE_TIME + LIVE_TIME):
            identity = sign_in.complete(session, client, flow=flow, params=params, now=now, on_token=look)
    except (EntraError, ValidationError) as failure:
        return _trouble(failure)
    with transaction.atomic():
        evidence = SignInEvidence.objects.create(
            installation=installation,
            object_id=UUID(identity.oid),
            name=identity.name,
            at=now,
            request_id=identity.request_id[:64],
            client_request_id=identity.client_request_id[:64],
            **seen,
        )
        _forget_old(evidence)
        trail.tried(evidence, now=now)
    return evidence


def _trouble(failure: EntraError | ValidationError) -> Trouble:
    if isinstance(failure, ValidationError):
        return Trouble("not-set-up")
    slug = trouble_of(code=failure.code, error=failure.error, retryable=failure.retryable)
    return Trouble(slug, failure.code, failure.request_id[:64], failure.client_request_id[:64])


def _look(
    session: EntraSession, client: Client, identity: Identity, token: Bearer, *, now: datetime
) -> dict[str, Any]:
    """Return the facts of the person's token and of the application's own, and what each one opens."""
    scopes = sorted({scope.rpartition("/")[2] for scope in identity.scopes})
    roles, source = _roles(identity, token)

    def judge(call: ApiCall) -> Judgement:
        return may_call(
            *(call.entity, call.method), kind="delegated", permissions=scopes, roles=roles, on=now.date()
        )

    results = _try(session, client, token, judge)
    own, eligible = _as_application(session, client, identity, now=now)
    return {
        "scopes": scopes,
        "claims": token.facts,
        "claim_names": sorted(token.claim_names),
        "roles": roles,
        "roles_source": source,
        "eligible": eligible,
        "results": results,
        "app_only": own,
    }


def _roles(identity: Identity, token: Bearer) -> tuple[list[str] | None, str]:
    """Return the directory roles that count for this token: its own, or those that the directory names."""
    wids = token.facts.get("wids")
    if isinstance(wids, list) and all(isinstance(wid, str) for wid in wids):
        return sorted(wids), "token"
    return (sorted(identity.wids), "directory") if identity.wids_known else (None, "")


def _as_application(
    session: EntraSession, client: Client, identity: Identity, *, now: datetime
) -> tuple[dict[str, Any], list[str] | None]:
    """Return what the application's own token says and opens, and the roles the person could activate.

    The second is None where the application may not look.
    """
    try:
        token = app_only(session, client, identity.tid, now=now)
    except EntraError as failure:
        ids = {"request_id": failure.request_id, "client_request_id": failure.client_request_id}
        return {"error": failure.summary, "code": failure.code, **ids}, None
    roles = None if token.roles is None else sorted(token.roles)
    bearer = Bearer(token.value)

    def judge(call: ApiCall) -> Judgement:
        return may_call(
            *(call.entity, call.method), kind="application", permissions=roles or (), on=now.date()
        )

    own = {
        "roles": roles,
        "claims": bearer.facts,
        "claim_names": sorted(bearer.claim_names),
        "results": _try(session, client, bearer, judge, whatever_it_may=roles is None),
        "request_id": token.evidence.request_id,
        "client_request_id": token.evidence.client_request_id,
    }
    may_look = _READS_ELIGIBILITY & set(roles or ())
    return own, _eligible(session, client, token.value, identity.oid) if may_look else None


def _eligible(session: EntraSession, client: Client, token: str, person: str) -> list[str] | None:
    try:
        return sorted(Directory(session, client, token).eligible_roles(person))
    except EntraError:
        return None


def _try(
    session: EntraSession,
    client: Client,
    token: Bearer,
    judge: Callable[[ApiCall], Judgement],
    *,
    whatever_it_may: bool = False,
) -> list[dict[str, Any]]:
    """Call for real what the token has a permission for, also where a role lacks: a refusal is proof."""
    found = []
    for call in LIVE:
        judgement = judge(call)
        if not (judgement.may_work or whatever_it_may):
            continue
        with with_token(token.facts):
            answer = live_get(session, client.cloud, token, call.path)
        found.append(
            {
                "entity": call.entity,
                "method": call.method,
                "url": f"{client.cloud.graph}/v1.0{call.path}",
                "verdict": judgement.verdict.value,
                **asdict(answer),
                "at": answer.at.isoformat(),
            }
        )
    return found


def _forget_old(newest: SignInEvidence) -> None:
    """Keep the newest tries of a person: a page that starts anew is pressed often."""
    own = SignInEvidence.objects.filter(
        installation=newest.installation_id, object_id=newest.object_id
    ).order_by("-at", "-pk")
    SignInEvidence.objects.filter(pk__in=list(own.values_list("pk", flat=True)[KEPT:])).delete()

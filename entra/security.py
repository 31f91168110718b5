"""Single calls of the security API with somebody's token, to see what Microsoft really answers."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from entra import claims as token_claims
from entra.answers import Answer
from entra.errors import EntraError
from entra.http import EntraSession
from entra.refusals import describe
from entra.types import Cloud

_FEW = "5"  # entries: enough to see that there are some
_LONGEST_MESSAGE = 200


class Bearer:
    """An access token in use. Facts of it may be kept; its text is for calls only, and in no repr."""

    __slots__ = ("_text", "claim_names", "facts")

    def __init__(self, text: str) -> None:
        self._text = text
        # Not verified: the signature of a token for Graph can be checked by Graph alone ("Access tokens
        # in the Microsoft identity platform"). Good for an explanation, never for a decision.
        claims = token_claims.decode(text) or {}
        self.facts: dict[str, Any] = token_claims.facts(claims)
        self.claim_names: frozenset[str] = frozenset(claims)

    def __reduce__(self) -> Any:
        raise TypeError("an access token is never stored")

    def authorize(self) -> str:
        return self._text


@dataclass(frozen=True)
class LiveAnswer:
    """What one call came to. `status` is 0 when there was no usable answer; `rows` None when none came."""

    status: int
    request_id: str
    client_request_id: str
    at: datetime
    code: str = ""
    message: str = ""
    rows: int | None = None
    warning: str = ""  # a provider behind Graph failed, the others answered


def live_get(session: EntraSession, cloud: Cloud, token: Bearer, path: str) -> LiveAnswer:
    """Read a few entries of a collection. Every refusal and every failure is an answer, too."""
    try:
        answer = session.request_json(
            "GET", f"{cloud.graph}/v1.0{path}", token.authorize(), params={"$top": _FEW}
        )
    except EntraError as failure:
        return LiveAnswer(
            status=failure.status,
            request_id=failure.request_id,
            client_request_id=failure.client_request_id,
            at=failure.at or datetime.now(UTC),
            code=failure.error,
            message=failure.message[:_LONGEST_MESSAGE],
        )
    entries = answer.body.get("value")
    return LiveAnswer(
        status=answer.status_code,
        request_id=answer.request_id,
        client_request_id=answer.client_request_id,
        at=answer.at,
        rows=len(entries) if isinstance(entries, list) else None,
        warning=_warning(answer) if answer.status_code == 206 else "",
    )


def _warning(answer: Answer) -> str:
    """ "Microsoft Graph Security API error responses": 206 and a Warning header tell who failed."""
    headers: Mapping[str, str] = {name.lower(): value for name, value in answer.headers.items()}
    return describe(headers.get("warning", "")).text[:_LONGEST_MESSAGE]

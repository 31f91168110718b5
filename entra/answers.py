"""What came back from Microsoft, and whether it may be passed on."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from entra.claims import token_answer_flaw
from entra.errors import Unavailable
from entra.refusals import refusal, retry_after


@dataclass(frozen=True)
class Answer:
    """What came back, complete. Its body may hold a token, so it has no part in any repr."""

    status_code: int
    headers: Mapping[str, str] = field(repr=False)
    content: bytes = field(repr=False)
    request_id: str
    client_request_id: str
    at: datetime
    body: dict[str, Any] = field(repr=False, default_factory=dict)

    @classmethod
    def made_here(cls, body: dict[str, Any]) -> "Answer":
        """One that did not come over the wire."""
        return cls(200, {}, json.dumps(body).encode(), "", "", datetime.now(UTC), body)

    @property
    def text(self) -> str:
        return self.content.decode("utf-8", "replace")


def checked_json(answer: Answer) -> Answer:
    """The answer with its body parsed, or the error that it is. Nobody downstream sees anything else.

    MSAL, for one, writes a token answer that it cannot parse to its log, token included.
    """
    try:
        body = json.loads(answer.content)
    except (ValueError, RecursionError):
        body = None
    wait = retry_after(_header(answer.headers, "Retry-After"), answer.at)
    failure = refusal(answer.status_code, body, wait, answer.request_id)
    if failure is None and answer.status_code == 204:
        return answer
    if failure is None and not isinstance(body, dict):
        failure = Unavailable("its answer was not readable", request_id=answer.request_id)
    if failure is not None:
        raise failure
    return Answer(**{**vars(answer), "body": body})


def checked_token(answer: Answer) -> Answer:
    checked = checked_json(answer)
    flaw = token_answer_flaw(checked.body)
    if flaw:
        raise Unavailable(flaw, request_id=answer.request_id)
    return checked


def _header(headers: Mapping[str, str], name: str) -> str:
    return next((value for key, value in headers.items() if key.lower() == name.lower()), "")


def request_id_of(headers: Mapping[str, str]) -> str:
    """Entra's or Graph's own id of the request."""
    found = _header(headers, "x-ms-request-id") or _header(headers, "request-id")
    return found if re.fullmatch(r"[0-9A-Za-z._-]{1,64}", found) else ""

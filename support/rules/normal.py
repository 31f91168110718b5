"""A reported failure as it is kept: facts only, in one spelling, with nothing in it that opens a door."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any, Final
from uuid import UUID

from support.rules.calls import split_url, template_of
from support.rules.errors import error_facts
from support.rules.facts import FailureFacts, TokenFacts
from support.rules.headers import header_facts, header_ids
from support.rules.redact import cut
from support.rules.report import Report, TokenReport

Columns = dict[str, Any]

IDS: Final = ("client_request_id", "request_id", "correlation_id")
LONGEST: Final[Mapping[str, int]] = {
    "client_request_id": 64,
    "request_id": 64,
    "correlation_id": 64,
    "method": 10,
    "version": 4,
    "path": 500,
    "template": 300,
    "code": 120,
    "suberror": 60,
    "message": 1000,
}
LONGEST_NAME: Final = 200  # of a permission; a report's limit
MOST_CUT: Final = 32_767
_BETWEEN: Final = "\x1f"  # ends a word for every pattern, and is in no text that was ever shown to anyone
_ENCODE: Final = json.JSONEncoder(separators=(",", ":")).encode


@dataclass(frozen=True)
class Normal:
    """The columns that a report decides, and the same as facts for a verdict."""

    occurred_at: datetime
    columns: Columns
    facts: FailureFacts


class _Knife:
    """Cuts what looks like a token or a secret out of a row's texts, and counts."""

    def __init__(self, texts: Iterable[str]) -> None:
        # Nearly always nothing is there: one look at all of a row is enough to know it.
        together = _BETWEEN.join(texts)
        _, found = cut(together)
        self.clean = not found and together.replace(_BETWEEN, "").isprintable()
        self.count = 0

    def text(self, text: str, longest: int) -> str:
        """Cut before shortening: half a token must not slip through. One printable line stays."""
        if not self.clean:
            text, found = cut(text)
            self.count += found
            if not text.isprintable():
                text = "".join(c if c.isprintable() else " " for c in text)
        if len(text) < longest:
            return text
        # Perhaps shortened before it came here: what the end cuts off may be half of a secret.
        return text[:longest].rpartition(" ")[0] or text[:longest]

    def names(self, names: list[str]) -> list[str]:
        if self.clean:
            return sorted(set(names))
        return sorted({self.text(name, LONGEST_NAME + 1) for name in names} - {""})


def normalize(report: Report, *, client_id: str) -> Normal:
    door, version, path = split_url(report.url or "")
    body = error_facts(report.error)
    headers = report.headers or {}
    heads, ids = header_facts(headers), header_ids(headers)
    token = _token(report.token) if report.token else None
    told = {
        "client_request_id": report.client_request_id
        or ids.get("client_request_id")
        or body.client_request_id,
        "request_id": report.request_id or ids.get("request_id") or body.request_id,
        "correlation_id": report.correlation_id or ids.get("correlation_id") or body.correlation_id,
        "path": path,
        "code": body.code,
        "suberror": body.suberror,
        "message": body.message,
    }
    texts = {name: value for name, value in heads.items() if isinstance(value, str)}
    knife = _Knife((*told.values(), *texts.values(), *_texts(token)))
    columns: Columns = {
        name: knife.text(value, LONGEST[name]) if value else "" for name, value in told.items()
    }
    for name in ("client_request_id", "request_id", "correlation_id"):
        columns[name] = columns[name].lower()
    tenant = report.tenant_id or (report.token.tid if report.token else None)
    columns |= {
        "tenant_id": str(tenant) if tenant else None,
        "occurred_at": report.occurred_at.astimezone(UTC).isoformat(),
        "door": door or body.door,
        "method": (report.method or "").upper(),
        "version": version,
        "template": template_of(columns["path"])[: LONGEST["template"]],
        "status": report.status,
        "aadsts": body.aadsts,
        "headers": {**heads, **{name: knife.text(value, 500) for name, value in texts.items()}},
        "token": _without_secrets(token, knife) if token is not None else None,
    }
    columns["cut"] = min(knife.count, MOST_CUT)
    facts = facts_of(columns, report.occurred_at, client_id=client_id)
    return Normal(report.occurred_at, columns, facts)


def identity(columns: Columns, *, application: int, source: str) -> UUID:
    """Return the id of a row: the same report by the same application in the same way is one row."""
    content = _ENCODE(columns)  # always in the same order
    digest = blake2b(f"{application}\n{source}\n{content}".encode(), digest_size=16).digest()
    return UUID(bytes=digest)


def facts_of(columns: Mapping[str, Any], occurred_at: datetime, *, client_id: str) -> FailureFacts:
    heads: Mapping[str, Any] = columns["headers"]
    return FailureFacts(
        occurred_at=occurred_at,
        door=columns["door"],
        client_id=client_id,
        tenant_id=columns["tenant_id"] or "",
        method=columns["method"],
        path=columns["path"],
        version=columns["version"],
        status=columns["status"],
        code=columns["code"],
        aadsts=columns["aadsts"],
        suberror=columns["suberror"],
        message=columns["message"],
        challenge=heads.get("challenge", ""),
        warning=heads.get("warning", ""),
        retry_after=heads.get("retry_after"),
        throttle_scope=heads.get("throttle_scope", ""),
        token=token_facts(columns["token"]),
    )


def token_facts(token: Mapping[str, Any] | None) -> TokenFacts | None:
    """Return the facts of a token as a row keeps them."""
    if token is None:
        return None
    return TokenFacts(
        kind=token.get("kind"),
        aud=token.get("aud", ""),
        appid=token.get("appid", ""),
        tid=token.get("tid", ""),
        oid=token.get("oid", ""),
        roles=_names(token, "roles"),
        scp=_names(token, "scp"),
        wids=_names(token, "wids"),
        issued_at=_moment(token.get("iat")),
        expires_at=_moment(token.get("exp")),
    )


def _names(token: Mapping[str, Any], name: str) -> frozenset[str] | None:
    return frozenset(token[name]) if name in token else None


def _moment(seconds: int | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def _token(report: TokenReport) -> Columns:
    """Return what was told of a token, and nothing that was not: absent and empty differ."""
    told: Columns = {
        "kind": report.kind,
        "aud": report.aud,
        "appid": _guid(report.appid),
        "tid": _guid(report.tid),
        "oid": _guid(report.oid),
        "roles": report.roles,
        "scp": report.scp.split() if isinstance(report.scp, str) else report.scp,
        "wids": None if report.wids is None else sorted(map(str, report.wids)),
        "iat": report.iat,
        "exp": report.exp,
    }
    return {name: value for name, value in told.items() if value is not None}


def _texts(token: Columns | None) -> tuple[str, ...]:
    """Return those of a token's facts that could be anything."""
    if token is None:
        return ()
    return (token.get("aud", ""), " ".join(token.get("roles", ())), " ".join(token.get("scp", ())))


def _without_secrets(token: Columns, knife: _Knife) -> Columns:
    clean = dict(token)
    if "aud" in clean:
        clean["aud"] = knife.text(clean["aud"], LONGEST_NAME + 1)
    for name in ("roles", "scp"):
        if name in clean:
            clean[name] = knife.names(clean[name])
    return clean


def _guid(value: UUID | None) -> str | None:
    return None if value is None else str(value)

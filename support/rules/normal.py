"""A reported failure as it is kept: facts only, in one spelling, with nothing in it that opens a door."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any, Final
from uuid import UUID

from support.rules.facts import FailureFacts, TokenFacts
from support.rules.report import Report, TokenReport
from support.rules.standins import cut, error_facts, header_facts, split_url, template_of

Columns = dict[str, Any]

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
MOST_CUT: Final = 32_767


@dataclass(frozen=True)
class Normal:
    """The columns that a report decides, and the same as facts for a verdict."""

    occurred_at: datetime
    columns: Columns
    facts: FailureFacts


class _Knife:
    """Cuts what looks like a token or a secret out of every text that passes, and counts."""

    def __init__(self) -> None:
        self.count = 0

    def text(self, text: str, longest: int) -> str:
        """Cut before shortening: half a token must not slip through. One printable line stays."""
        if not text:
            return ""
        clean, found = cut(text)
        self.count += found
        if not clean.isprintable():
            clean = "".join(c if c.isprintable() else " " for c in clean)
        return clean[:longest]

    def texts(self, texts: list[str]) -> list[str]:
        # Almost always permissions' names, which hold nothing: one look at all of them is enough.
        joined, found = cut(" ".join(texts))
        if not found and joined.isprintable():
            return sorted(set(joined.split()))
        return sorted({self.text(text, 200) for text in texts} - {""})


def normalize(report: Report, *, client_id: str) -> Normal:
    knife = _Knife()
    door, version, path = split_url(report.url or "")
    body = error_facts(report.error)
    heads = header_facts(report.headers or {})
    path = knife.text(path, LONGEST["path"])
    token = _token(report.token, knife) if report.token else None
    tenant = report.tenant_id or (report.token.tid if report.token else None)
    columns: Columns = {
        "tenant_id": str(tenant) if tenant else None,
        "occurred_at": report.occurred_at.astimezone(UTC).isoformat(),
        "door": door or ("token" if body.aadsts else ""),
        "version": version,
        "path": path,
        "template": template_of(path)[: LONGEST["template"]],
        "status": report.status,
        "aadsts": body.aadsts,
        "headers": {
            name: knife.text(value, 500) if isinstance(value, str) else value for name, value in heads.items()
        },
        "token": token,
    }
    for name, value in (
        ("client_request_id", report.client_request_id or body.client_request_id),
        ("request_id", report.request_id or body.request_id),
        ("correlation_id", report.correlation_id or body.correlation_id),
    ):
        columns[name] = knife.text(value, LONGEST[name]).lower()
    for name, value in (("code", body.code), ("suberror", body.suberror), ("message", body.message)):
        columns[name] = knife.text(value, LONGEST[name])
    columns["method"] = (report.method or "").upper()
    columns["cut"] = min(knife.count, MOST_CUT)
    return Normal(report.occurred_at, columns, facts_of(columns, report.occurred_at, client_id=client_id))


def identity(columns: Columns, *, application: int, source: str) -> UUID:
    """Return the id of a row: the same report by the same application in the same way is one row."""
    content = json.dumps(columns, sort_keys=True, separators=(",", ":"))
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


def _token(report: TokenReport, knife: _Knife) -> dict[str, Any]:
    """Return what was told of a token, and nothing that was not: absent and empty differ."""
    scopes = report.scp.split() if isinstance(report.scp, str) else report.scp
    told: dict[str, Any] = {
        "kind": report.kind,
        "aud": None if report.aud is None else knife.text(report.aud, 200),
        **{name: _text(getattr(report, name)) for name in ("appid", "tid", "oid")},
        "roles": None if report.roles is None else knife.texts(report.roles),
        "scp": None if scopes is None else knife.texts(scopes),
        "wids": None if report.wids is None else sorted(map(str, report.wids)),
        "iat": report.iat,
        "exp": report.exp,
    }
    return {name: value for name, value in told.items() if value is not None}


def _text(guid: UUID | None) -> str | None:
    return None if guid is None else str(guid)

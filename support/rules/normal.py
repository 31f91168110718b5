"""A reported failure as it is kept: facts only, in one spelling, with nothing in it that opens a door."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property, lru_cache
from hashlib import blake2b
from operator import itemgetter
from typing import Any, Final

from pydantic_core import to_json

from entra.types import is_guid
from support.rules.calls import split_url, template_of
from support.rules.errors import error_facts
from support.rules.facts import FailureFacts, TokenFacts
from support.rules.headers import header_facts_and_ids
from support.rules.redact import cut
from support.rules.report import Report, TokenReport, is_denied

Columns = dict[str, Any]

IDS: Final = ("client_request_id", "request_id", "correlation_id")
# As long as the columns are.
LONGEST: Final = {"path": 500, "template": 300, "code": 120, "suberror": 60, "message": 1000}
LONGEST_HEADER: Final = 500
LONGEST_ID: Final = 64  # a report's limit
LONGEST_NAME: Final = 200  # of a permission; a report's limit
LONGEST_KNOWN: Final = 2000
MOST_CUT: Final = 32_767
NULL: Final = "\0"  # nothing, in a line; no text has it
FACTS: Final = (
    *("occurred_at", "tenant_id", *IDS, "door", "method", "version", "path", "template", "status"),
    *("code", "aadsts", "suberror", "message", "headers", "token", "cut"),
)
_FACTS: Final[Callable[[Columns], tuple[Any, ...]]] = itemgetter(*FACTS)
_TOKEN: Final = FACTS.index("token")
_HEADERS: Final = FACTS.index("headers")
_CAUSES: Final[Callable[[Columns], tuple[Any, ...]]] = itemgetter(
    *("door", "method", "version", "template", "status", "code", "aadsts", "suberror", "message")
)
_ANSWERED: Final = ("challenge", "warning", "retry_after", "throttle_scope")


@dataclass(frozen=True)
class Normal:
    """A report in the columns of a row. Made of it: facts for a verdict, and the row's own identity."""

    occurred_at: datetime
    client_id: str
    columns: Columns  # those of FACTS; headers and token as objects

    @property
    def is_denied(self) -> bool:
        """Whether it counts as a failure. Of the portal's own calls some that worked are kept, too."""
        return is_denied(self.columns["status"])

    @property
    def facts(self) -> FailureFacts:
        return facts_of(self.columns, self.occurred_at, client_id=self.client_id)

    @property
    def values(self) -> list[str | int | None]:
        """The columns of FACTS as a database takes them: objects as JSON."""
        values = list(_FACTS(self.columns))
        values[_HEADERS] = _json(values[_HEADERS])
        values[_TOKEN] = None if values[_TOKEN] is None else _json(values[_TOKEN])
        return values

    @cached_property
    def line(self) -> str:
        """The same as one text, with tabs between; no value has one in it."""
        return "\t".join([v if type(v) is str else NULL if v is None else str(v) for v in self.values])

    def identity(self, *, application: int, source: str) -> str:
        """Return the id of a row: the same report by the same application in the same way is one row."""
        content = f"{application}\n{source}\n{self.line}".encode()
        digest = blake2b(content, digest_size=16).hexdigest()
        return f"{digest[:8]}-{digest[8:12]}-{digest[12:16]}-{digest[16:20]}-{digest[20:]}"

    def likeness(self) -> tuple[Any, ...]:
        """Return what a verdict depends on, of this failure: two that are alike in it have the same.

        Of its times that is the day (for what is retired), and whether the token had expired; of the
        tenant, whether the token is of another.
        """
        columns = self.columns
        return (
            self.client_id,
            *_CAUSES(columns),
            *map(columns["headers"].get, _ANSWERED),
            columns["occurred_at"][:10],
            *self._claims(),
        )

    def _claims(self) -> tuple[Any, ...]:
        token: Columns | None = self.columns["token"]
        if token is None:
            return ()
        told = token.get
        tid, tenant_id, expires = told("tid"), self.columns["tenant_id"], told("exp")
        lists = [None if names is None else tuple(names) for names in map(told, ("roles", "scp", "wids"))]
        return (
            *map(told, ("kind", "aud", "appid")),
            *lists,
            bool(tid and tenant_id) and tid != tenant_id,
            None if expires is None else expires <= self.occurred_at.timestamp(),
            "iat" in token,
        )


def _json(value: Any) -> str:
    return to_json(value).decode()


class _NotCleanError(Exception):
    """Something in a text has to be cut out, or cannot be printed."""


@lru_cache(maxsize=4096)
def _vouch(text: str) -> None:
    """Look at a text once: most come again and again. Exceptions are not kept, so neither is a secret."""
    if cut(text)[1] or not text.isprintable():
        raise _NotCleanError


def _is_clean(text: str) -> bool:
    try:
        (_vouch if len(text) <= LONGEST_KNOWN else _vouch.__wrapped__)(text)
    except _NotCleanError:
        return False
    return True


class _Knife:
    """Cuts what looks like a token or a secret out of a row's texts, and counts."""

    def __init__(self) -> None:
        self.count = 0

    def text(self, text: str, longest: int) -> str:
        """Cut before shortening: half a token must not slip through. One printable line stays."""
        if text and not _is_clean(text):
            text, found = cut(text)
            self.count += found
            text = "".join(c if c.isprintable() else " " for c in text)
        if len(text) < longest:
            return text
        # Perhaps shortened before it came here: what the end cuts off may be half of a secret.
        return text[:longest].rpartition(" ")[0] or text[:longest]

    def id(self, text: str) -> str:
        return (text if is_guid(text) else self.text(text, LONGEST_ID + 1)).lower()

    def names(self, names: list[str]) -> list[str]:
        if _is_clean(" ".join(names)):
            return sorted(set(names))
        return sorted({self.text(name, LONGEST_NAME + 1) for name in names} - {""})


def tenant_of(report: Report) -> str | None:
    tenant = report.tenant_id or (report.token.tid if report.token else None)
    return tenant.lower() if tenant else None


def normalize(report: Report, *, client_id: str) -> Normal:
    knife = _Knife()
    door, version, path, template = _address(report.url, knife) if report.url else ("", "", "", "")
    body = error_facts(report.error)
    headers = report.headers or {}
    heads, ids = header_facts_and_ids(headers)
    columns: Columns = {
        **{name: knife.id(getattr(report, name) or ids.get(name) or getattr(body, name)) for name in IDS},
        "tenant_id": tenant_of(report),
        "occurred_at": report.occurred_at.astimezone(UTC).isoformat(),
        "door": door or body.door,
        "method": (report.method or "").upper(),
        "version": version,
        "path": path,
        "template": template,
        "status": report.status,
        "code": knife.text(body.code, LONGEST["code"]),
        "aadsts": body.aadsts,
        "suberror": knife.text(body.suberror, LONGEST["suberror"]),
        "message": knife.text(body.message, LONGEST["message"]),
        "headers": {
            name: knife.text(value, LONGEST_HEADER) if isinstance(value, str) else value
            for name, value in heads.items()
        },
        "token": _token(report.token, knife) if report.token else None,
    }
    columns["cut"] = min(knife.count, MOST_CUT)
    return Normal(report.occurred_at, client_id, columns)


def _address(url: str, knife: _Knife) -> tuple[str, str, str, str]:
    """Return door, version, path and template. Values of the query are cut off before anything else."""
    plain = url.partition("?")[0]
    try:
        return (_clean_address if len(plain) <= LONGEST["path"] else _clean_address.__wrapped__)(plain)
    except _NotCleanError:
        door, version, path = split_url(plain)
        path = knife.text(path, LONGEST["path"])
        return door, version, path, template_of(path)[: LONGEST["template"]]


@lru_cache(maxsize=1024)
def _clean_address(url: str) -> tuple[str, str, str, str]:
    door, version, path = split_url(url)
    _vouch.__wrapped__(path)
    return door, version, path[: LONGEST["path"]], template_of(path)[: LONGEST["template"]]


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


def _token(report: TokenReport, knife: _Knife) -> Columns:
    """Return what was told of a token, and nothing that was not: absent and empty differ."""
    scopes = report.scp.split() if isinstance(report.scp, str) else report.scp
    told: Columns = {
        "kind": report.kind,
        "aud": None if report.aud is None else knife.text(report.aud, LONGEST_NAME + 1),
        "appid": report.appid and report.appid.lower(),
        "tid": report.tid and report.tid.lower(),
        "oid": report.oid and report.oid.lower(),
        "roles": None if report.roles is None else knife.names(report.roles),
        "scp": None if scopes is None else knife.names(scopes),
        "wids": None if report.wids is None else sorted(wid.lower() for wid in report.wids),
        "iat": report.iat,
        "exp": report.exp,
    }
    return {name: value for name, value in told.items() if value is not None}

"""A pasted token beside what is held of its tenant, ready to be shown. Nothing of it is kept."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.conf import settings

from consent.models import Application, Installation
from consent.queries.token_claims import moment_words
from consent.queries.try_it import Cell, Claim, cell_of
from consent.rules.claims import MOMENTS, in_order, meaning_of
from consent.rules.security_api import CALLS, MARKERS, ApiCall, Judgement, directory_roles, may_call
from entra.directory_rights import GRAPH_EXPLORER
from entra.types import CLOUDS
from support.queries.facts import load_past, tenant_facts
from support.rules.facts import TenantFacts, audience_is_graph
from support.rules.plain_text import visible
from support.rules.token_compare import Line, compare_token
from support.rules.token_notes import Around, Note, headline, notes
from support.rules.token_reading import Reading, What
from support.rules.token_text import Shape
from support.rules.token_trust import doubts
from tenants.rules.directory_roles import names_of

MOST_VALUES: Final = 100  # of one claim on the page; the JSON beside it has all
_FREE_TEXT: Final = frozenset({"name", "family_name", "given_name", "app_displayname"})
RECENT: Final = timedelta(days=7)  # for which a page says how long ago
_OF_IDENTITY: Final = {
    "aud": "The application that the id token is for.",
    "roles": "The roles that the person holds in that application.",
    "exp": "Until when an application may accept the id token.",
}


@dataclass(frozen=True)
class TokenPage:
    reading: Reading
    headline: Note
    notes: tuple[Note, ...]
    label: str  # what kind of token it is
    trusted: bool  # nothing contradicts that it is Microsoft's; that it is, nobody can tell here
    own: bool  # issued to the application of this page
    recent: bool
    installation: Installation | None
    tenant: TenantFacts | None
    other: Application | None  # registered here too, and the token's
    lines: tuple[Line, ...]
    calls: list[tuple[ApiCall, Cell]]
    claims: list[Claim]
    text: str  # header and claims as JSON

    @property
    def counts(self) -> dict[str, int]:
        return {
            state: sum(line.token == state for line in self.lines)
            for state in ("granted", "missing", "surplus")
        }


def token_page(application: Application, reading: Reading, *, now: datetime) -> TokenPage:
    """Return what to show. What a forged token says is shown, and nothing is looked up by it."""
    trusted = reading.shape is Shape.READABLE and not doubts(reading)
    tid = UUID(reading.facts.tid) if trusted and reading.facts.tid else None
    past = load_past(application_id=application.pk, tenant_id=tid)
    tenant = tenant_facts(past, at=now) if past else None
    own = reading.facts.appid == str(application.client_id)
    other = _other(application, reading) if trusted and not own else None
    around = Around(
        application=application.name,
        client_id=str(application.client_id),
        graph_host=CLOUDS[application.cloud].graph_host,
        portal_id=settings.ENTRA_CLIENT_ID.lower(),
        other=other.name if other else "",
        is_home=reading.facts.tid == str(application.home_tenant),
        tenant=tenant,
    )
    compared = own and trusted and reading.what is What.ACCESS and tenant is not None
    lines = compare_token(reading.facts, tenant) if compared and tenant else ()
    judged = _judged(reading, now=now) if trusted else []
    found = notes(reading, around, lines, now=now)
    first = headline(reading, found, judged)
    return TokenPage(
        reading=reading,
        headline=first,
        notes=tuple(note for note in found if note is not first),
        label=_label(reading),
        trusted=trusted,
        own=own,
        recent=_is_recent(reading, now=now),
        installation=past.installation if past else None,
        tenant=tenant,
        other=other,
        lines=lines,
        calls=[(call, cell_of(judgement)) for call, judgement in judged],
        claims=_claims(reading, tenant, application if trusted else None),
        text=_as_json({"header": reading.header, "claims": reading.claims}),
    )


def _is_recent(reading: Reading, *, now: datetime) -> bool:
    moments = (reading.facts.issued_at, reading.facts.expires_at, reading.not_before)
    return all(abs(now - moment) <= RECENT for moment in moments if moment)


def _other(application: Application, reading: Reading) -> Application | None:
    appid = reading.facts.appid
    return Application.objects.exclude(pk=application.pk).filter(client_id=appid).first() if appid else None


def _judged(reading: Reading, *, now: datetime) -> list[tuple[ApiCall, Judgement]]:
    facts = reading.facts
    if reading.what is not What.ACCESS or not reading.for_graph or facts.kind is None:
        return []
    permissions = (facts.roles if facts.kind == "application" else facts.scp) or ()
    roles = None if facts.wids is None else directory_roles(facts.wids)
    return [
        (
            call,
            may_call(
                *(call.entity, call.method),
                kind=facts.kind,
                permissions=permissions,
                roles=roles,
                on=now.date(),
            ),
        )
        for call in CALLS
    ]


def _label(reading: Reading) -> str:
    if reading.what is What.ACCESS:
        kinds = {"application": "App-only token", "delegated": "Token of a signed-in person"}
        return kinds.get(reading.facts.kind or "", "Access token")
    return {
        What.IDENTITY: "Id token",
        What.ASSERTION: "Client assertion",
    }.get(reading.what, "JWT")


def _claims(reading: Reading, tenant: TenantFacts | None, application: Application | None) -> list[Claim]:
    kind = "delegated" if reading.what is What.IDENTITY else reading.facts.kind or "application"
    special: Mapping[str, str] = _OF_IDENTITY if reading.what is What.IDENTITY else {}
    if application is None:
        special = {**special, "iss": "Who is said to have issued it."}
    rows = []
    for name in in_order(set(reading.claims)):
        texts = _texts(name, reading.claims[name])
        told = [
            (visible(text, ascii_only=name not in _FREE_TEXT), _words(name, text, tenant, application))
            for text in texts[:MOST_VALUES]
        ]
        if len(texts) > MOST_VALUES:
            told.append(("…", f"{len(texts) - MOST_VALUES} more, in the JSON below"))
        meaning = special.get(name) or meaning_of(name, kind)
        rows.append(Claim(visible(name, ascii_only=True), meaning, tuple(told), kept=True))
    return rows


def _texts(name: str, value: Any) -> list[str]:
    if name == "scp" and isinstance(value, str):
        return sorted(value.split())
    if isinstance(value, list):
        return [_text(item) for item in value]
    return [_text(value)]


def _text(value: Any) -> str:
    return value if isinstance(value, str) else _as_json(value, indent=None)


def _words(name: str, text: str, tenant: TenantFacts | None, application: Application | None) -> str:
    plain = text.lower()
    if name in MOMENTS:
        return moment_words(text)
    if name == "aud":
        return "Microsoft Graph" if audience_is_graph(text) else ""
    if name == "tid":
        return tenant.name if tenant else ""
    if name in ("appid", "azp") and application:
        known = {str(application.client_id): application.name, GRAPH_EXPLORER: "Graph Explorer"}
        return known.get(plain, "")
    if name == "wids":
        return "a mark, no role" if plain in MARKERS else next(iter(names_of([text])), "")
    return ""


def _as_json(value: Any, *, indent: int | None = 2) -> str:
    """ASCII only: whatever is unseen or turns text around comes out as an escape."""
    return json.dumps(value, indent=indent, ensure_ascii=True).replace("\x7f", "\\u007f")

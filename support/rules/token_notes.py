"""What there is to say about a pasted token: one headline, and notes, what matters most first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal
from urllib.parse import urlsplit

from consent.rules.security_api import ApiCall, Judgement, Verdict
from entra.directory_rights import GRAPH_EXPLORER
from support.rules.facts import TenantFacts
from support.rules.plain_text import visible
from support.rules.token_compare import Line, resource_of
from support.rules.token_reading import Reading, What
from support.rules.token_text import Shape
from support.rules.token_trust import doubts

SKEW: Final = timedelta(minutes=5)  # that Microsoft's clocks and ours may differ by
READABLE: Final = {"alert_v2": "alerts", "incident": "incidents", "secureScore": "secure scores"}

Tone = Literal["error", "warning", "info"]


@dataclass(frozen=True)
class Note:
    slug: str
    tone: Tone
    title: str
    text: str = ""
    at: datetime | None = None  # a moment that belongs to the title


@dataclass(frozen=True)
class Around:
    """What the portal knows of those whom the token names."""

    application: str
    client_id: str
    graph_host: str
    portal_id: str = ""  # the client id that people sign in to the portal with
    other: str = ""  # another application here, when the token was issued to that one
    is_home: bool = False  # the token's tenant is the publisher's own
    tenant: TenantFacts | None = None

    @property
    def api(self) -> str:
        return f"https://{self.graph_host}"


# Texts in which there is nothing to read. The first four are for whoever pasted, beside the field.
MISTAKES: Final = {
    Shape.EMPTY: "Paste a token first.",
    Shape.TOO_LONG: "This is longer than 16,384 characters. Paste the token alone.",
    Shape.NO_TOKEN: (
        "There is no token in this. A token begins with eyJ and has two dots in it;"
        " paste it with or without “Bearer” before it."
    ),
    Shape.BROKEN: (
        "This begins like a token but can’t be decoded: a part is missing or changed. Copy it whole."
    ),
}
_UNREADABLE: Final = {
    Shape.OPAQUE: Note(
        "opaque",
        "info",
        "This can’t be read, by design",
        "It is no JWT. Microsoft may give an API tokens in any format, and does so for personal accounts;"
        " only the API can read them, and nothing follows from that. A client secret, a code or a refresh"
        " token looks the same: don’t paste those anywhere.",
    ),
    Shape.ENCRYPTED: Note(
        "encrypted",
        "info",
        "This token is encrypted, so nobody but its API can read it",
        "That is by design. Only its header is open; nothing was decrypted or unpacked here. Compare"
        " the tenant’s last snapshot instead.",
    ),
}


def headline(reading: Reading, notes: Sequence[Note], judged: Sequence[tuple[ApiCall, Judgement]]) -> Note:
    """Return the one sentence that comes first."""
    if reading.shape in _UNREADABLE:
        return _UNREADABLE[reading.shape]
    decisive = ("forged", "assertion", "identity", "unclear", "wrong-audience", "expired", "not-yet")
    found = next((note for slug in decisive for note in notes if note.slug == slug), None)
    return found or _reads(judged)


def notes(reading: Reading, around: Around, lines: Sequence[Line], *, now: datetime) -> tuple[Note, ...]:
    """Return everything that is worth saying about a readable token."""
    if reading.shape is not Shape.READABLE:
        return ()
    found = [*_trust(reading), *_what(reading, around)]
    if not found:
        found += [*_audience(reading, around), *_times(reading, now=now), *_holder(reading, around)]
        found += _tenant(reading, around)
        if any(line.too_old for line in lines):
            found.append(_TOO_OLD)
    return tuple(found)


_TOO_OLD: Final = Note(
    "too-old",
    "warning",
    "Issued before the consent: get a new one",
    "A token never changes. What was granted after it was issued is only in the next one: restart the"
    " application or empty its token cache.",
)


def _trust(reading: Reading) -> Iterator[Note]:
    reasons = doubts(reading)
    if reasons:
        text = (
            f"It {'; it '.join(reasons)}. Nothing that it says counts, and it wasn’t compared with anything."
        )
        title = "Forged, or not from Microsoft Entra ID: don’t trust it"
        yield Note("forged", "error", title, text)


def _what(reading: Reading, around: Around) -> Iterator[Note]:
    if reading.what is What.ASSERTION:
        yield Note(
            "assertion",
            "warning",
            "This is a client assertion, not a token",
            "Your application makes it itself to prove to Microsoft who it is, like a secret that lives for"
            " minutes. Look at the access token that Microsoft answers with.",
        )
    elif reading.what is What.IDENTITY:
        yield Note(
            "identity",
            "warning",
            "This is an id token, which opens no API",
            f"It tells an application who signed in. Call {around.api} with the access token that came"
            " with it.",
        )
    elif reading.what is What.NOTHING:
        yield Note(
            "unclear",
            "warning",
            "This is a JWT, but no access token of Microsoft Entra ID",
            "It names no application, no person and no permission.",
        )


def _audience(reading: Reading, around: Around) -> Iterator[Note]:
    aud = reading.facts.aud
    if reading.for_graph:
        host = urlsplit(aud).hostname if aud.startswith("https://") else None
        if host and host != around.graph_host:
            title = "For Microsoft Graph in another cloud"
            text = (
                f"{around.application} is used with {around.api}; this token works at {visible(host)} only."
            )
            yield Note("other-cloud", "warning", title, text)
        return
    tenant, version = around.tenant, reading.claims.get("ver")
    form = f" Its format is version {visible(version)}, as that API asks." if isinstance(version, str) else ""
    if tenant and resource_of(aud) in {p.resource for p in tenant.required_now}:
        text = f"Revision {tenant.revision_now} asks for permissions of it.{form}"
        yield Note("own-api", "info", "For another API that is required, not for Microsoft Graph", text)
        return
    name = visible(aud, ascii_only=True) or "nobody"
    text = f"Its audience is {name}. For Microsoft Graph, ask for {around.api}/.default.{form}"
    yield Note("wrong-audience", "warning", "This token was made for another API", text)


def _times(reading: Reading, *, now: datetime) -> Iterator[Note]:
    facts = reading.facts
    if facts.expires_at is None:
        yield Note("no-end", "warning", "It doesn’t say until when it works")
    elif facts.expires_at <= now:
        text = "Every API refuses it now, whatever was granted. Get a new one and try again."
        yield Note("expired", "warning", "This token has expired", text, facts.expires_at)
    starts = max((m for m in (reading.not_before, facts.issued_at) if m), default=None)
    if starts and starts > now + SKEW:
        text = "The clock of the computer that asked for it, or of the one that shows this, is wrong."
        yield Note("not-yet", "warning", "This token doesn’t work yet", text, starts)


def _holder(reading: Reading, around: Around) -> Iterator[Note]:
    holder = reading.facts.appid
    if holder == around.client_id:
        return
    if holder == GRAPH_EXPLORER:
        title = "Issued to Graph Explorer"
        text = (
            "That is Microsoft’s own application: delegated permissions only, and it needs a consent of its"
            f" own in each tenant. What was granted to {around.application} doesn’t count there."
        )
    elif holder and holder == around.portal_id:
        title = "Issued to this portal’s own sign-in"
        text = f"It says nothing about {around.application}."
    elif around.other:
        title = f"Issued to {around.other}, not to {around.application}"
        text = f"It wasn’t compared with what {around.application} requires."
    else:
        title = "Issued to an application that isn’t registered here"
        named = f", which calls itself {reading.app_name}" if reading.app_name else ""
        text = f"Its client ID is {holder or 'missing'}{named}. {around.application} has {around.client_id}."
    yield Note("other-application", "info", title, text)


def _tenant(reading: Reading, around: Around) -> Iterator[Note]:
    if around.tenant or not reading.facts.tid:
        return
    if around.is_home:
        yield Note("home", "info", "From the publisher’s own tenant", "No customer’s data opens with it.")
    elif reading.facts.appid == around.client_id:
        text = f"{around.application} is watched in no tenant with this ID: there is no snapshot to compare."
        yield Note("unknown-tenant", "info", "From a tenant that isn’t known here", text)


def _reads(judged: Sequence[tuple[ApiCall, Judgement]]) -> Note:
    can: list[str] = []
    may: list[str] = []
    not_: list[str] = []
    for call, judgement in judged:
        name = READABLE.get(call.entity) if call.method == "GET" else None
        if name:
            allowed = judgement.verdict is Verdict.ALLOWED
            (can if allowed else may if judgement.verdict is Verdict.UNKNOWN else not_).append(name)
    if not (can or may or not_):
        return Note("readable", "info", "What this token says")
    if can:
        without = f", not {_listed(not_ + may, 'or')}" if not_ or may else ""
        return Note("reads", "info", f"This token can read {_listed(can, 'and')}{without}")
    if may:
        return Note("may-read", "info", f"This token may be able to read {_listed(may, 'and')}")
    return Note("reads-nothing", "info", f"This token can’t read {_listed(not_, 'or')}")


def _listed(names: Sequence[str], last: str) -> str:
    *heads, tail = names
    return f"{', '.join(heads)} {last} {tail}" if heads else tail

"""The GUIDs of a pasted text, and what each is by what stands before it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from consent.rules.security_api import DOUBTFUL_ROLES, MARKERS, SUFFICIENT_ROLES
from entra.types import GRAPH

Label = Literal["client-request-id", "request-id", "trace", "correlation", "unknown"]

# In order of usefulness: the caller's own id names one call everywhere, a correlation id many.
LABELS: Final[tuple[Label, ...]] = ("client-request-id", "request-id", "trace", "correlation", "unknown")
MOST_IDS: Final = 20
_MOST_GUIDS: Final = 300
_BEFORE: Final = 56  # characters in front of a GUID that may name it

_GUID = re.compile(
    r"(?<![0-9A-Fa-f-])[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}"
    r"(?![0-9A-Fa-f-])"
)
_BARE = re.compile(r"[0-9A-Fa-f]{32}")
_BETWEEN = (
    r"(?:[\s\"'`\\:=>({\[,|*+]|&quot;|%22|%3[ADad]|%2[7F]|%20|urn:uuid:"
    r"|\b(?:is|was|of|value|named|the)\b)*+$"
)


def _ends(words: str) -> re.Pattern[str]:
    return re.compile(rf"(?i)(?:{words}){_BETWEEN}")


_NAMED: Final[tuple[tuple[str, re.Pattern[str]], ...]] = (
    ("client-request-id", _ends(r"client[-_ +]?request[-_ +]?id")),
    ("correlation", _ends(r"correlation[-_ +]?(?:request[-_ +]?)?id|operation[-_ +]?id|activity[-_ +]?id")),
    ("request-id", _ends(r"request[-_ +]?id")),
    ("trace", _ends(r"trace[-_ +]?id")),
    ("workspace", _ends(r"workspace[-_ +]?id|subscription[-_ +]?id")),
    ("tenant", _ends(r"tenant(?:[-_ +]?id)?|directory(?:[-_ +]?id)?|(?<![a-z])tid|organi[sz]ation[-_ +]?id")),
    (
        "application",
        _ends(
            r"(?:app|application|client)(?:[-_ +]?id(?:entifier)?)?|(?<![a-z])azp"
            r"|application with (?:the )?(?:id|identifier)|application [^\r\n()'\"]{1,40}\("
        ),
    ),
    (
        "other",
        _ends(
            r"(?:object|principal|user|resource|session|device|role|template|unique[-_ +]?token)[-_ +]?"
            r"(?:app[-_ +]?)?(?:id|identifier|state)"
            r"|(?<![a-z])(?:oid|aud|sub|uti|sid|wids|nonce|state|scope|jti|kid|realm)"
        ),
    ),
)
# Microsoft's own: no call has one of these as its id. "Verify first-party Microsoft applications in
# sign-in reports", "Microsoft Entra built-in roles".
_KNOWN: Final = frozenset(
    {
        GRAPH,
        "00000002-0000-0000-c000-000000000000",
        "00000000-0000-0000-0000-000000000000",
        "de8bc8b5-d9f9-48b1-a8ad-b748da725064",
        "14d82eec-204b-4c2f-b7e8-296a70dab67e",
        "9188040d-6c67-4c5b-b112-36a304b66dad",
        "f8cdef31-a31e-4b4a-93e4-5f571e91255a",
        *(MARKERS | SUFFICIENT_ROLES | DOUBTFUL_ROLES),
    }
)
# Part of an address, of a throttling scope or of a list of claims: it names a thing, not a call.
_IN_ADDRESS = re.compile(r"(?:://[^\s\"'<>?]*|[A-Za-z0-9_)]/|/[0-9A-Fa-f-]{36}/)$")
_TENANT_IN_ADDRESS = re.compile(r"(?i)://(?:login\.[a-z.]+|sts\.windows\.net)/$")


@dataclass(frozen=True)
class Id:
    """An id of a call, in lower case, and what it was called in the text."""

    value: str
    label: Label


@dataclass(frozen=True)
class Guids:
    ids: tuple[Id, ...] = ()
    tenant_id: str = ""
    client_id: str = ""


def guids_of(text: str) -> Guids:
    """Return the ids of calls in order of usefulness, and whose calls they are."""
    bare = text.strip(" \t\r\n\"'`{}()<>.,;").lower().removeprefix("urn:uuid:")
    if _BARE.fullmatch(bare):
        dashed = "-".join((bare[:8], bare[8:12], bare[12:16], bare[16:20], bare[20:]))
        return Guids((Id(dashed, "unknown"),))
    found: dict[str, list[str]] = {}
    for name, value in _named(text):
        found.setdefault(name, []).append(value)
    taken = {
        value for name in ("tenant", "application", "other", "workspace") for value in found.get(name, ())
    }
    ids: dict[str, Id] = {}
    for label in LABELS:
        for value in found.get(label, ()):
            if value not in _KNOWN and (label != "unknown" or value not in taken):
                ids.setdefault(value, Id(value, label))
    return Guids(
        tuple(ids.values())[:MOST_IDS],
        tenant_id=next(iter(found.get("tenant", ())), ""),
        client_id=next((one for one in found.get("application", ()) if one not in _KNOWN), ""),
    )


def _named(text: str) -> Iterator[tuple[str, str]]:
    """Yield each GUID with what it is."""
    # "MicrosoftGraphActivityLogs": its column TenantId is the workspace, AadTenantId the tenant.
    exported = "aadtenantid" in text.lower()
    for count, match in enumerate(_GUID.finditer(text)):
        if count == _MOST_GUIDS:
            return
        before = text[max(0, match.start() - _BEFORE) : match.start()]
        name = next((name for name, pattern in _NAMED if pattern.search(before)), "")
        if name == "tenant" and exported and not re.search(r"(?i)aad_?tenant_?id\W*$", before):
            name = "workspace"
        yield name or _by_place(before), match[0].lower()


def _by_place(before: str) -> str:
    if _TENANT_IN_ADDRESS.search(before):
        return "tenant"
    return "other" if _IN_ADDRESS.search(before) else "unknown"

"""Smallest reading of a pasted text, until the full one is there (a stand-in: overwrite it)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from support.rules.facts import FailureFacts

_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.I)


@dataclass(frozen=True)
class Pasted:
    ids: tuple[str, ...] = ()
    facts: FailureFacts = field(default_factory=FailureFacts)
    found: tuple[str, ...] = ()


def read(text: str) -> Pasted:
    ids = tuple(dict.fromkeys(one.lower() for one in _ID.findall(text)))
    code = re.search(r"AADSTS(\d+)", text)
    if code is None:
        return Pasted(ids)
    return Pasted(ids, FailureFacts(aadsts=int(code[1]), door="token", message=text[:500]), (code[0],))

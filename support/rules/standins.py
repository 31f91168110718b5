"""Smallest readings of addresses, bodies and headers, until the full ones are there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from support.rules.facts import Confidence, Facts, Slug, Verdict, Who

_SECRET = re.compile(r"eyJ[\w-]{8,}(?:\.[\w-]*){0,4}|(?i:bearer\s+)[\w.~+/-]{16,}=*")
_ID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")


@dataclass(frozen=True)
class ErrorFacts:
    code: str = ""
    message: str = ""
    aadsts: int | None = None
    suberror: str = ""
    client_request_id: str = ""
    request_id: str = ""
    correlation_id: str = ""


def cut(text: str) -> tuple[str, int]:
    return _SECRET.subn("[cut]", text)


def judge(facts: Facts) -> Verdict:
    return Verdict(Slug.NOT_ENOUGH_EVIDENCE, Confidence.CANNOT_TELL, Who.UNKNOWN, "", "", ())


def split_url(url: str) -> tuple[str, str, str]:
    parts = urlsplit(url)
    if "login" in parts.netloc:
        return "token", "", parts.path
    found = re.match(r"/(v1\.0|beta)(/.*)?$", parts.path)
    return ("graph", found[1], found[2] or "/") if found else ("", "", parts.path)


def template_of(path: str) -> str:
    return _ID.sub("{id}", path)


def error_facts(error: Mapping[str, Any] | str | None) -> ErrorFacts:
    if not isinstance(error, Mapping):
        return ErrorFacts(message=error or "")
    inner = error.get("error")
    if isinstance(inner, Mapping):
        return ErrorFacts(code=str(inner.get("code", "")), message=str(inner.get("message", "")))
    text = str(error.get("error_description", ""))
    found = re.search(r"AADSTS(\d+)", text)
    return ErrorFacts(code=str(inner or ""), message=text, aadsts=int(found[1]) if found else None)


def header_facts(headers: Mapping[str, str]) -> dict[str, Any]:
    return {}

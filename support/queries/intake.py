"""The pages about how denied calls come in: an application's keys, and code that reports."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse

from consent.models import Application
from support.models import IngestKey


@dataclass(frozen=True)
class Language:
    slug: str
    label: str
    file: str  # what the program imports


LANGUAGES = (
    Language("requests", "Python, requests", "denied_calls.py"),
    Language("httpx", "Python, httpx", "denied_calls.py"),
    Language("fetch", "JavaScript, fetch", "denied-calls.mjs"),
)


@dataclass(frozen=True)
class Sample:
    language: Language
    usage: str
    code: str
    languages: tuple[Language, ...] = LANGUAGES


def keys_of(application: Application) -> list[IngestKey]:
    """Return the keys, those that count first, newest first."""
    keys: Iterable[IngestKey] = application.ingest_keys.select_related("created_by").order_by("-created_at")
    return sorted(keys, key=lambda key: key.revoked_at is not None)


def report_address() -> str:
    return f"{settings.PORTAL_URL}{reverse('api:failures')}"


def reporting_sample(language: str) -> Sample:
    """Return five lines, and the file that they import; of the first language when there is none so named."""
    chosen = next((known for known in LANGUAGES if known.slug == language), LANGUAGES[0])
    return Sample(
        chosen,
        _text(f"support/samples/{chosen.slug}.txt", {"address": report_address()}),
        _text(f"support/samples/{chosen.file}.txt", {}),
    )


def _text(template: str, values: dict[str, str]) -> str:
    # What a template makes counts as HTML; adding to it makes it text, which pages then escape.
    return render_to_string(template, values) + ""

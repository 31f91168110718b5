"""The steps of a try as programs, with an application's own values filled in. No secret is among them."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.template.loader import render_to_string

from consent.models import Application
from consent.queries.registration import return_address
from entra.types import CLOUDS


@dataclass(frozen=True)
class Language:
    slug: str
    label: str
    library: str
    run: str


# "Microsoft Authentication Library (MSAL) overview": the libraries that Microsoft maintains.
LANGUAGES = (
    Language("python", "Python", "msal", "CLIENT_SECRET=… python try_it.py"),
    Language("dotnet", ".NET", "Microsoft.Identity.Client", "CLIENT_SECRET=… dotnet run"),
    Language("javascript", "JavaScript", "@azure/msal-node", "CLIENT_SECRET=… node try-it.mjs"),
    Language("java", "Java", "msal4j", "CLIENT_SECRET=… java TryIt.java"),
)


@dataclass(frozen=True)
class Sample:
    language: Language
    code: str
    tenant_id: str
    return_address: str
    languages: tuple[Language, ...] = LANGUAGES


def sample_for(application: Application, *, language: str, tenant_id: UUID) -> Sample:
    """Return the program in this language, or in the first one when there is none of that name."""
    chosen = next((known for known in LANGUAGES if known.slug == language), LANGUAGES[0])
    cloud = CLOUDS[application.cloud]
    values = {
        "client_id": str(application.client_id),
        "authority": cloud.authority(str(tenant_id)),
        "redirect": return_address(),
        "graph": cloud.graph,
    }
    code = render_to_string(f"consent/samples/{chosen.slug}.txt", values)
    return Sample(chosen, code, str(tenant_id), values["redirect"])

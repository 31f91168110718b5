"""The samples, run: a call that Microsoft really denies is in the portal, and its token is not."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
import uuid
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import httpx
import msal
import pytest
import requests
from django.urls import reverse
from django.utils import timezone
from requests.adapters import HTTPAdapter

from support.models import FailedRequest
from support.queries.intake import LANGUAGES, reporting_sample
from support.services.keys import make_key
from tests import stage
from tests.factories import (
    CONNECTOR,
    P1,
    T1,
    T2,
    grants,
    make_application,
    make_installation,
    make_revision,
    make_tenant,
)

ALERTS = "https://graph.microsoft.com/v1.0/security/alerts_v2?$top=5"
PATIENCE = 10.0


class Forwarding(HTTPAdapter):
    """Sends what is meant for Microsoft to the sandbox; whoever called sees nothing of it."""

    def __init__(self, sandbox: str) -> None:
        super().__init__()
        self.sandbox = sandbox

    def send(self, request, *args, **kwargs):
        there = request.copy()
        there.url = moved(request.url, self.sandbox)
        answer = super().send(there, *args, **kwargs)
        answer.request = request
        return answer


class ForwardingTransport(httpx.HTTPTransport):
    def __init__(self, sandbox: str) -> None:
        super().__init__()
        self.sandbox = sandbox

    def handle_request(self, request):
        url = moved(str(request.url), self.sandbox)
        return super().handle_request(httpx.Request(request.method, url, headers=request.headers))


def moved(url: str, sandbox: str) -> str:
    meant = urlsplit(url)
    return urlunsplit((*urlsplit(sandbox)[:2], meant.path, meant.query, ""))


def module(language: str) -> dict[str, Any]:
    """Return what a program gets that imports the sample."""
    names: dict[str, Any] = {"__name__": "denied_calls"}
    exec(reporting_sample(language).code, names)  # noqa: S102  (our own sample)
    return names


@pytest.fixture
def reporter(transactional_db, live_server, microsoft, settings):
    """Northwind granted one permission, the call needs another. Where to report that, and with which key."""
    settings.PORTAL_URL = live_server.url
    application = make_application()
    make_revision(application, P1)
    make_installation(application, make_tenant(id=T1), has=grants(P1))
    stage.grant(microsoft.directory, T1, P1)
    key = make_key(application=application, name="sample", person=None, now=timezone.now())
    return f"{live_server.url}{reverse('api:failures')}", key.text


def session_of(microsoft) -> requests.Session:
    session = requests.Session()
    for host in ("login.microsoftonline.com", "graph.microsoft.com"):
        session.mount(f"https://{host}/", Forwarding(microsoft.url))
    return session


def token_of(session: requests.Session, tenant: uuid.UUID = T1) -> dict[str, Any]:
    app = msal.ConfidentialClientApplication(
        str(CONNECTOR),
        client_credential="sandbox-connector-secret",
        authority=f"https://login.microsoftonline.com/{tenant}",
        http_client=session,
    )
    return dict(app.acquire_token_for_client(["https://graph.microsoft.com/.default"]))


def reported(client_request_id: str) -> FailedRequest:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        found = FailedRequest.objects.filter(client_request_id=client_request_id).first()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError("nothing was reported")


def is_explained(row: FailedRequest, token: str) -> bool:
    assert (row.source, row.tenant_id, row.status) == ("api", T1, 403)
    assert (row.method, row.path, row.door) == ("GET", "/security/alerts_v2", "graph")
    assert row.token["kind"] == "application"  # type: ignore[index]
    assert row.token["roles"] == [P1.value]  # type: ignore[index]
    assert row.verdict == "permission-missing"
    everything = json.dumps(list(FailedRequest.objects.values()), default=str)
    assert all(part not in everything for part in token.split("."))
    return True


def headers(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}", "client-request-id": str(uuid.uuid4())}


def test_with_requests_and_msal(reporter, microsoft):
    session = session_of(microsoft)
    session.hooks["response"].append(module("requests")["reporting"](*reporter))
    token = token_of(session)["access_token"]
    sent = headers(token)

    answer = session.get(ALERTS, headers=sent)

    assert answer.status_code == 403
    assert is_explained(reported(sent["client-request-id"]), token)


def test_a_token_that_was_refused_is_reported_too(reporter, microsoft):
    session = session_of(microsoft)
    session.hooks["response"].append(module("requests")["reporting"](*reporter))

    refused = token_of(session, T2)

    deadline = time.monotonic() + PATIENCE
    while not FailedRequest.objects.exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    row = FailedRequest.objects.get()
    assert (row.door, row.tenant_id, row.aadsts) == ("token", T2, refused["error_codes"][0])
    assert row.correlation_id == refused["correlation_id"]
    assert row.token is None


def test_with_httpx(reporter, microsoft):
    token = token_of(session_of(microsoft))["access_token"]
    report = module("httpx")["reporting"](*reporter)
    sent = headers(token)

    with httpx.Client(
        transport=ForwardingTransport(microsoft.url), event_hooks={"response": [report]}
    ) as graph:
        answer = graph.get(ALERTS, headers=sent)

    assert answer.status_code == 403
    assert answer.json()["error"]["code"]
    assert is_explained(reported(sent["client-request-id"]), token)


@pytest.mark.skipif(not shutil.which("node"), reason="no Node.js here")
def test_with_fetch(reporter, microsoft, tmp_path):
    token = token_of(session_of(microsoft))["access_token"]
    sent = headers(token)
    address, key = reporter
    (tmp_path / "denied-calls.mjs").write_text(reporting_sample("fetch").code)
    (tmp_path / "main.mjs").write_text(
        f"""
        import {{ reporting }} from "./denied-calls.mjs";
        const there = (url) => String(url).replace("https://graph.microsoft.com", "{microsoft.url}");
        const graph = reporting((url, options) => fetch(there(url), options), "{address}", "{key}");
        const answer = await graph("{ALERTS}", {{ headers: JSON.parse(process.env.SENT) }});
        console.log(answer.status, (await answer.json()).error.code);
        """
    )

    ran = subprocess.run(
        ["node", "main.mjs"],  # noqa: S607
        cwd=tmp_path,
        env={**os.environ, "SENT": json.dumps(sent)},
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )

    assert (ran.stderr, ran.stdout[:3]) == ("", "403")
    assert is_explained(reported(sent["client-request-id"]), token)


def test_a_portal_that_is_away_fails_nothing(microsoft, application):
    stage.grant(microsoft.directory, T1, P1)
    session = session_of(microsoft)
    session.hooks["response"].append(module("requests")["reporting"]("http://127.0.0.1:9/", "cdk_x"))

    answer = session.get(ALERTS, headers=headers("not.a-token.at-all"))

    assert answer.status_code == 401


@pytest.mark.parametrize("language", [language.slug for language in LANGUAGES])
def test_the_page_shows_five_lines_and_the_file(as_owner, application, language):
    page = as_owner.get(reverse("support:failure_samples", args=[application.slug]), {"lang": language})

    sample = reporting_sample(language)
    assert page.status_code == 200
    assert "http://localhost:8000/api/v1/failures" in page.content.decode()
    assert len(sample.usage.strip().splitlines()) <= 5
    assert sample.language.slug == language
    assert "=&gt;" in page.content.decode() or language != "fetch"

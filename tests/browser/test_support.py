"""A call that was really denied, from what somebody reads out to the reason and what to do about it."""

from __future__ import annotations

import json
import re
from typing import Any
from uuid import UUID, uuid4

import msal
import requests
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from consent.models import Application
from consent.services.checks import check_now
from support.models import FailedRequest
from support.queries.intake import reporting_sample
from support.services.keys import make_key
from tenants.models import Person
from tests import factories, stage
from tests.browser.conftest import Portal, signed_in
from tests.browser.deadline import until
from tests.browser.inspection import look
from tests.browser.test_delegated import answered, approved, assign, try_it
from tests.consent.trying import RUI
from tests.factories import CONNECTOR, D1, P1, P2, T1, T2, USER_READ
from tests.sandbox.test_foreign_clients import GRAPH_SCOPE, MsalTransport


class Connector:
    """The watched application as its makers run it: MSAL and requests, with the sample that reports."""

    def __init__(self, portal: Portal, key: str) -> None:
        self.portal = portal
        names: dict[str, Any] = {}
        exec(reporting_sample("requests").code, names)  # noqa: S102  (ours, as its page shows it)
        self.transport = MsalTransport(portal.microsoft.url)
        self.transport.session.hooks["response"].append(
            names["reporting"](f"{portal.url}{reverse('api:failures')}", key)
        )

    def token(self, tenant: UUID) -> dict[str, Any]:
        client = msal.ConfidentialClientApplication(
            str(CONNECTOR),
            authority=f"https://login.microsoftonline.com/{tenant}",
            client_credential="sandbox-connector-secret",
            http_client=self.transport,
        )
        answer: dict[str, Any] = client.acquire_token_for_client([GRAPH_SCOPE])
        return answer

    def read_alerts(self, tenant: UUID) -> requests.Response:
        token = self.token(tenant)["access_token"]
        sent = {"Authorization": f"Bearer {token}", "client-request-id": str(uuid4())}
        return self.transport.get("https://graph.microsoft.com/v1.0/security/alerts_v2", headers=sent)


def explain(page: Page, pasted: str) -> tuple[str, str]:
    """Paste something into the box; return the verdict and the address where it is shown."""
    page.goto(re.sub(r"/support.*", "/support", page.url))
    page.get_by_label("Request ID or error text").fill(pasted)
    page.get_by_role("button", name="Explain", exact=True).click()
    verdict = page.locator("#verdict")
    expect(verdict).to_be_visible()
    return verdict.inner_text(), page.url


def two_tenants(portal: Portal, application: Application) -> None:
    """Northwind granted P1 of the two that are required by now, Fabrikam never consented."""
    factories.make_revision(application, P1)
    stage.grant(portal.microsoft.directory, T1, P1)
    for tenant, name in ((T1, "Northwind Traders"), (T2, "Fabrikam Residences")):
        installation = factories.make_installation(application, factories.make_tenant(name, id=tenant))
        check_now(installation, now=timezone.now())
    factories.make_revision(application, P1, P2)


def test_a_denied_call_is_explained_from_whatever_is_read_out_of_it(
    portal: Portal, application: Application, support: Person
) -> None:
    two_tenants(portal, application)
    key = make_key(application=application, name="production", person=support, now=timezone.now())
    connector = Connector(portal, key.text)
    denied = connector.read_alerts(T1)
    refused = connector.token(T2)
    told = FailedRequest.objects.filter(source="api")
    until(lambda: told.count() == 2, "the sample has reported both")
    sam = signed_in(portal.visitors.open(), support, portal.url)
    sam.goto(f"{portal.url}/{application.slug}/support")

    headers = "".join(f"{name}: {value}\r\n" for name, value in denied.headers.items())
    pasted = [denied.headers["request-id"], headers, json.dumps(denied.json(), indent=2)]
    answers = {explain(sam, text) for text in pasted}

    assert denied.status_code == 403
    assert len(answers) == 1
    ((verdict, shareable),) = answers
    assert "Northwind Traders hasn't approved SecurityAlert.Read.All" in verdict
    assert re.search(rf"/{application.slug}/support/[0-9a-f-]{{36}}$", shareable)
    assert look(sam, "denied", crossed=True) == []

    said = [refused["trace_id"], refused["error_description"], json.dumps(refused)]
    ((verdict, _),) = {explain(sam, text) for text in said}
    assert "Fabrikam Residences" in verdict

    who_can_help(portal, application, shareable)


def who_can_help(portal: Portal, application: Application, shareable: str) -> None:
    """An owner makes the link, the reply has it, and Northwind's own admin reads the same reason."""
    dana = signed_in(portal.visitors.open(), factories.make_person("Dana Okafor", "owner"), portal.url)
    dana.goto(shareable)
    dana.get_by_role("button", name="Make an approval link for Northwind Traders").click()
    expect(dana.get_by_role("heading", level=1)).to_contain_text("Invitation for Northwind Traders")
    dana.goto(shareable)
    expect(dana.locator("#reply")).to_contain_text("/c/")
    northwind = application.installations.get(tenant_id=T1).tenant
    ada = factories.make_tenant_admin(northwind, "Global Administrator")
    own = signed_in(portal.visitors.open(), ada, portal.url)
    own.goto(f"{portal.url}/organization/{application.slug}/failures")
    own.get_by_role("link", name="Permission missing").click()
    expect(own.locator("#verdict")).to_contain_text("SecurityAlert.Read.All")


def test_what_a_try_was_denied_is_explained_from_the_id_on_its_page(
    portal: Portal, application: Application, support: Person
) -> None:
    address = approved(portal, application, P1, D1, USER_READ)
    rui = portal.visitors.open()
    assign(portal, RUI)
    try_it(rui, address)
    told = re.search(r"\sclient-request-id\s+([0-9a-f-]{36})", answered(rui, "GET /security/secureScores"))
    assert told
    sam = signed_in(portal.visitors.open(), support, portal.url)
    sam.goto(f"{portal.url}/{application.slug}/support")

    verdict, shareable = explain(sam, told[1])

    assert "Security Reader" in verdict
    expect(sam.get_by_role("main")).to_contain_text("Person lacks a role")
    sam.goto("/")
    sam.goto(shareable)
    assert sam.locator("#verdict").inner_text() == verdict

"""A real Chromium on the real portal, with a worker. Microsoft is the sandbox. No page is patched."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect, sync_playwright

from consent.services.invitations import invite, link
from sandbox.server import Running
from scripts.services import find_chromium
from tenants.models import Person
from tests import factories, stage
from tests.browser.fleet import Fleet
from tests.browser.stage import WebServer, Worker
from tests.browser.visitors import Visitors
from tests.factories import P1, P2, T1
from tests.stage import prove_again

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
expect.set_options(timeout=20_000)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.no_cover)


Open = Callable[[Person | None], Page]


@dataclass
class Portal:
    url: str
    worker: Worker
    microsoft: Running
    visitors: Visitors


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A browser per module: while Playwright runs, no other test of this process could start a loop."""
    path = find_chromium()
    if not path:
        pytest.skip("no Chromium found: install one, or name it in CHROMIUM")
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        # Playwright keeps a loop running in this thread, in which Django expects no database calls.
        patch.setitem(os.environ, "DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        browser = playwright.chromium.launch(executable_path=path, args=[*FLAGS])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def web_server() -> Iterator[WebServer]:
    server = WebServer()
    yield server
    server.stop()


@pytest.fixture
def portal(
    transactional_db: None, chromium: Browser, web_server: WebServer, microsoft: Running, settings
) -> Iterator[Portal]:
    settings.PORTAL_URL = web_server.url
    visitors = Visitors(chromium, web_server.url)
    with Worker() as worker:
        yield Portal(web_server.url, worker, microsoft, visitors)
        visitors.close()
        web_server.wait_until_idle()
    assert visitors.complaints == []


@pytest.fixture
def invited(portal: Portal, application) -> str:
    """The approval link of a tenant that never consented, to P1 and P2."""
    factories.make_revision(application, P1, P2)
    stage.require(portal.microsoft.directory, P1, P2)
    tenant = factories.make_tenant("Northwind Traders", id=T1)
    installation = factories.make_installation(application, tenant)
    return link(invite(installation=installation, person=None, now=timezone.now()))


@pytest.fixture
def ada(portal: Portal) -> Page:
    return portal.visitors.open()


@pytest.fixture
def fleet(transactional_db: None, web_server: WebServer, microsoft: Running, settings) -> Fleet:
    settings.PORTAL_URL = web_server.url
    return Fleet()


@pytest.fixture
def visitors(chromium: Browser, web_server: WebServer, fleet: Fleet) -> Iterator[Visitors]:
    visitors = Visitors(chromium, web_server.url)
    yield visitors
    visitors.close()
    web_server.wait_until_idle()
    assert visitors.complaints == []


def signed_in(page: Page, person: Person, url: str) -> Page:
    """Let the browser hold the session of somebody who signed in a moment ago."""
    client = Client()
    client.force_login(person)
    prove_again(client)
    page.context.add_cookies([{"name": "session", "value": client.cookies["session"].value, "url": url}])
    return page


@pytest.fixture
def dana(portal: Portal, owner: Person) -> Page:
    """The browser of an owner who came earlier."""
    return signed_in(portal.visitors.open(), owner, portal.url)


@pytest.fixture
def open_as(visitors: Visitors, web_server: WebServer) -> Open:
    def open_as(person: Person | None) -> Page:
        page = visitors.open()
        return page if person is None else signed_in(page, person, web_server.url)

    return open_as

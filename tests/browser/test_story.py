"""Two tenants, one application: what changes in its registration reaches a tenant only by its admin."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from consent.models import Installation, Snapshot
from tests import stage
from tests.browser import deeds
from tests.browser.approval import reading
from tests.browser.conftest import Portal
from tests.browser.deadline import until
from tests.factories import CONNECTOR, HOME, P1, P2, T1

NORTHWIND = "Northwind Traders"
FABRIKAM = "Fabrikam Residences"


@pytest.fixture
def dana(portal: Portal) -> Page:
    page = portal.visitors.open()
    page.goto("/")
    deeds.sign_in(page, "Dana")
    return page


def test_the_story_of_two_tenants(portal: Portal, dana: Page) -> None:
    watch_the_application(dana)
    for domain, name in (("northwind.example", NORTHWIND), ("fabrikam.example", FABRIKAM)):
        deeds.add_tenant(dana, domain, name)
        wait_for_status(dana, name, "Never consented")
        expect(dana.locator("main")).to_contain_text("AADSTS7000229")
    first_consent(portal, dana)
    publish_the_second_revision(portal, dana)
    second_tenant_consents(portal, dana)
    tokens_side_by_side(dana)
    consent_again(portal, dana)
    compare_snapshots(dana)
    withdraw(portal, dana)


def watch_the_application(dana: Page) -> None:
    deeds.register(
        dana,
        name="Sentinel Connector",
        client_id=str(CONNECTOR),
        home_tenant=str(HOME),
        credential="env:CONNECTOR_SECRET",
    )
    expect(dana.locator("main")).to_contain_text("/c/return")
    dana.get_by_role("link", name="Publish revision 1").click()
    deeds.add_to_draft(dana, P1.value, "To show your alerts in one place")
    deeds.publish(dana, 1, confirm="Sentinel Connector")


def first_consent(portal: Portal, dana: Page) -> None:
    link = deeds.invite(dana, NORTHWIND)
    ada = portal.visitors.open()
    ada.goto(link)
    deeds.heading(ada, "Approve Sentinel Connector for your organization")
    asked = ada.locator("main")
    for words in (
        P1.value,
        "To show your alerts in one place",
        "You need Privileged Role Administrator or Global Administrator",
        "Microsoft will show 1 permission",
        "https://login.microsoftonline.com/",
        "I’m not the right admin",
    ):
        expect(asked).to_contain_text(words)
    with portal.worker.away():
        deeds.approve(ada, link, "Ada")
        deeds.heading(ada, f"Approval for {NORTHWIND}")
        expect(ada.get_by_role("heading", name="Checking with Microsoft…")).to_be_visible()
        assert not Snapshot.objects.exists()
    expect(ada.get_by_role("heading", name=f"recorded the permission for {NORTHWIND}")).to_be_visible()
    expect(proof(ada, P1.value)).to_contain_text("Missing")
    expect(proof(ada, P1.value)).to_contain_text("Granted")
    expect(proof(ada, P1.value)).to_contain_text("UTC")
    wait_for_status(dana, NORTHWIND, "In step")
    assert snapshots() == [{P1.value}]


def proof(page: Page, value: str) -> Any:
    return page.get_by_role("table", name="Each permission").get_by_role("row", name=value)


def snapshots(tenant: Any = T1) -> list[set[str]]:
    rows = Snapshot.objects.filter(installation__tenant_id=tenant).order_by("sequence")
    return [{p["value"] for p in row.pattern.granted} for row in rows.select_related("pattern")]


def wait_for_status(page: Page, name: str, status: str) -> None:
    """Look at the tenant's page again until the worker has been there."""
    tenant = Installation.objects.filter(tenant__name=name)
    until(lambda: tenant.exclude(checked_at=None).exists(), f"{name} is checked")
    deeds.open_tenant(page, name)
    title = page.get_by_role("heading", level=1)
    until(lambda: status in title.inner_text() or page.reload() is None, f"{name} is {status}")


def publish_the_second_revision(portal: Portal, dana: Page) -> None:
    stage.require(portal.microsoft.directory, P1, P2)
    dana.goto("/sentinel-connector/")
    dana.get_by_role("link", name="Edit permissions").click()
    deeds.add_to_draft(dana, P2.value, "To show alerts from every Microsoft product")
    impact = dana.get_by_role("region", name="Impact preview")
    expect(impact).to_contain_text("1 tenant keeps what works today and misses what is new")
    with portal.worker.away():
        before = list(Installation.objects.order_by("pk").values())
        deeds.publish(dana, 2, confirm="1")
        assert list(Installation.objects.order_by("pk").values()) == before
    wait_for_status(dana, FABRIKAM, "Never consented")
    wait_for_status(dana, NORTHWIND, "Re-consent needed")
    missing = dana.get_by_role("region", name="What’s different")
    expect(missing).to_contain_text(f"{P2.value} App Missing")
    assert snapshots() == [{P1.value}]


def second_tenant_consents(portal: Portal, dana: Page) -> None:
    link = deeds.invite(dana, FABRIKAM)
    femi = portal.visitors.open()
    with reading(femi):
        deeds.approve(femi, link, "Femi")
    expect(femi.get_by_role("heading", name=f"recorded all 2 permissions for {FABRIKAM}")).to_be_visible()
    wait_for_status(dana, FABRIKAM, "In step")


def tokens_side_by_side(dana: Page) -> None:
    deeds.open_tenant(dana, NORTHWIND)
    dana.get_by_role("link", name="Compare its token").click()
    dana.get_by_label("Second tenant").fill("fabrikam.example")
    dana.get_by_role("button", name="Compare").click()
    table = dana.get_by_role("table", name="Claims of two tokens")
    roles = table.get_by_role("row").filter(has=dana.get_by_role("rowheader", name="roles", exact=True))
    expect(roles.get_by_role("cell").nth(0)).to_have_text(P1.value)
    expect(roles.get_by_role("cell").nth(1)).to_contain_text(P2.value)
    expect(roles).to_contain_text("Differs")
    same = table.get_by_role("row").filter(has=dana.get_by_role("rowheader", name="appid", exact=True))
    expect(same).to_contain_text("Same")


def consent_again(portal: Portal, dana: Page) -> None:
    link = deeds.invite(dana, NORTHWIND)
    ada = portal.visitors.open()
    ada.goto(link)
    deeds.heading(ada, "Approve 1 new permission")
    news = ada.get_by_role("region", name="What’s new")
    expect(news).to_contain_text(P2.value)
    expect(news).to_contain_text("New")
    granted = ada.get_by_role("region", name="Already approved")
    expect(granted.get_by_text(P1.value)).to_be_hidden()
    granted.locator("summary").click()
    expect(granted.get_by_text(P1.value)).to_be_visible()
    with reading(ada):
        deeds.approve(ada, link, "Ada")
    expect(ada.get_by_role("heading", name=f"recorded all 2 permissions for {NORTHWIND}")).to_be_visible()
    wait_for_status(dana, NORTHWIND, "In step")
    assert snapshots() == [{P1.value}, {P1.value, P2.value}]


def compare_snapshots(dana: Page) -> None:
    timeline = dana.get_by_role("region", name="Timeline")
    expect(timeline).to_contain_text("Snapshot 1")
    expect(timeline).to_contain_text("Snapshot 2")
    timeline.get_by_role("link", name="Compare with snapshot 1").click()
    deeds.heading(dana, "Snapshot 2 against 1")
    changes = dana.get_by_role("region", name="What changed")
    expect(changes.get_by_role("listitem").filter(has_text="Added")).to_contain_text(P2.value)
    expect(changes.get_by_role("listitem").filter(has_text="Kept")).to_contain_text(P1.value)
    expect(changes).not_to_contain_text("Removed")


def withdraw(portal: Portal, dana: Page) -> None:
    stage.revoke(portal.microsoft.directory, T1, P1)
    deeds.open_tenant(dana, NORTHWIND)
    dana.get_by_role("button", name="Check now").click()
    wait_for_status(dana, NORTHWIND, "Revoked")
    expect(dana.get_by_role("region", name="What’s different")).to_contain_text(f"{P1.value} App Missing")
    timeline = dana.get_by_role("region", name="Timeline")
    expect(timeline).to_contain_text("Snapshot 3")
    expect(timeline.get_by_role("listitem").filter(has_text="Snapshot 3").first).to_contain_text("Removed")
    assert snapshots() == [{P1.value}, {P1.value, P2.value}, {P2.value}]

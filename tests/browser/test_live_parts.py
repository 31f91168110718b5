"""What moves on a page: counts that lead to lists, a preview that follows the draft, a scan that goes on."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests import factories, stage
from tests.browser import deeds
from tests.browser.conftest import Open, Portal
from tests.browser.fleet import Fleet
from tests.factories import P1, P2, T1, T2


def number(text: str) -> int:
    found = re.search(r"[\d,]+", text)
    assert found, text
    return int(found[0].replace(",", ""))


def test_every_status_leads_to_as_many_tenants(open_as: Open, fleet: Fleet) -> None:
    page = open_as(fleet.owner)
    page.goto("/sentinel-connector/")
    links = page.get_by_role("region", name="Tenants by status").locator("a[href*='status=']")
    counts = {str(link.get_attribute("href")): number(link.inner_text()) for link in links.all()}
    assert len(counts) == 7

    for address, count in counts.items():
        page.goto(f"{address}&size=100")
        assert page.locator("tbody").get_by_role("row").count() == count

    assert sum(counts.values()) == sum(map(len, fleet.kinds)) + 2


def test_a_filtered_list_survives_reload_back_and_another_browser(open_as: Open, fleet: Fleet) -> None:
    page = open_as(fleet.owner)
    page.goto("/sentinel-connector/tenants?sort=name&size=25")
    page.get_by_role("link", name="In step").first.click()
    rows = page.locator("tbody").get_by_role("row")
    page.get_by_role("link", name="Next").click()
    expect(rows).not_to_have_count(25)
    seen, address = rows.all_inner_texts(), page.url

    page.reload()
    assert rows.all_inner_texts() == seen
    rows.first.get_by_role("link").click()
    page.go_back()
    assert rows.all_inner_texts() == seen
    other = open_as(fleet.viewer)
    other.goto(address)
    assert len(other.locator("tbody").get_by_role("row").all()) == len(seen)


def test_the_preview_follows_the_draft(open_as: Open, fleet: Fleet) -> None:
    page = open_as(fleet.owner)
    page.goto("/sentinel-connector/revisions/draft")
    impact = page.get_by_role("region", name="Impact preview")
    expect(impact).to_contain_text("Nothing changed yet")
    spoken = listen(page)

    deeds.add_to_draft(page, "SecurityIncident.ReadWrite.All", "To close incidents")
    rows = impact.get_by_role("row").all_inner_texts()[1:]
    expect(impact).to_contain_text("keep what works today")
    assert sum(map(number, rows[:-1])) == number(rows[-1])

    page.get_by_role("button", name="Undo adding SecurityIncident.ReadWrite.All").click()
    expect(impact).to_contain_text("Nothing changed yet")
    assert len(spoken()) == 2


def listen(page: Page):
    """Keep what the live region says, as assistive technology hears it."""
    page.evaluate("""() => {
      window.spoken = [];
      const region = document.getElementById("live");
      new MutationObserver(() => region.textContent && window.spoken.push(region.textContent))
        .observe(region, {childList: true, characterData: true, subtree: true});
    }""")
    return lambda: page.evaluate("window.spoken")


@pytest.fixture
def dana(portal: Portal, dana: Page, application) -> Page:
    factories.make_revision(application, P1)
    stage.grant(portal.microsoft.directory, T1, P1, P2)
    for tenant_id, name in ((T1, "Northwind Traders"), (T2, "Fabrikam Residences")):
        factories.make_installation(application, factories.make_tenant(name, id=tenant_id))
    dana.goto("/sentinel-connector/")
    return dana


def test_a_scan_goes_on_without_a_reload_and_ends(portal: Portal, dana: Page) -> None:
    with portal.worker.away():
        dana.get_by_role("button", name="Scan now").click()
        expect(dana.get_by_role("progressbar")).to_be_visible()
        expect(dana.locator("main")).to_contain_text("0 of 2 tenants")
        spoken = listen(dana)
    expect(dana.locator("main")).to_contain_text("2 of 2 tenants")
    expect(dana.locator("[hx-trigger]")).to_have_count(0)  # nobody asks any more
    assert 1 <= len(spoken()) <= 5
    dana.goto("/sentinel-connector/")
    expect(dana.get_by_role("region", name="Tenants by status")).to_contain_text("50.0%")

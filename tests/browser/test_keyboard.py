"""The approval walk, and a walk of staff, with the keyboard alone: focus is seen at every stop."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests import factories
from tests.browser import deeds
from tests.browser.conftest import Portal
from tests.factories import P1

# The focused element, whether its focus shows, and whether something lies over its middle.
FOCUSED = """() => {
  const element = document.activeElement;
  const box = element.getBoundingClientRect();
  const style = getComputedStyle(element);
  const middle = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
  const ring = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
  return {
    name: (element.ariaLabel || element.innerText || element.name || element.id || element.tagName).trim(),
    tag: element.tagName,
    seen: ring || style.boxShadow !== "none",
    covered: !(middle && (element.contains(middle) || middle.contains(element))),
  };
}"""


def tab_to(page: Page, name: str, *, most: int = 40) -> list[str]:
    """Press Tab until something of this name has the focus; every stop must be seen."""
    stops: list[str] = []
    while len(stops) < most:
        page.keyboard.press("Tab")
        focused = page.evaluate(FOCUSED)
        stops.append(focused["name"])
        assert focused["tag"] != "BODY", f"the focus is lost after {stops}"
        assert focused["seen"], f"no focus is seen on {focused['name']}"
        assert not focused["covered"], f"{focused['name']} is covered"
        if name in focused["name"]:
            return stops
    raise AssertionError(f"no way to {name}: {stops}")


def press(page: Page, name: str) -> list[str]:
    stops = tab_to(page, name)
    page.keyboard.press("Enter")
    return stops


def test_an_admin_approves(portal: Portal, invited: str) -> None:
    ada = portal.visitors.open()
    ada.goto(invited)
    deeds.heading(ada, "Approve Sentinel Connector for your organization")

    stops = press(ada, "Continue to Microsoft")

    assert stops[0] == "Skip to main content"
    deeds.heading(ada, "Pick an account")
    ada.get_by_role("button", name="Ada").press("Enter")
    deeds.heading(ada, "Permissions requested")
    ada.get_by_role("button", name="Accept").press("Enter")
    expect(ada.get_by_role("heading", name="Approved. Microsoft has recorded")).to_be_visible()
    press(ada, "Receipt")
    expect(ada.get_by_role("heading", level=1)).to_contain_text("Approved: Sentinel Connector")


def test_an_admin_says_no(portal: Portal, invited: str) -> None:
    ada = portal.visitors.open()
    ada.goto(invited)
    press(ada, "Decline")
    deeds.heading(ada, "You declined")


@pytest.fixture
def dana(dana: Page, application) -> Page:
    factories.make_revision(application, P1)
    factories.make_installation(application, factories.make_tenant("Wingtip", domain="wingtip.example"))
    dana.goto("/sentinel-connector/")
    deeds.heading(dana, "Drift overview")
    return dana


def test_the_skip_link_comes_first_and_menus_give_the_focus_back(dana: Page) -> None:
    dana.keyboard.press("Tab")
    assert dana.evaluate(FOCUSED)["name"] == "Skip to main content"
    dana.keyboard.press("Enter")

    stops = tab_to(dana, "Scan now")

    assert len(stops) <= 3

    dana.goto("/sentinel-connector/")
    press(dana, "account of")
    expect(dana.get_by_role("button", name="Sign out")).to_be_visible()
    dana.keyboard.press("Escape")
    expect(dana.get_by_role("button", name="Sign out")).to_be_hidden()
    assert "account of" in dana.evaluate(FOCUSED)["name"]


def test_a_slash_goes_to_the_search(dana: Page) -> None:
    dana.keyboard.press("/")
    expect(dana.get_by_role("searchbox", name="Find a tenant")).to_be_focused()
    dana.keyboard.type("wingtip.example")
    dana.keyboard.press("Enter")
    expect(dana.get_by_role("heading", level=1)).to_contain_text("Wingtip")

    dana.goto("/sentinel-connector/revisions/draft")
    dana.get_by_label("Name", exact=True).focus()
    dana.keyboard.type("a/b")
    expect(dana.get_by_label("Name", exact=True)).to_have_value("a/b")


def test_a_revision_is_drafted(dana: Page) -> None:
    press(dana, "Edit permissions")
    deeds.heading(dana, "Draft of revision 2")
    tab_to(dana, "name")
    dana.keyboard.type("SecurityAlert.Read.All")
    press(dana, "Add permission")
    expect(dana.get_by_text("1 tenant", exact=False).first).to_be_visible()
    expect(dana.get_by_label("Why do you need SecurityAlert.Read.All?")).to_be_visible()

    focused = dana.evaluate(FOCUSED)

    assert focused["tag"] != "BODY"
    assert focused["seen"]

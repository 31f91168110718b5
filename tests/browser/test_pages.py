"""Every page in both themes, wide and narrow: axe finds nothing, budgets hold, nothing in the console."""

from __future__ import annotations

from typing import Protocol

import pytest
from playwright.sync_api import Page, expect

from consent.models import ConsentAttempt
from consent.services import consent_flow
from consent.services.invitations import link
from tenants.models import Person
from tests.browser.conftest import Open
from tests.browser.fleet import Fleet
from tests.browser.gallery import Gallery
from tests.browser.inspection import NARROW, WIDE, look, prepare, visit
from tests.browser.own_gallery import OwnGallery, strangers
from tests.browser.visitors import Visitors
from tests.factories import make_tenant_admin


class Examine(Protocol):
    def __call__(self, person: Person | None, name: str, address: str, *, status: int = 200) -> list[str]: ...


@pytest.fixture
def gallery(fleet: Fleet) -> Gallery:
    return Gallery(fleet)


@pytest.fixture
def own_gallery(fleet: Fleet) -> OwnGallery:
    return OwnGallery(fleet)


@pytest.fixture
def examine(open_as: Open) -> Examine:
    """Returns what is wrong with a page, for a person who is signed in or for nobody.

    The first page of a kind is looked at in every way: names begin with the kind.
    """
    pages: dict[int, Page] = {}
    kinds: set[str] = set()

    def examine(person: Person | None, name: str, address: str, *, status: int = 200) -> list[str]:
        who = person.pk if person else 0
        if who not in pages:
            pages[who] = open_as(person)
            prepare(pages[who])
        kind = name.partition("-")[0]
        crossed = kind in kinds
        kinds.add(kind)
        return visit(pages[who], address, status=status) + look(pages[who], name, crossed=crossed)

    return examine


def problems(found: dict[str, list[str]]) -> str:
    """Return everything that was found, page by page."""
    return "\n".join(f"{name}: {fault}" for name, faults in found.items() for fault in faults)


@pytest.mark.parametrize("part", [0, 1])
def test_pages_of_staff(examine: Examine, fleet: Fleet, gallery: Gallery, part: int) -> None:
    pages = list(gallery.staff.items())[part::2]

    assert problems({name: examine(fleet.owner, name, address) for name, address in pages}) == ""


def test_pages_of_an_organization(examine: Examine, own_gallery: OwnGallery) -> None:
    pages = own_gallery.organization.items()

    assert problems({name: examine(who, name, address) for name, (who, address) in pages}) == ""


def test_pages_of_the_audit_log_and_beside_it(examine: Examine, own_gallery: OwnGallery) -> None:
    pages = own_gallery.audit.items()

    assert problems({name: examine(who, name, address) for name, (who, address) in pages}) == ""


def test_pages_of_people_with_a_link(visitors: Visitors, examine: Examine, gallery: Gallery) -> None:
    visitors.refusals.add(410)
    gone = {"closed-expires_at": 410, "closed-withdrawn_at": 410}

    assert (
        problems(
            {
                name: examine(None, name, address, status=gone.get(name, 200))
                for name, address in gallery.public.items()
            }
        )
        == ""
    )


def test_pages_of_every_result(examine: Examine, gallery: Gallery) -> None:
    assert problems({name: examine(None, name, url) for name, url in gallery.results.items()}) == ""


def test_pages_for_when_something_is_wrong(visitors: Visitors, examine: Examine, fleet: Fleet) -> None:
    visitors.refusals.update({400, 403, 404, 500})
    pages = {
        "error-400": (None, f"/sign-in?{'a=&' * 2500}", 400),
        "error-403": (fleet.viewer, "/sentinel-connector/revisions/draft", 403),
        "error-404": (fleet.owner, "/sentinel-connector/revisions/99", 404),
        "error-404-public": (None, "/c/nobody-made-this", 404),
        "error-500": (fleet.owner, "/broken/registration", 500),
        "no-role": (fleet.stranger, "/", 403),
        **{name: (person, "/", 403) for name, person in strangers(fleet).items()},
        "sign-in-failed": (None, "/sign-in/return", 400),
        "return-unmatched": (None, "/c/return", 400),
    }

    assert (
        problems(
            {
                name: examine(person, name, address, status=status)
                for name, (person, address, status) in pages.items()
            }
        )
        == ""
    )


def test_pages_that_answer_a_form(visitors: Visitors, open_as: Open, fleet: Fleet, gallery: Gallery) -> None:
    """What a button leads to: mistakes named, an impact counted, a request refused."""
    visitors.refusals.update({403, 422, 429})
    found: dict[str, list[str]] = {}
    page = open_as(fleet.owner)
    page.goto("/register")
    page.get_by_role("button", name="Register application").click()
    page.wait_for_url("/register")
    assert page.title().startswith("Error:")
    found["register-mistakes"] = look(page, "register-mistakes", crossed=True)

    page.goto("/sentinel-connector/tenants/add")
    page.get_by_role("button", name="Add tenant", exact=True).click()
    page.get_by_role("alert").wait_for()
    found["tenant-add-mistakes"] = look(page, "tenant-add-mistakes", crossed=True)

    page.goto("/sentinel-connector/revisions/draft")
    page.get_by_label("Name", exact=True).fill("SecurityIncident.ReadWrite.All")
    page.get_by_role("button", name="Add permission").click()
    page.get_by_label("Why do you need").wait_for()
    page.get_by_role("button", name="Remove SecurityAlert.Read.All").click()
    page.get_by_text("Will be removed").wait_for()
    found["draft-changed"] = look(page, "draft-changed")
    page.get_by_role("button", name="Publish revision 5").click()
    page.get_by_role("alert").wait_for()
    found["draft-mistakes"] = look(page, "draft-mistakes", crossed=True)

    page = open_as(None)
    page.goto("/sign-in")
    page.context.clear_cookies()
    page.get_by_role("button", name="Sign in with Microsoft").click()
    found["error-csrf"] = look(page, "error-csrf", crossed=True)
    assert problems(found) == ""


def test_too_many_trips_have_a_page(visitors: Visitors, open_as: Open, fleet: Fleet) -> None:
    visitors.refusals.add(429)
    invitation = fleet.invitation(fleet.story)
    ConsentAttempt.objects.bulk_create(
        ConsentAttempt(
            invitation=invitation, state_hash=str(number), started_at=fleet.now, expires_at=fleet.now
        )
        for number in range(consent_flow.ATTEMPTS_AN_HOUR)
    )
    page = open_as(None)
    page.goto(link(invitation))
    page.get_by_role("button", name="Continue to Microsoft").click()

    page.wait_for_url("**/go")
    assert problems({"429": look(page, "error-429", crossed=True)}) == ""


def test_menus_and_the_drawer(open_as: Open, fleet: Fleet) -> None:
    page = open_as(fleet.owner)
    page.goto("/sentinel-connector/")
    found: dict[str, list[str]] = {}
    for name in ("Theme", "account of", "switch application"):
        page.get_by_role("button", name=name).click()
        found[name] = look(page, f"open-{name.split()[0]}", widths=(WIDE,))
        page.keyboard.press("Escape")
    page.set_viewport_size(NARROW)
    page.get_by_role("button", name="Menu").click()
    page.get_by_role("dialog", name="Menu").wait_for()
    found["drawer"] = look(page, "open-drawer", widths=(NARROW,))
    ada = open_as(make_tenant_admin(fleet.story.tenant, "Security Reader"))
    ada.goto("/organization/sentinel-connector/")
    ada.get_by_role("button", name="account of").click()
    found["account of an admin"] = look(ada, "open-own-account", crossed=True)
    assert problems(found) == ""


def test_a_chosen_theme_stays(open_as: Open, fleet: Fleet) -> None:
    page = open_as(fleet.owner)
    page.goto("/sentinel-connector/")
    page.get_by_role("button", name="Theme").click()
    page.get_by_role("button", name="Dark").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")

    page.goto("/sentinel-connector/tenants")

    assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "dark"
    assert problems({"dark by choice": look(page, "tenants-chosen-dark", widths=(WIDE,))}) == ""

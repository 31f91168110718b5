"""With JavaScript off everything can still be done: pages are links and forms, script only helps."""

from __future__ import annotations

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from consent.models import Revision, Snapshot
from consent.services.invitations import invite, link
from tests import factories, stage
from tests.browser import deeds
from tests.browser.conftest import Portal, signed_in
from tests.factories import P1, P2, T1


@pytest.fixture
def plain(portal: Portal) -> Page:
    return portal.visitors.open(java_script_enabled=False)


@pytest.fixture
def dana(portal: Portal, plain: Page, owner) -> Page:
    return signed_in(plain, owner, portal.url)


@pytest.fixture
def northwind(portal: Portal, application):
    factories.make_revision(application, P1)
    stage.grant(portal.microsoft.directory, T1, P1)
    tenant = factories.make_tenant("Northwind Traders", id=T1)
    factories.make_installation(
        application, factories.make_tenant("Wingtip"), has=factories.grants(knows=factories.EVERYTHING)
    )
    return factories.make_installation(application, tenant, has=factories.grants(P1))


def test_sign_in_filter_tenants_and_open_one(plain: Page, northwind) -> None:
    deeds.sign_in(plain, "Dana")
    plain.get_by_role("link", name="Tenants").first.click()
    deeds.heading(plain, "Tenants")
    plain.get_by_role("link", name="In step").first.click()
    expect(plain.locator("tbody").get_by_role("row")).to_have_count(1)
    plain.get_by_label("Find a tenant").first.fill("northwind.example")
    plain.get_by_label("Find a tenant").first.press("Enter")
    expect(plain.get_by_role("heading", level=1)).to_contain_text("Northwind Traders")


def test_publish_a_revision(dana: Page, plain: Page, northwind) -> None:
    plain.goto("/sentinel-connector/revisions/draft")
    deeds.add_to_draft(plain, P2.value, "To show alerts from every Microsoft product")
    impact = plain.get_by_role("region", name="Impact preview")
    expect(impact).to_contain_text("1 tenant keeps what works today and misses what is new")
    deeds.publish(plain, 2, confirm="1")

    revision = Revision.objects.get(number=2)
    assert revision.required == {P1, P2}
    assert {row.value: row.reason for row in revision.permissions.all()}[P2.value].startswith(
        "To show alerts"
    )


def test_a_mistake_is_named_and_loses_nothing(portal: Portal, dana: Page, plain: Page, northwind) -> None:
    portal.visitors.refusals.add(422)
    plain.goto("/sentinel-connector/revisions/draft")
    deeds.add_to_draft(plain, P2.value, "To show alerts")
    plain.get_by_label("Name", exact=True).fill("SecurityAlert.Reed.All")
    plain.get_by_role("button", name="Add permission").click()

    expect(plain.get_by_role("alert")).to_contain_text("SecurityAlert.Reed.All")
    expect(plain.get_by_label(f"Why do you need {P2.value}?")).to_have_value("To show alerts")
    assert Revision.objects.count() == 1


def test_complete_an_invitation(portal: Portal, plain: Page, northwind, application) -> None:
    factories.make_revision(application, P1, P2)
    stage.require(portal.microsoft.directory, P1, P2)
    address = link(invite(installation=northwind, person=None, now=timezone.now()))
    deeds.approve(plain, address, "Ada")

    # The page refreshes itself.
    approved = plain.get_by_role("heading", name="recorded all 2 permissions for Northwind Traders")
    expect(approved).to_be_visible()
    assert Snapshot.objects.filter(installation=northwind).count() == 2


def test_choose_a_theme_and_sign_out(plain: Page, northwind) -> None:
    deeds.sign_in(plain, "Dana")
    plain.get_by_role("button", name="Theme").click()
    plain.get_by_role("button", name="Dark").click()
    expect(plain.locator("html")).to_have_attribute("data-theme", "dark")
    plain.get_by_role("button", name="account of").click()
    plain.get_by_role("button", name="Sign out").click()
    deeds.heading(plain, "Sign in")

"""A person's own way to security data takes an active role, not the permission alone, nor an eligible role.

An application's own way needs nobody's role. Who may what is Microsoft's word, read anew at each sign-in.
"""

from __future__ import annotations

from playwright.sync_api import Page, expect

from consent.models import Application, SignInEvidence
from consent.services.invitations import link
from entra import catalog
from entra.types import Permission
from sandbox.directory_roles import template_id
from tests import factories, stage
from tests.browser import deeds
from tests.browser.conftest import Portal
from tests.browser.inspection import look
from tests.consent.admin import open_link
from tests.consent.trying import RUI
from tests.factories import D1, P1, T1, USER_READ, grants

READER = "Security Reader"
READS_ROLES = catalog.known_or_stand_in("RoleManagement.Read.Directory", "application")
ADA = "ada@northwind.example"


def approved(portal: Portal, application: Application, *permissions: Permission) -> str:
    """Let Northwind have approved all of this; return its approval link."""
    factories.make_revision(application, *permissions)
    stage.require(portal.microsoft.directory, *permissions)
    stage.grant(portal.microsoft.directory, T1, *permissions)
    tenant = factories.make_tenant("Northwind Traders", id=T1)
    has = grants(*permissions, knows=factories.EVERYTHING)
    return link(open_link(factories.make_installation(application, tenant, has=has)))


def assign(portal: Portal, person: str, *active: str, eligible: tuple[str, ...] = ()) -> None:
    """Let these be all roles of the person, as an administrator's hand at Entra would."""
    found = portal.microsoft.directory.user(person)
    found.roles = {template_id(role) for role in active}
    found.eligible_roles = {template_id(role) for role in eligible}


def try_it(page: Page, address: str) -> None:
    page.goto(f"{address}/roles")
    page.get_by_role("button", name="Try it with my account").click()
    deeds.choose(page, "Rui")


def check_again(page: Page, name: str) -> None:
    page.get_by_role("button", name="Check again").click()
    deeds.choose(page, name)


def opens(page: Page, call: str) -> list[str]:
    """Return whether a call is open to the person, and to the application alone."""
    table = page.get_by_role("table", name="Each call of the security API")
    row = table.get_by_role("row").filter(has=page.get_by_text(call, exact=True))
    return [str(cell.get_attribute("data-verdict")) for cell in row.locator("[data-verdict]").all()]


def answered(page: Page, call: str) -> str:
    table = page.get_by_role("table", name="Microsoft’s answers to real calls")
    return table.get_by_role("row").filter(has=page.get_by_text(call, exact=True)).inner_text()


def test_who_lacks_the_role_is_told_exactly_that_and_with_it_the_same_page_works(
    portal: Portal, application: Application
) -> None:
    address = approved(portal, application, P1, D1, USER_READ)
    rui = portal.visitors.open()
    assign(portal, RUI)

    try_it(rui, address)

    deeds.heading(rui, "The app may, but you may not: no Security Reader role")
    told = rui.get_by_role("region", name="What to do")
    expect(told).to_contain_text("you hold neither, nor any other directory role")
    expect(told).to_contain_text("A Privileged Role Administrator assigns you Security Reader")
    assert opens(rui, "GET /security/secureScores") == ["missing-role", "allowed"]
    assert "403" in answered(rui, "GET /security/secureScores")
    assert look(rui, "try-no-role", crossed=True) == []

    assign(portal, RUI, READER)
    check_again(rui, "Rui")

    deeds.heading(rui, "You can read alerts and secure scores here")
    assert opens(rui, "GET /security/secureScores") == ["allowed", "allowed"]
    assert "403" not in answered(rui, "GET /security/secureScores")
    expect(rui.get_by_role("region", name="What came back")).to_contain_text("Came along")
    rui.get_by_text("Your token:").click()
    assert look(rui, "try-works", crossed=True) == []
    assert SignInEvidence.objects.count() == 2


def test_a_role_that_is_only_eligible_is_told_apart(portal: Portal, application: Application) -> None:
    address = approved(portal, application, P1, D1, USER_READ, READS_ROLES)
    rui = portal.visitors.open()
    assign(portal, RUI, eligible=(READER,))

    try_it(rui, address)

    deeds.heading(rui, "Almost: your role is eligible, but not active")
    told = rui.get_by_role("region", name="What to do")
    expect(told).to_contain_text("You are eligible for Security Reader")
    expect(told).to_contain_text("Privileged Identity Management › My roles › Activate")

    assign(portal, RUI, READER)
    check_again(rui, "Rui")
    deeds.heading(rui, "You can read alerts and secure scores here")


def test_what_the_application_does_alone_needs_nobodys_role(portal: Portal, application: Application) -> None:
    address = approved(portal, application, P1)
    rui = portal.visitors.open()
    assign(portal, RUI)

    rui.goto(f"{address}/roles")
    expect(rui.locator("main")).to_contain_text("Nobody needs a new role")
    try_it(rui, address)

    deeds.heading(rui, "Sentinel Connector reads security data without you")
    expect(rui.locator("main")).to_contain_text("nobody needs the Security Reader role")
    assert opens(rui, "GET /security/secureScores") == ["missing-permission", "allowed"]
    assert "200" in answered(rui, "GET /security/secureScores")
    assert look(rui, "try-app-only", crossed=True) == []


def test_an_administrator_finds_it_on_the_organizations_pages(
    portal: Portal, application: Application
) -> None:
    approved(portal, application, P1, D1, USER_READ)
    ada = portal.visitors.open()
    ada.goto("/")
    deeds.sign_in(ada, "Ada")
    deeds.heading(ada, "Sentinel Connector")
    ada.get_by_role("link", name="Roles", exact=True).click()
    expect(ada.get_by_role("heading", name="You don’t hold Security Reader")).to_be_visible()

    assign(portal, ADA, "Privileged Role Administrator", READER)
    check_again(ada, "Ada")
    expect(ada.get_by_role("heading", name="You may see security data")).to_be_visible()

    ada.get_by_role("link", name="Try it", exact=True).click()
    ada.get_by_role("button", name="Try it with my account").click()
    deeds.choose(ada, "Ada")
    expect(ada.locator("main")).to_contain_text("You can read alerts and secure scores here")
    assert look(ada, "own-try-works", crossed=True) == []

"""What people do in a browser, in their words: sign in, go to Microsoft, choose an account, accept."""

from __future__ import annotations

from playwright.sync_api import Page, expect


def sign_in(page: Page, name: str, *, again: bool = False) -> None:
    """Sign in to the portal, from its sign-in page or, `again`, from the one that says that it failed."""
    if not again and "/sign-in?" not in page.url:
        page.goto("/sign-in")
    page.get_by_role("button", name="Sign in with Microsoft").click()
    choose(page, name)


def choose(page: Page, name: str) -> None:
    """Pick an account on Microsoft's page, of another organization if need be."""
    expect(page.get_by_role("heading", name="Pick an account")).to_be_visible()
    account = page.get_by_role("button", name=name)
    if not account.count():
        page.get_by_role("button", name="Someone from another organization").click()
    account.click()


def heading(page: Page, text: str) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text(text)


def register(page: Page, *, name: str, client_id: str, home_tenant: str, credential: str) -> None:
    page.get_by_role("link", name="Register an application").click()
    heading(page, "Register an application")
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("Application (client) ID").fill(client_id)
    page.get_by_label("Home tenant").fill(home_tenant)
    expect(page.get_by_label("Cloud")).to_have_value("global")
    page.get_by_label("Credential reference").fill(credential)
    page.get_by_role("button", name="Register application").click()
    heading(page, "Registration")


def add_to_draft(page: Page, value: str, reason: str) -> None:
    page.get_by_label("Name", exact=True).fill(value)
    page.get_by_role("button", name="Add permission").click()
    page.get_by_label(f"Why do you need {value}?").fill(reason)


def publish(page: Page, number: int, *, confirm: str) -> None:
    page.get_by_label(f"Type {confirm} to confirm").fill(confirm)
    page.get_by_role("button", name=f"Publish revision {number}").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(f"Revision {number}")


def add_tenant(page: Page, domain: str, name: str) -> None:
    page.goto("/sentinel-connector/tenants/add")
    page.get_by_label("Tenant", exact=True).fill(domain)
    page.get_by_label("Name (optional)", exact=True).fill(name)
    page.get_by_role("button", name="Add tenant", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(name)


def open_tenant(page: Page, name: str) -> None:
    """Find the tenant by the list, as it stands now."""
    page.goto("/sentinel-connector/tenants")
    page.get_by_role("link", name=name).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(name)


def invite(page: Page, name: str) -> str:
    """Make an approval link on the tenant's page and return it."""
    open_tenant(page, name)
    page.get_by_role("button", name="Send approval link").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(f"Invitation for {name}")
    return page.get_by_label(f"Send it to an admin of {name}").input_value()


def go_to_microsoft(page: Page, link: str) -> None:
    page.goto(link)
    page.get_by_role("button", name="Continue to Microsoft").click()


def answer(page: Page, name: str, button: str) -> None:
    """Choose an account at Microsoft, then accept or cancel what is asked."""
    choose(page, name)
    heading(page, "Permissions requested")
    page.get_by_role("button", name=button).click()


def approve(page: Page, link: str, name: str) -> None:
    go_to_microsoft(page, link)
    answer(page, name, "Accept")

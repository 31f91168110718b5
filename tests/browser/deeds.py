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

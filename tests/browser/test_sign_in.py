"""Signing in with Microsoft, in every way it can end."""

from __future__ import annotations

from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from playwright.sync_api import Page, expect

from sandbox.faults import Fault
from tenants.models import Person
from tests import factories
from tests.browser.conftest import Portal
from tests.browser.deeds import choose, heading, sign_in


@pytest.fixture
def page(portal: Portal, application) -> Page:
    factories.make_revision(application, factories.P1)
    return portal.visitors.open()


@pytest.mark.parametrize(("name", "role"), [("Dana", "Owner"), ("Sam", "Support"), ("Vera", "Viewer")])
def test_staff_land_on_their_application_with_their_role(page, name, role):
    page.goto("/")
    sign_in(page, name)

    heading(page, "Drift overview")
    page.get_by_role("button", name="account of").click()
    expect(page.locator("#account")).to_contain_text(role)


@pytest.mark.parametrize("name", ["Ned", "Femi"])
def test_who_has_no_role_is_told_what_is_missing(portal, page, name):
    portal.visitors.refusals.add(403)
    sign_in(page, name)

    heading(page, "You are signed in, but have no role here")
    assert "Sentinel" not in page.content()
    portal.visitors.refusals.add(404)
    page.goto("/sentinel-connector/")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Nothing here")


def test_sign_in_leads_to_the_page_that_was_asked_for(page):
    page.goto("/sentinel-connector/tenants?status=revoked")
    sign_in(page, "Dana")

    expect(page).to_have_url("/sentinel-connector/tenants?status=revoked")


def test_sign_in_leads_only_to_pages_of_this_portal(page):
    for target in ("//evil.example/", "https://evil.example/", "/\\evil.example", "/nowhere"):
        page.context.clear_cookies()
        page.goto(f"/sign-in?next={target}")
        sign_in(page, "Dana")

        expect(page).to_have_url("/sentinel-connector/")


def test_signing_out_ends_the_session_in_every_browser(portal, page):
    elsewhere = portal.visitors.open()
    for browser in (page, elsewhere):
        sign_in(browser, "Dana")
        heading(browser, "Drift overview")

    page.get_by_role("button", name="account of").click()
    page.get_by_role("button", name="Sign out").click()

    heading(page, "Sign in")
    expect(page.get_by_role("status").first).to_contain_text("You are signed out here")
    for browser in (page, elsewhere):
        browser.goto("/sentinel-connector/")
        heading(browser, "Sign in")


def test_another_account_can_be_chosen(page):
    page.goto("/sign-in")
    page.get_by_role("button", name="Use another account").click()
    choose(page, "Sam")

    heading(page, "Drift overview")


def test_who_cancels_at_microsoft_can_start_again(portal, page):
    portal.visitors.refusals.add(400)
    page.goto("/sign-in")
    page.get_by_role("button", name="Sign in with Microsoft").click()
    heading(page, "Pick an account")
    answer = {
        "error": "access_denied",
        "error_description": "AADSTS65004: User declined to consent to access the app.",
        "state": parse_qs(urlsplit(page.url).query)["state"][0],
    }
    page.goto(f"{portal.url}/sign-in/return?{urlencode(answer)}")

    heading(page, "Sign-in didn’t finish")
    expect(page.locator("main")).to_contain_text("You declined at Microsoft")
    sign_in(page, "Dana", again=True)
    heading(page, "Drift overview")


def test_a_wrong_id_token_signs_nobody_in(portal, page):
    portal.visitors.refusals.add(400)
    page.goto("/sign-in")
    for how in ("audience", "issuer", "nonce", "expired", "signature", "none", "tenant"):
        fault = Fault.parse({"kind": "id_token", "endpoint": "token", "how": how, "times": 1})
        portal.microsoft.directory.faults.add(fault)

        sign_in(page, "Dana", again=True)

        heading(page, "Sign-in didn’t finish")
        assert not Person.objects.exists()
    page.goto("/sentinel-connector/")
    heading(page, "Sign in")


def test_microsoft_being_down_has_a_page_of_its_own(portal, page):
    portal.visitors.refusals.update({400, 503})
    faults = portal.microsoft.directory.faults
    page.goto("/sign-in")
    for kind in ("error503", "garbage", "html200", "reset"):
        page.get_by_role("button", name="Sign in with Microsoft").click()
        heading(page, "Pick an account")
        faults.add(Fault.parse({"kind": kind, "endpoint": "token"}))
        choose(page, "Dana")

        heading(page, "Sign-in didn’t finish")
        expect(page.get_by_role("button", name="Sign in with Microsoft")).to_be_visible()
        faults.clear()
    assert not Person.objects.exists()


def test_a_return_that_another_browser_started_signs_nobody_in(portal, page):
    """Somebody sends a victim the end of their own sign-in: the victim must not become them."""
    victim = portal.visitors.open()
    for browser in (victim, page):
        browser.goto("/sign-in")
        browser.get_by_role("button", name="Sign in with Microsoft").click()
        heading(browser, "Pick an account")
    dana = page.get_by_role("button", name="Dana").get_attribute("value") or ""
    answer = page.request.post(page.url, form={"user": dana}, max_redirects=0)

    portal.visitors.refusals.add(400)
    victim.goto(answer.headers["location"])

    heading(victim, "Sign-in didn’t finish")
    victim.goto("/sentinel-connector/")
    heading(victim, "Sign in")


def test_a_return_counts_once(portal, page):
    returns: list[str] = []
    page.on(
        "request", lambda request: returns.append(request.url) if "/sign-in/return" in request.url else None
    )
    sign_in(page, "Dana")
    heading(page, "Drift overview")
    page.get_by_role("button", name="account of").click()
    page.get_by_role("button", name="Sign out").click()
    heading(page, "Sign in")

    portal.visitors.refusals.add(400)
    page.goto(returns[0])

    heading(page, "Sign-in didn’t finish")

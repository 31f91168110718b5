"""The token inspector in a browser: what leaves it, and what it shows. With script and without."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import parse_qs

from django.utils import timezone
from playwright.sync_api import Page, Request, expect

from support.rules.token_text import decode
from tests.browser import deeds
from tests.browser.conftest import Open
from tests.browser.fleet import Fleet
from tests.browser.inspection import look, visit
from tests.browser.visitors import Visitors
from tests.factories import P1, P2
from tests.support.pasted import SIGNATURE, app_only, jws
from tests.support.rules.test_token_text import CLAIMS, SURROUNDED

URL = "/sentinel-connector/support/token"
OPAQUE = "EwB4A8l6BAAUO9chh8cJscQLmU+LSWpbnr0vmwwAAQ" * 4


class Sent:
    """Every request of a page, as far as a server sees it."""

    def __init__(self, page: Page) -> None:
        self.requests: list[Request] = []
        page.on("request", self._note)

    def _note(self, request: Request) -> None:
        self.requests.append(request)

    @property
    def everything(self) -> str:
        return "\n".join(f"{r.url} {r.headers} {r.post_data or ''}" for r in self.requests)

    @property
    def last_token(self) -> str:
        posted = [r.post_data or "" for r in self.requests if r.method == "POST"]
        return parse_qs(posted[-1]).get("token", [""])[0]


def token(*, minutes: int = 0) -> str:
    return jws(app_only(P1.value, P2.value, at=timezone.now() - timedelta(minutes=minutes)))


def paste(page: Page, text: str) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.evaluate("text => navigator.clipboard.writeText(text)", text)
    page.get_by_label("Token", exact=True).press("Control+V")


def test_the_signature_never_leaves_the_browser(open_as: Open, fleet: Fleet, visitors: Visitors) -> None:
    visitors.refusals.add(422)
    page, whole = open_as(fleet.owner), token()
    sent = Sent(page)
    assert visit(page, f"{URL}#access_token={whole}") == []
    field = page.get_by_label("Token", exact=True)
    expect(field).to_have_value("")  # nothing is taken from the address
    assert look(page, "token-form", crossed=True) == []

    for text in SURROUNDED:  # the browser finds what the server would find
        field.fill(text)
        field.dispatch_event("input")
        assert decode(field.input_value()).claims == CLAIMS
        assert SIGNATURE[:24] not in field.input_value()
    field.fill("")

    paste(page, f"Authorization: Bearer {whole}\n")
    expect(field).to_have_value(whole.rpartition(".")[0] + ".")
    expect(page.get_by_role("status").filter(has_text="Cut off here")).to_contain_text("the signature among")
    page.get_by_role("button", name="Inspect").click()
    expect(page.get_by_role("heading", name="This token can read alerts")).to_be_visible()
    expect(page.get_by_role("region", name="Compared with revision")).to_contain_text("Carried")
    page.get_by_text("Header and claims as JSON").click()
    assert look(page, "token-result", crossed=True) == []
    assert sent.last_token == whole.rpartition(".")[0] + "."

    expect(field).to_have_value("")
    field.focus()
    page.keyboard.insert_text(token(minutes=90))  # as if typed: cut when it is sent
    page.get_by_role("button", name="Inspect").click()
    expect(page.get_by_role("heading", name="This token has expired")).to_be_visible()

    paste(page, OPAQUE)
    page.get_by_role("button", name="Inspect").click()
    expect(page.get_by_role("heading", name="This can’t be read, by design")).to_be_visible()
    assert sent.last_token == f"{OPAQUE[:8]}…"

    paste(page, "This is no token at all")
    page.get_by_role("button", name="Inspect").click()
    expect(page.get_by_text("There is no token in this.")).to_be_visible()
    assert look(page, "token-mistake", crossed=True) == []

    page.goto(URL)
    field.fill("half a token")
    page.goto("/sentinel-connector/tenants")
    page.go_back()
    expect(field).to_have_value("")
    assert SIGNATURE[:24] not in sent.everything
    assert OPAQUE[:24] not in sent.everything


def test_without_script_the_server_cuts_it_off(open_as: Open, fleet: Fleet, visitors: Visitors) -> None:
    page = visitors.open(java_script_enabled=False)
    page.context.add_cookies(open_as(fleet.owner).context.cookies())  # type: ignore[arg-type]
    page.goto(URL)
    assert "the server cuts the signature off before it does anything else" in page.content()

    page.get_by_label("Token", exact=True).fill(token())
    page.get_by_role("button", name="Inspect").click()

    deeds.heading(page, "Token inspector")
    expect(page.get_by_role("heading", name="This token can read alerts")).to_be_visible()
    assert SIGNATURE[:24] not in page.content()

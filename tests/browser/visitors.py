"""Browser profiles, one per person, and what each of them complained about."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request

# The browser reports it to the page; an init script of Playwright's is outside the page's policy.
REPORT_VIOLATIONS = """
addEventListener("securitypolicyviolation", (event) =>
  console.error(`CSP report: ${event.effectiveDirective} blocked ${event.blockedURI}`));
"""
STATUS = re.compile(r"status of (\d{3})")


class Visitors:
    """Opens profiles, and keeps every console message, page error, CSP report and failed request."""

    def __init__(self, browser: Browser, url: str) -> None:
        self._browser = browser
        self._url = url
        self._contexts: list[BrowserContext] = []
        self.complaints: list[str] = []
        self.refusals: set[int] = set()  # HTTP statuses that this test provokes; browsers log each

    def open(self, **options: Any) -> Page:
        """Return a page of somebody who was never here."""
        options = {"viewport": {"width": 1440, "height": 900}, **options}
        context = self._browser.new_context(base_url=self._url, **options)
        context.set_default_timeout(20_000)
        context.add_init_script(REPORT_VIOLATIONS)
        context.on("console", self._console)
        context.on("weberror", lambda error: self.complaints.append(f"page error: {error.error}"))
        context.on("requestfailed", self._failed)
        self._contexts.append(context)
        return context.new_page()

    def _console(self, message: ConsoleMessage) -> None:
        status = STATUS.search(message.text)
        if status and int(status[1]) in self.refusals:
            return
        if message.type == "info" and message.text.startswith("Clear-Site-Data header"):
            return  # the browser says that it did as it was told at sign-out
        where = urlsplit(message.location.get("url", "")).path
        self.complaints.append(f"console {message.type}: {message.text} ({where})")

    def _failed(self, request: Request) -> None:
        # Going to another page cancels what the last one was still asking for.
        if request.failure != "net::ERR_ABORTED":
            self.complaints.append(f"request failed: {request.method} {request.url}: {request.failure}")

    def close(self) -> None:
        for context in self._contexts:
            context.close()

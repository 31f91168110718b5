"""What is looked at on a page: accessibility, size, movement, reflow. In both themes, wide and narrow."""

from __future__ import annotations

import gzip
import os
from pathlib import Path
from typing import Any, Literal

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, Response, ViewportSize

WIDE: ViewportSize = {"width": 1440, "height": 900}
NARROW: ViewportSize = {"width": 390, "height": 844}
SMALLEST: ViewportSize = {"width": 320, "height": 640}
THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
QUICKLY = {"resultTypes": ["violations"], "preload": False, "iframes": False}  # no page has a frame
RULES = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]},
    **QUICKLY,
}
# What a theme can change; all other rules give the same answer in both.
COLOR_RULES = {
    "runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]},
    **QUICKLY,
}
KB = 1000
BUDGETS = {"HTML, zipped": 30 * KB, "first view": 120 * KB, "requests": 8, "nodes": 3000, "shift": 0.02}
MEASURE = """() => new Promise(done => {
  let shift = 0;
  const count = list => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) shift += entry.value;
  };
  const observer = new PerformanceObserver(count);
  observer.observe({type: "layout-shift", buffered: true});
  requestAnimationFrame(() => setTimeout(() => {
    count({getEntries: () => observer.takeRecords()});
    done({
      shift,
      nodes: document.querySelectorAll("*").length,
      h1: document.querySelectorAll("h1").length,
      title: document.title,
      language: document.documentElement.lang,
      inline: document.querySelectorAll("[style], style, script:not([src])").length,
    });
  }, 0));
})"""
AXE = Axe().axe_script
# A page that asks for news fades while it waits: on a busy machine that is half of the time.
HOLD = """hold => {
  window.held ??= (event) => event.preventDefault();
  document[hold ? "addEventListener" : "removeEventListener"]("htmx:beforeRequest", window.held);
}"""
AT_REST = "!document.querySelector('.htmx-request, .htmx-swapping, .htmx-settling')"
_sizes: dict[str, int] = {}  # of files that are the same on every page
SCREENSHOTS = os.environ.get("SCREENSHOTS", "")  # a folder to keep a picture of everything in


def prepare(page: Page) -> None:
    """Let a page load everything anew at every address, but for fonts, and bring axe along.

    One page for all addresses costs half of a new one for each, and measures the same.
    """
    page.context.new_cdp_session(page).send("Network.setCacheDisabled", {"cacheDisabled": True})
    page.add_init_script(AXE)


def visit(page: Page, address: str, *, status: int = 200) -> list[str]:
    """Open a page as the first one ever; return what is over budget or missing."""
    answers: list[Response] = []

    def note(answer: Response) -> None:
        answers.append(answer)

    page.on("response", note)
    answer = page.goto(address, wait_until="load")
    page.remove_listener("response", note)
    assert answer is not None
    faults = [] if answer.status == status else [f"status {answer.status}"]
    own = page.url.partition("/")[0]
    html = len(gzip.compress(answer.body()))
    faults += [f"asks {a.url}" for a in answers if not a.url.startswith(own)]
    measured: dict[str, Any] = page.evaluate(MEASURE)
    measured |= {
        "HTML, zipped": html,
        "requests": len(answers),
        "first view": sum(_transferred(a) for a in answers),
    }
    faults += [
        f"{name}: {measured[name]} > {most}" for name, most in BUDGETS.items() if measured[name] > most
    ]
    faults += [] if measured["h1"] == 1 else [f"{measured['h1']} headings of level 1"]
    faults += (
        [] if measured["title"].strip(" –") and measured["language"] == "en" else ["no title or language"]
    )
    return faults + ([f"{measured['inline']} inline styles or scripts"] if measured["inline"] else [])


def _transferred(answer: Response) -> int:
    """How many bytes it comes to as a web server sends it: text is zipped, fonts are already."""
    if 300 <= answer.status < 400:
        return 0
    if "/static/" not in answer.url:
        return len(gzip.compress(answer.body()))
    if answer.url not in _sizes:
        body = answer.body()
        _sizes[answer.url] = len(body) if answer.url.endswith(".woff2") else len(gzip.compress(body))
    return _sizes[answer.url]


def look(
    page: Page, name: str, *, widths: tuple[ViewportSize, ...] = (WIDE, NARROW), crossed: bool = False
) -> list[str]:
    """Return what axe finds in both themes at both widths, and whether the page scrolls sideways at 320.

    `crossed`, for one more page of a kind: only wide in the light and narrow in the dark.
    """
    if page.evaluate("!window.axe"):
        page.evaluate(AXE)
    page.evaluate(HOLD, True)
    page.wait_for_function(AT_REST)
    faults = []
    for size in widths:
        page.set_viewport_size(size)
        page.evaluate("scrollTo(0, 0)")
        for theme in THEMES:
            if crossed and (theme == "light") != (size == WIDE):
                continue
            page.emulate_media(color_scheme=theme, reduced_motion="reduce")  # colors arrive at once
            rules = RULES if theme == "light" or crossed else COLOR_RULES
            _picture(page, f"{name}-{theme}-{size['width']}")
            faults += [f"{theme} {size['width']}: {found}" for found in _violations(page, rules)]
        page.emulate_media(color_scheme="light")
    page.evaluate(HOLD, False)
    return faults + sideways(page)


def _violations(page: Page, rules: dict[str, Any]) -> list[str]:
    found = page.evaluate("rules => axe.run(document, rules).then(result => result.violations)", rules)
    return [
        f"{violation['id']}: {node['target']} {node['failureSummary']}"
        for violation in found
        for node in violation["nodes"]
    ]


def sideways(page: Page) -> list[str]:
    """Whether the page itself scrolls sideways on the smallest screen; tables may, in their box."""
    page.set_viewport_size(SMALLEST)
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    page.set_viewport_size(WIDE)
    return [f"{wide} px too wide at 320"] if wide > 0 else []


def _picture(page: Page, name: str) -> None:
    if SCREENSHOTS:
        page.screenshot(path=Path(SCREENSHOTS) / f"{name}.png", full_page=True)

"""What an admin sees on the way to consent and back, and how tests move the clock and break Microsoft."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from django.utils import timezone
from playwright.sync_api import Page, expect

from consent.models import ConsentAttempt, Installation, Snapshot
from sandbox.faults import Fault
from sandbox.server import Running
from tests.browser import deeds
from tests.browser.deadline import until

RETURN = "/c/return"


def nothing_granted() -> bool:
    patterns = Installation.objects.values_list("pattern__granted", flat=True)
    return not any(patterns) and not Snapshot.objects.exists()


def says(page: Page, title: str, *words: str) -> None:
    expect(page.get_by_role("heading", name=title)).to_be_visible()
    for text in words:
        expect(page.locator("main")).to_contain_text(text)


def offers(page: Page, *links: str) -> None:
    for name in links:
        expect(page.get_by_role("link", name=name).first).to_be_visible()


def state_of(page: Page) -> str:
    """Read the state from the address of Microsoft's page, as anybody before the screen can."""
    deeds.heading(page, "Pick an account")
    return parse_qs(urlsplit(page.url).query)["state"][0]


def come_back(page: Page, **answer: str) -> None:
    page.goto(f"{RETURN}?{urlencode(answer)}")


def later(**change: timedelta) -> None:
    """Let the last trip be that much older."""
    attempt = ConsentAttempt.objects.latest("started_at")
    moved = {name: getattr(attempt, name) - by for name, by in change.items()}
    ConsentAttempt.objects.filter(pk=attempt.pk).update(**moved)


def rested() -> None:
    """Let the last check be long ago enough for a person to ask again."""
    long_ago = timezone.now() - timedelta(minutes=1)
    Installation.objects.exclude(checked_at=None).update(checked_at=long_ago)


def worker_looked() -> None:
    """Wait until the tenant was read after the last trip ended."""
    began = timezone.now()
    Installation.objects.update(next_check_at=began)
    until(lambda: Installation.objects.filter(checked_at__gt=began).exists(), "the worker looked")


@contextmanager
def reading(page: Page) -> Iterator[None]:
    """Do what makes the worker read the tenant, wait until it has, and open the result anew.

    The page would ask by itself within seconds; other tests wait for that.
    """
    began = timezone.now()
    yield
    until(lambda: Installation.objects.filter(checked_at__gt=began).exists(), "the worker looked")
    page.wait_for_url("**/result")
    page.reload()


def break_microsoft(microsoft: Running, kind: str, endpoint: str, **options: Any) -> None:
    microsoft.directory.faults.add(Fault.parse({"kind": kind, "endpoint": endpoint, **options}))

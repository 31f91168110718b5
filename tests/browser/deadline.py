"""Waiting for another thread: look again until it is so, or say what never came true."""

from __future__ import annotations

import time
from collections.abc import Callable

PATIENCE = 30.0  # seconds; two slow cores run a browser, a portal, a worker and Microsoft


def until(holds: Callable[[], object], what: str, *, patience: float = PATIENCE) -> None:
    deadline = time.monotonic() + patience
    while not holds():
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {patience:.0f} s: {what}")
        time.sleep(0.05)

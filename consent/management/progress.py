"""A bar on a terminal; where nobody looks, nothing."""

from __future__ import annotations

from django.core.management.base import OutputWrapper

WIDTH = 40


def draw(stream: OutputWrapper, done: int, total: int, things: str) -> None:
    if stream.isatty():
        filled = WIDTH * done // total if total else WIDTH
        bar = "#" * filled + "." * (WIDTH - filled)
        stream.write(f"\r[{bar}] {done:,} of {total:,} {things}", str, ending="")
        stream.flush()


def leave(stream: OutputWrapper) -> None:
    """End the line of the bar."""
    if stream.isatty():
        stream.write("")

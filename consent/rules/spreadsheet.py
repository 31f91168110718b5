"""Text that a spreadsheet may open: a tenant's name must never become a formula."""

from __future__ import annotations

# OWASP, "CSV Injection": these begin a formula, in their full-width forms too.
_BEGINS_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def inert(text: str) -> str:
    """Return the text, led by an apostrophe when a spreadsheet would take it for a formula."""
    return f"'{text}" if text.startswith(_BEGINS_FORMULA) else text

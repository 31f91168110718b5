"""Text that a spreadsheet may open: a tenant's name must never become a formula."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator

# OWASP, "CSV Injection": these begin a formula, in their full-width forms too.
_BEGINS_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def inert(text: str) -> str:
    """Return the text, led by an apostrophe when a spreadsheet would take it for a formula."""
    return f"'{text}" if text.startswith(_BEGINS_FORMULA) else text


def csv_lines(columns: Iterable[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    """Yield a CSV file line by line, with the mark by which Excel knows UTF-8 and no formula in it."""
    writer = csv.writer(_Echo())
    yield "\ufeff" + writer.writerow(columns)
    for row in rows:
        yield writer.writerow([inert(cell) for cell in row])


class _Echo:
    """Gives back what the csv module writes, so that it can be sent at once."""

    def write(self, text: str) -> str:
        return text

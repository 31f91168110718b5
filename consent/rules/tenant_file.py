"""A CSV file of tenants: what may be in it, read without asking anybody."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass

COLUMNS = ("tenant", "name", "contact")
MAX_BYTES = 2 * 1024 * 1024
MAX_ROWS = 20_000
COMPLAINTS = 10  # faulty rows that are named; the rest is counted


@dataclass(frozen=True)
class Row:
    """One tenant to add, by GUID or domain; `number` is its line in the file, 0 when it was typed."""

    tenant: str
    name: str = ""
    contact: str = ""
    number: int = 0


class TenantFileError(ValueError):
    """What is wrong with a file, one sentence each."""

    def __init__(self, *sentences: str) -> None:
        super().__init__(*sentences)
        self.sentences = shortened(sentences)


def shortened(sentences: tuple[str, ...] | list[str]) -> list[str]:
    more = len(sentences) - COMPLAINTS
    return [*sentences[:COMPLAINTS], *([f"And {more} more rows like these."] if more > 0 else [])]


def read_rows(data: bytes) -> list[Row]:
    """Return the rows of a file whose header names the columns tenant, name and contact."""
    if len(data) > MAX_BYTES:
        raise TenantFileError(
            f"The file has {len(data) / 1024**2:.1f} MB. Split it into files of at most 2 MB."
        )
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise TenantFileError(
            "The file is not UTF-8 text. Save it as CSV UTF-8, then upload it again."
        ) from error
    first = text.split("\n", 1)[0]
    delimiter = ";" if ";" in first and "," not in first else ","  # what Excel writes in much of Europe
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        header = [cell.strip().lower() for cell in next(reader, [])]
        _check_header(header)
        lines = [(reader.line_num, cells) for cells in reader if any(cell.strip() for cell in cells)]
    except csv.Error as error:
        raise TenantFileError(
            f"Line {reader.line_num} is not CSV: a quote is out of place. Mend it."
        ) from error
    if not lines:
        raise TenantFileError("The file has a header but no tenant. Add one line per tenant.")
    if len(lines) > MAX_ROWS:
        raise TenantFileError(
            f"The file has {len(lines):,} tenants. Split it into files of at most {MAX_ROWS:,}."
        )
    long = [number for number, cells in lines if len(cells) > len(header)]
    if long:
        raise TenantFileError(
            *(f"Row {n} has more cells than the header has columns. Mend it." for n in long)
        )
    return [_row(header, cells, number) for number, cells in lines]


def _check_header(header: list[str]) -> None:
    if "tenant" not in header:
        raise TenantFileError(
            "The first line must name the columns: tenant, and if you like name and contact."
        )
    for column in header:
        if column not in COLUMNS:
            raise TenantFileError(f"Unknown column “{column[:40]}”. Use tenant, name and contact.")
        if header.count(column) > 1:
            raise TenantFileError(f"The column {column} is there twice. Remove one.")


def _row(header: list[str], cells: list[str], number: int) -> Row:
    values = dict(zip(header, (cell.strip() for cell in cells), strict=False))
    return Row(
        tenant=values.get("tenant", ""),
        name=values.get("name", ""),
        contact=values.get("contact", ""),
        number=number,
    )

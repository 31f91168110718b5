"""Takes a file of JSON apart: lines, one array, or Event Hub's `{"records": […]}`, whichever it is."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any, BinaryIO, Final

from pydantic_core import from_json

from support.rules.activity_log import is_activity
from support.rules.report import Problem

LONGEST_LINE: Final = 2 * 1024 * 1024
LARGEST_TEXT: Final = 32 * 1024 * 1024  # of one JSON text that goes over many lines
_MARK: Final = b"\xef\xbb\xbf"  # a byte order mark, which Windows likes to write
_COMPRESSED: Final = {
    b"\x1f\x8b": "gzip",
    b"PK\x03": "ZIP",
    b"BZh": "bzip2",
    b"\xfd7z": "xz",
    b"(\xb5/": "zstd",
}


class NotReadableError(ValueError):
    """It is no file of failures at all; the text says why, in one sentence."""


@dataclass(frozen=True)
class Piece:
    """A line of the file, or one object of a JSON text that goes over many lines."""

    number: int
    content: bytes | Mapping[str, Any] = b""
    what: str = "Line"
    problem: Problem | None = None


def pieces(file: BinaryIO, progress: Callable[[int], None] = lambda _: None) -> Iterator[Piece]:
    """Yield what is to be read one by one; `progress` hears how many bytes are behind."""
    first = file.readline(LONGEST_LINE + 1).removeprefix(_MARK)
    _refuse_others(first)
    if not first:
        raise NotReadableError("The file is empty.")
    if _is_json(first) and not first.lstrip().startswith(b"["):
        yield from _lines(chain([first], _read(file)), progress)
        return
    rest = file.read(LARGEST_TEXT)
    whole = _whole(first + rest)
    if whole is not None:
        progress(len(first) + len(rest))
        for number, one in enumerate(whole, 1):
            yield Piece(number, one if isinstance(one, Mapping) else json.dumps(one).encode(), "Record")
        return
    if len(rest) == LARGEST_TEXT and first.lstrip().startswith((b"[", b"{")):
        raise NotReadableError(
            f"The file is one JSON text of more than {LARGEST_TEXT // 1024**2} MB. Export it as JSON Lines."
        )
    buffered = (first + rest).splitlines(keepends=True)
    if buffered and not buffered[-1].endswith(b"\n"):
        buffered[-1] += file.readline(LONGEST_LINE + 1)
    yield from _lines(chain(buffered, _read(file)), progress)


def records(piece: Piece) -> list[Any]:
    """Return what is in a piece: mostly one object, many where a line wraps them. Ours stays text."""
    if not isinstance(piece.content, bytes):
        return [piece.content]
    try:
        found = from_json(piece.content)
    except ValueError:
        return [piece.content]  # whoever reads it says what is wrong
    if isinstance(found, list):
        return found
    if isinstance(found, dict) and isinstance(found.get("records"), list):
        return list(found["records"])
    return [found if isinstance(found, dict) and is_activity(found) else piece.content]


def _refuse_others(first: bytes) -> None:
    for magic, name in _COMPRESSED.items():
        if first.startswith(magic):
            raise NotReadableError(f"The file is compressed ({name}). Unpack it first.")
    if first.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise NotReadableError("The file is UTF-16. Save it as UTF-8.")


def _is_json(line: bytes) -> bool:
    try:
        from_json(line)
    except ValueError:
        return False
    return True


def _whole(text: bytes) -> list[Any] | None:
    """Return the objects of one JSON text, None when it is not one."""
    try:
        found = from_json(text)
    except ValueError:
        return None
    if isinstance(found, dict):
        found = found.get("records", [found])
    return found if isinstance(found, list) else None


def _read(file: BinaryIO) -> Iterator[bytes]:
    while line := file.readline(LONGEST_LINE + 1):
        yield line


def _lines(lines: Iterator[bytes], progress: Callable[[int], None]) -> Iterator[Piece]:
    """Yield each line that is not empty. Of one that is too long only the number goes on."""
    behind, number, inside = 0, 1, False
    for line in lines:
        behind += len(line)
        whole = line.endswith(b"\n")
        if not inside and len(line) > LONGEST_LINE:
            yield Piece(number, problem=Problem("", f"is longer than {LONGEST_LINE // 1024**2} MB"))
            inside = True
        elif not inside and line.strip():
            yield Piece(number, line.strip())
        if whole:
            number, inside = number + 1, False
            if number % 1000 == 0:
                progress(behind)
    progress(behind)

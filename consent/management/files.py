"""Files named on a command line."""

from __future__ import annotations

from pathlib import Path

from django.core.exceptions import ValidationError


def read_file(name: str, *, largest: int, advice: str) -> bytes:
    """Return a file's content, never more than `largest` bytes of it.

    Raises ValidationError with one sentence, and the advice where the file is too large.
    """
    try:
        with Path(name).open("rb") as file:
            content = file.read(largest + 1)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        why = getattr(error, "strerror", None) or "that is no file name"
        raise ValidationError(f"The file {name} cannot be read: {why}. Check the path.") from error
    if len(content) > largest:
        raise ValidationError(f"The file {name} is larger than {largest // 1024**2} MB. {advice}")
    return content

"""Text from strangers, made harmless for the eye: what can't be seen, or turns what can, is spelled out."""

from __future__ import annotations

from typing import Final

# Letters and marks that are blank: fillers of Hangul and Khmer, the empty Braille cell, the joiner.
_BLANK: Final = frozenset({0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0})
LONGEST: Final = 400


def visible(text: str, *, ascii_only: bool = False) -> str:
    """Return the text with every character that is no sign of its own as [U+202E].

    `ascii_only` is for identifiers, in which a foreign letter only ever passes for another.
    """
    short = text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
    if short.isascii() and short.isprintable():
        return short
    return "".join(c if _is_sign(c, ascii_only) else f"[U+{ord(c):04X}]" for c in short)


def _is_sign(character: str, ascii_only: bool) -> bool:
    code = ord(character)
    if ascii_only and code > 126 and character != "…":
        return False
    if code in _BLANK or 0xFE00 <= code <= 0xFE0F or 0xE0100 <= code <= 0xE01EF:  # variation selectors
        return False
    # Unicode's "Other" and "Separator" but the space: controls, what turns text around, surrogates.
    return character.isprintable()

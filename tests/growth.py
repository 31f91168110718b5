"""How work grows with its input: what would be quadratic is found without a clock's figure."""

from __future__ import annotations

import time
from collections.abc import Callable


def growth(work: Callable[[str], object], piece: str, *, length: int, times: int = 8) -> float:
    """Return how many times longer a text of `times` the length takes; a linear work takes `times`."""
    small, large = (piece * (n // len(piece)) for n in (length, length * times))
    return _seconds(work, large) / max(_seconds(work, small), 0.001)


def _seconds(work: Callable[[str], object], text: str) -> float:
    taken = []
    for _ in range(2):
        started = time.process_time()
        work(text)
        taken.append(time.process_time() - started)
    return min(taken)

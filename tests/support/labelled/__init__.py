"""Failures with the verdict that Microsoft's documentation gives them, written down without asking the rule.

A row says in a sentence what happened, has the facts that were reported and held, and the fact of the
documentation that decides it. Near misses stand side by side: what differs is all that may decide.
"""

from __future__ import annotations

from tests.support.labelled import answers, calls, history, near, permissions, sign_ins
from tests.support.labelled.table import Row

ROWS: tuple[Row, ...] = (
    *permissions.rows(),
    *history.rows(),
    *sign_ins.rows(),
    *calls.rows(),
    *answers.rows(),
    *near.rows(),
)

__all__ = ["ROWS", "Row"]

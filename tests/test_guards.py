"""The list of guards is up to date: each is found in the source, and the tests that it names exist.

`make guards` removes them one at a time; it takes minutes and is no part of the suite.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

import pytest

from scripts.guards import guards

ROOT = Path(__file__).resolve().parent.parent
GUARDS = guards()


@pytest.mark.parametrize("guard", GUARDS, ids=lambda guard: guard.what)
def test_each_guard_is_found_and_can_be_taken_away(guard):
    assert guard.mutated() != guard.source()


@pytest.mark.parametrize("test", sorted({test for guard in GUARDS for test in guard.tests}))
def test_each_named_test_exists(test):
    path, *names = re.sub(r"\[.*\]$", "", test).split("::")
    assert (ROOT / path).exists()
    level: list[Any] = [ast.parse((ROOT / path).read_text())] if names else []
    for name in names:
        level = [n for node in level for n in node.body if getattr(n, "name", "") == name]
        assert level, f"{name} is not in {path}"


def test_guards_have_names_of_their_own():
    names = [(guard.what, guard.file) for guard in GUARDS]

    assert len(names) == len(set(names))

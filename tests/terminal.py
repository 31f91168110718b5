"""A person at a terminal: a command, what it printed and how it ended."""

from __future__ import annotations

import json
from dataclasses import dataclass
from io import StringIO
from typing import Any

from django.core.management import call_command
from django.core.management.base import CommandError

from tests.factories import CONNECTOR


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


def run(name: str, *words: str, on_terminal: bool = False) -> Ran:
    """Run a command in this process, with the exit code that the process would have had."""
    out, err = StringIO(), Terminal() if on_terminal else StringIO()
    code = 0
    try:
        call_command(name, *words, stdout=out, stderr=err)
    except SystemExit as ended:
        code = int(ended.code or 0)
    except CommandError as error:
        code = error.returncode
        err.write(f"CommandError: {error}\n")
    return Ran(code, out.getvalue(), err.getvalue())


def of_connector(name: str, *words: str, on_terminal: bool = False) -> Ran:
    """Run a command on the story's application."""
    return run(name, "--client-id", str(CONNECTOR), *words, on_terminal=on_terminal)


def refused(ran: Ran, *parts: str) -> bool:
    """Whether a command ended as an error in one line that holds these parts, and printed nothing else."""
    assert ran.code == 1
    assert ran.out == ""
    assert ran.err.startswith("CommandError: ")
    assert ran.err.count("\n") == 1
    assert ran.err.rstrip().endswith((".", "?"))
    for part in parts:
        assert part in ran.err
    return True


def state() -> Any:
    """Return what export_state prints, read."""
    return run("export_state").json

"""Every address × every kind of person × own, foreign, nonexistent and malformed ids × every method.

Made from the URL resolver and from tests/manifest.py, so a new address is asked for as soon as it exists.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator

import pytest

from tests.manifest import METHODS, QUERIES, RULES, VIEWS, Who
from tests.matrix import ROLES, Answer, Cell, Visitor, cells, fingerprint
from tests.world import World, make_world, nonexistent

pytestmark = pytest.mark.no_cover
SHOWN = 20  # wrong cells in one report
HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


def test_every_address_is_listed():
    forgotten = sorted(set(VIEWS) - set(RULES))

    assert not forgotten, (
        f"{', '.join(forgotten)}: say in LISTS of tests/manifest.py who may open this address and by which"
        " methods. Until then nothing tests that it is closed to everybody else."
    )


def test_every_listed_address_exists():
    gone = sorted(set(RULES) - set(VIEWS))

    assert not gone, (
        f"{', '.join(gone)}: no address has this name; take it out of LISTS in tests/manifest.py."
    )


@pytest.fixture
def world(db, settings) -> Iterator[World]:
    settings.ENTRA_SANDBOX_URL = "http://127.0.0.1:9"  # nobody listens: no page needs Microsoft to answer
    logging.disable(logging.CRITICAL)  # thousands of refusals, each one meant
    yield make_world()
    logging.disable(logging.NOTSET)


# These two are served every page; what the others are refused doesn't depend on the database.
SEE_EVERYTHING = ("owner", "admin of T1")


@pytest.mark.parametrize(
    "role", [r if r in SEE_EVERYTHING else pytest.param(r, marks=pytest.mark.people) for r in ROLES]
)
def test_each_cell_answers_as_the_manifest_says(world, role, capsys):
    matrix = Matrix(world, role)
    before = fingerprint()

    matrix.ask_everything()

    if fingerprint() != before:
        matrix.wrong.insert(0, "What was refused or only read has changed a row")
    with capsys.disabled():
        sys.stdout.write(f" {matrix.asked:,} cells as {role}")
    shown = "\n  ".join(matrix.wrong[:SHOWN])
    assert not matrix.wrong, f"{len(matrix.wrong)} of {matrix.asked:,} cells are wrong:\n  {shown}"


class Matrix:
    """Asks every cell of one role and keeps a line for each that answers otherwise than it must."""

    def __init__(self, world: World, role: str) -> None:
        self.world, self.role = world, role
        self.visitor = Visitor(world.people[role], tried=[world.own(role)["try_id"]])
        self.asked = 0
        self.wrong: list[str] = []
        # What an address answers that nobody ever made; everything that is not there has to be just this.
        self.nothing = {
            method: self.visitor.ask(method, "/no/such/page/any/where/at/all/") for method in METHODS
        }

    def ask_everything(self) -> None:
        foreign: Answer | None = None
        answers: dict[tuple[str, str, str], Answer] = {}
        for cell in cells(self.world, self.role):
            changes = cell.expected == "served" and cell.method == "POST"
            ask = self.visitor.ask_and_undo if changes else self.visitor.ask
            answer = ask(cell.method, cell.path)
            self.asked += 1
            self._judge(cell, answer)
            place = (cell.name, cell.method, cell.place)
            if cell.whose == "foreign":
                answers[place] = answer
            foreign = answers.get(place) if cell.whose == "nonexistent" else None
            if foreign is not None and _bytes(foreign) != _bytes(answer):
                self.wrong.append(f"{cell}: differs from a foreign one")

    def _judge(self, cell: Cell, answer: Answer) -> None:
        if answer.kind != cell.expected:
            where = f" to {answer.location}" if answer.location else ""
            self.wrong.append(
                f"{cell}: expected {cell.expected}, got {answer.status}{where} ({cell.path[:90]})"
            )
        elif answer.kind == "missing" and _bytes(answer) != _bytes(self.nothing[cell.method]):
            self.wrong.append(f"{cell}: its 404 tells more than an address that was never made")
        headers = dict(answer.headers)
        if any(headers.get(name) != value for name, value in HEADERS.items()):
            self.wrong.append(f"{cell}: lacks one of {', '.join(HEADERS)}")
        if "frame-ancestors 'none'" not in headers.get("Content-Security-Policy", ""):
            self.wrong.append(f"{cell}: may be framed")


def _bytes(answer: Answer) -> tuple[object, ...]:
    """Return all of an answer that tells anything. Where a sign-in leads back to was in the question."""
    return (answer.status, answer.headers, answer.body, answer.location.partition("?next=")[0])


@pytest.mark.parametrize(
    ("name", "query", "kind"), [(n, q, k) for n in QUERIES for q, k in QUERIES[n].items()]
)
def test_an_id_in_a_query_is_no_way_around(world, name, query, kind):
    role = "admin of T1" if RULES[name].who in (Who.ADMIN, Who.APPROVER) else "owner"
    visitor = Visitor(world.people[role], tried=[world.own(role)["try_id"]])
    path = VIEWS[name].path(world.own(role))
    ids = [world.own(role)[kind], world.foreign(role)[kind], nonexistent()[kind]]

    answers = [visitor.ask("GET", f"{path}?{query}={one}") for one in ids]

    own, foreign, absent = (
        answer.body.replace(str(one).encode(), b"ID") for answer, one in zip(answers, ids, strict=True)
    )
    assert own != foreign
    assert foreign == absent
    assert [answer.status for answer in answers[1:]] == [answers[2].status] * 2

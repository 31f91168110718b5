"""The cells of the access matrix: every question, what it has to be answered, and how it is asked."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from urllib.parse import unquote

from django.apps import apps
from django.core.handlers.base import BaseHandler
from django.db import transaction
from django.http import HttpResponseBase
from django.test import Client, RequestFactory
from django.test.client import conditional_content_removal
from django.urls import Resolver404, resolve

from tenants.models import Person
from tests.manifest import METHODS, RULES, VIEWS, Rule, Who
from tests.world import ADMINS, World, nonexistent

ROLES = (
    "anonymous",
    "stranger",
    "member of T1",
    "admin of T1",
    "reader of T1",
    "admin of T2",
    "viewer",
    "support",
    "owner",
    "disabled owner",
)
OUTSIDE = {"anonymous", "disabled owner"}
STAFF = {"viewer", "support", "owner"}
OPEN = (Who.ANYONE, Who.LINK, Who.KEY)
SEE = {
    Who.SIGNED_IN: set(ROLES),
    Who.KNOWN: set(ROLES),
    Who.STAFF: STAFF,
    Who.SUPPORT: STAFF,
    Who.OWNER: STAFF,
    Who.ADMIN: ADMINS,
    Who.APPROVER: ADMINS,
}
MAY = {
    **SEE,
    Who.KNOWN: STAFF | ADMINS,
    Who.SUPPORT: {"support", "owner"},
    Who.OWNER: {"owner"},
    Who.APPROVER: ADMINS - {"reader of T1"},
}

MALFORMED = {
    "uuid": ("not-a-guid", "11111111111141118111111111111111", "11111111-1111-4111-8111-11111111111\0"),
    "int": ("-1", "1.0", "99999999999999999999999999"),
    "slug": ("no such thing", "%00", "Ünicode"),
    "str": ("\0", "a" * 5000, "ÿ\n'\"<>"),
}
# A log of what was asked grows by asking, sessions move on: neither belongs to what a refusal must not touch.
NOT_COUNTED = {"AuditEvent", "AuditTail", "AuditCheck"}


@dataclass(frozen=True)
class Cell:
    """One question: who asks what, by which method, with whose id in which place of the address."""

    role: str
    name: str
    method: str
    whose: str  # own, foreign, nonexistent, malformed
    place: str  # the id that is not the person's own; empty: all are
    path: str
    resolves: bool = True

    def __str__(self) -> str:
        where = f" with a {self.whose} {self.place}" if self.place else ""
        return f"{self.method} {self.name}{where}, as {self.role}"

    @property
    def expected(self) -> str:
        return expected(RULES[self.name], self)


def expected(rule: Rule, cell: Cell) -> str:
    """Return served, wrong-method, missing, refused or sign-in: the rules of access in one place."""
    if not cell.resolves:
        return "missing"
    if rule.who not in OPEN:
        if cell.role in OUTSIDE:
            return "sign-in"
        if cell.role not in SEE[rule.who]:
            return "missing"
        if cell.role not in MAY[rule.who] and rule.who in (Who.SUPPORT, Who.OWNER):
            return "refused"  # before anything is looked at
    if cell.method not in rule.methods:
        return "wrong-method"
    if cell.place:
        return "missing"
    return "served" if rule.who in OPEN or cell.role in MAY[rule.who] else "refused"


def cells(world: World, role: str) -> Iterator[Cell]:
    own, foreign = world.own(role), world.foreign(role)
    for name, view in VIEWS.items():
        if name not in RULES:
            continue  # which is a failure of its own
        yield from _cells(role, name, "own", "", view.path(own))
        for place, kind in view.converters.items():
            if place != "slug" or role in ADMINS:  # staff see every application, nobody else sees one
                yield from _cells(role, name, "foreign", place, view.path({**own, place: foreign[place]}))
            absent = view.path({**own, place: nonexistent()[place]})
            yield from _cells(role, name, "nonexistent", place, absent)
            for nth, value in enumerate(MALFORMED[kind]):
                methods = ("GET", "POST") if nth else METHODS
                yield from _cells(role, name, "malformed", place, view.path({**own, place: value}), methods)


def _cells(
    role: str, name: str, whose: str, place: str, path: str, methods: tuple[str, ...] = METHODS
) -> Iterator[Cell]:
    resolves = whose != "malformed" or _is_address(path)
    yield from (Cell(role, name, method, whose, place, path, resolves) for method in methods)


def _is_address(path: str) -> bool:
    try:
        resolve(unquote(path))
    except Resolver404:
        return False
    return True


@dataclass(frozen=True)
class Answer:
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    location: str

    @property
    def kind(self) -> str:
        if self.status in (301, 302, 303) and self.location.startswith("/sign-in?next="):
            return "sign-in"
        return {404: "missing", 403: "refused", 405: "wrong-method"}.get(
            self.status, "served" if self.status < 500 else "broken"
        )


class Visitor:
    """A browser that forgets after each page what the page told it to keep.

    It goes through all middleware to the handler at once: the test client takes as long again for itself.
    """

    def __init__(self, person: Person | None, *, tried: Sequence[object] = ()) -> None:
        client = Client()
        if person is not None:
            client.force_login(person)
        session = client.session
        session["tries"] = {str(key): None for key in tried}  # results are for the browser that asked
        session.save()
        self._requests = RequestFactory(HTTP_COOKIE=client.cookies.output(header="", sep=";"))
        self._handler = BaseHandler()
        self._handler.load_middleware()

    def ask(self, method: str, path: str) -> Answer:
        request = self._requests.generic(method, path)
        request._dont_enforce_csrf_checks = True  # type: ignore[attr-defined]  # tests/test_access.py does
        response = self._handler.get_response(request)
        return masked(conditional_content_removal(request, response))

    def ask_and_undo(self, method: str, path: str) -> Answer:
        with transaction.atomic():
            answer = self.ask(method, path)
            transaction.set_rollback(True)
        return answer


def masked(response: HttpResponseBase) -> Answer:
    """Return an answer without what is new in each: the request's id, CSRF tokens, the address itself."""
    body = b"".join(response) if response.streaming else response.content  # type: ignore[attr-defined]
    body = body.replace(response.headers["X-Request-Id"].encode(), b"REQUEST-ID")
    body = re.sub(rb'(csrfmiddlewaretoken" value=")\w+', rb"\1TOKEN", body)
    location = response.headers.get("Location", "")
    kept = {
        name: value for name, value in response.headers.items() if name not in ("X-Request-Id", "Location")
    }
    cookies = ",".join(sorted(response.cookies))
    return Answer(
        response.status_code, tuple(sorted({**kept, "Set-Cookie": cookies}.items())), body, location
    )


def fingerprint() -> str:
    """Return a digest of every row that we keep."""
    found = sha256()
    for model in apps.get_models():
        if model._meta.app_label in ("support", "consent", "tenants") and model.__name__ not in NOT_COUNTED:
            found.update(
                repr((model.__name__, list(model._default_manager.order_by("pk").values()))).encode()
            )
    return found.hexdigest()

"""An administrator with a browser: opens an approval link, goes to Microsoft, comes back."""

from __future__ import annotations

import html
import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests
from django.test import Client
from django.utils import timezone

from consent.models import Application, ConsentAttempt, Installation, Invitation
from consent.rules.drift import NOTHING_KNOWN, Grants
from consent.services.checks import run_due
from consent.services.invitations import invite, token_of
from tests import factories


def open_link(installation: Installation) -> Invitation:
    return invite(installation=installation, person=None, now=timezone.now())


class Admin:
    def __init__(self, invitation: Invitation) -> None:
        self.invitation = invitation
        self.path = f"/c/{token_of(invitation)}"
        self.client = Client()

    def get(self, page: str = "", **headers: Any):
        return self.client.get(f"{self.path}{page}", headers=headers)

    def post(self, page: str, data: dict[str, str] | None = None):
        return self.client.post(f"{self.path}{page}", data or {})

    def leave(self) -> str:
        """Press Continue to Microsoft; return the address that the browser is sent to."""
        return str(self.post("/go").headers["Location"])

    def state(self) -> str:
        return parse_qs(urlsplit(self.leave()).query)["state"][0]

    def back(self, **params: str):
        """Come back with these words in the address, whoever wrote them."""
        return self.client.get("/c/return", params)

    def visit(self, user: str, decision: str = "accept") -> requests.Response:
        """Sign in at Microsoft as this user and decide there; return Microsoft's answer."""
        form = {"user": user, "decision": decision}
        return requests.post(self.leave(), data=form, allow_redirects=False, timeout=10)

    def decide(self, user: str, decision: str = "accept"):
        """The whole trip, with the redirect that Microsoft itself wrote."""
        answer = self.visit(user, decision)
        there = urlsplit(answer.headers["Location"])
        return self.client.get(f"{there.path}?{there.query}")

    def result(self) -> str:
        return str(self.get("/result").content.decode())

    @property
    def attempt(self) -> ConsentAttempt:
        return self.invitation.attempts.latest("pk")


def check_due() -> int:
    return run_due(now=timezone.now())


def main_of(response) -> str:
    """The text of the page's main part, as a person reads it."""
    text = response.content.decode()
    text = re.sub(r".*<main[^>]*>(.*)</main>.*", r"\1", text, flags=re.S)
    text = re.sub(r"<wbr>", "", text)
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", text)))


def heading_of(response) -> str:
    found = re.search(r"<h1[^>]*>(.*?)</h1>", response.content.decode(), re.S)
    assert found
    return html.unescape(found.group(1)).strip()


def admin_of(application: Application, has: Grants = NOTHING_KNOWN, **overrides: Any) -> Admin:
    """The administrator of an organization that granted this much."""
    installation = factories.make_installation(application, has=has, **overrides)
    return Admin(open_link(installation))

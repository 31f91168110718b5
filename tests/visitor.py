"""Somebody at a browser, without one: follows our forms and Microsoft's, keeps the cookies of both."""

from __future__ import annotations

import re
from html import unescape
from typing import Any
from urllib.parse import urlsplit

import requests
from django.http.response import HttpResponseBase
from django.test import Client

from sandbox.server import Running

CHANGING = re.compile(rb'[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|name="csrfmiddlewaretoken" value="\w+"')


class Visitor:
    """One browser profile. CSRF is enforced, so only what a page's own form sends gets through."""

    def __init__(self, microsoft: Running) -> None:
        self.microsoft = microsoft
        self.client = Client(enforce_csrf_checks=True)
        self.at_microsoft = requests.Session()
        self.at_microsoft.trust_env = False

    def open(self, url: str, **headers: str) -> Any:
        return self.client.get(_path(url), headers=headers)

    def submit(self, page: HttpResponseBase, action: str, /, **fields: Any) -> Any:
        """Send the page's form with this address, its hidden fields, and what is typed or pressed."""
        return self.client.post(_path(action), {**hidden_fields(page, action), **fields})

    def leave(self, **fields: str) -> str:
        """Press "Sign in with Microsoft"; return Microsoft's address."""
        return left(self.submit(self.open("/sign-in"), "/sign-in/start", **fields))

    def choose(self, url: str, person: str) -> str:
        """Choose an account on Microsoft's page, by user name or key; return the address that leads back."""
        page = self.at_microsoft.get(url, timeout=10)
        found = re.search(
            rf'name="user" value="([^"]+)">[^<]*<span>{re.escape(person)}</span>', page.text, re.IGNORECASE
        ) or re.search(rf'name="user" value="({re.escape(person)})"', page.text)
        assert found, f"{person} is not offered: {page.text[:2000]}"
        answer = self.at_microsoft.post(
            url, data={"user": unescape(found[1])}, timeout=10, allow_redirects=False
        )
        assert "Location" in answer.headers, answer.text[:2000]
        return str(answer.headers["Location"])

    def sign_in(self, person: str, **fields: str) -> Any:
        """Go all the way; return the portal's answer to coming back."""
        return self.open(self.choose(self.leave(**fields), person))

    def confirm(self, page: HttpResponseBase, person: str) -> Any:
        """Prove who this is once more, from the page that asks for it."""
        return self.open(self.choose(left(self.submit(page, "/sign-in/again")), person))


def left(answer: Any) -> str:
    """Return where an answer sends the browser."""
    assert answer.status_code in {302, 303}, answer.content[:2000]
    return str(answer.headers["Location"])


def hidden_fields(page: Any, action: str) -> dict[str, str]:
    """Return the hidden fields of the form that leads to this address."""
    text = page.content.decode()
    forms = re.findall(rf'<form[^>]*action="{re.escape(action)}"[^>]*>.*?</form>', text, re.S)
    if page.request["PATH_INFO"] == action:  # a form without an address leads to its own page
        forms += re.findall(r'<form(?![^>]*action=)[^>]*method="post".*?</form>', text, re.S)
    assert forms, f"no form leads to {action}"
    inputs = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', forms[0])
    return {name: unescape(value) for name, value in inputs}


def bare(page: Any) -> tuple[int, bytes]:
    """Return status and body without what is new in every answer."""
    return page.status_code, CHANGING.sub(b"", page.content)


def _path(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path

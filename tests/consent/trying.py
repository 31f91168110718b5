"""Somebody with an approval link who signs in to the watched application itself."""

from __future__ import annotations

from urllib.parse import urlsplit

import requests

from sandbox.server import Running
from tests.consent.admin import Admin

RUI = "rui@northwind.example"
READER = "Security Reader"


class Visitor(Admin):
    def leave_to_try(self) -> str:
        """Press "Try it with my account"; return the address that the browser is sent to."""
        return str(self.post("/try").headers["Location"])

    def sign_in(self, user: str = RUI) -> str:
        """Sign in at Microsoft; return the address that Microsoft sends the browser back to."""
        answer = requests.post(self.leave_to_try(), data={"user": user}, allow_redirects=False, timeout=10)
        there = urlsplit(answer.headers["Location"])
        return f"{there.path}?{there.query}"

    def come_back(self, address: str):
        return self.client.get(address, follow=True)

    def try_it(self, user: str = RUI):
        """The whole way; return the page of the result."""
        return self.come_back(self.sign_in(user))


def give_role(microsoft: Running, *roles: str, user: str = RUI, eligible: bool = False) -> None:
    """Assign these directory roles, and no others, as an administrator would."""
    name = "eligibleRoles" if eligible else "directoryRoles"
    url = f"{microsoft.url}/_sandbox/users/{user}"
    assert requests.patch(url, json={name: list(roles)}, timeout=10).ok


def break_down(microsoft: Running, kind: str, endpoint: str, **options: object) -> None:
    fault = {"kind": kind, "endpoint": endpoint, **options}
    assert requests.post(f"{microsoft.url}/_sandbox/faults", json=fault, timeout=10).ok

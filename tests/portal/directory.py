"""What the tests of sign-in do to Microsoft's directory."""

from __future__ import annotations

from typing import Any

from sandbox import documents
from sandbox.demo import PORTAL, demo
from sandbox.faults import Fault
from tests.visitor import Visitor

ADA, SERA, ELIO = "ada@northwind.example", "sera@northwind.example", "elio@northwind.example"
RUI, GUS = "rui@northwind.example", "gus@fabrikam.example"
DANA, SAM, VERA, NED = (f"{name}@contoso.example" for name in ("dana", "sam", "vera", "ned"))
TAILSPIN = "99999999-9999-4999-8999-999999999999"  # a tenant that is no customer
SECURITY_READER = "5d6b6bb7-de71-4623-b4af-96380a352509"
OWN_PAGE = "/organization/"
STAFF_PAGE = "/sentinel-connector/"


def add(visitor: Visitor, tenant: str, **person: Any) -> None:
    """Let somebody join a tenant, a new one if need be."""
    known = next((one for one in demo()["tenants"] if one["id"] == tenant), {"id": tenant, "users": []})
    changed = known | {"users": [*known["users"], person]}
    documents.load(visitor.microsoft.directory, {"tenants": [changed]})


def silence(visitor: Visitor) -> None:
    """Let id tokens for the portal carry no directory roles."""
    (app,) = (one for one in demo()["applications"] if one["appId"] == PORTAL)
    changed = app | {"directoryRolesInIdToken": False}
    documents.load(visitor.microsoft.directory, {"applications": [changed]})


def fail(visitor: Visitor, **fault: Any) -> None:
    visitor.microsoft.directory.faults.add(Fault.parse(fault))


def text_of(page: Any) -> str:
    return " ".join(page.content.decode().split())

"""What the tests do to the sandbox that stands in for Microsoft."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.test import Client
from django.utils import timezone

from entra.types import Permission
from sandbox import documents
from sandbox.directory import Directory
from sandbox.server import Running
from tests.factories import CONNECTOR


def start_over(sandbox: Running) -> None:
    """Bring the directory back to the story's beginning: nobody consented, nothing is broken."""
    directory = sandbox.directory
    with directory.lock:
        directory.clear()
        documents.load(directory, directory.start)


def prove_again(client: Client, *, at: datetime | None = None) -> None:
    """Let this browser's person have proved who they are to Microsoft, now or then."""
    session = client.session
    session["fresh_at"] = int((at or timezone.now()).timestamp())
    session.save()


def grant(directory: Directory, tenant: UUID, *permissions: Permission) -> None:
    """Let the tenant grant these to the connector, as an admin's Accept would."""
    asked = documents.required(directory, [f"{p.value}:{p.kind}" for p in permissions])
    directory.grant(directory.tenant(str(tenant)), str(CONNECTOR), required=asked)


def revoke(directory: Directory, tenant: UUID, *permissions: Permission) -> None:
    asked = documents.required(directory, [f"{p.value}:{p.kind}" for p in permissions])
    principal = directory.principal(directory.tenant(str(tenant)), str(CONNECTOR))
    directory.revoke(principal, asked)


def require(directory: Directory, *permissions: Permission) -> None:
    """Change what the connector's registration at Entra requires."""
    application = directory.application(str(CONNECTOR))
    application.required = documents.required(directory, [f"{p.value}:{p.kind}" for p in permissions])

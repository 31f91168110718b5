"""What the tests of an organization's own pages have in common: its people, and its past."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.test import Client

from consent.models import ConsentAttempt, Installation, Invitation, Snapshot
from consent.rules.drift import Grants
from consent.services.patterns import intern
from tests import factories

PAGE = "/organization/sentinel-connector/"


def signed_in(installation: Installation, *roles: str, **overrides: Any) -> Client:
    """A browser of somebody of the organization who actively holds these directory roles."""
    client = Client()
    client.force_login(factories.make_tenant_admin(installation.tenant, *roles, **overrides))
    return client


def see(installation: Installation, has: Grants, *, at: datetime) -> None:
    """Write down another proof, as a check would."""
    last = installation.snapshots.latest("sequence")
    Snapshot.objects.create(
        installation=installation, sequence=last.sequence + 1, observed_at=at,
        pattern=intern(has), evidence=last.evidence,
    )  # fmt: skip
    installation.pattern = intern(has)
    installation.save()


def proved_trip(installation: Installation, *, at: datetime) -> ConsentAttempt:
    """A trip that ended when the grants were seen."""
    invitation = Invitation.objects.create(
        installation=installation, created_at=at - timedelta(days=1), expires_at=at + timedelta(days=13)
    )
    return invitation.attempts.create(
        state_hash=invitation.pk.hex, session_hash="s", started_at=at - timedelta(minutes=5),
        expires_at=at + timedelta(hours=1), returned_at=at - timedelta(minutes=1), settled_at=at,
        revision=installation.application.current_revision, outcome="approved",
    )  # fmt: skip

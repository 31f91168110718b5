"""What an approval link shows: what is asked of one organization, and why. Never another's data."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings

from consent.models import Application, ConsentAttempt, Installation, Invitation, Revision
from consent.queries.permission_list import Shown, show
from consent.rules import entra_pages
from consent.rules.approvers import Approvers, approvers_of, needs_security_reader
from consent.rules.drift import Drift, Grants, Permissions, compare
from consent.rules.forwarding import Message, message
from consent.rules.security_api import SECURITY_READER
from consent.rules.status import Condition
from entra.types import CLOUDS, Cloud, Permission

AFTERWARDS = timedelta(hours=25)  # how long a result stays readable when the link expires meanwhile


@dataclass(frozen=True)
class Place:
    """Whose page this is, and where at Microsoft it leads."""

    application: Application
    organization: str
    tenant_id: str
    cloud: Cloud
    return_address: str

    @property
    def roles_url(self) -> str:
        """Entra's page "Roles & admins"."""
        return entra_pages.roles_and_admins(self.cloud)

    @property
    def reader_url(self) -> str:
        """Entra's page of the role Security Reader."""
        return entra_pages.role_assignments(self.cloud, template=SECURITY_READER, name="Security Reader")

    @property
    def app_url(self) -> str:
        """Entra's page of the application, in the organization of whoever opens it."""
        return entra_pages.enterprise_app(self.cloud, str(self.application.client_id))


@dataclass(frozen=True)
class Request:
    """Everything on the invitation's page. `variant` picks its heading."""

    place: Place
    variant: str  # first, more, again, unseen, fewer, nothing
    revision: Revision | None
    new: list[Shown]
    approved: list[Shown]
    unknown: list[Shown]
    removed: list[Shown]
    withdrawn: list[Shown]
    lines: int
    approvers: Approvers
    needs_reader: bool
    read_at: datetime | None  # when we last read the organization's grants
    since: datetime | None  # since when the grants are as they are
    switched_off: bool
    latest: ConsentAttempt | None

    @property
    def asks(self) -> bool:
        return self.variant in {"first", "more", "again", "unseen"}

    def to_forward(self, link: str, expires_at: datetime) -> Message:
        return message(
            application=self.place.application.name,
            organization=self.place.organization,
            link=link,
            host=self.place.cloud.login_host,
            roles=self.approvers.words,
            asked=len(self.new) or len(self.withdrawn),
            until=f"{expires_at.day} {expires_at:%B %Y}",
        )


def place_of(installation: Installation) -> Place:
    return Place(
        application=installation.application,
        organization=installation.tenant.name,
        tenant_id=str(installation.tenant_id),
        cloud=CLOUDS[installation.application.cloud],
        return_address=f"{settings.PORTAL_URL}/c/return",
    )


def request_page(invitation: Invitation) -> Request:
    installation = invitation.installation
    return request_of(installation, installation.application.current_revision, latest_attempt(invitation))


def request_of(
    installation: Installation, revision: Revision | None, latest: ConsentAttempt | None = None
) -> Request:
    """Return what is asked of an organization by this revision."""
    reasons = reasons_of(revision)
    required = frozenset(reasons)
    grants = installation.pattern.grants
    drift = compare(required=required, grants=grants)
    variant = _variant(required, grants, drift)
    new = required - grants.granted if variant == "first" else drift.missing - drift.revoked
    snapshot = installation.snapshots.order_by("-sequence").values_list("observed_at", flat=True).first()
    return Request(
        place=place_of(installation),
        variant=variant,
        revision=revision,
        new=asked(new, reasons),
        approved=asked(required & grants.granted, reasons),
        unknown=[] if variant == "first" else asked(drift.unknown, reasons),
        removed=asked(drift.surplus, reasons),
        withdrawn=[] if variant == "first" else asked(drift.revoked, reasons),
        lines=len(required),
        approvers=approvers_of(required),
        needs_reader=needs_security_reader(required),
        read_at=installation.proved_at,
        since=snapshot,
        switched_off=installation.condition == Condition.DISABLED,
        latest=latest,
    )


def _variant(required: Permissions, grants: Grants, drift: Drift) -> str:
    for holds, variant in (
        (not required, "nothing"),
        (not grants.ever_granted, "first"),
        (bool(drift.revoked), "again"),
        (bool(drift.missing), "more"),
        (bool(drift.unknown), "unseen"),
        (bool(drift.surplus), "fewer"),
    ):
        if holds:
            return variant
    return "nothing"


def reasons_of(revision: Revision | None) -> dict[Permission, str]:
    """Return what a revision requires, each with the reason that its publisher gave."""
    if revision is None:
        return {}
    return {row.permission: row.reason for row in revision.permissions.all()}


def asked(permissions: Iterable[Permission], reasons: dict[Permission, str]) -> list[Shown]:
    return [show(p, reason=reasons.get(p, "")) for p in sorted(permissions, key=_by_name)]


def _by_name(permission: Permission) -> tuple[str, str]:
    return (permission.value.lower(), permission.kind)


def latest_attempt(invitation: Invitation) -> ConsentAttempt | None:
    """Return the trip that happened last: by its return, or else by its start."""
    attempts = list(invitation.attempts.select_related("revision").order_by("-started_at")[:50])
    return max(attempts, key=lambda attempt: attempt.returned_at or attempt.started_at, default=None)


def readable(invitation: Invitation, *, now: datetime) -> bool:
    """Whether the link still shows what its trips came to.

    A trip that is under way when the link ends still gets its answer.
    """
    if now < invitation.expires_at and not invitation.withdrawn_at:
        return True
    return invitation.attempts.filter(started_at__gt=now - AFTERWARDS).exists()

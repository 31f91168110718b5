"""Everything as canonical JSON, row by row, in constant memory."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Iterator, Mapping
from datetime import datetime
from functools import lru_cache
from uuid import UUID

from django.db.models import F

from consent.models import (
    Application,
    ConsentAttempt,
    GrantPattern,
    Installation,
    Invitation,
    SignInEvidence,
    Snapshot,
)
from consent.models.grants import permissions_json
from consent.queries.export import (
    PATTERNS,
    Row,
    Yardstick,
    application_json,
    installation_row,
    revision_row,
    sign_in_row,
    time_json,
)
from consent.queries.moment import one_moment
from tenants.models import Tenant

CHUNK = 2000  # rows that are in memory at once


def state_lines() -> Generator[str, None, None]:
    """Yield everything as canonical JSON, a line per row: the same text for the same state.

    Holds no secret, nothing that opens a link, and never more than a chunk of rows in memory.
    """
    with one_moment():
        yield "{"
        for number, (name, rows) in enumerate(sorted(_SECTIONS.items())):
            yield ("," if number else "") + f'"{name}": ['
            before = ""
            for row in rows():
                yield before + json.dumps(row, sort_keys=True)
                before = ","
            yield "]"
        yield "}"


def _applications() -> list[Application]:
    return list(Application.objects.order_by("client_id"))


def _application_rows() -> Iterator[Row]:
    yield from map(application_json, _applications())


def _revision_rows() -> Iterator[Row]:
    for application in _applications():
        for revision in application.revisions.order_by("number").prefetch_related("permissions"):
            yield revision_row(revision, application)


def _installation_rows() -> Iterator[Row]:
    patterns = lru_cache(PATTERNS)(lambda key: GrantPattern.objects.get(pk=key))
    for application in _applications():
        yardstick = Yardstick(application.current_revision)
        found = Installation.objects.filter(application=application).order_by("tenant_id")
        for installation in found.iterator(CHUNK):
            installation.pattern = patterns(installation.pattern_id)
            yield installation_row(installation, application, yardstick)


def _snapshot_rows() -> Iterator[Row]:
    granted = lru_cache(PATTERNS)(
        lambda key: permissions_json(GrantPattern.objects.get(pk=key).grants.granted)
    )
    for application in _applications():
        found = (
            Snapshot.objects.filter(installation__application=application)
            .order_by("installation__tenant_id", "sequence")
            .values_list(
                "installation__tenant_id",
                "sequence",
                "observed_at",
                "pattern_id",
                "revision__number",
                "evidence",
            )
        )
        for tenant, sequence, observed_at, pattern, revision, evidence in found.iterator(CHUNK):
            yield {
                "application": str(application.client_id),
                "tenant": str(tenant),
                "sequence": sequence,
                "observed_at": time_json(observed_at),
                "revision": revision,  # the current one when it was taken
                "granted": granted(pattern),
                "sources": sorted({item["source"] for item in evidence}),
            }


def _tenant_rows() -> Iterator[Row]:
    rows = Tenant.objects.order_by("pk").values("id", "name", "domain", "contact", "created_at")
    for row in rows.iterator(CHUNK):
        yield _plain(row)


def _invitation_rows() -> Iterator[Row]:
    times = ("created_at", "expires_at", "opened_at", "withdrawn_at", "declined_at", "used_at")
    for application in _applications():
        rows = (
            Invitation.objects.filter(installation__application=application)
            .order_by("created_at", "pk")
            .values("id", *times, tenant=F("installation__tenant_id"))
        )
        for row in rows.iterator(CHUNK):
            yield {"application": str(application.client_id), **_plain(row)}


def _attempt_rows() -> Iterator[Row]:
    times = ("started_at", "expires_at", "returned_at", "settled_at")
    for application in _applications():
        rows = (
            ConsentAttempt.objects.filter(invitation__installation__application=application)
            .order_by("started_at", "pk")
            .values(
                *("invitation_id", "outcome", "error", "code", "same_browser", *times),
                tenant=F("invitation__installation__tenant_id"),
                number=F("revision__number"),
            )
        )
        for found in rows.iterator(CHUNK):
            row = _plain(found)
            row["invitation"], row["revision"] = row.pop("invitation_id"), row.pop("number")
            yield {"application": str(application.client_id), **row}


def _sign_in_rows() -> Iterator[Row]:
    """What single people's tries showed: neither who they were, nor what else their tokens said."""
    for application in _applications():
        found = (
            SignInEvidence.objects.filter(installation__application=application)
            .order_by("installation__tenant_id", "at", "pk")
            .select_related("installation")
            .only(
                "at",
                "scopes",
                "roles",
                "results",
                "app_only",
                "request_id",
                "client_request_id",
                "installation__tenant_id",
            )
        )
        for evidence in found.iterator(CHUNK):
            yield sign_in_row(evidence, application)


def _pattern_count_rows() -> Iterator[Row]:
    for application in _applications():
        rows = (
            application.pattern_counts.exclude(installations=0)
            .order_by("pattern__digest", "condition")
            .values_list("pattern__digest", "condition", "installations")
        )
        for digest, condition, installations in rows.iterator(CHUNK):
            yield {
                "application": str(application.client_id),
                "pattern": digest,
                "condition": condition,
                "installations": installations,
            }


_SECTIONS: dict[str, Callable[[], Iterator[Row]]] = {
    "applications": _application_rows,
    "attempts": _attempt_rows,
    "installations": _installation_rows,
    "invitations": _invitation_rows,
    "pattern_counts": _pattern_count_rows,
    "revisions": _revision_rows,
    "sign_ins": _sign_in_rows,
    "snapshots": _snapshot_rows,
    "tenants": _tenant_rows,
}


def _plain(row: Mapping[str, object]) -> Row:
    return {key: _plain_value(value) for key, value in row.items()}


def _plain_value(value: object) -> object:
    if isinstance(value, datetime):
        return time_json(value)
    return str(value) if isinstance(value, UUID) else value

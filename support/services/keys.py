"""Ingest keys: shown once, kept as a digest. One lets an application report its failures, nothing else."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import connection, transaction

from consent.models import Application
from support.models import FailedRequest, IngestKey
from support.rules.report import Report
from support.services.ingest import Taken, take
from tenants.models import Person
from tenants.services.audit import Action, Target, record

PREFIX = "cdk_"  # lets scanners of source code find a key that was committed
MOST_KEYS = 50  # of one application, without the revoked ones


@dataclass(frozen=True)
class NewKey:
    """A key and its text, which is shown now and never again."""

    key: IngestKey
    text: str


def make_key(*, application: Application, name: str, person: Person | None, now: datetime) -> NewKey:
    text = PREFIX + secrets.token_urlsafe(32)
    with transaction.atomic():
        if application.ingest_keys.filter(revoked_at=None).count() >= MOST_KEYS:
            raise ValidationError(f"There are {MOST_KEYS} keys already. Revoke those that nobody uses.")
        key = IngestKey.objects.create(
            application=application,
            name=name,
            hint=text[:8],
            digest=_digest(text),
            created_at=now,
            created_by=person,
        )
        record(Action.KEY_MADE, actor=person, target=_target(key), now=now)
    return NewKey(key, text)


def revoke_key(*, key: IngestKey, person: Person | None, now: datetime) -> None:
    """End a key at once. Doing it twice is doing it once."""
    with transaction.atomic():
        if IngestKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=now):
            record(Action.KEY_REVOKED, actor=person, target=_target(key), now=now)


def key_of(authorization: str) -> IngestKey | None:
    """Return the key that a header names, if it is one and was not revoked.

    It is found by its digest, so how long the answer takes tells nothing about any key.
    """
    scheme, _, text = authorization.partition(" ")
    if scheme.lower() != "bearer" or not text.startswith(PREFIX):
        return None
    # By hand, as in `admit`.
    found = Application.objects.raw(
        f"SELECT a.*, k.id AS key_id FROM {Application._meta.db_table} a"  # noqa: S608  (tables of ours)
        f" JOIN {IngestKey._meta.db_table} k ON k.application_id = a.id"
        " WHERE k.digest = %s AND k.revoked_at IS NULL",
        [_digest(text.strip())],
    )
    for application in found:
        return IngestKey(pk=UUID(str(application.key_id)), application=application)  # type: ignore[attr-defined]
    return None


class TooManyError(Exception):
    """The key's minute is full."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(
            f"At most {settings.FAILURES_PER_MINUTE:,} rows are taken in a minute."
            f" Send them again in {retry_after} seconds."
        )
        self.retry_after = retry_after


def receive(key: IngestKey, reports: Sequence[Report], *, now: datetime) -> Taken:
    """Take in what somebody reports with a key. Raises TooManyError, or ReportError."""
    if wait := admit(key, rows=len(reports), now=now):
        raise TooManyError(wait)
    return take(key.application, reports, source=FailedRequest.Source.API, key=key, now=now)


def admit(key: IngestKey, *, rows: int, now: datetime) -> int:
    """Count rows against the key's minute. Return 0, or after how many seconds to come back."""
    minute = connection.ops.adapt_datetimefield_value(now.replace(second=0, microsecond=0))
    key_id = str(key.pk) if connection.vendor == "postgresql" else key.pk.hex
    # By hand: every report makes this trip, and the ORM takes longer to write it than the database to do it.
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {IngestKey._meta.db_table} SET last_used_at = %s,"  # noqa: S608  (a table of ours)
            " minute_rows = CASE WHEN last_used_at = %s THEN minute_rows + %s ELSE %s END"
            " WHERE id = %s AND (last_used_at IS NULL OR last_used_at <> %s OR minute_rows <= %s)",
            [minute, minute, rows, rows, key_id, minute, settings.FAILURES_PER_MINUTE - rows],
        )
        taken = cursor.rowcount
    return 0 if taken else max(1, 60 - now.second)


def _digest(text: str) -> str:
    return sha256(text.encode(errors="replace")).hexdigest()


def _target(key: IngestKey) -> Target:
    return Target("ingest-key", str(key.pk), f"{key.name} ({key.hint}…) of {key.application.name}")

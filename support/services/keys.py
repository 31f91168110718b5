"""Ingest keys: shown once, kept as a digest. One lets an application report its failures, nothing else."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import F

from consent.models import Application
from support.models import FailedRequest, IngestKey
from support.rules.report import Report
from support.services.ingest import Taken, take
from tenants.models import Person
from tenants.services.audit import Action, Target, record

PREFIX = "cdk_"  # lets scanners of source code find a key that was committed
MOST_KEYS = 50  # of one application, without the revoked ones


_KEYS: Final = IngestKey._meta.db_table
_APPLICATIONS: Final = Application._meta.db_table
# By hand, as every report makes this trip: the ORM would make three of it. Names are of our own tables.
_ADMIT: Final = f"""
    UPDATE {_KEYS} SET last_used_at = %s,
        minute_rows = CASE WHEN last_used_at = %s THEN minute_rows + 1 ELSE 1 END
    WHERE digest = %s AND revoked_at IS NULL
    RETURNING application_id AS id, minute_rows, id AS key_id,
        (SELECT client_id FROM {_APPLICATIONS} WHERE id = {_KEYS}.application_id) AS client_id,
        (SELECT credential_error FROM {_APPLICATIONS} WHERE id = {_KEYS}.application_id)
            AS credential_error
"""  # noqa: S608


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


class TooManyError(Exception):
    """The key's minute is full."""

    def __init__(self, now: datetime) -> None:
        self.retry_after = max(1, 60 - now.second)
        super().__init__(
            f"At most {settings.FAILURES_PER_MINUTE:,} rows are taken in a minute."
            f" Send them again in {self.retry_after} seconds."
        )


def admit(authorization: str, *, now: datetime) -> IngestKey | None:
    """Return the key that a header names, if it is one and was not revoked, and count a row against it.

    So whatever is sent with a key counts, and too much of it is turned away before it is read.
    A key is found by its digest: how long the answer takes tells nothing about any key.
    Raises TooManyError.
    """
    scheme, _, text = authorization.partition(" ")
    if scheme.lower() != "bearer" or not text.startswith(PREFIX):
        return None
    minute = connection.ops.adapt_datetimefield_value(now.replace(second=0, microsecond=0))
    found: list[Any] = list(Application.objects.raw(_ADMIT, [minute, minute, _digest(text.strip())]))
    if not found:
        return None
    if found[0].minute_rows > settings.FAILURES_PER_MINUTE:
        raise TooManyError(now)
    return IngestKey(pk=UUID(str(found[0].key_id)), application=found[0])


def receive(key: IngestKey, reports: Sequence[Report], *, now: datetime) -> Taken:
    """Take in what somebody reports with an admitted key. Raises TooManyError, or ReportError."""
    more = len(reports) - 1
    if more:
        room = IngestKey.objects.filter(pk=key.pk, minute_rows__lte=settings.FAILURES_PER_MINUTE - more)
        if not room.update(minute_rows=F("minute_rows") + more):
            raise TooManyError(now)
    return take(key.application, reports, source=FailedRequest.Source.API, key=key, now=now)


def _digest(text: str) -> str:
    return sha256(text.encode(errors="replace")).hexdigest()


def _target(key: IngestKey) -> Target:
    return Target("ingest-key", str(key.pk), f"{key.name} ({key.hint}…) of {key.application.name}")

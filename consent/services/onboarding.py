"""Add tenants to an application: one by hand, or thousands from a CSV file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from consent.models import Application, GrantPattern, Installation
from consent.rules.drift import NOTHING_KNOWN
from consent.rules.status import Condition
from consent.rules.tenant_file import Row, TenantFileError, read_rows, shortened
from consent.services import trail
from consent.services.doorbell import ring
from consent.services.gateway import entra_session
from consent.services.patterns import compare_with, count_moves, intern
from entra.errors import EntraError, TenantNotFound, WrongCloud
from entra.tenants import resolve_tenant
from entra.types import CLOUDS, is_guid
from tenants.models import Person, Tenant

MAX_DOMAINS = 50  # each is a question to Microsoft; GUIDs are not
LOOKUPS_AT_ONCE = 8
CHUNK = 500

Complaint = tuple[Row, str, str]  # row, column, sentence


@dataclass(frozen=True)
class Imported:
    added: int
    domains_resolved: int


@dataclass(frozen=True)
class _Newcomer:
    id: UUID
    row: Row

    @property
    def domain(self) -> str:
        return "" if is_guid(self.row.tenant) else self.row.tenant.lower().rstrip(".")

    @property
    def name(self) -> str:
        return self.row.name or self.domain or str(self.id)


def add_tenant(
    *,
    application: Application,
    tenant: str,
    person: Person | None,
    now: datetime,
    name: str = "",
    contact: str = "",
) -> Installation:
    """Add one tenant, named by its GUID or a domain, and have it checked at once.

    Raises ValidationError with a sentence for the field to blame.
    """
    row = Row(tenant=tenant.strip(), name=name.strip(), contact=contact.strip())
    newcomers, complaints = _recognized(application, [row])
    complaints = complaints or _install(application, newcomers, person=person, now=now)
    if complaints:
        raise ValidationError({column: sentence for _, column, sentence in complaints})
    return application.installations.select_related("application", "tenant", "pattern").get(
        tenant_id=newcomers[0].id
    )


def import_csv(*, application: Application, data: bytes, person: Person | None, now: datetime) -> Imported:
    """Add every tenant of a CSV file with the columns tenant, name and contact, or none of them."""
    try:
        rows = read_rows(data)
    except TenantFileError as error:
        raise ValidationError(error.sentences) from error
    return add_tenants(application=application, rows=rows, person=person, now=now)


def add_tenants(
    *, application: Application, rows: Sequence[Row], person: Person | None, now: datetime
) -> Imported:
    """Add all of these tenants or none. Raises ValidationError that names row and column."""
    domains = {row.tenant.lower() for row in rows if not is_guid(row.tenant)}
    if len(domains) > MAX_DOMAINS:
        raise ValidationError(
            f"{len(domains)} tenants are named by domain, and Microsoft has to be asked about each."
            f" Use GUIDs for all but {MAX_DOMAINS}."
        )
    newcomers, complaints = _recognized(application, rows)
    complaints = complaints or _install(application, newcomers, person=person, now=now)
    if complaints:
        raise ValidationError(
            shortened([f"Row {row.number}, column {column}: {text}" for row, column, text in complaints])
        )
    return Imported(added=len(newcomers), domains_resolved=len(domains))


def _recognized(application: Application, rows: Sequence[Row]) -> tuple[list[_Newcomer], list[Complaint]]:
    """Return who is meant by each row, or what is wrong with the rows. Asks Microsoft about domains."""
    complaints = [complaint for row in rows for complaint in _flaws(row)]
    if complaints:
        return [], complaints
    ids = _tenant_ids(application, rows)
    newcomers: dict[UUID, _Newcomer] = {}
    for row in rows:
        found = ids[row.tenant]
        if isinstance(found, str):
            complaints.append((row, "tenant", found))
        elif found in newcomers:
            first = newcomers[found].row.number
            complaints.append((row, "tenant", f"{row.tenant} is in row {first} already. Remove one."))
        else:
            newcomers[found] = _Newcomer(id=found, row=row)
    return list(newcomers.values()), complaints


def _flaws(row: Row) -> Iterator[Complaint]:
    if not row.tenant:
        yield row, "tenant", "Enter the tenant's GUID, or one of its domains."
    elif not is_guid(row.tenant) and "." not in row.tenant:
        shown = "".join(c if c.isprintable() else " " for c in row.tenant[:60])
        yield row, "tenant", f"{shown} is neither a tenant id (a GUID) nor a domain such as contoso.com."
    if len(row.name) > 200 or not row.name.isprintable():
        yield row, "name", "A name has at most 200 printable characters. Shorten it."
    if row.contact:
        try:
            validate_email(row.contact)
        except ValidationError:
            yield row, "contact", f"{row.contact[:60]} is not an e-mail address. Correct it or leave it out."


def _tenant_ids(application: Application, rows: Sequence[Row]) -> dict[str, UUID | str]:
    """Return the tenant id of each name, or a sentence why it has none."""
    cloud = CLOUDS[application.cloud]
    session = entra_session()
    ids: dict[str, UUID | str] = {row.tenant: UUID(row.tenant) for row in rows if is_guid(row.tenant)}
    domains = sorted({row.tenant for row in rows} - set(ids))

    def look_up(domain: str) -> UUID | str:
        try:
            return UUID(resolve_tenant(session, cloud=cloud, name=domain))
        except (TenantNotFound, WrongCloud) as error:
            return f"{error.summary} Check it, or give the tenant's GUID."

    with ThreadPoolExecutor(max_workers=LOOKUPS_AT_ONCE) as pool:
        lookups = {domain: pool.submit(look_up, domain) for domain in domains}
        try:
            ids.update({domain: lookup.result() for domain, lookup in lookups.items()})
        except EntraError as error:
            pool.shutdown(wait=False, cancel_futures=True)  # whoever is down for one is down for all
            sentence = f"{error.summary} Give the tenant's GUID, or try again later."
            raise ValidationError({"tenant": sentence} if len(rows) == 1 else sentence) from error
    return ids


def _install(
    application: Application, newcomers: Sequence[_Newcomer], *, person: Person | None, now: datetime
) -> list[Complaint]:
    """Write the tenants and their installations, unless one is there already: then say which."""
    pattern = intern(NOTHING_KNOWN)
    with transaction.atomic():
        # One arrival and one publication at a time, so that no pattern is left without its comparison.
        Application.objects.select_for_update().get(pk=application.pk)
        complaints = list(_already_there(application, newcomers))
        if complaints:
            return complaints
        for chunk in _chunks(newcomers):
            _write(application, chunk, pattern, now=now)
        count_moves(application.pk, Counter({(pattern.pk, str(Condition.UNREAD)): len(newcomers)}))
        revision = application.current_revision
        if revision:
            compare_with(revision, [pattern])
        ring()
        trail.tenants_added(application, [n.id for n in newcomers], by=person, now=now)
    return []


def _chunks(newcomers: Sequence[_Newcomer]) -> Iterator[Sequence[_Newcomer]]:
    for start in range(0, len(newcomers), CHUNK):
        yield newcomers[start : start + CHUNK]


def _already_there(application: Application, newcomers: Sequence[_Newcomer]) -> Iterator[Complaint]:
    for chunk in _chunks(newcomers):
        known = dict(
            application.installations.filter(tenant__in=[newcomer.id for newcomer in chunk]).values_list(
                "tenant_id", "tenant__name"
            )
        )
        for newcomer in chunk:
            if newcomer.id in known:
                name = known[newcomer.id]
                yield newcomer.row, "tenant", f"{name} ({newcomer.id}) is already there."


def _write(
    application: Application, chunk: Sequence[_Newcomer], pattern: GrantPattern, *, now: datetime
) -> None:
    """Write one chunk. A tenant that another application has keeps its name; a contact is filled in."""
    Tenant.objects.bulk_create(
        [Tenant(id=n.id, name=n.name, domain=n.domain, contact=n.row.contact, created_at=now) for n in chunk],
        ignore_conflicts=True,
    )
    tenants = Tenant.objects.in_bulk([newcomer.id for newcomer in chunk])
    for newcomer in chunk:
        tenant = tenants[newcomer.id]
        if newcomer.row.contact and not tenant.contact:
            tenant.contact = newcomer.row.contact
            tenant.save(update_fields=["contact"])
    Installation.objects.bulk_create(
        Installation(
            application=application,
            tenant=tenants[newcomer.id],
            sort_name=tenants[newcomer.id].name.lower(),
            created_at=now,
            pattern=pattern,
            condition=Condition.UNREAD,
            condition_since=now,
            next_check_at=now,
        )
        for newcomer in chunk
    )

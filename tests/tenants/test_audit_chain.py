"""The audit log holds together, and the first place where it does not is named."""

from __future__ import annotations

import threading
import uuid
from datetime import timedelta
from importlib import import_module
from typing import Any

import pytest
from django.db import IntegrityError, connection, connections, transaction
from django.db.transaction import TransactionManagementError

from tenants.models import AuditCheck, AuditEvent, AuditTail
from tenants.services import audit
from tenants.services.audit import Action, Target
from tenants.services.audit_check import Mark, verify
from tests import factories
from tests.factories import NOW, T1

GUARD = import_module("tenants.migrations.0005_guard_audit_log")
LATER = NOW + timedelta(days=1)


def write(count: int = 1, **overrides: Any) -> None:
    values: dict[str, Any] = {
        "actor": audit.MICROSOFT,
        "target": Target("consent", "7", "Northwind Traders"),
        "tenant_id": T1,
        "before": {"state": "checking", "granted": 1, "list": ["a", None, True]},
        "after": {"state": "approved"},
        "now": NOW,
        **overrides,
    }
    with transaction.atomic():
        for _ in range(count):
            audit.record(Action.CONSENT_SETTLED, **values)


def found(**kwargs: Any) -> tuple[int, str] | None:
    problem = verify(now=LATER, **kwargs).problem
    return (problem.sequence, problem.kind) if problem else None


def move(sequence: int, to: int) -> None:
    AuditEvent.objects.filter(sequence=sequence).update(sequence=to)


def rewrite_from(sequence: int) -> None:
    """Give every event from here on the hashes that its content calls for."""
    previous = AuditEvent.objects.get(sequence=sequence - 1).hash
    for event in AuditEvent.objects.filter(sequence__gte=sequence).order_by("sequence"):
        event.previous_hash = previous
        event.hash = previous = event.digest()
        event.save()


@pytest.mark.django_db
class TestAChain:
    def test_that_nobody_touched_is_in_order(self):
        write(5)

        reading = verify(now=LATER)

        assert (reading.events, reading.problem) == (5, None)
        assert reading.hash == AuditEvent.objects.get(sequence=5).hash

    def test_of_no_events_is_in_order(self):
        assert found() is None

    def test_numbers_its_events_without_a_gap_whatever_was_rolled_back(self):
        write(2)
        with transaction.atomic():
            audit.record(Action.SIGNED_OUT, actor=audit.MICROSOFT, target=Target("person"), now=NOW)
            transaction.set_rollback(True)
        write(1)

        assert list(AuditEvent.objects.order_by("sequence").values_list("sequence", flat=True)) == [1, 2, 3]
        assert found() is None

    def test_tells_what_each_reading_came_to(self):
        write(2)
        verify(now=LATER)
        AuditEvent.objects.filter(sequence=2).update(actor_name="Nobody")
        verify(now=LATER)

        assert list(AuditCheck.objects.order_by("pk").values_list("events", "problem")) == [
            (2, ""),
            (1, "Event 2 was changed: its content does not give the hash it was written with."),
        ]


CHANGES = {
    "at": LATER,
    "actor_kind": "person",
    "actor_tid": uuid.UUID(int=1),
    "actor_oid": uuid.UUID(int=1),
    "actor_name": "Somebody else",
    "ip": "192.0.2.7",
    "user_agent": "Another browser",
    "request_id": "another",
    "action": Action.SIGNED_IN,
    "object_type": "scan",
    "object_id": "8",
    "object_label": "Fabrikam",
    "tenant_id": factories.T2,
    "before": {"state": "checking", "granted": 2, "list": ["a", None, True]},
    "after": {},
    "previous_hash": "1" * 64,
    "hash": "1" * 64,
}


@pytest.mark.django_db
class TestABrokenChain:
    @pytest.mark.parametrize("field", [f.attname for f in AuditEvent._meta.fields if not f.primary_key])
    def test_shows_a_change_of_any_field(self, field):
        write(3)
        AuditEvent.objects.filter(sequence=2).update(**{field: CHANGES[field]})

        assert found() == (2, "changed")

    @pytest.mark.parametrize(("sequence", "kind"), [(1, "missing"), (3, "missing"), (5, "cut-off")])
    def test_shows_what_was_removed(self, sequence, kind):
        write(5)
        AuditEvent.objects.filter(sequence=sequence).delete()

        assert found() == (sequence, kind)

    def test_shows_that_everything_was_removed(self):
        write(5)
        AuditEvent.objects.all().delete()

        assert found() == (1, "cut-off")

    def test_shows_what_was_moved(self):
        for number in range(5):
            write(after={"number": number})
        move(2, 99)
        move(4, 2)
        move(99, 4)

        reading = verify(now=LATER)

        assert reading.problem is not None
        assert (reading.problem.sequence, reading.problem.kind) == (2, "reordered")
        assert "event 4" in reading.problem.sentence

    def test_shows_a_change_that_was_given_a_fitting_hash(self):
        write(5)
        changed = AuditEvent.objects.get(sequence=3)
        changed.actor_name = "Somebody else"
        changed.hash = changed.digest()
        changed.save()

        assert found() == (4, "reordered")

    def test_shows_that_all_from_a_change_on_was_written_anew(self):
        write(5)
        AuditEvent.objects.filter(sequence=3).update(actor_name="Somebody else")
        rewrite_from(3)

        assert found() == (5, "rewritten")

    def test_shows_an_event_that_the_portal_did_not_write(self):
        write(2)
        forged = AuditEvent.objects.get(sequence=2)
        forged.previous_hash, forged.sequence = forged.hash, 3
        forged.hash = forged.digest()
        forged.save(force_insert=True)

        assert found() == (3, "added")

    def test_shows_by_a_mark_kept_elsewhere_that_even_the_tail_was_written_anew(self):
        write(5)
        kept = Mark(4, AuditEvent.objects.get(sequence=4).hash)
        AuditEvent.objects.filter(sequence=3).update(actor_name="Somebody else")
        rewrite_from(3)
        AuditTail.objects.update(hash=AuditEvent.objects.get(sequence=5).hash)

        assert found() is None
        assert found(kept=kept) == (4, "rewritten")

    def test_shows_by_a_mark_kept_elsewhere_that_the_end_and_the_tail_were_cut_off(self):
        write(5)
        kept = Mark(5, AuditEvent.objects.get(sequence=5).hash)
        AuditEvent.objects.filter(sequence__gt=3).delete()
        AuditTail.objects.update(sequence=3, hash=AuditEvent.objects.get(sequence=3).hash)

        assert found() is None
        assert found(kept=kept) == (4, "cut-off")


@pytest.mark.django_db(transaction=True)
def test_writers_at_the_same_moment_keep_one_chain():
    failed: list[BaseException] = []
    go = threading.Barrier(8)

    def work() -> None:
        try:
            go.wait(10)
            for _ in range(10):
                write(2)
        except BaseException as error:  # noqa: BLE001  (told below)
            failed.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert failed == []
    reading = verify(now=LATER)
    assert (reading.events, reading.problem) == (160, None)


@pytest.mark.django_db(transaction=True)
def test_an_event_outside_a_transaction_is_refused():
    with pytest.raises(TransactionManagementError):
        audit.record(Action.SIGNED_OUT, actor=audit.MICROSOFT, target=Target("person"), now=NOW)

    assert not AuditEvent.objects.exists()


@pytest.fixture
def guarded(db):
    """The database as it is anywhere else, with the triggers on."""
    GUARD.guard(connection)
    write(3)


class TestTheDatabase:
    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE tenants_auditevent SET actor_name = 'x' WHERE sequence = 2",
            "UPDATE tenants_auditevent SET hash = hash",
            "DELETE FROM tenants_auditevent WHERE sequence = 3",
            "DELETE FROM tenants_auditevent",
            "UPDATE tenants_audittail SET sequence = 1",
            "UPDATE tenants_audittail SET hash = 'x'",
            "DELETE FROM tenants_audittail",
        ],
    )
    def test_refuses_every_change(self, guarded, statement):
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            connection.cursor().execute(statement)

        assert verify(now=LATER).events == 3
        assert found() is None

    @pytest.mark.parametrize("table", ["tenants_auditevent", "tenants_audittail"])
    def test_refuses_to_be_emptied(self, guarded, table):
        empty = "TRUNCATE" if connection.vendor == "postgresql" else "DELETE FROM"
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            connection.cursor().execute(f"{empty} {table}")

    def test_refuses_to_write_over_an_event(self, guarded):
        columns = [f.column for f in AuditEvent._meta.fields]
        again = "INSERT INTO tenants_auditevent SELECT * FROM tenants_auditevent WHERE sequence = 2"
        statement = (
            again.replace("INSERT", "INSERT OR REPLACE")
            if connection.vendor == "sqlite"
            else f"{again} ON CONFLICT (sequence) DO UPDATE SET {columns[1]} = EXCLUDED.{columns[1]}"
        )
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            connection.cursor().execute(statement)

    def test_takes_the_next_event(self, guarded):
        write(2)

        assert verify(now=LATER).events == 5

    def test_lets_go_when_the_migration_is_taken_back(self, guarded):
        GUARD.unguard(connection)

        assert AuditEvent.objects.filter(sequence=3).delete()[0] == 1

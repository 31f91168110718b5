"""Checks against a real sandbox: what the worker does, in the order and the number in which it does it."""

from __future__ import annotations

import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from celery import Celery
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import Q

from consent.models import Installation
from consent.rules.status import Condition
from consent.services import checks, doorbell
from consent.services.patterns import recount
from consent.tasks import check_due, sweep
from entra.types import Permission
from portal.celery import app as celery_app
from tests import factories
from tests.factories import D1, NOW, P1, P2, T1, T2, USER_READ
from tests.stage import grant


@pytest.fixture
def t1(application):
    factories.make_revision(application, P1)
    return factories.make_installation(application, factories.make_tenant(id=T1), next_check_at=NOW)


@pytest.mark.django_db
class TestACheck:
    def test_of_a_tenant_that_never_consented_proves_just_that(self, t1, microsoft):
        after = checks.check_now(t1, now=NOW)

        assert after.pattern.grants.granted == frozenset()
        assert after.pattern.grants.knows == {"application", "delegated"}
        assert after.evidence[0]["claims"]["code"] in {700016, 7000229}
        assert after.evidence[0]["request_id"]

    def test_reads_the_granted_permissions_from_a_token(self, t1, microsoft):
        grant(microsoft.directory, T1, P1, P2)

        after = checks.check_now(t1, now=NOW)

        assert after.pattern.grants.granted == {P1, P2}
        assert set(after.evidence[0]["claims"]["roles"]) == {P1.value, P2.value}

    def test_reads_delegated_grants_where_the_tenant_allows_it(self, t1, microsoft):
        directory_read = Permission(
            P1.resource, "application", "7ab1d382-f21e-4acd-a863-ba3e13f7da61", "Directory.Read.All"
        )
        grant(microsoft.directory, T1, P1, directory_read, D1, USER_READ)

        after = checks.check_now(t1, now=NOW)

        assert after.pattern.grants.granted == {P1, directory_read, D1, USER_READ}
        assert after.pattern.grants.knows == {"application", "delegated"}
        assert [e["source"] for e in after.evidence] == ["token", "graph", "graph"]

    def test_keeps_no_token_anywhere(self, t1, microsoft):
        grant(microsoft.directory, T1, P1)

        after = checks.check_now(t1, now=NOW)

        stored = repr(Installation.objects.values().get(pk=after.pk)) + repr(after.snapshots.values())
        assert "eyJ" not in stored

    def test_without_its_credential_says_what_to_mend(self, t1, microsoft, monkeypatch):
        monkeypatch.delenv("CONNECTOR_SECRET")

        after = checks.check_now(t1, now=NOW)

        assert "CONNECTOR_SECRET is not set" in after.note
        assert after.condition == Condition.UNREACHABLE

    def test_that_is_under_way_elsewhere_is_not_doubled(self, t1, microsoft):
        checks.claim(Q(pk=t1.pk), now=NOW, limit=1)

        with pytest.raises(ValidationError, match="being checked right now"):
            checks.check_now(t1, now=NOW)


@pytest.mark.django_db
def test_a_batch_checks_every_due_tenant_once(t1, application, microsoft):
    t2 = factories.make_installation(application, factories.make_tenant(id=T2), next_check_at=NOW)
    later = factories.make_installation(
        application, factories.make_tenant(), next_check_at=NOW + timedelta(hours=1)
    )
    grant(microsoft.directory, T1, P1)

    assert checks.run_due(now=NOW) == 2
    assert checks.run_due(now=NOW) == 0

    found = {i.pk: i for i in Installation.objects.select_related("pattern")}
    assert found[t1.pk].pattern.grants.granted == {P1}
    assert found[t2.pk].pattern.grants.granted == frozenset()
    assert found[later.pk].checked_at is None
    assert not recount(application, repair=False)


@pytest.mark.django_db
def test_the_tasks_do_what_is_due_and_may_come_twice(t1, microsoft):
    Installation.objects.update(next_check_at=NOW - timedelta(days=400))
    grant(microsoft.directory, T1, P1)

    assert [check_due(), check_due()] == [1, 0]
    sweep()
    sweep()

    assert Installation.objects.get().snapshots.count() == 1


@pytest.mark.django_db(transaction=True)
def test_workers_at_once_never_take_the_same_tenant(application, microsoft):
    """Eight workers race for forty due tenants: each is taken once, and nobody is refused."""
    factories.make_revision(application, P1)
    for number in range(40):
        factories.make_installation(application, factories.make_tenant(f"Tenant {number}"), next_check_at=NOW)

    def work(_):
        try:
            taken = []
            while batch := checks.claim(Q(next_check_at__lte=NOW), now=NOW, limit=3):
                taken += [installation.pk for installation in batch]
            return taken
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        taken = [pk for batch in pool.map(work, range(8)) for pk in batch]

    assert sorted(taken) == sorted(set(taken))
    assert len(taken) == 40


@pytest.mark.django_db(transaction=True)
def test_workers_at_once_keep_the_counts_right(application, microsoft):
    factories.make_revision(application, P1)
    ids = [T1, T2]
    for tenant_id in ids:
        factories.make_installation(application, factories.make_tenant(id=tenant_id), next_check_at=NOW)
        grant(microsoft.directory, tenant_id, P1)

    def work(_):
        try:
            return checks.run_due(now=NOW, limit=1)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        done = sum(pool.map(work, range(4)))

    assert done == 2
    assert not recount(application, repair=False)


@pytest.mark.django_db(transaction=True)
def test_a_hung_broker_costs_a_request_nothing():
    """A broker that takes the connection and never says a word must not be waited for."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        hung = Celery("hung", broker=f"redis://127.0.0.1:{silent.getsockname()[1]}/0", set_as_current=False)
        hung.set_current()
        try:
            with transaction.atomic():
                doorbell.ring()
            # The ring is still waiting for the broker; we are not.
            assert any(thread.name == "doorbell" for thread in threading.enumerate())
        finally:
            celery_app.set_current()

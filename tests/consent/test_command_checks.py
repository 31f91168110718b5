"""Checking one tenant or all from a terminal, and counting again."""

from __future__ import annotations

import time

import pytest

from consent.models import Installation, PatternCount, Scan
from sandbox.faults import Fault
from tests import factories
from tests.factories import CONNECTOR, NOW, P1, P2, T1, T2
from tests.stage import grant
from tests.terminal import of_connector, refused, run, state

pytestmark = pytest.mark.django_db


@pytest.fixture
def northwind(application) -> Installation:
    factories.make_revision(application, P1)
    return factories.make_installation(application, factories.make_tenant(id=T1))


class TestCheckTenant:
    def test_prints_the_installation_in_words(self, microsoft, northwind):
        grant(microsoft.directory, T1, P1)

        ran = of_connector("check_tenant", "northwind.example")

        assert (ran.code, ran.err) == (0, "")
        for part in ("Northwind Traders", "In step", "revision 1", P1.value, "request-id"):
            assert part in ran.out

    def test_prints_the_installation_as_it_is_printed_everywhere(self, microsoft, northwind):
        grant(microsoft.directory, T1, P1)

        ran = of_connector("check_tenant", str(T1), "--json")

        assert ran.json == state()["installations"][0]
        assert ran.json["evidence"][0]["request_id"]
        assert ran.json["evidence"][0]["client_request_id"]

    @pytest.mark.parametrize(
        ("granted", "code", "status"),
        [
            ([P1], 0, "in-step"),
            ([], 2, "never-consented"),
            ([P2], 2, "re-consent-needed"),
            ([P1, P2], 2, "over-granted"),
        ],
    )
    def test_ends_as_the_tenant_stands(self, microsoft, northwind, granted, code, status):
        if granted:
            grant(microsoft.directory, T1, *granted)

        ran = of_connector("check_tenant", str(T1), "--json")

        assert (ran.code, ran.json["status"]) == (code, status)

    @pytest.mark.parametrize("kind", ["error503", "garbage", "throttle", "hello", "reset"])
    def test_cannot_tell_what_microsoft_does_not_say(self, microsoft, northwind, kind):
        grant(microsoft.directory, T1, P1)
        microsoft.directory.faults.add(Fault.parse({"kind": kind}))

        ran = of_connector("check_tenant", str(T1), "--json")

        assert ran.code == 3
        assert ran.json["status"] == "unreachable"
        assert ran.json["granted"] == []
        assert ran.json["unknown"] == [P1.json()]

    def test_says_once_that_the_credential_is_refused(self, microsoft, northwind, monkeypatch):
        monkeypatch.setenv("CONNECTOR_SECRET", "a-wrong-secret")

        ran = of_connector("check_tenant", str(T1))

        assert refused(ran, "secret")
        assert "a-wrong-secret" not in ran.err

    def test_says_that_the_credential_has_expired(self, microsoft, northwind):
        microsoft.directory.application(str(CONNECTOR)).secrets[0].expires = time.time() - 1

        assert refused(of_connector("check_tenant", str(T1)), "expired")

    @pytest.mark.parametrize("pem", ["", "-----BEGIN PRIVATE KEY-----\nnonsense\n-----END PRIVATE KEY-----"])
    def test_says_that_the_credential_is_missing_or_broken(self, microsoft, northwind, monkeypatch, pem):
        grant(microsoft.directory, T1, P1)
        of_connector("check_tenant", str(T1))
        before = state()["installations"][0]
        monkeypatch.setenv("CONNECTOR_SECRET", pem)

        assert refused(of_connector("check_tenant", str(T1)))
        after = state()["installations"][0]
        assert (after["granted"], after["proved_at"]) == (before["granted"], before["proved_at"])

    def test_leaves_a_tenant_that_is_being_checked_to_whoever_does(self, microsoft, northwind):
        Installation.objects.update(lease_token="another", lease_until=NOW.replace(year=2200))

        assert refused(of_connector("check_tenant", str(T1)), "being checked")


class TestScan:
    @pytest.fixture
    def both(self, northwind, application) -> None:
        factories.make_installation(application, factories.make_tenant("Fabrikam", id=T2))

    def test_makes_every_tenant_due_and_leaves_it_to_the_workers(self, northwind):
        ran = of_connector("scan")

        assert (ran.code, ran.err) == (0, "")
        northwind.refresh_from_db()
        assert northwind.next_check_at == Scan.objects.get().started_at
        assert northwind.checked_at is None

    def test_waits_without_any_worker(self, microsoft, both):
        grant(microsoft.directory, T1, P1)
        grant(microsoft.directory, T2, P1)

        ran = of_connector("scan", "--wait")

        assert (ran.code, ran.err) == (0, "")
        assert "2 tenants, 0 could not be read, 2 changed" in ran.out
        assert "In step" in ran.out
        assert Scan.objects.get().finished_at

    def test_ends_with_2_when_a_tenant_is_out_of_step(self, microsoft, both):
        grant(microsoft.directory, T1, P1)

        ran = of_connector("scan", "--wait", "--json")

        assert ran.code == 2
        assert ran.json["statuses"]["in-step"] == ran.json["statuses"]["never-consented"] == 1
        assert (ran.json["total"], ran.json["failed"]) == (2, 0)

    def test_ends_with_3_when_one_could_not_be_read_and_none_is_out_of_step(self, microsoft, both):
        grant(microsoft.directory, T1, P1)
        microsoft.directory.faults.add(Fault.parse({"kind": "error503", "tenant": str(T2)}))

        ran = of_connector("scan", "--wait", "--json")

        assert ran.code == 3
        assert ran.json["failed"] == 1

    def test_ends_with_3_also_when_the_last_proof_still_counts(self, microsoft, both):
        for tenant in (T1, T2):
            grant(microsoft.directory, tenant, P1)
        assert of_connector("scan", "--wait").code == 0
        microsoft.directory.faults.add(Fault.parse({"kind": "error503", "tenant": str(T2)}))

        ran = of_connector("scan", "--wait", "--json")

        assert (ran.code, ran.json["statuses"]["in-step"]) == (3, 2)

    def test_says_once_that_the_credential_is_refused(self, microsoft, both, monkeypatch):
        monkeypatch.setenv("CONNECTOR_SECRET", "a-wrong-secret")

        assert refused(of_connector("scan", "--wait"), "secret")

    def test_draws_a_bar_on_a_terminal_only(self, microsoft, both):
        ran = of_connector("scan", "--wait", on_terminal=True)

        assert "\r[" in ran.err
        assert "2 of 2 tenants" in ran.err
        assert ran.err.endswith("\n")
        assert "\r" not in ran.out

    def test_needs_a_tenant(self, application):
        assert refused(of_connector("scan"), "no tenants")
        assert not Scan.objects.exists()


class TestRecount:
    def test_finds_nothing_wrong(self, northwind):
        ran = run("recount")

        assert (ran.code, ran.err) == (0, "")
        assert "right" in ran.out

    def test_reports_what_differs_and_leaves_it(self, northwind):
        PatternCount.objects.update(installations=7)

        ran = run("recount", "--json")

        assert ran.code == 2
        (row,) = ran.json["differences"]
        assert (row["counted"], row["kept"], row["application"]) == (1, 7, str(CONNECTOR))
        assert PatternCount.objects.get().installations == 7

    def test_sets_right_what_differs_when_told(self, northwind):
        PatternCount.objects.update(installations=7)

        assert run("recount", "--repair").code == 0

        assert PatternCount.objects.get().installations == 1
        assert run("recount").code == 0

    def test_counts_what_was_never_counted(self, northwind):
        PatternCount.objects.all().delete()

        assert run("recount").code == 2
        assert run("recount", "--repair").code == 0
        assert PatternCount.objects.get().installations == 1

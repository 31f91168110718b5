"""Two tenants, two revisions: the whole story with nothing but the command line."""

from __future__ import annotations

from uuid import UUID

import pytest

from consent.models import Installation
from sandbox.faults import Fault
from tests.factories import CONNECTOR, P1, P2, T1, T2
from tests.stage import grant, revoke
from tests.terminal import Ran, of_connector, run, state

pytestmark = pytest.mark.django_db


def installation(tenant: UUID) -> dict:
    return next(row for row in state()["installations"] if row["tenant"] == str(tenant))


def snapshots(tenant: UUID) -> list[list[str]]:
    """The values granted in each of a tenant's snapshots, oldest first."""
    rows = [row for row in state()["snapshots"] if row["tenant"] == str(tenant)]
    assert [row["sequence"] for row in rows] == list(range(1, len(rows) + 1))
    return [values(row["granted"]) for row in rows]


def values(permissions: list[dict]) -> list[str]:
    return sorted(permission["value"] for permission in permissions)


def publish(*required: str) -> Ran:
    words = [f"{value}:application" for value in required]
    return of_connector("publish_revision", "--permission", *words, "--reason", f"{required[-1]}=We show it")


def check(tenant: UUID | str) -> tuple[int, str]:
    ran = of_connector("check_tenant", str(tenant), "--json")
    assert not ran.err
    return ran.code, ran.json["status"]


def watched() -> None:
    """The owner registers the application, requires P1 and adds both tenants."""
    registered = of_connector(
        "register_application",
        *("--name", "Sentinel Connector", "--home-tenant", "contoso.example"),
        *("--credential", "env:CONNECTOR_SECRET"),
    )
    assert (registered.code, registered.err) == (0, "")
    assert publish(P1.value).code == 0
    assert of_connector("add_tenant", "northwind.example", "--name", "Northwind Traders").code == 0
    assert of_connector("add_tenant", str(T2), "--name", "Fabrikam Residences").code == 0


def test_the_story_of_two_tenants(microsoft) -> None:
    watched()
    assert [row["name"] for row in state()["applications"]] == ["Sentinel Connector"]
    assert [row["tenant"] for row in state()["installations"]] == [str(T1), str(T2)]

    # Microsoft refuses a token in both: nobody consented.
    assert check("northwind.example") == (2, "never-consented")
    assert check(T2) == (2, "never-consented")
    assert state()["snapshots"] == []

    # T1's admin follows the link and accepts.
    invited = of_connector("invite", "northwind.example")
    assert invited.code == 0
    assert invited.out.startswith("http://localhost:8000/c/")
    assert invited.out.strip() not in run("export_state").out
    grant(microsoft.directory, T1, P1)
    assert check(T1) == (0, "in-step")
    assert snapshots(T1) == [[P1.value]]
    assert installation(T1)["evidence"][0]["source"] in {"token", "graph"}

    # Revision 2 moves no tenant's row, and puts T1 out of step.
    before = list(Installation.objects.order_by("pk").values())
    assert publish(P1.value, P2.value).code == 0
    assert list(Installation.objects.order_by("pk").values()) == before
    row = installation(T1)
    assert (row["status"], row["revision"], values(row["missing"])) == ("re-consent-needed", 2, [P2.value])
    assert values(row["granted"]) == [P1.value]
    assert snapshots(T1) == [[P1.value]]
    assert installation(T2)["status"] == "never-consented"
    assert check(T1) == (2, "re-consent-needed")

    # T2 consents later, and gets both.
    grant(microsoft.directory, T2, P1, P2)
    assert check(T2) == (0, "in-step")
    assert snapshots(T2) == [sorted([P1.value, P2.value])]

    _t1_consents_again_and_withdraws(microsoft)


def _t1_consents_again_and_withdraws(microsoft) -> None:
    # T1's admin opens a new link and accepts again.
    assert of_connector("invite", str(T1)).code == 0
    grant(microsoft.directory, T1, P1, P2)
    assert check(T1) == (0, "in-step")
    assert snapshots(T1) == [[P1.value], sorted([P1.value, P2.value])]
    assert of_connector("scan", "--wait").code == 0

    # T1's admin withdraws P1.
    revoke(microsoft.directory, T1, P1)
    assert check(T1) == (2, "revoked")
    row = installation(T1)
    assert (values(row["granted"]), values(row["missing"])) == ([P2.value], [P1.value])
    assert snapshots(T1)[-1] == [P2.value]
    assert of_connector("scan", "--wait").code == 2
    assert installation(T2)["status"] == "in-step"
    assert run("recount").code == 0


def test_an_outage_erases_nothing_and_greens_nothing(microsoft) -> None:
    watched()
    grant(microsoft.directory, T1, P1)
    assert check(T1) == (0, "in-step")
    proved = installation(T1)

    microsoft.directory.faults.add(Fault.parse({"kind": "error503"}))

    assert check(T1) == (3, "in-step")
    assert check(T2) == (3, "unreachable")
    row = installation(T1)
    assert (row["granted"], row["proved_at"]) == (proved["granted"], proved["proved_at"])
    assert row["checked_at"] > proved["checked_at"]
    assert "Microsoft could not be reached" in row["note"]
    assert values(installation(T2)["unknown"]) == [P1.value]


def test_a_consent_that_is_not_visible_yet_is_not_granted(microsoft) -> None:
    watched()
    microsoft.directory.settings.grant_delay = 3600
    grant(microsoft.directory, T1, P1)

    assert check(T1) == (2, "never-consented")

    microsoft.directory.settle()
    assert check(T1) == (0, "in-step")


def test_an_application_switched_off_in_a_tenant_is_revoked(microsoft) -> None:
    watched()
    grant(microsoft.directory, T1, P1)
    assert check(T1) == (0, "in-step")

    tenant = microsoft.directory.tenant(str(T1))
    microsoft.directory.principal(tenant, str(CONNECTOR)).enabled = False

    assert check(T1) == (2, "revoked")
    assert snapshots(T1) == [[P1.value]]

"""What scripts read: the same JSON everywhere, complete, in order, and without anything to steal."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from consent.models import ConsentAttempt, Installation, SignInEvidence
from consent.queries.export import installation_json
from consent.queries.state import state_lines
from consent.rules.drift import NOTHING_KNOWN
from consent.rules.status import Condition
from consent.services.invitations import invite, token_of
from tests import factories
from tests.factories import CONNECTOR, EVERYTHING, NOW, P1, P2, P3, T1, T2, USER_READ, grants

pytestmark = pytest.mark.django_db

KEYS = {
    *("application", "tenant", "status", "revision", "granted", "missing", "surplus", "unknown"),
    *("proved_at", "checked_at", "evidence", "note"),
}


def state() -> Any:
    return json.loads("\n".join(state_lines()))


def read(installation: Installation) -> dict:
    found = Installation.objects.select_related("application", "tenant", "pattern").get(pk=installation.pk)
    row = installation_json(found)
    assert row in state()["installations"]  # one shape, wherever it is printed
    return row


@pytest.fixture
def fleet(application):
    """Two tenants of one application: one has too little and too much, nobody ever read the other."""
    factories.make_revision(application, P1, P2)
    drifted = factories.make_installation(
        application,
        factories.make_tenant("Northwind Traders", id=T1),
        has=grants(P3, P1),
        evidence=[
            {
                "source": "token",
                "observed_at": "2026-11-23T09:00:00.000000Z",
                "request_id": "request-1",
                "client_request_id": "client-1",
                "claims": {"roles": ["SecurityEvents.Read.All"], "oid": "somebody"},
            }
        ],
        note="Two\nlines",
    )
    unread = factories.make_installation(application, factories.make_tenant("Fabrikam", id=T2))
    return drifted, unread


class TestAnInstallation:
    def test_has_exactly_the_agreed_keys_and_values(self, fleet):
        row = read(fleet[0])

        assert row.keys() == KEYS
        assert row["application"] == str(CONNECTOR)
        assert row["tenant"] == str(T1)
        assert (row["status"], row["revision"]) == ("re-consent-needed", 1)
        assert row["granted"] == [P3.json(), P1.json()]  # sorted by resource, kind, id
        assert row["missing"] == [P2.json()]
        assert row["surplus"] == [P3.json()]
        assert row["unknown"] == []
        assert row["proved_at"] == row["checked_at"] == "2026-11-23T09:00:00.000000Z"
        assert row["note"] == "Two lines"

    def test_says_how_it_is_known_without_the_facts_of_a_token(self, fleet):
        assert read(fleet[0])["evidence"] == [
            {
                "source": "token",
                "observed_at": "2026-11-23T09:00:00.000000Z",
                "request_id": "request-1",
                "client_request_id": "client-1",
            }
        ]

    def test_that_nobody_ever_read_knows_nothing_of_what_is_required(self, fleet):
        row = read(fleet[1])

        assert row["unknown"] == [P2.json(), P1.json()]
        assert (row["granted"], row["missing"], row["surplus"]) == ([], [], [])
        assert (row["status"], row["proved_at"], row["evidence"]) == ("unverified", None, [])

    def test_keeps_what_was_proved_while_it_cannot_be_read(self, fleet):
        Installation.objects.filter(pk=fleet[0].pk).update(
            condition=Condition.UNREACHABLE, failures=9, checked_at=NOW + timedelta(days=9)
        )

        row = read(fleet[0])

        assert row["status"] == "unreachable"
        assert row["granted"] == [P3.json(), P1.json()]
        assert (row["proved_at"], row["checked_at"]) == (
            "2026-11-23T09:00:00.000000Z",
            "2026-12-02T09:00:00.000000Z",
        )

    def test_of_an_application_without_revision_is_never_in_step_with_one(self, application):
        installation = factories.make_installation(application, has=grants(P1))

        row = read(installation)

        assert row["revision"] is None
        assert row["surplus"] == [P1.json()]
        assert row["status"] != "in-step"

    def test_is_compared_with_the_current_revision_only(self, fleet, application):
        factories.make_revision(application, P1, P3)

        row = read(fleet[0])

        assert (row["status"], row["revision"], row["missing"]) == ("in-step", 2, [])

    def test_lists_delegated_permissions_after_application_permissions(self, application):
        factories.make_revision(application, P1, USER_READ)
        installation = factories.make_installation(application, has=grants(P1, USER_READ, knows=EVERYTHING))

        assert read(installation)["granted"] == [P1.json(), USER_READ.json()]


class TestTheWholeState:
    def test_is_an_object_of_sorted_lists(self, fleet):
        found = state()

        assert list(found) == sorted(found)
        assert {"applications", "revisions", "installations", "snapshots"} <= found.keys()
        assert [row["tenant"] for row in found["installations"]] == [str(T1), str(T2)]
        assert [row["name"] for row in found["tenants"]] == ["Northwind Traders", "Fabrikam"]

    def test_names_applications_and_revisions(self, fleet, application):
        (row,) = state()["applications"]
        (revision,) = state()["revisions"]

        assert (row["slug"], row["name"]) == ("sentinel-connector", "Sentinel Connector")
        assert (row["client_id"], row["cloud"]) == (str(CONNECTOR), "global")
        assert row["credential"] == "env:CONNECTOR_SECRET"
        assert (revision["application"], revision["number"]) == (str(CONNECTOR), 1)
        assert revision["published_at"] == "2026-11-23T09:00:00.000000Z"
        assert revision["required"] == [P2.json(), P1.json()]
        assert revision["reasons"] == [f"We use {P2.value}", f"We use {P1.value}"]

    def test_keeps_snapshots_in_order(self, fleet):
        assert state()["snapshots"] == [
            {
                "application": str(CONNECTOR),
                "tenant": str(T1),
                "sequence": 1,
                "observed_at": "2026-11-23T09:00:00.000000Z",
                "revision": 1,
                "granted": [P3.json(), P1.json()],
                "sources": ["token"],
            }
        ]

    def test_counts_patterns_and_leaves_out_the_empty_ones(self, fleet, application):
        application.pattern_counts.create(pattern=fleet[0].pattern, condition="disabled", installations=0)

        rows = state()["pattern_counts"]

        assert sorted((row["condition"], row["installations"]) for row in rows) == [
            ("proved", 1),
            ("unread", 1),
        ]

    def test_is_the_same_text_for_the_same_state(self, fleet):
        assert list(state_lines()) == list(state_lines())

    def test_of_nothing_is_empty(self):
        assert set(map(len, state().values())) == {0}

    def test_tells_of_invitations_and_attempts_but_opens_nothing(self, fleet, monkeypatch):
        monkeypatch.setenv("CONNECTOR_SECRET", "a-very-secret-value")
        invitation = invite(installation=fleet[0], person=None, now=NOW)
        ConsentAttempt.objects.create(
            invitation=invitation,
            state_hash="5" * 64,
            session_hash="7" * 64,
            started_at=NOW,
            expires_at=NOW + timedelta(hours=1),
            outcome=ConsentAttempt.Outcome.DECLINED,
            error="access_denied",
            code=65004,
            other_tenant=T2,
        )

        text = "\n".join(state_lines())
        (invited,), (attempt,) = state()["invitations"], state()["attempts"]

        assert (invited["tenant"], invited["expires_at"]) == (str(T1), "2026-12-07T09:00:00.000000Z")
        assert (attempt["tenant"], attempt["outcome"], attempt["code"]) == (str(T1), "declined", 65004)
        assert attempt["started_at"] == "2026-11-23T09:00:00.000000Z"
        for secret in (token_of(invitation), "5" * 64, "7" * 64, "a-very-secret-value", "/c/"):
            assert secret not in text
        assert token_of(invitation).rpartition(".")[2] not in text

    def test_tells_what_sign_ins_showed_but_neither_whose_they_were_nor_what_else_a_token_said(self, fleet):
        calls = [
            {
                "entity": "secureScore", "method": "GET", "url": "https://graph.microsoft.com/v1.0/security",
                "verdict": "missing-role", "status": 403, "request_id": "r-2", "client_request_id": "c-2",
                "at": NOW.isoformat(), "code": "Forbidden", "message": "No role for Rui", "rows": None,
            }
        ]  # fmt: skip
        own = {"roles": [P1.value], "claims": {"tid": "said"}, "claim_names": ["tid"], "results": []}
        evidence = SignInEvidence(
            installation=fleet[0], object_id=uuid4(), name="Rui Costa", at=NOW, scopes=[P1.value],
            claims={"acct": "said"}, claim_names=["acct"], roles=["5d6b6bb7"], results=calls,
            app_only={**own, "request_id": "r-3", "client_request_id": "c-3"},
            request_id="r-1", client_request_id="c-1",
        )  # fmt: skip
        evidence.save()

        (row,) = state()["sign_ins"]

        answer = {
            "entity": "secureScore", "method": "GET", "status": 403,
            "request_id": "r-2", "client_request_id": "c-2",
        }  # fmt: skip
        assert row == {
            "application": str(CONNECTOR),
            "tenant": str(T1),
            "observed_at": "2026-11-23T09:00:00.000000Z",
            "scopes": [P1.value],
            "roles": ["5d6b6bb7"],
            "results": [answer],
            "app_only": {
                "roles": [P1.value], "code": None, "results": [],
                "request_id": "r-3", "client_request_id": "c-3",
            },
            "request_id": "r-1",
            "client_request_id": "c-1",
        }  # fmt: skip

    def test_takes_as_many_queries_for_many_tenants_as_for_few(self, application):
        factories.make_revision(application, P1)

        def queries() -> int:
            with CaptureQueriesContext(
                connection,
            ) as captured:
                assert len(state()["installations"]) == Installation.objects.count()
            return len(captured)

        for has in (grants(P1), grants(), NOTHING_KNOWN):
            factories.make_installation(application, factories.make_tenant(), has=has)
        few = queries()
        for number in range(30):
            factories.make_installation(
                application,
                factories.make_tenant(f"Tenant {number}"),
                has=grants(P1) if number % 2 else grants(),
            )

        assert queries() == few

    def test_is_read_row_by_row(self, fleet):
        lines = state_lines()

        assert next(lines) == "{"
        with CaptureQueriesContext(connection) as captured:
            assert next(lines) == '"applications": ['
        assert len(captured) == 0  # nothing is read before it is printed
        lines.close()


@pytest.mark.django_db(transaction=True)
class TestOneMoment:
    """Outside of a test's own transaction, as a command reads."""

    def test_gives_everything_and_ends(self, application):
        factories.make_revision(application, P1)
        factories.make_installation(application, has=grants(P1))

        assert state()["installations"][0]["status"] == "in-step"
        with transaction.atomic(durable=True):
            factories.make_installation(application, factories.make_tenant("Second"), has=grants(P1))
        assert len(state()["installations"]) == 2

    def test_ends_also_when_the_reader_goes_away(self, application):
        lines = state_lines()
        next(lines)
        lines.close()

        with transaction.atomic(durable=True):
            factories.make_revision(application, P1)
        assert len(state()["revisions"]) == 1

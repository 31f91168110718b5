"""Exported activity logs, with their traps, are imported as failures."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.utils import timezone

from support.models import FailedRequest
from tests.factories import CONNECTOR, T1
from tests.support.exported import (
    CLIENT_REQUEST,
    OPERATION,
    PRINCIPAL,
    READER,
    REQUEST,
    diagnostic_record,
    importer,
    recent,
    stored,
    table_row,
)


@pytest.fixture
def imported(application, tmp_path):
    return importer(tmp_path)


class TestActivityLogs:
    def test_a_row_of_the_table(self, imported):
        ran = imported(table_row())

        assert (ran.code, ran.json["new"]) == (0, 1), ran
        row, token = stored()
        assert row.tenant_id == T1  # and not the Log Analytics workspace
        assert (row.client_request_id, row.request_id) == (CLIENT_REQUEST, REQUEST)
        assert row.correlation_id == OPERATION
        assert (row.method, row.path, row.status) == ("GET", "/security/alerts_v2", 403)
        assert token["kind"] == "application"
        assert token["roles"] == ["IdentityRiskEvent.Read.All", "SecurityEvents.Read.All"]
        assert (token["appid"], token["oid"]) == (str(CONNECTOR), PRINCIPAL)
        assert "scp" not in token
        assert (row.code, row.message) == ("", "")

    def test_a_diagnostic_record(self, imported):
        imported(diagnostic_record())

        row, token = stored()
        assert row.tenant_id == T1
        # The caller sent none: the log repeats the operation's id there.
        assert (row.client_request_id, row.correlation_id) == ("", OPERATION)
        assert token["kind"] == "delegated"
        assert token["scp"] == ["SecurityEvents.Read.All", "User.Read"]
        assert token["wids"] == [READER]

    def test_a_token_without_any_role_is_told_from_a_column_that_was_left_out(self, imported):
        bare = {k: v for k, v in table_row(RequestId="r-2").items() if k not in ("Roles", "Wids")}
        imported(table_row(Roles="", RequestId="r-1"), bare)

        tokens: Any = dict(FailedRequest.objects.values_list("request_id", "token"))
        assert tokens["r-1"]["roles"] == []
        assert "roles" not in tokens["r-2"]

    @pytest.mark.parametrize("wrap", [lambda rows: rows, lambda rows: {"records": rows}])
    @pytest.mark.parametrize("indent", [None, 2])
    def test_an_array_or_records_on_one_line_or_many(self, imported, wrap, indent):
        rows = [table_row(RequestId="r-1"), diagnostic_record(requestId="r-2")]

        ran = imported(whole=b"\xef\xbb\xbf" + json.dumps(wrap(rows), indent=indent).encode())

        assert (ran.code, ran.json["new"]) == (0, 2), ran

    def test_wrappers_line_by_line_keep_their_good_records(self, imported):
        good, bad = diagnostic_record(), diagnostic_record({"time": ""}, timeGenerated="")

        ran = imported({"records": [bad, good]}, {"records": [good]})

        assert [b["line"] for b in ran.json["bad"]] == [1]
        assert FailedRequest.objects.count() == 1

    def test_only_denied_calls_of_the_application_are_taken(self, imported):
        ran = imported(
            table_row(ResponseStatusCode="200"),
            table_row(ResponseStatusCode=206),
            table_row(ResponseStatusCode="302"),
            diagnostic_record(appId="22222222-2222-4222-8222-222222222222"),
            table_row(TimeGenerated=recent(days=40)),
            diagnostic_record(responseStatusCode=None),
        )

        assert ran.json["skipped"] == {"not-denied": 2, "other-application": 1, "too-old": 1}
        assert sorted(FailedRequest.objects.values_list("status", flat=True)) == [206, 403]

    @pytest.mark.parametrize(
        ("change", "says"),
        [
            ({"TimeGenerated": "soon"}, "Line 1: TimeGenerated has to be a time as ISO 8601"),
            ({"ResponseStatusCode": ""}, "Line 1: ResponseStatusCode is missing."),
            ({"ResponseStatusCode": "٤٠٣"}, "Line 1: ResponseStatusCode has to be a status of HTTP."),
            ({"AadTenantId": "T1"}, "Line 1: AadTenantId has to be a GUID."),
            ({"AppId": None}, "Line 1: AppId is missing."),
            ({"RequestId": "", "ClientRequestId": "", "OperationId": ""}, "Line 1 has no id: one of"),
            ({"RequestUri": "x" * 9000}, "Line 1: RequestUri has more than 8,000 characters."),
        ],
    )
    def test_a_bad_row_is_named_by_its_column(self, imported, change, says):
        ran = imported(table_row(**change))

        assert (ran.code, ran.json["bad"][0]["error"][: len(says)]) == (1, says)

    def test_times_without_a_zone_are_utc(self, imported):
        now = timezone.now().replace(microsecond=0, tzinfo=None)

        imported(table_row(TimeGenerated=str(now), TokenIssuedAt="2026-11-01T00:00:00.1234567Z"))

        row, token = stored()
        assert row.occurred_at.replace(tzinfo=None) == now
        assert token["iat"] == 1_793_491_200

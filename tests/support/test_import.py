"""`manage.py import_failures`: ours or exported activity logs; bad lines are named, good ones stored once."""

from __future__ import annotations

import gzip
import io
import json
import sys
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone

from support.models import FailedRequest
from support.rules.pieces import LONGEST_LINE
from tenants.models import AuditEvent
from tests.factories import CONNECTOR, T1
from tests.support.reporting import ALERTS, reported
from tests.terminal import of_connector, refused

WORKSPACE = "99999999-9999-4999-8999-999999999999"
REQUEST = "5b2c2a52-0000-4000-8000-000000000001"
CLIENT_REQUEST = "7d1c0a52-0000-4000-8000-000000000001"
OPERATION = "0be7a710-0000-4000-8000-000000000001"
PRINCIPAL = "0c0ffee0-0000-4000-8000-00000000005e"
READER = "5d6b6bb7-de71-4623-b4af-96380a352509"


def recent(**ago: float) -> str:
    return (timezone.now() - timedelta(**(ago or {"minutes": 9}))).isoformat()


def ours(**overrides: Any) -> dict[str, Any]:
    return reported(**{"occurred_at": recent(), **overrides})


def table_row(**overrides: Any) -> dict[str, Any]:
    """Return a row as the table has it ("MicrosoftGraphActivityLogs", Azure Monitor reference)."""
    return {
        "TenantId": WORKSPACE,
        "TimeGenerated": recent().replace("+00:00", "0Z"),  # seven digits
        "AadTenantId": str(T1),
        "ApiVersion": "v1.0",
        "AppId": str(CONNECTOR),
        "ClientAuthMethod": 1,
        "ClientRequestId": CLIENT_REQUEST,
        "DurationMs": "41000",
        "OperationId": OPERATION,
        "RequestId": REQUEST,
        "RequestMethod": "GET",
        "RequestUri": f"{ALERTS}?$top=5",
        "ResponseStatusCode": "403",
        "Roles": "SecurityEvents.Read.All IdentityRiskEvent.Read.All",
        "Scopes": "",
        "ServicePrincipalId": PRINCIPAL,
        "TokenIssuedAt": recent(minutes=20),
        "UserId": "",
        "Wids": "",
        "Type": "MicrosoftGraphActivityLogs",
        **overrides,
    }


def diagnostic_record(top: dict[str, Any] | None = None, **overrides: Any) -> dict[str, Any]:
    """Return a record as diagnostic settings write it to a storage account."""
    return {
        "time": recent(),
        "operationName": "Microsoft Graph Activity",
        "category": "MicrosoftGraphActivityLogs",
        "resultSignature": "403",
        "durationMs": "41000",
        "level": "Informational",
        "tenantId": str(T1),
        "properties": {
            "timeGenerated": recent(),
            "requestId": REQUEST,
            "operationId": OPERATION,
            "clientRequestId": OPERATION,
            "requestMethod": "GET",
            "responseStatusCode": 403,
            "tenantId": str(T1),
            "roles": "",
            "appId": str(CONNECTOR),
            "scopes": "SecurityEvents.Read.All User.Read",
            "wids": READER,
            "C_Idtyp": "user",
            "requestUri": ALERTS,
            "userId": PRINCIPAL,
            "tokenIssuedAt": recent(minutes=20),
            **overrides,
        },
        **(top or {}),
    }


def stored() -> tuple[FailedRequest, Any]:
    row = FailedRequest.objects.get()
    return row, row.token


@pytest.fixture
def imported(application, tmp_path):
    """Import a text, or objects line by line; return how the command ended."""

    def imported(*lines: Any, whole: bytes = b"", words: tuple[str, ...] = ("--json",)):
        file = tmp_path / "failures.jsonl"
        texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
        file.write_bytes(whole or "\n".join(texts).encode())
        return of_connector("import_failures", str(file), *words)

    return imported


class TestOurs:
    def test_each_line_is_stored_once(self, imported):
        lines = [ours(), ours(), "", ours()]

        ran, again = imported(*lines), imported(*lines)

        assert (ran.code, ran.json["accepted"], ran.json["new"]) == (0, 3, 3)
        assert (again.code, again.json["accepted"], again.json["new"]) == (0, 3, 0)
        assert FailedRequest.objects.filter(source="file").count() == 3

    def test_bad_lines_are_named_and_the_others_stored(self, imported):
        ran = imported(
            ours(),
            json.dumps(ours())[:200],
            ours(status="403"),
            ours(occurred_at="9999-12-31T23:59:59Z"),
            "nonsense",
            ours(application="22222222-2222-4222-8222-222222222222"),
            ours(),
            words=(),
        )

        assert ran.code == 1
        assert ran.err.splitlines() == [
            "Line 2 is not JSON (EOF while parsing a string at line 1 column 200).",
            "Line 3: status has to be a whole number.",
            "Line 4: occurred_at lies more than a day ahead.",
            "Line 5 is not JSON (expected ident at line 1 column 2).",
            f"Line 6: application has to be {CONNECTOR}, or left out.",
        ]
        assert ran.out == "Stored 2 failures; 0 were there before.\n"
        assert FailedRequest.objects.count() == 2

    def test_many_bad_lines_are_counted_and_the_first_hundred_named(self, imported):
        ran = imported(*["{}"] * 150, ours(), words=())

        assert len(ran.err.splitlines()) == 101
        assert ran.err.endswith("… and 50 more that cannot be read.\n")
        assert FailedRequest.objects.count() == 1

    def test_what_is_older_than_failures_are_kept_is_skipped(self, imported):
        ran = imported(ours(), ours(occurred_at=recent(days=31)), words=())

        assert ran.code == 0
        assert "Skipped 1: more than 30 days old, longer than failures are kept." in ran.out

    def test_a_line_without_end_is_bad_and_the_next_one_is_read(self, imported):
        endless = '{"error": "' + "x" * (2 * LONGEST_LINE) + '"}'

        ran = imported(ours(), endless, ours())

        assert ran.json["bad"] == [{"line": 2, "field": "", "error": "Line 2 is longer than 2 MB."}]
        assert FailedRequest.objects.count() == 2

    def test_more_than_a_batch_is_read_and_progress_is_drawn(self, application, tmp_path):
        file = tmp_path / "many.jsonl"
        file.write_text("\n".join(json.dumps(ours()) for _ in range(1005)))

        ran = of_connector("import_failures", str(file), on_terminal=True)

        assert "KB" in ran.err
        assert FailedRequest.objects.count() == 1005

    def test_standard_input_is_read_too(self, application, monkeypatch):
        stdin = io.TextIOWrapper(io.BytesIO(json.dumps(ours()).encode()))
        monkeypatch.setattr(sys, "stdin", stdin)

        assert of_connector("import_failures", "-").code == 0
        assert FailedRequest.objects.count() == 1

    def test_importing_is_in_the_audit_log(self, imported):
        imported(ours(), "nonsense")

        event = AuditEvent.objects.get(action="failures-imported")
        assert event.after == {"accepted": 1, "new": 1, "skipped": {}, "bad": 1}


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


class TestWhatIsNoFileOfFailures:
    @pytest.mark.parametrize(
        ("content", "says"),
        [
            (gzip.compress(b"{}"), "The file is compressed (gzip). Unpack it first."),
            (b"PK\x03\x04", "The file is compressed (ZIP)."),
            ('{"a": 1}'.encode("utf-16"), "The file is UTF-16. Save it as UTF-8."),
            (b"", "The file is empty."),
        ],
    )
    def test_is_refused_in_one_sentence(self, application, tmp_path, content, says):
        file = tmp_path / "file"
        file.write_bytes(content)

        assert refused(of_connector("import_failures", str(file)), says)

    def test_a_file_that_is_not_there(self, application):
        assert refused(of_connector("import_failures", "/nowhere/at-all"), "cannot be read")


def test_the_same_row_from_a_file_and_by_the_application_are_two_sources(imported, application):
    from support.rules.report import read
    from support.services.ingest import take

    told = ours()
    imported(told)
    source = FailedRequest.Source.API
    take(application, read(json.dumps(told).encode()), source=source, key=None, now=timezone.now())

    found = FailedRequest.objects.filter(client_request_id=told["client_request_id"])
    assert sorted(found.values_list("source", flat=True)) == ["api", "file"]
    assert all(isinstance(row.pk, UUID) for row in found)

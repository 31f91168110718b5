"""`manage.py import_failures`: bad lines are named, good ones stored once."""

from __future__ import annotations

import gzip
import io
import json
import sys
from uuid import UUID

import pytest
from django.utils import timezone

from support.models import FailedRequest
from support.rules.pieces import LONGEST_LINE
from support.rules.report import read
from support.services.ingest import take
from tenants.models import AuditEvent
from tests.factories import CONNECTOR
from tests.support.exported import importer, ours, recent
from tests.terminal import of_connector, refused


@pytest.fixture
def imported(application, tmp_path):
    return importer(tmp_path)


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


class TestWhatIsNoFileOfFailures:
    @pytest.mark.parametrize(
        ("content", "says"),
        [
            (gzip.compress(b"{}", mtime=0), "The file is compressed (gzip). Unpack it first."),
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
    told = ours()
    imported(told)
    source = FailedRequest.Source.API
    take(application, read(json.dumps(told).encode()), source=source, key=None, now=timezone.now())

    found = FailedRequest.objects.filter(client_request_id=told["client_request_id"])
    assert sorted(found.values_list("source", flat=True)) == ["api", "file"]
    assert all(isinstance(row.pk, UUID) for row in found)

"""Queries for the customer's own log: ready to run, and nothing of a pasted text becomes a part of one."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from support.rules.facts import FailureFacts
from support.rules.kql import activity_query, sign_in_query

ID = "7d1c0a52-93f4-4f0b-8a3e-2f6f6c1f9b10"
AT = datetime(2026, 11, 20, 2, 58, 14, tzinfo=UTC)


def test_an_id_is_searched_as_both_kinds_around_the_time_of_the_call():
    query = activity_query(FailureFacts(occurred_at=AT), [ID], days=30)

    assert query.startswith("MicrosoftGraphActivityLogs\n")
    assert f'RequestId in~ ("{ID}") or ClientRequestId in~ ("{ID}")' in query
    assert "between (datetime(2026-11-20T02:28:14Z) .. datetime(2026-11-20T03:28:14Z))" in query


def test_without_an_id_the_call_is_described():
    told = FailureFacts(client_id=ID, method="GET", path="/security/alerts_v2", status=403)

    query = activity_query(told, [], days=21)

    assert "TimeGenerated > ago(21d)" in query
    assert f'AppId =~ "{ID}"' in query
    assert "ResponseStatusCode == 403" in query
    assert 'RequestUri contains "/security/alerts_v2"' in query


def test_sign_ins_of_people_and_of_the_application_are_searched():
    query = sign_in_query(FailureFacts(), [ID], days=30)

    assert all(table in query for table in ("SigninLogs", "AADServicePrincipalSignInLogs"))
    assert f'CorrelationId in~ ("{ID}")' in query


@pytest.mark.parametrize("mischief", ['x" or 1==1 //', "a\nb| take 1", "]]>", 'abcdefgh"'])
def test_what_is_no_id_never_becomes_a_part_of_a_query(mischief):
    told = FailureFacts(client_id=mischief, method=mischief, path=mischief)

    for query in (activity_query(told, [mischief], days=30), sign_in_query(told, [mischief], days=30)):
        assert mischief not in query
        assert "take 1\n" not in query

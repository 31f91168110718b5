"""A query for the customer's own log: only the tenant whose data was asked for can see these calls.

Tables and columns: "MicrosoftGraphActivityLogs", "SigninLogs", "AADServicePrincipalSignInLogs" of the Azure
Monitor Logs reference.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from support.rules.facts import FailureFacts

AROUND: Final = timedelta(minutes=30)
MOST_IDS: Final = 10
_ID: Final = re.compile(r"[0-9A-Za-z-]{8,64}")
_PATH: Final = re.compile(r"[\w/.()=:$-]{2,200}")


def activity_query(failure: FailureFacts, ids: Sequence[str], *, days: int) -> str:
    """Return a query for calls of Microsoft Graph: by their ids, else by application, call and status."""
    lines = ["MicrosoftGraphActivityLogs", _when(failure.occurred_at, days=days)]
    known = _quoted(ids)
    if known:
        lines.append(f"| where RequestId in~ ({known}) or ClientRequestId in~ ({known})")
    else:
        lines += _described(failure)
    lines.append(
        "| project TimeGenerated, RequestMethod, RequestUri, ResponseStatusCode, Roles, Scopes, Wids,"
        " TokenIssuedAt, RequestId, ClientRequestId, AppId"
    )
    return "\n".join([*lines, "| order by TimeGenerated desc", "| take 50"])


def sign_in_query(failure: FailureFacts, ids: Sequence[str], *, days: int) -> str:
    """Return a query for what happened when a token was asked for, by a person or by the application."""
    lines = [
        "union isfuzzy=true SigninLogs, AADNonInteractiveUserSignInLogs, AADServicePrincipalSignInLogs",
        _when(failure.occurred_at, days=days),
    ]
    known = _quoted(ids)
    if known:
        lines.append(
            f"| where CorrelationId in~ ({known}) or OriginalRequestId in~ ({known}) or Id in~ ({known})"
        )
    elif _ID.fullmatch(failure.client_id):
        lines.append(f'| where AppId =~ "{failure.client_id}"')
    lines.append(
        "| project TimeGenerated, AppDisplayName, ResultType, ResultDescription, ConditionalAccessStatus,"
        " ResourceDisplayName, CorrelationId, UniqueTokenIdentifier"
    )
    return "\n".join([*lines, "| order by TimeGenerated desc", "| take 50"])


def _when(at: datetime | None, *, days: int) -> str:
    if at is None:
        return f"| where TimeGenerated > ago({days}d)"
    start, end = (
        moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") for moment in (at - AROUND, at + AROUND)
    )
    return f"| where TimeGenerated between (datetime({start}) .. datetime({end}))"


def _quoted(ids: Sequence[str]) -> str:
    """Return ids as text of a query. What is no id never becomes a part of one."""
    return ", ".join(f'"{one}"' for one in ids[:MOST_IDS] if _ID.fullmatch(one))


def _described(failure: FailureFacts) -> list[str]:
    lines = []
    if _ID.fullmatch(failure.client_id):
        lines.append(f'| where AppId =~ "{failure.client_id}"')
    lines.append(f"| where ResponseStatusCode {f'== {failure.status}' if failure.status else '>= 400'}")
    if failure.method.isalpha():
        lines.append(f'| where RequestMethod =~ "{failure.method}"')
    if _PATH.fullmatch(failure.path):
        lines.append(f'| where RequestUri contains "{failure.path}"')
    return lines

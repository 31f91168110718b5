"""What people paste, by whoever wrote it first."""

from datetime import UTC, datetime

from support.rules.paste import Pasted

MINE = "7d1c0a52-93f4-4f0b-8a3e-2f6f6c1f9b10"  # client-request-id
THEIRS = "0c0ffee0-0000-4000-8000-00000000ab01"  # request-id, or trace id
SPAN = "c0221a7e-5f5d-4f0e-9d53-1c2d3e4f5a6b"  # correlation id
TENANT = "11111111-1111-4111-8111-111111111111"
APP = "5e471e10-0000-4000-8000-0000000000c1"
WHEN = datetime(2026, 11, 20, 2, 58, 14, tzinfo=UTC)
MISSING = (
    "Missing application roles. API required roles: SecurityIncident.Read.All,SecurityIncident.ReadWrite.All,"
    " application roles: SecurityEvents.Read.All."
)
GRAPH = {
    "error": {
        "code": "Forbidden",
        "message": MISSING,
        "innerError": {"date": "2026-11-20T02:58:14", "request-id": THEIRS, "client-request-id": MINE},
    }
}
SECRET = (
    f"AADSTS7000215: Invalid client secret provided. Ensure it is right, for a secret added to app '{APP}'."
)
TOKEN = {
    "error": "invalid_client",
    "error_description": f"{SECRET} Trace ID: {THEIRS} Correlation ID: {SPAN} Timestamp:"
    f" 2026-11-20 02:58:14Z",
    "error_codes": [7000215],
    "timestamp": "2026-11-20 02:58:14Z",
    "trace_id": THEIRS,
    "correlation_id": SPAN,
    "error_uri": "https://login.microsoftonline.com/error?code=7000215",
}


def labels(pasted: Pasted):
    return [(one.label, one.value) for one in pasted.labelled]


# The head of an answer, as it went over the wire.
BLOCK = (
    "HTTP/1.1 429 Too Many Requests\r\nContent-Type: application/json\r\nRetry-After: 17\r\n"
    f"request-id: {THEIRS}\r\nclient-request-id: {MINE}\r\n"
    f"x-ms-throttle-scope: Tenant_Application/Read/{APP}/{TENANT}\r\n"
    "Date: Fri, 20 Nov 2026 02:58:14 GMT\r\n"
)
URL = "https://graph.microsoft.com/v1.0/security/incidents"

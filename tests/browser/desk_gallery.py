"""The support desk's pages by name, with denied calls of many kinds on them."""

from __future__ import annotations

from datetime import timedelta

from django.urls import reverse

from support.models import FailedRequest
from tests.browser.fleet import Fleet
from tests.support.failing import count_failures, make_failure

NOBODYS = "99999999-9999-4999-8999-999999999999"
LONG_PATH = "/security/alerts_v2/" + "da637551227677560813_-961444813" * 3
CONTINUED = {
    "verdict": "conditional-access",
    "status": 401,
    "code": "InvalidAuthenticationToken",
    "headers": {"challenge": "insufficient_claims", "diagnostic": "x" * 300},
    "message": "Continuous access evaluation resulted in challenge with result: InteractionRequired. " * 4,
}


def deny(fleet: Fleet) -> list[FailedRequest]:
    """Let the story's tenant have been denied several calls; the first is the plainest."""
    story, now = fleet.story, fleet.now
    plain = make_failure(fleet.application, story, occurred_at=now, received_at=now)
    count_failures(plain, 14)
    count_failures(
        plain, 4000, hour=now - timedelta(days=2), verdict="throttled", template="/security/incidents"
    )
    others = [
        make_failure(
            fleet.application, story, occurred_at=fleet.ago(days=n), received_at=now, path=LONG_PATH, **told
        )
        for n, told in enumerate((CONTINUED, CONTINUED, {"verdict": "throttled", "status": 429}), 1)
    ]
    make_failure(
        fleet.application, story, client_request_id=plain.client_request_id, source="file", received_at=now
    )
    return [plain, *others]


def desk_pages(fleet: Fleet) -> dict[str, str]:
    denied = deny(fleet)
    of = [fleet.application.slug]
    box = reverse("support:lookup", args=of)
    groups = reverse("support:failure_list", args=of)
    described = (
        f"tenant={fleet.story.tenant_id}&at=2026-11-20T10%3A00&call=GET+%2Fsecurity%2Fincidents&status=403"
    )
    return {
        "lookup": box,
        "lookup-unknown": f"{box}?q={NOBODYS}",
        "lookup-described": f"{box}?{described}",
        "denied": reverse("support:failure_detail", args=[*of, denied[0].pk]),
        "denied-by-a-policy": reverse("support:failure_detail", args=[*of, denied[1].pk]),
        "denials": groups,
        "denials-of-a-day": f"{groups}?days=1&cause=permission-missing&tenant={fleet.story.tenant_id}",
        "denials-of-a-tenant": reverse("support:tenant_failures", args=[*of, fleet.story.tenant_id]),
        "denials-none": reverse("support:failure_list", args=[fleet.empty.slug]),
        "denials-upload": reverse("support:failure_upload", args=of),
        "denials-keys": reverse("support:ingest_keys", args=of),
        "denials-samples": reverse("support:failure_samples", args=of),
        "verdicts": reverse("support:verdict_help"),
    }

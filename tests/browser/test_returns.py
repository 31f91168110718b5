"""What comes back from Microsoft is a claim by whoever holds the browser: forged, foreign, late, again."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlencode

from django.utils import timezone

from consent.models import ConsentAttempt, Installation, Snapshot
from tests import stage
from tests.browser import deeds
from tests.browser.approval import (
    RETURN,
    come_back,
    later,
    nothing_granted,
    offers,
    reading,
    says,
    state_of,
    worker_looked,
)
from tests.factories import P1, P2, T1


def test_a_forged_return_proves_nothing(ada, invited):
    """Right browser, right state, right tenant: but nobody accepted anything at Microsoft."""
    deeds.go_to_microsoft(ada, invited)
    come_back(ada, admin_consent="True", tenant=str(T1), state=state_of(ada))

    says(ada, "Checking with Microsoft…")
    worker_looked()
    assert nothing_granted()
    day = timedelta(hours=25)
    later(started_at=day, returned_at=day, expires_at=day)
    Installation.objects.update(claimed_at=timezone.now() - day, next_check_at=timezone.now())
    worker_looked()
    ada.reload()

    says(ada, "Not confirmed", "nothing counts as approved")
    offers(ada, "Open the approval page")
    assert nothing_granted()


def test_a_return_with_a_state_that_nobody_made(portal, ada, invited):
    portal.visitors.refusals.add(400)
    for answer in ({}, {"state": ""}, {"state": "12345"}, {"state": "x" * 8000}):
        come_back(ada, admin_consent="True", tenant=str(T1), **answer)

        says(ada, "This return can’t be matched", "Nothing was changed here", "Open your approval link again")
    assert nothing_granted()
    assert not ConsentAttempt.objects.exists()


def test_a_return_with_somebody_elses_state(portal, ada, invited):
    """Whoever it is learns nothing, and claims nothing for the organization."""
    deeds.go_to_microsoft(ada, invited)
    state = state_of(ada)
    somebody = portal.visitors.open()
    come_back(somebody, admin_consent="True", tenant=str(T1), state=state)

    says(somebody, "Thank you, you can close this page")
    assert "Northwind" not in somebody.content()
    worker_looked()
    assert nothing_granted()


def test_a_return_that_comes_too_late(portal, ada, invited):
    portal.visitors.refusals.add(400)
    deeds.go_to_microsoft(ada, invited)
    state = state_of(ada)
    later(started_at=timedelta(minutes=61), expires_at=timedelta(minutes=61))
    come_back(ada, admin_consent="True", tenant=str(T1), state=state)

    says(ada, "You came back too late", "nothing in the address is taken for proof")
    offers(ada, "Go to your visit", "Open the approval page")
    assert nothing_granted()


def test_a_return_twice_counts_once(portal, ada, invited):
    returns: list[str] = []
    ada.on("request", lambda request: returns.append(request.url) if RETURN in request.url else None)
    with reading(ada):
        deeds.approve(ada, invited, "Ada")
    says(ada, "Approved. Microsoft has recorded all 2 permissions")
    before = list(ConsentAttempt.objects.values())

    ada.goto(returns[0])

    says(ada, "Approved. Microsoft has recorded all 2 permissions")
    assert list(ConsentAttempt.objects.values()) == before
    assert Snapshot.objects.count() == 1


def test_a_return_many_times_at_once_counts_once(portal, ada, invited):
    deeds.go_to_microsoft(ada, invited)
    query = urlencode({"admin_consent": "True", "tenant": str(T1), "state": state_of(ada)})
    stage.grant(portal.microsoft.directory, T1, P1, P2)
    ada.goto(invited)
    asked = "url => Promise.all(Array.from({length: 8}, () => fetch(url).then(answer => answer.status)))"

    assert set(ada.evaluate(asked, f"{RETURN}?{query}")) == {200}

    ada.goto(f"{RETURN}?{query}")
    says(ada, "Approved. Microsoft has recorded all 2 permissions")
    assert ConsentAttempt.objects.get().outcome == "approved"
    assert Snapshot.objects.count() == 1

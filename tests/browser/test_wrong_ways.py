"""Every way in which an approval goes wrong has its page, its words and its next step, and grants nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from consent.models import ConsentAttempt, Installation, Invitation, Snapshot
from consent.services.invitations import withdraw
from tests import factories, stage
from tests.browser import deeds
from tests.browser.approval import (
    break_microsoft,
    come_back,
    later,
    nothing_granted,
    offers,
    reading,
    rested,
    says,
    state_of,
    worker_looked,
)
from tests.factories import P1, P2, T1, T2


def test_declined(ada, invited):
    deeds.go_to_microsoft(ada, invited)
    deeds.answer(ada, "Ada", "Cancel")

    says(ada, "You didn’t approve, so nothing changed", "What you use today keeps working")
    offers(ada, "Open the approval page", "Send it to the right admin")
    assert nothing_granted()


def test_declined_as_the_second_endpoint_says_it(portal, ada, invited):
    """`admin_consent=True` comes with the refusal; the refusal counts."""
    portal.microsoft.directory.settings.decline = "documented_v2"
    deeds.go_to_microsoft(ada, invited)
    deeds.answer(ada, "Ada", "Cancel")

    says(ada, "You didn’t approve, so nothing changed")
    expect(ada.locator(".is-success")).to_have_count(0)
    assert nothing_granted()


def test_declined_without_a_state(portal, ada, invited):
    portal.visitors.refusals.add(400)
    portal.microsoft.directory.settings.decline = "documented_v1"
    deeds.go_to_microsoft(ada, invited)
    deeds.answer(ada, "Ada", "Cancel")

    says(ada, "This return can’t be matched", "If you chose Cancel, nothing changed")
    offers(ada, "Go to your visit", "Open the approval page")
    assert nothing_granted()


def test_declined_on_our_own_page(ada, invited):
    ada.goto(invited)
    ada.get_by_role("button", name="Decline").click()

    says(ada, "You declined", "Nothing changed")
    ada.get_by_role("link", name="Look at the request again").click()
    deeds.heading(ada, "Approve Sentinel Connector for your organization")
    assert nothing_granted()


@pytest.mark.parametrize("person", ["Nora", "Rui"])
def test_a_person_who_may_not_consent_finds_whom_to_ask(portal, ada, invited, person):
    deeds.go_to_microsoft(ada, invited)
    deeds.choose(ada, person)
    deeds.heading(ada, "Need admin approval")

    ada.goto(invited)
    ada.get_by_role("link", name="See what came of it").click()

    says(
        ada,
        "Nothing came back from Microsoft",
        "an administrator has to approve",
        "Privileged Role Administrator",
    )
    ada.get_by_role("link", name="Send it to the right admin").click()
    deeds.heading(ada, "Pass this to the right admin")
    assert invited in ada.get_by_role("textbox", name="Text to send").input_value()
    assert nothing_granted()


def test_a_person_who_may_not_consent_and_is_sent_back(ada, invited):
    deeds.go_to_microsoft(ada, invited)
    said = "AADSTS90094: Sentinel Connector needs permission that only an admin can grant."
    come_back(ada, error="access_denied", error_description=said, admin_consent="True", state=state_of(ada))

    says(ada, "Your account can’t approve this", "Privileged Role Administrator", "AADSTS90094")
    offers(ada, "Send it to the right admin")
    assert nothing_granted()


def test_an_account_of_another_organization(ada, invited):
    deeds.go_to_microsoft(ada, invited)
    deeds.choose(ada, "Femi")

    says(ada, "That account belongs to another organization", "This link is for Northwind Traders")
    offers(ada, "Open the approval page")
    assert nothing_granted()


def test_consented_in_another_tenant_than_invited(portal, ada, invited, application):
    """The address at Microsoft was changed by hand to any organization's."""
    deeds.go_to_microsoft(ada, invited)
    deeds.heading(ada, "Pick an account")
    ada.goto(ada.url.replace(str(T1), "organizations"))
    deeds.answer(ada, "Femi", "Accept")

    says(ada, "You approved for another organization", str(T2), "This link was for Northwind Traders")
    offers(ada, "Open the approval page")
    worker_looked()
    assert nothing_granted()
    assert not Installation.objects.filter(tenant_id=T2).exists()


def test_consent_that_is_not_visible_yet_becomes_visible(portal, ada, invited):
    directory = portal.microsoft.directory
    directory.settings.grant_delay = 3600
    deeds.approve(ada, invited, "Ada")
    says(ada, "Checking with Microsoft…")
    worker_looked()
    later(returned_at=timedelta(minutes=1))
    ada.reload()

    says(ada, "Microsoft says yes, but we can’t see it yet", "This can take a few minutes")
    assert nothing_granted()

    directory.settle()
    rested()
    with reading(ada):
        ada.get_by_role("button", name="Check now").click()
    says(ada, "Approved. Microsoft has recorded all 2 permissions for Northwind Traders.")


def test_consented_to_fewer_permissions_than_asked(portal, ada, invited):
    portal.microsoft.directory.settings.grant_only = [P1.value]
    with reading(ada):
        deeds.approve(ada, invited, "Ada")

    says(ada, "Approved in part", "1 of 2 permissions is recorded", f"Missing: {P2.value}")
    offers(ada, "Open the approval page", "Receipt")
    snapshot = Snapshot.objects.select_related("pattern").get()
    assert [p["value"] for p in snapshot.pattern.granted] == [P1.value]


def expire(invitation: Invitation) -> None:
    Invitation.objects.filter(pk=invitation.pk).update(expires_at=timezone.now() - timedelta(days=3))


def take_back(invitation: Invitation) -> None:
    withdraw(invitation=invitation, person=None, now=timezone.now())


@pytest.mark.parametrize(
    ("close", "title", "next_step"),
    [
        (expire, "This link has expired", "Ask whoever sent it to you for a new one"),
        (take_back, "This link was withdrawn", "ask whoever sent it to you for a new one"),
    ],
)
def test_a_link_that_ended_while_it_was_open(portal, ada, invited, close, title, next_step):
    portal.visitors.refusals.update({409, 410})
    ada.goto(invited)
    close(Invitation.objects.get())

    ada.get_by_role("button", name="Continue to Microsoft").click()
    says(ada, title, next_step)
    ada.goto(invited)
    says(ada, title, next_step)
    assert not ConsentAttempt.objects.exists()


def test_a_link_that_was_used_shows_its_proof(portal, ada, invited):
    with reading(ada):
        deeds.approve(ada, invited, "Ada")
    says(ada, "Approved. Microsoft has recorded all 2 permissions")

    somebody = portal.visitors.open()
    somebody.goto(invited)

    says(somebody, "This link has done its work", "A link approves once")
    somebody.get_by_role("link", name="See the proof").click()
    says(somebody, "Approved. Microsoft has recorded all 2 permissions")


def test_nothing_came_back_though_it_was_accepted(portal, ada, invited):
    break_microsoft(portal.microsoft, "no_redirect", "adminconsent")
    deeds.approve(ada, invited, "Ada")
    deeds.heading(ada, "Done")

    ada.goto(invited)
    ada.get_by_role("link", name="See what came of it").click()
    says(ada, "Nothing came back from Microsoft", "The approval counts all the same")
    rested()
    with reading(ada):
        ada.get_by_role("button", name="Check now").click()

    says(ada, "Approved.", "Nothing came back from your browser, but the approval is there")


def test_microsoft_down_or_talking_garbage(portal, ada, invited):
    faults = portal.microsoft.directory.faults
    break_microsoft(portal.microsoft, "error503", "token")
    with reading(ada):
        deeds.approve(ada, invited, "Ada")
    for kind in ("garbage", "truncated", "reset", "throttle"):
        says(ada, "Microsoft can’t be reached right now", "Nothing counts as approved until we have read it")
        assert nothing_granted()
        expect(ada.locator("[hx-trigger^=every]")).to_have_count(1)  # it goes on looking by itself
        faults.clear()
        break_microsoft(portal.microsoft, kind, "token")
        worker_looked()
        ada.reload()
    says(ada, "Microsoft can’t be reached right now")

    faults.clear()
    worker_looked()
    ada.reload()
    says(ada, "Approved. Microsoft has recorded all 2 permissions")


def test_microsoft_is_slow(portal, ada, invited):
    break_microsoft(portal.microsoft, "slow", "token", seconds=2, times=1)
    deeds.approve(ada, invited, "Ada")

    says(ada, "Checking with Microsoft…")
    assert nothing_granted()
    says(ada, "Approved. Microsoft has recorded all 2 permissions")


def test_a_service_principal_that_is_switched_off(portal, ada, invited):
    directory = portal.microsoft.directory
    stage.grant(directory, T1, P1)
    directory.principal(directory.tenant(str(T1)), str(factories.CONNECTOR)).enabled = False
    with reading(ada):
        deeds.approve(ada, invited, "Ada")

    says(ada, "The app is switched off in your organization", "Enabled for users to sign in")
    assert nothing_granted()

    directory.principal(directory.tenant(str(T1)), str(factories.CONNECTOR)).enabled = True
    rested()
    with reading(ada):
        ada.get_by_role("button", name="Check now").click()
    says(ada, "Approved. Microsoft has recorded all 2 permissions")

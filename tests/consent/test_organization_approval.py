"""An administrator approves from the organization's own page; who may not is told who can."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone

from consent.models import Invitation
from tests import factories, stage
from tests.consent.admin import Admin, check_due, heading_of, main_of, open_link
from tests.consent.own import PAGE, signed_in
from tests.factories import D1, EVERYTHING, P1, P2, T1, grants

pytestmark = pytest.mark.django_db


class TestApproving:
    def test_is_offered_to_whose_active_role_suffices(self, ada):
        page = main_of(ada.get(PAGE))

        assert "You can approve this: you hold Privileged Role Administrator." in page

    def test_leads_to_the_approval_page_of_the_own_organization(self, ada, behind):
        there = ada.post(f"{PAGE}approve")

        assert there.status_code == 303
        assert behind.invitations.count() == 1
        assert heading_of(Client().get(there.headers["Location"])) == "Approve 1 new permission"

    def test_twice_makes_one_link(self, ada, behind):
        first, second = (ada.post(f"{PAGE}approve").headers["Location"] for _ in range(2))

        assert first == second
        assert behind.invitations.count() == 1

    def test_makes_a_new_link_when_the_last_one_is_over(self, ada, behind):
        for over in ("declined_at", "withdrawn_at", "used_at"):
            invitation = open_link(behind)
            Invitation.objects.filter(pk=invitation.pk).update(**{over: timezone.now()})

        ada.post(f"{PAGE}approve")

        assert behind.invitations.count() == 4

    def test_by_a_reader_is_refused_with_the_roles_that_can_and_changes_nothing(self, rita, behind):
        page = main_of(rita.get(PAGE))
        refused = rita.post(f"{PAGE}approve")

        assert "You cannot approve this. It takes Privileged Role Administrator or Global" in page
        assert "1 permission waits for approval." in page
        assert refused.status_code == 403
        assert "None of your active roles lets you" in main_of(refused)
        assert not behind.invitations.exists()

    def test_by_an_application_administrator_depends_on_what_is_asked(self, application):
        factories.make_revision(application, D1)
        installation = factories.make_installation(application, has=grants(knows=EVERYTHING))
        nora = signed_in(installation, "Cloud Application Administrator")
        assert "You can approve this: you hold Cloud Application Administrator." in main_of(nora.get(PAGE))

        factories.make_revision(application, D1, P1)

        assert nora.post(f"{PAGE}approve").status_code == 403

    def test_with_an_eligible_role_says_that_it_has_to_be_activated(self, behind):
        eligible = ["62e90394-69f5-4237-9190-012177145e10"]
        eva = signed_in(behind, "Security Reader", name="Eva", eligible_roles=eligible)

        page = main_of(eva.get(PAGE))

        assert "You are eligible for Global Administrator, but the role is not active." in page
        assert eva.post(f"{PAGE}approve").status_code == 403

    def test_needs_the_csrf_token(self, behind):
        strict = Client(enforce_csrf_checks=True)
        strict.force_login(factories.make_tenant_admin(behind.tenant, "Global Administrator"))

        assert strict.post(f"{PAGE}approve").status_code == 403
        assert not behind.invitations.exists()

    def test_of_nothing_goes_back_and_says_so(self, application):
        installation = factories.make_installation(application)
        client = signed_in(installation, "Global Administrator")

        page = client.post(f"{PAGE}approve", follow=True)

        assert "Sentinel Connector asks for nothing new at the moment." in main_of(page)
        assert not installation.invitations.exists()


def test_a_whole_consent_shows_up_with_its_receipt(microsoft, story, monkeypatch):
    monkeypatch.setenv("CONNECTOR_SECRET", "sandbox-connector-secret")
    stage.require(microsoft.directory, P1, P2)
    installation = factories.make_installation(story, factories.make_tenant("Northwind Traders", id=T1))
    ada = signed_in(installation, "Privileged Role Administrator")
    ada.post(f"{PAGE}approve")
    admin = Admin(installation.invitations.get())
    admin.decide("ada@northwind.example")
    check_due()

    page = main_of(ada.get(PAGE))

    assert "Northwind Traders approved everything that Sentinel Connector asks for." in page
    assert page.count("Approval link of") == 2
    assert "Approved, and proved · Receipt" in page
    assert "You can approve this" not in page

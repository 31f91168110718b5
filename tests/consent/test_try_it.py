"""A person signs in to the watched application and is told what it may do for them."""

from __future__ import annotations

import re

import pytest
import requests

from consent.models import Installation, SignInEvidence
from consent.services.try_it import KEPT
from entra.types import GRAPH, Permission
from tests import factories, stage
from tests.consent.admin import heading_of, main_of, open_link
from tests.consent.trying import READER, RUI, Visitor, break_down, give_role
from tests.factories import D1, P1, P2, T1, USER_READ, make_installation, make_revision, make_tenant

ADA = "ada@northwind.example"


@pytest.fixture
def visitor(microsoft, application) -> Visitor:
    """Somebody at Northwind, which approved that the application asks on behalf of people, and alone."""
    make_revision(application, P1, D1, USER_READ)
    stage.grant(microsoft.directory, T1, P1, D1, USER_READ)
    installation = make_installation(
        application, make_tenant("Northwind Traders", id=T1), has=factories.grants(P1)
    )
    return Visitor(open_link(installation))


def verdicts(response, column: str) -> dict[str, str]:
    """Each call of the table with the slug of its verdict in one column."""
    table = re.search(r'aria-labelledby="opens".*?</table>', response.content.decode(), re.S)
    assert table
    found = {}
    for row in re.findall(r"<tr>(.*?)</tr>", table.group(), re.S)[1:]:
        call = re.search(r"<code[^>]*>(.*?)</code>", row)
        cell = re.search(rf'data-label="{column}">.*?data-verdict="([a-z-]+)"', row, re.S)
        assert call
        assert cell
        found[call.group(1)] = cell.group(1)
    return found


class TestWhoHasNoRole:
    def test_is_told_exactly_that(self, visitor):
        response = visitor.try_it()

        assert response.status_code == 200
        assert heading_of(response) == "The app may, but you may not: no Security Reader role"
        assert verdicts(response, "You, signed in")["GET /security/secureScores"] == "missing-role"
        assert "Microsoft refused" in main_of(response)

    def test_sees_that_the_application_alone_works(self, visitor):
        response = visitor.try_it()

        assert verdicts(response, "The app alone")["GET /security/secureScores"] == "allowed"
        scores = SignInEvidence.objects.get().app_only["results"][-2]
        assert (scores["entity"], scores["status"], scores["rows"]) == ("secureScore", 200, 3)

    def test_reads_alerts_with_security_reader_after_checking_again(self, visitor, microsoft):
        assert "you may not" in heading_of(visitor.try_it())
        give_role(microsoft, READER)

        response = visitor.try_it()

        assert heading_of(response) == "You can read alerts and secure scores here"
        assert "Security Reader" in main_of(response)

    def test_is_not_helped_by_another_role(self, visitor, microsoft):
        give_role(microsoft, "Application Administrator")

        page = main_of(visitor.try_it())

        assert "you hold only Application Administrator" in page

    def test_is_told_when_nobody_could_look_whether_the_role_is_eligible(self, visitor):
        assert "We aren’t allowed to look that up here" in main_of(visitor.try_it())

    def test_is_told_apart_when_the_role_is_eligible_only(self, visitor, microsoft):
        requests.post(
            f"{microsoft.url}/_sandbox/tenants/{T1}/apps/{factories.CONNECTOR}/grant",
            json={"permissions": ["RoleManagement.Read.Directory:application"]},
            timeout=10,
        ).raise_for_status()
        assert "you aren’t eligible" in main_of(visitor.try_it())
        give_role(microsoft, READER, eligible=True)

        response = visitor.try_it()

        assert heading_of(response) == "Almost: your role is eligible, but not active"
        assert "Privileged Identity Management" in main_of(response)


class TestWhatIsShown:
    def test_everything_that_was_granted_comes_back_though_one_permission_was_asked_for(self, visitor):
        leaving = visitor.leave_to_try()
        page = main_of(visitor.try_it())

        assert "SecurityEvents" not in leaving
        assert f"/{T1}/oauth2/v2.0/authorize" in leaving
        assert "We asked for User.Read alone, and 1 more came" in page
        assert "SecurityEvents.Read.All Came along" in page

    def test_each_claim_is_explained_and_personal_ones_are_not_kept(self, visitor):
        page = main_of(visitor.try_it())

        assert "scp SecurityEvents.Read.All User.Read" in page.replace("email ", "").replace(
            "openid ", ""
        ).replace("profile ", "")
        assert "The directory roles that the person holds actively" in page
        assert "ipaddr Not kept The network address" in page
        assert "192.0.2.10" not in page
        assert "Decoded, not verified" in page

    def test_every_live_answer_carries_both_request_ids(self, visitor):
        response = visitor.try_it()
        evidence = SignInEvidence.objects.get()

        for result in [*evidence.results, *evidence.app_only["results"]]:
            assert result["request_id"] in response.content.decode()
            assert result["client_request_id"] in response.content.decode()

    def test_without_anything_for_people_nobody_needs_a_role(self, visitor, microsoft):
        stage.revoke(microsoft.directory, T1, D1)

        response = visitor.try_it()

        assert heading_of(response) == "Sentinel Connector reads security data without you"
        assert "nobody needs the Security Reader role" in main_of(response)

    def test_without_anything_at_all_an_approval_is_missing(self, visitor, microsoft):
        stage.revoke(microsoft.directory, T1, D1, P1)

        assert "Nobody has let" in heading_of(visitor.try_it())

    def test_a_product_that_is_not_there_is_not_called_a_missing_role(self, visitor, microsoft):
        alerts = Permission(
            GRAPH, "delegated", "bc257fb8-46b4-4b15-8713-01e91bfbe4ea", "SecurityAlert.Read.All"
        )
        stage.revoke(microsoft.directory, T1, D1)
        stage.grant(microsoft.directory, T1, alerts, P2)
        microsoft.directory.tenant(str(T1)).defender = False
        give_role(microsoft, READER)

        response = visitor.try_it()

        assert heading_of(response) == "The permission is there, but Microsoft refused"
        assert "Account is not provisioned" in main_of(response)

    def test_microsoft_being_away_for_the_calls_is_no_verdict(self, visitor, microsoft):
        give_role(microsoft, READER)
        break_down(microsoft, "error503", "graph")

        response = visitor.try_it()

        assert response.status_code == 200
        assert heading_of(response) == "You are signed in, but Microsoft didn’t answer"

    def test_a_token_that_nobody_can_read_is_no_obstacle(self, visitor, microsoft):
        give_role(microsoft, READER)
        break_down(microsoft, "opaque_token", "token")

        response = visitor.try_it()

        assert response.status_code == 200
        assert "nobody but Graph can read" in main_of(response)


class TestWhatIsKept:
    def test_is_one_persons_view_and_moves_nothing(self, visitor):
        installation = visitor.invitation.installation
        before = Installation.objects.filter(pk=installation.pk).values().get()

        visitor.try_it()

        assert Installation.objects.filter(pk=installation.pk).values().get() == before
        evidence = SignInEvidence.objects.get()
        assert evidence.installation == installation
        assert evidence.name == "Rui Costa"
        assert "SecurityEvents.Read.All" in evidence.scopes

    def test_is_shown_to_staff_as_one_persons_view(self, visitor, as_owner):
        visitor.try_it()

        page = main_of(as_owner.get(f"/sentinel-connector/tenants/{T1}/"))

        assert "One person’s view" in page
        assert "Rui Costa" in page

    def test_is_forgotten_after_some_more(self, visitor):
        visitor.try_it()
        first = SignInEvidence.objects.get()
        for number in range(1, KEPT + 1):
            SignInEvidence.objects.create(
                **{
                    field.name: getattr(first, field.name)
                    for field in SignInEvidence._meta.fields
                    if field.name not in ("id", "at")
                },
                at=first.at.replace(year=2000 + number),
            )

        visitor.try_it()

        assert SignInEvidence.objects.count() == KEPT
        assert not SignInEvidence.objects.filter(at__year=2001).exists()


class TestWhoseResultItIs:
    def test_another_browser_with_the_same_link_sees_nothing(self, visitor):
        address = visitor.try_it().redirect_chain[-1][0]
        other = Visitor(visitor.invitation)

        assert other.client.get(address).status_code == 404
        assert visitor.client.get(address).status_code == 200

    def test_another_organizations_link_doesnt_open_it(self, visitor, application):
        try_id = visitor.try_it().redirect_chain[-1][0].rpartition("/")[2]
        fabrikam = Visitor(open_link(make_installation(application, make_tenant("Fabrikam Residences"))))

        assert visitor.client.get(f"{fabrikam.path}/try/{try_id}").status_code == 404

    def test_a_try_is_not_found_by_guessing(self, visitor):
        visitor.try_it()

        assert visitor.get("/try/00000000-0000-4000-8000-000000000000").status_code == 404
        assert visitor.get("/try/nothing").status_code == 404


class TestAWithdrawnLink:
    def test_starts_no_try(self, visitor):
        visitor.invitation.withdrawn_at = visitor.invitation.created_at
        visitor.invitation.save()

        assert visitor.post("/try").status_code == 410


def test_the_role_guide_leads_to_a_try(visitor):
    page = visitor.get("/roles")

    assert f'action="{visitor.path}/try"' in page.content.decode()
    assert visitor.leave_to_try().startswith("http")
    policy = page.headers["Content-Security-Policy"]
    assert re.search(r"form-action [^;]*http://", policy)
    assert RUI not in page.content.decode()

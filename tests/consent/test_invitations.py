"""Approval links: made, opened by their token alone, withdrawn, listed."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.core import signing
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from consent.models import ConsentAttempt, Invitation
from consent.services.invitations import by_token, invite, link, mailto, token_of, withdraw
from tests.factories import NOW, P1, T1, make_application, make_installation, make_revision, make_tenant

pytestmark = pytest.mark.django_db


@pytest.fixture
def installation(application):
    make_revision(application, P1)
    tenant = make_tenant("Northwind Traders", id=T1, contact="ada@northwind.example")
    return make_installation(application, tenant)


@pytest.fixture
def invitation(installation, owner):
    return invite(installation=installation, person=owner, now=timezone.now())


def address(name, **kwargs):
    return reverse(f"consent:{name}", kwargs={"slug": "sentinel-connector", **kwargs})


class TestInvite:
    def test_makes_a_link_for_two_weeks(self, installation, owner):
        made = invite(installation=installation, person=owner, now=NOW)
        assert (made.created_by, made.created_at) == (owner, NOW)
        assert made.expires_at == NOW + timedelta(days=14)
        assert made.state(NOW) == "open"

    def test_refuses_while_there_is_nothing_to_approve(self, application):
        with pytest.raises(ValidationError) as caught:
            invite(installation=make_installation(application), person=None, now=NOW)
        assert caught.value.messages == [
            "Sentinel Connector has no revision yet, so there is nothing to approve."
            " Publish revision 1 first."
        ]
        assert not Invitation.objects.exists()


class TestToken:
    def test_opens_its_invitation_and_nothing_of_it_is_stored(self, invitation):
        token = token_of(invitation)
        assert by_token(token) == invitation
        assert link(invitation) == f"http://localhost:8000/c/{token}"
        stored = {str(value) for value in Invitation.objects.values_list().get()}
        assert not any(token.split(".")[1] in value for value in stored)

    def test_needs_no_escaping_in_an_address(self, invitation):
        assert all(c.isalnum() or c in "._-" for c in token_of(invitation))

    @pytest.mark.parametrize(
        "spoil",
        [
            lambda token: token[:-1] + ("A" if token[-1] != "A" else "B"),
            lambda token: uuid4().hex + token[32:],
            lambda token: token[:32],
            lambda token: "",
            lambda token: "\x00",
        ],
    )
    def test_opens_nothing_once_a_character_is_changed(self, invitation, spoil):
        assert by_token(spoil(token_of(invitation))) is None

    @pytest.mark.parametrize("salt", [None, "consent.other"])
    def test_opens_nothing_when_another_part_of_the_portal_signed_it(self, invitation, salt):
        assert by_token(signing.Signer(salt=salt, sep=".").sign(invitation.pk.hex)) is None

    def test_opens_nothing_after_its_row_is_gone(self, invitation):
        token = token_of(invitation)
        invitation.delete()
        assert by_token(token) is None

    def test_goes_on_opening_after_the_secret_key_was_rotated(self, invitation, settings):
        token = token_of(invitation)
        settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
        settings.SECRET_KEY = "another" * 10
        assert by_token(token) == invitation


class TestWithdraw:
    def test_closes_the_link_and_keeps_the_first_time(self, invitation):
        withdraw(invitation=invitation, person=None, now=NOW)
        withdraw(invitation=invitation, person=None, now=NOW + timedelta(hours=1))
        assert Invitation.objects.get().withdrawn_at == NOW

    def test_refuses_a_link_whose_approval_is_proved(self, invitation):
        Invitation.objects.update(used_at=NOW)
        with pytest.raises(ValidationError, match="This link was used and its approval is proved"):
            withdraw(invitation=invitation, person=None, now=NOW)
        assert Invitation.objects.get().withdrawn_at is None


class TestMailto:
    def test_opens_a_letter_with_the_link(self, invitation):
        assert mailto(invitation).startswith("mailto:ada@northwind.example?subject=Northwind%20Traders")
        assert token_of(invitation) in mailto(invitation)

    def test_is_empty_without_a_contact(self, application, installation):
        silent = make_installation(application, make_tenant("Silent"))
        assert mailto(invite(installation=silent, person=None, now=NOW)) == ""


class TestInvitationPages:
    def test_a_link_made_on_the_tenants_page_is_shown_at_once(self, installation, as_owner, owner):
        response = as_owner.post(address("invitation_create", tenant_id=T1), follow=True)
        invitation = Invitation.objects.get()
        assert invitation.created_by == owner
        assert response.redirect_chain == [(address("invitation_detail", invitation_id=invitation.pk), 302)]
        assert link(invitation) in response.content.decode()
        assert response["Cache-Control"] == "no-store"

    def test_making_one_without_a_revision_says_why_not(self, application, as_owner):
        make_installation(application, make_tenant("Northwind Traders", id=T1))
        response = as_owner.post(address("invitation_create", tenant_id=T1))
        assert response.url == address("tenant_detail", tenant_id=T1)
        assert not Invitation.objects.exists()

    def test_viewers_see_the_progress_but_not_the_link(self, invitation, client, viewer):
        client.force_login(viewer)
        page = client.get(address("invitation_detail", invitation_id=invitation.pk)).content.decode()
        assert "Only Owner and Support can see the link" in page
        assert token_of(invitation) not in page
        assert "Withdraw link" not in page

    @pytest.mark.parametrize("name", ["invitation_create", "invitation_withdraw"])
    def test_viewers_may_neither_make_nor_withdraw_one(self, invitation, client, viewer, name):
        client.force_login(viewer)
        key = {"tenant_id": T1} if name == "invitation_create" else {"invitation_id": invitation.pk}
        assert client.post(address(name, **key)).status_code == 403
        assert (Invitation.objects.count(), Invitation.objects.get().withdrawn_at) == (1, None)

    def test_support_may_withdraw_one(self, invitation, client, support):
        client.force_login(support)
        client.post(address("invitation_withdraw", invitation_id=invitation.pk))
        assert Invitation.objects.get().withdrawn_at
        page = client.get(address("invitation_detail", invitation_id=invitation.pk)).content.decode()
        assert "Withdraw link" not in page

    def test_an_invitation_of_another_application_is_not_there(self, invitation, as_owner):
        make_application(slug="other", name="Other", client_id=uuid4())
        for name in ("invitation_detail", "invitation_withdraw"):
            url = reverse(f"consent:{name}", kwargs={"slug": "other", "invitation_id": invitation.pk})
            method = as_owner.get if name == "invitation_detail" else as_owner.post
            assert method(url).status_code == 404
        assert Invitation.objects.get().withdrawn_at is None

    def test_shows_what_came_of_each_trip(self, invitation, as_owner):
        ConsentAttempt.objects.create(
            invitation=invitation,
            state_hash="s" * 64,
            session_hash="t" * 64,
            started_at=NOW,
            expires_at=NOW,
            outcome="declined",
            error="access_denied",
            code=65004,
        )
        page = as_owner.get(address("invitation_detail", invitation_id=invitation.pk)).content.decode()
        assert "The admin chose Cancel" in page
        assert "AADSTS65004" in page


class TestInvitationList:
    @pytest.fixture
    def all_states(self, installation):
        now = timezone.now()
        made = {}
        for state, changes in {
            "open": {},
            "used": {"used_at": now},
            "declined": {"declined_at": now},
            "expired": {"expires_at": now - timedelta(minutes=1)},
            "withdrawn": {"withdrawn_at": now},
        }.items():
            made[state] = invite(installation=installation, person=None, now=now)
            Invitation.objects.filter(pk=made[state].pk).update(**changes)
        return made

    @pytest.mark.parametrize("state", ["open", "used", "declined", "expired", "withdrawn"])
    def test_filters_by_state(self, all_states, as_owner, state):
        response = as_owner.get(address("invitation_list"), {"state": state})
        assert [row.invitation for row in response.context["rows"]] == [all_states[state]]
        assert response.context["rows"][0].state == state

    def test_counts_every_state(self, all_states, as_owner):
        response = as_owner.get(address("invitation_list"), {"state": "nonsense"})
        assert {item["slug"]: item["count"] for item in response.context["states"]} == dict.fromkeys(
            all_states, 1
        )
        assert len(response.context["rows"]) == 5

    def test_goes_on_where_the_page_ended(self, installation, as_owner):
        now = timezone.now()
        for number in range(53):
            invite(installation=installation, person=None, now=now - timedelta(minutes=number // 2))
        first = as_owner.get(address("invitation_list"))
        second = as_owner.get(address("invitation_list"), {"after": first.context["next"]})
        seen = [row.invitation.pk for page in (first, second) for row in page.context["rows"]]
        assert (len(first.context["rows"]), len(second.context["rows"])) == (50, 3)
        assert len(set(seen)) == 53
        assert second.context["next"] == ""

    @pytest.mark.parametrize("after", ["x", "2026-01-01_", "2026-01-01T00:00:00_" + "0" * 32, "\x00"])
    def test_ignores_a_cursor_that_is_none(self, all_states, as_owner, after):
        assert len(as_owner.get(address("invitation_list"), {"after": after}).context["rows"]) == 5

    def test_tells_what_to_do_while_there_is_none(self, installation, as_owner):
        assert "No invitation yet" in as_owner.get(address("invitation_list")).content.decode()

    def test_costs_as_many_queries_for_many_as_for_one(
        self, installation, as_owner, django_assert_max_num_queries
    ):
        invite(installation=installation, person=None, now=NOW)
        with django_assert_max_num_queries(15) as few:
            as_owner.get(address("invitation_list"))
        for _ in range(20):
            invite(installation=installation, person=None, now=NOW)
        with django_assert_max_num_queries(len(few)):
            as_owner.get(address("invitation_list"))

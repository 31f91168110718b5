"""The pages of revisions, and the editor: a draft lives in its form until it is published."""

import json

import pytest
from django.urls import reverse

from consent.models import Installation, Revision
from tests.factories import (
    D1,
    P1,
    P2,
    P3,
    USER_READ,
    grants,
    make_installation,
    make_revision,
    make_tenant,
)

pytestmark = pytest.mark.django_db


def address(name, **kwargs):
    return reverse(f"consent:{name}", kwargs={"slug": "sentinel-connector", **kwargs})


def key(permission):
    return ":".join(permission.key)


def reason_field(permission):
    return "-".join(("reason", *permission.key))


def draft(*permissions, based_on=0, **fields):
    """Return what the editor's form posts for these permissions."""
    return {"permission": [key(p) for p in permissions], "based_on": str(based_on), **fields}


def chosen(response):
    return {p.value for p in response.context["form"].chosen}


@pytest.fixture
def edit(application, as_owner):
    def post(*permissions, headers=None, **fields):
        return as_owner.post(address("revision_draft"), draft(*permissions, **fields), headers=headers)

    return post


class TestEditor:
    def test_begins_with_what_the_current_revision_asks_for(self, application, as_owner):
        make_revision(application, P1, P2)
        response = as_owner.get(address("revision_draft"))
        assert chosen(response) == {P1.value, P2.value}
        assert "Nothing changed yet" in response.content.decode()
        assert 'name="based_on" value="1"' in response.content.decode()

    def test_adds_a_permission_by_name_and_kind(self, edit):
        response = edit(P1, action="add", name=" securityalert.read.all", kind="application", note="Hello")
        assert response.status_code == 200
        assert response.context["form"].chosen == {P1, P2}
        page = response.content.decode()
        assert "Why do you need SecurityAlert.Read.All?" in page
        assert "Hello" in page
        assert not Revision.objects.exists()

    def test_adds_on_enter(self, edit):
        assert edit(P1, action="enter", name=P2.value, kind="application").context["form"].chosen == {P1, P2}

    def test_marks_a_removed_permission_and_takes_it_back_on_undo(self, application, edit):
        make_revision(application, P1, P2)
        removed = edit(P1, P2, based_on=1, drop=key(P2))
        assert chosen(removed) == {P1.value}
        assert "Will be removed" in removed.content.decode()
        assert chosen(edit(P1, based_on=1, undo=key(P2))) == {P1.value, P2.value}

    def test_takes_over_a_pasted_manifest(self, edit):
        manifest = {
            "requiredResourceAccess": [
                {
                    "resourceAppId": P1.resource,
                    "resourceAccess": [{"id": P2.id, "type": "Role"}, {"id": D1.id, "type": "Scope"}],
                }
            ]
        }
        assert edit(P1, action="paste", manifest=json.dumps(manifest)).context["form"].chosen == {P2, D1}

    def test_shows_the_manifest_of_the_draft(self, edit):
        form = edit(P2, D1, action="preview").context["form"]
        (entry,) = json.loads(form.manifest_json)["requiredResourceAccess"]
        assert entry["resourceAppId"] == P1.resource
        assert {(a["id"], a["type"]) for a in entry["resourceAccess"]} == {(P2.id, "Role"), (D1.id, "Scope")}

    def test_points_to_the_narrower_choice(self, edit):
        page = edit(action="add", name="SecurityIncident.ReadWrite.All", kind="application").content.decode()
        assert "is the narrower choice" in page

    def test_warns_when_the_approvers_role_rises_and_when_adding_and_removing_at_once(
        self, application, edit
    ):
        make_revision(application, USER_READ)
        page = edit(P1, based_on=1, action="preview").content.decode()
        assert "A higher role has to approve." in page
        assert "You add and remove at once." in page
        page = edit(USER_READ, D1, based_on=1, action="preview").content.decode()
        assert "A higher role has to approve." not in page
        assert "You add and remove at once." not in page

    def test_shows_where_tenants_go(self, application, edit):
        make_revision(application, P1)
        for number in range(3):
            make_installation(application, make_tenant(f"Tenant {number}"), has=grants(P1))
        impact = edit(P1, P2, based_on=1, action="preview").context["impact"]
        assert [(m.before, m.after, m.tenants) for m in impact.moves] == [("in-step", "re-consent-needed", 3)]

    def test_explains_tokens_asked_for_by_name(self, edit):
        assert "AADSTS65001" not in edit(P1, tokens=".default").content.decode()
        assert "AADSTS65001" in edit(P1, tokens="named").content.decode()

    def test_answers_a_change_with_the_editor_alone_and_one_announcement(self, application, edit):
        make_revision(application, P1)
        make_installation(application, has=grants(P1))
        response = edit(P1, P2, based_on=1, headers={"HX-Request": "true", "HX-Target": "draft"})
        assert "<html" not in response.content.decode()
        assert json.loads(response["HX-Trigger"]) == {
            "announce": {"value": "Impact updated: 1 tenant needs re-consent."}
        }
        panel = edit(P1, P2, based_on=1, headers={"HX-Request": "true", "HX-Target": "impact"})
        assert panel.content.decode().lstrip().startswith('<section class="card" id="impact"')

    def test_is_for_owners(self, application, client, support):
        client.force_login(support)
        assert client.get(address("revision_draft")).status_code == 403
        assert client.post(address("revision_draft"), draft(P1, action="publish")).status_code == 403
        assert not Revision.objects.exists()

    def test_costs_a_bounded_number_of_queries(self, application, as_owner, django_assert_max_num_queries):
        make_revision(application, P1)
        with django_assert_max_num_queries(15):
            as_owner.post(address("revision_draft"), draft(P1, P2, based_on=1, action="preview"))


class TestEditorRefuses:
    @pytest.mark.parametrize(
        ("name", "kind", "sentence"),
        [
            ("", "application", "Type the name of a permission, such as SecurityAlert.Read.All."),
            ("User.Read", "application", "User.Read exists only as delegated permission. Choose that kind."),
            (P1.value, "application", "SecurityEvents.Read.All (application) is in the draft already."),
            ("zzz", "application", "Microsoft Graph has no permission named zzz. Check the spelling."),
        ],
    )
    def test_a_permission_that_cannot_be_added(self, edit, name, kind, sentence):
        response = edit(P1, action="add", name=name, kind=kind)
        assert response.status_code == 422
        assert response.context["form"].errors == {"name": [sentence]}
        assert response.context["form"].chosen == {P1}

    def test_a_misspelled_name_with_a_suggestion(self, edit):
        (sentence,) = edit(P1, action="add", name="SecurityAlerts.Read.All").context["form"].errors["name"]
        assert sentence.startswith(
            "Microsoft Graph has no permission named SecurityAlerts.Read.All. Did you mean"
            " SecurityAlert.Read.All"
        )

    @pytest.mark.parametrize(
        ("manifest", "sentence"),
        [
            ("{", "This is not JSON. Copy the whole manifest from Entra, then paste it here."),
            ("[" * 100_000, "This is not JSON. Copy the whole manifest from Entra, then paste it here."),
            (
                '{"appId": "x"}',
                "This is not an application manifest: it has no requiredResourceAccess."
                " Download it in Entra under App registrations, Manifest.",
            ),
            ("[]", "The manifest asks for no permission: its requiredResourceAccess is empty."),
        ],
    )
    def test_a_manifest_of_another_shape_and_keeps_the_draft(self, edit, manifest, sentence):
        response = edit(P1, action="paste", manifest=manifest)
        assert response.status_code == 422
        assert response.context["form"].errors == {"manifest": [sentence]}
        assert response.context["form"].chosen == {P1}
        assert response.context["form"]["manifest"].value() == manifest

    def test_keys_that_no_page_posts(self, application, as_owner):
        data = {"permission": ["x", "a:b:c", f"{P1.resource}:application:x", ""], "based_on": "0"}
        response = as_owner.post(address("revision_draft"), data)
        assert response.context["form"].chosen == set()


class TestPublishing:
    def test_publishes_what_the_draft_says_after_a_typed_confirmation(self, application, edit, owner):
        make_revision(application, P1)
        for number in range(2):
            make_installation(application, make_tenant(f"Tenant {number}"), has=grants(P1))
        before = list(Installation.objects.order_by("pk").values())
        response = edit(
            P1,
            P2,
            based_on=1,
            action="publish",
            confirm="2",
            note="New alerts.",
            **{reason_field(P2): "To show alerts"},
        )
        assert response.status_code == 302
        assert response.url == address("revision_detail", number=2)
        revision = application.current_revision
        assert (revision.number, revision.published_by, revision.note) == (2, owner, "New alerts.")
        assert {r.value: r.reason for r in revision.permissions.all()} == {
            P1.value: f"We use {P1.value}",
            P2.value: "To show alerts",
        }
        assert list(Installation.objects.order_by("pk").values()) == before

    def test_asks_for_the_applications_name_when_no_tenant_changes(self, edit):
        fields = {"action": "publish", reason_field(P1): "To show events"}
        assert edit(P1, confirm="0", **fields).context["form"].errors == {
            "confirm": ["Type Sentinel Connector to confirm."]
        }
        assert edit(P1, confirm="sentinel connector", **fields).status_code == 302

    def test_needs_a_reason_for_every_added_permission(self, edit):
        response = edit(
            P1, P2, action="publish", confirm="Sentinel Connector", **{reason_field(P1): "Events"}
        )
        assert response.status_code == 422
        assert response.context["form"].errors == {
            reason_field(P2): ["Say why. Without a reason no admin should approve it."]
        }
        assert "Events" in response.content.decode()
        assert not Revision.objects.exists()

    def test_refuses_the_wrong_number(self, application, edit):
        make_revision(application, P1)
        make_installation(application, has=grants(P1))
        response = edit(
            P1, P2, based_on=1, action="publish", confirm="7", **{reason_field(P2): "To show alerts"}
        )
        assert response.status_code == 422
        assert response.context["form"].errors == {"confirm": ["Type 1 to confirm."]}
        assert application.revisions.count() == 1

    def test_refuses_an_empty_revision(self, edit):
        response = edit(action="publish")
        assert response.status_code == 422
        assert response.context["form"].non_field_errors() == [
            "A revision needs at least one permission. Add one, then publish."
        ]

    def test_refuses_a_revision_equal_to_the_last(self, application, edit):
        make_revision(application, P1)
        response = edit(P1, based_on=1, action="publish")
        assert response.status_code == 422
        assert response.context["form"].non_field_errors() == [
            "This is what revision 1 asks for already: the same permission."
            " Add or remove one to publish a new revision."
        ]

    def test_loses_nothing_when_somebody_else_published_first(self, application, edit):
        make_revision(application, P1)
        make_revision(application, P1, P2)
        fields = {"action": "publish", "confirm": "Sentinel Connector", reason_field(P3): "Incidents"}
        response = edit(P1, P3, based_on=1, **fields)
        page = response.content.decode()
        assert response.status_code == 409
        assert "Someone published revision 2 while you were editing." in page
        assert address("revision_compare", before=1, after=2) in page
        assert chosen(response) == {P1.value, P3.value}
        assert "Incidents" in page
        assert 'name="based_on" value="2"' in page
        assert application.current_revision.number == 2
        again = edit(P1, P3, **{**fields, "based_on": 2})
        assert again.status_code == 302
        assert application.current_revision.required == {P1, P3}

"""Publishing a revision and saying beforehand what it does, without touching a tenant."""

import threading

import pytest
from django.core.exceptions import ValidationError
from django.db import connection

from consent.models import Comparison, Installation, RequiredPermission, Revision
from consent.rules.status import Condition, Standing, Status
from consent.services import revisions
from entra.types import GRAPH, Permission
from tests.factories import (
    D1,
    EVERYTHING,
    NOW,
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


def publish(application, *required, note="", person=None, based_on=None):
    return revisions.publish(
        application=application,
        required=[(p, "because we say so") for p in required],
        note=note,
        person=person,
        now=NOW,
        based_on=based_on,
    )


def tenants(application, number, **kwargs):
    for index in range(number):
        make_installation(application, make_tenant(f"Tenant {index}"), **kwargs)


def refused(application, *required, **kwargs):
    """Return the one sentence, having checked that nothing was written."""
    before = list(Revision.objects.values_list("pk", flat=True)), RequiredPermission.objects.count()
    with pytest.raises(ValidationError) as caught:
        publish(application, *required, **kwargs)
    assert (list(Revision.objects.values_list("pk", flat=True)), RequiredPermission.objects.count()) == before
    assert len(caught.value.messages) == 1
    return caught.value.messages[0]


class TestPublish:
    def test_makes_the_first_revision_of_a_new_application(self, application, owner):
        revision = publish(application, P1, note=" Welcome. ", person=owner)
        assert (revision.number, revision.published_by, revision.note) == (1, owner, "Welcome.")
        assert revision.published_at == NOW
        assert revision.required == {P1}
        assert revision.permissions.get().reason == "because we say so"
        assert revision.permissions.get().value == "SecurityEvents.Read.All"

    def test_numbers_revisions_one_after_the_other(self, application):
        publish(application, P1)
        assert publish(application, P1, P2, based_on=1).number == 2
        assert application.current_revision.required == {P1, P2}

    def test_writes_no_row_of_a_tenant(self, application):
        make_revision(application, P1)
        tenants(application, 3, has=grants(P1))
        before = list(Installation.objects.order_by("pk").values())
        publish(application, P1, P2)
        assert list(Installation.objects.order_by("pk").values()) == before

    def test_compares_each_distinct_pattern_once_however_many_tenants_have_it(self, application):
        tenants(application, 4, has=grants(P1))
        tenants(application, 2, has=grants(P1, P2))
        revision = publish(application, P1, P2)
        compared = {c.pattern.grants.granted: c for c in Comparison.objects.filter(revision=revision)}
        assert set(compared) == {frozenset({P1}), frozenset({P1, P2})}
        assert compared[frozenset({P1})].standing == "missing"
        assert compared[frozenset({P1})].drift.missing == {P2}
        assert compared[frozenset({P1, P2})].standing == "in-step"

    def test_costs_as_many_queries_with_many_tenants_as_with_few(
        self, application, django_assert_max_num_queries
    ):
        make_revision(application, P1)
        tenants(application, 1, has=grants(P1))
        with django_assert_max_num_queries(20) as few:
            publish(application, P2)
        tenants(application, 30, has=grants(P1))
        with django_assert_max_num_queries(len(few)):
            publish(application, P3)

    def test_keeps_the_reason_of_a_permission_that_stays(self, application):
        publish(application, P1)
        revision = revisions.publish(
            application=application,
            required=[(P1, ""), (P2, "alerts")],
            note="",
            person=None,
            now=NOW,
            based_on=1,
        )
        assert {row.value: row.reason for row in revision.permissions.all()} == {
            P1.value: "because we say so",
            P2.value: "alerts",
        }

    def test_returns_to_an_old_set(self, application):
        publish(application, P1)
        publish(application, P1, P2)
        assert publish(application, P1).number == 3


class TestPublishRefuses:
    def test_an_empty_revision(self, application):
        assert refused(application) == "A revision needs at least one permission. Add one, then publish."

    def test_a_revision_equal_to_the_last(self, application):
        make_revision(application, P1, P2)
        assert refused(application, P2, P1) == (
            "This is what revision 1 asks for already: the same 2 permissions."
            " Add or remove one to publish a new revision."
        )

    def test_the_same_permission_twice(self, application):
        assert refused(application, P1, P2, P1) == (
            "SecurityEvents.Read.All (application) is listed twice. List each permission once."
        )

    def test_an_unknown_permission_and_suggests_a_near_name(self, application):
        typo = Permission(
            GRAPH, "application", "11111111-0000-4000-8000-000000000000", "SecurityEvent.Read.All"
        )
        assert refused(application, P1, typo).startswith(
            "Microsoft Graph has no application permission SecurityEvent.Read.All."
            " Did you mean SecurityEvents.Read.All"
        )

    def test_an_id_of_the_other_kind(self, application):
        wrong = Permission(GRAPH, "delegated", P1.id, P1.value)
        assert refused(application, wrong).startswith(
            "Microsoft Graph has no delegated permission SecurityEvents.Read.All. Did you mean"
        )

    def test_an_endless_reason(self, application):
        with pytest.raises(ValidationError, match=r"has 501 characters\. Shorten it to 500\."):
            revisions.publish(
                application=application,
                required=[(P1, "x" * 501)],
                note="",
                person=None,
                now=NOW,
                based_on=None,
            )
        assert not Revision.objects.exists()

    def test_an_endless_note(self, application):
        assert refused(application, P1, note="x" * 2001) == (
            "The note to admins has 2001 characters. Shorten it to 2000."
        )

    def test_a_draft_of_a_revision_that_is_no_longer_the_current_one(self, application):
        make_revision(application, P1)
        make_revision(application, P1, P2)
        with pytest.raises(ValidationError) as caught:
            publish(application, P1, P3, based_on=1)
        assert caught.value.code == revisions.CONFLICT
        assert caught.value.messages == [
            "Someone published revision 2 while you were editing. Your draft is kept."
            " Review the differences, then publish again."
        ]
        assert application.current_revision.number == 2

    def test_a_first_revision_when_somebody_published_one_meanwhile(self, application):
        make_revision(application, P1)
        assert refused(application, P2, based_on=0).startswith("Someone published revision 1")


@pytest.mark.skipif(connection.vendor == "sqlite", reason="threads cannot share SQLite in memory")
@pytest.mark.django_db(transaction=True)
class TestTwoPublicationsAtOnce:
    def test_leave_one_revision_and_one_clear_error(self, application):
        make_revision(application, P1)
        start, results = threading.Barrier(2), []

        def race(added):
            start.wait()
            try:
                results.append(publish(application, P1, added, based_on=1).number)
            except ValidationError as error:
                results.append(error.messages[0])
            finally:
                connection.close()

        threads = [threading.Thread(target=race, args=[p]) for p in (P2, P3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(results, key=str)[0] == 2
        assert sorted(results, key=str)[1].startswith("Someone published revision 2 while you were editing.")
        assert application.revisions.count() == 2


class TestPreview:
    def test_says_how_many_tenants_go_from_which_status_to_which(self, application):
        make_revision(application, P1)
        tenants(application, 3, has=grants(P1))
        tenants(application, 2, has=grants(P1, P2))
        tenants(application, 1, has=grants())
        impact = revisions.preview(application=application, required=[P1, P2])
        moves = {(m.before, m.after): m.tenants for m in impact.moves}
        assert moves == {
            (Status.IN_STEP, Status.RE_CONSENT_NEEDED): 3,
            (Status.OVER_GRANTED, Status.IN_STEP): 2,
            (Status.NEVER_CONSENTED, Status.NEVER_CONSENTED): 1,
        }
        assert sum(moves.values()) == impact.tenants == 6
        assert (impact.changing, impact.must_approve, impact.stays_in_step) == (5, 3, 0)

    def test_writes_nothing(self, application):
        make_revision(application, P1)
        tenants(application, 2, has=grants(P1))
        kept = Comparison.objects.count()
        revisions.preview(application=application, required=[P2])
        assert (Comparison.objects.count(), application.revisions.count()) == (kept, 1)

    def test_agrees_with_what_publishing_does(self, application):
        make_revision(application, P1, D1)
        tenants(application, 2, has=grants(P1))
        tenants(application, 2, has=grants(P1, D1, knows=EVERYTHING))
        tenants(application, 2, has=grants(P1, P3), condition=Condition.CLAIMED)
        tenants(application, 1, has=grants(P2, withdrawn=[P1]))
        tenants(application, 1, has=grants(P1), condition=Condition.UNREACHABLE)
        impact = revisions.preview(application=application, required=[P1, P2])
        revision = publish(application, P1, P2)
        standings = {c.pattern_id: Standing(c.standing) for c in revision.comparisons.all()}
        seen = [str(i.status(standings[i.pattern_id])) for i in Installation.objects.all()]
        predicted = [str(m.after) for m in impact.moves for _ in range(m.tenants)]
        assert sorted(predicted) == sorted(seen)

    def test_counts_tenants_that_stay_in_step_because_they_granted_it_already(self, application):
        make_revision(application, P1, P2)
        tenants(application, 4, has=grants(P1, P2))
        impact = revisions.preview(application=application, required=[P1])
        assert impact.keep_removed == 4
        assert [(c.permission, c.granted_in) for c in impact.removed] == [(P2, 4)]
        assert impact.added == ()
        same = revisions.preview(application=application, required=[P1, P2])
        assert (same.stays_in_step, same.changing) == (4, 0)

    def test_shows_added_permissions_with_how_many_granted_them_already(self, application):
        make_revision(application, P1)
        tenants(application, 2, has=grants(P1, P2))
        impact = revisions.preview(application=application, required=[P1, P2, P3])
        assert [(c.permission, c.granted_in) for c in impact.added] == [(P2, 2), (P3, 0)]
        assert not impact.adds_and_removes

    def test_knows_when_removal_and_addition_land_together(self, application):
        make_revision(application, P1)
        assert revisions.preview(application=application, required=[P2]).adds_and_removes

    def test_says_when_the_role_of_the_approver_rises(self, application):
        make_revision(application, USER_READ)
        impact = revisions.preview(application=application, required=[USER_READ, P1])
        assert impact.approvers_rise
        assert impact.approvers_before.least == "Cloud Application Administrator"
        assert impact.approvers.words == "Privileged Role Administrator or Global Administrator"
        assert not revisions.preview(application=application, required=[USER_READ]).approvers_rise

    def test_does_not_call_it_a_rise_when_nothing_was_asked_before(self, application):
        assert not revisions.preview(application=application, required=[P1]).approvers_rise

    def test_counts_tenants_without_a_contact_address(self, application):
        make_installation(application, make_tenant("Northwind", contact="ada@northwind.example"))
        tenants(application, 2)
        make_tenant("Of another application")
        assert revisions.preview(application=application, required=[P1]).without_contact == 2

    def test_stops_counting_contacts_at_a_bound(self, application, monkeypatch):
        monkeypatch.setattr(revisions, "CONTACTS_COUNTED", 2)
        tenants(application, 3)
        assert revisions.preview(application=application, required=[P1]).without_contact == 2

    def test_costs_as_many_queries_with_many_tenants_as_with_few(
        self, application, django_assert_max_num_queries
    ):
        make_revision(application, P1)
        tenants(application, 1, has=grants(P1))
        with django_assert_max_num_queries(5) as few:
            revisions.preview(application=application, required=[P1, P2])
        tenants(application, 30, has=grants(P1))
        with django_assert_max_num_queries(len(few)):
            revisions.preview(application=application, required=[P1, P2])

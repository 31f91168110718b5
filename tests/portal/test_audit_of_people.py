"""Who came, who left and who proved it again is in the audit log: who, when, from where, in which request."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from portal.services import lock_out
from tenants.models import AuditEvent, Person
from tests.factories import HOME, T1
from tests.portal.directory import ADA, DANA, NED, RUI, SAM, add, fail
from tests.stage import prove_again
from tests.visitor import Visitor, left

BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture
def visitor(visitor: Visitor) -> Visitor:
    visitor.client.defaults |= {"HTTP_USER_AGENT": BROWSER, "REMOTE_ADDR": "192.0.2.7"}
    return visitor


def events(action: str) -> list[AuditEvent]:
    return list(AuditEvent.objects.filter(action=action).order_by("sequence"))


def told(answer, action: str, person: str) -> AuditEvent:
    """Return the one event of this kind; it has to tell all that an auditor asks for."""
    (event,) = events(action)
    known = Person.objects.get(username=person)
    assert (event.actor_kind, event.actor_name) == ("person", known.name)
    assert (event.actor_tid, event.actor_oid) == (known.tenant_id, known.object_id)
    assert event.tenant_id == known.tenant_id
    assert (event.ip, event.user_agent) == ("192.0.2.7", BROWSER)
    assert event.request_id == answer.headers["X-Request-Id"]
    assert abs(timezone.now() - event.at) < timedelta(minutes=1)
    return event


class TestASignIn:
    @pytest.mark.parametrize(
        ("person", "tenant", "holds"),
        [
            (DANA, HOME, {"role": "owner", "directory roles": []}),
            (ADA, T1, {"role": "", "directory roles": ["Privileged Role Administrator"]}),
        ],
    )
    def test_is_told_with_what_the_person_holds(self, visitor, person, tenant, holds):
        event = told(visitor.sign_in(person), "sign-in", person)

        assert event.actor_tid == tenant
        assert event.before == {}
        assert event.after == {**holds, "guest": False, "locked out": False}

    @pytest.mark.parametrize("person", [NED, RUI])
    def test_that_opens_nothing_is_told_as_refused(self, visitor, person):
        told(visitor.sign_in(person), "sign-in-refused", person)

        assert not events("sign-in")

    def test_of_somebody_who_is_locked_out_is_told_as_refused(self, visitor):
        visitor.sign_in(SAM)
        known = Person.objects.get(username=SAM)
        visitor.client.cookies.clear()
        lock_out(tenant_id=HOME, object_id=known.object_id, undo=False, now=timezone.now())

        event = told(visitor.sign_in(SAM), "sign-in-refused", SAM)

        assert event.after["locked out"] is True

    def test_with_another_role_than_last_time_tells_both(self, visitor):
        visitor.sign_in(DANA)
        visitor.microsoft.directory.user(DANA).app_roles.clear()
        visitor.client.cookies.clear()
        visitor.sign_in(DANA)

        (event,) = events("sign-in-refused")
        assert (event.before["role"], event.after["role"]) == ("owner", "")

    def test_that_fails_before_anybody_is_known_is_not_told(self, visitor):
        fail(visitor, kind="id_token", endpoint="token", how="signature")
        visitor.sign_in(DANA)
        visitor.open("/sign-in/return?error=access_denied")

        assert not AuditEvent.objects.exists()


def test_signing_out_is_told(visitor):
    visitor.sign_in(DANA)

    answer = visitor.submit(visitor.open("/sentinel-connector/"), "/sign-out")

    told(answer, "sign-out", DANA)


class TestAStepUp:
    @pytest.fixture
    def asked(self, visitor):
        visitor.sign_in(DANA)
        prove_again(visitor.client, at=timezone.now() - timedelta(hours=1))
        return visitor.open("/sign-in/again")

    def test_is_told(self, visitor, asked):
        event = told(visitor.confirm(asked, DANA), "step-up", DANA)

        assert event.before == event.after

    def test_that_shows_another_role_tells_both(self, visitor, asked):
        visitor.microsoft.directory.user(DANA).app_roles.clear()
        event = told(visitor.confirm(asked, DANA), "step-up", DANA)

        assert (event.before["role"], event.after["role"]) == ("owner", "")

    @pytest.mark.parametrize("other", [SAM, "double@tailspin.example"])
    def test_by_somebody_else_is_not_told_as_one(self, visitor, asked, other):
        oid = next(iter(visitor.microsoft.directory.tenant(str(HOME)).users))
        add(visitor, "99999999-9999-4999-8999-999999999999", id=oid, userPrincipalName=other)
        url = left(visitor.submit(asked, "/sign-in/again")).replace(str(HOME), "organizations")
        visitor.open(visitor.choose(url, other))

        assert not events("step-up")

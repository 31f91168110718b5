"""The rail's numbers: exact while they are small, a lower bound where counting would cost."""

from __future__ import annotations

from datetime import timedelta

import pytest

from consent.models import Invitation
from consent.queries.shell import navigation
from tests.factories import NOW, make_application, make_installation


def invite(installation, times, **overrides):
    values = {"created_at": NOW, "expires_at": NOW + timedelta(days=7), **overrides}
    Invitation.objects.bulk_create(Invitation(installation=installation, **values) for _ in range(times))


@pytest.fixture
def installation(application):
    return make_installation(application)


def test_counts_the_open_invitations_of_this_application_only(application, installation):
    other = make_application(slug="other", name="Other", client_id="0c0ffee0-0000-4000-8000-00000000000f")
    invite(installation, 3)
    invite(installation, 2, used_at=NOW)
    invite(installation, 2, withdrawn_at=NOW)
    invite(installation, 2, declined_at=NOW)
    invite(make_installation(other), 5)

    found = navigation(application.slug, "consent:overview")

    assert found["counts"] == {"tenants": 1, "revisions": 0, "invitations": 3}
    assert found["more"] == set()


def test_counts_exactly_up_to_ninety_nine(application, installation):
    invite(installation, 99)

    found = navigation(application.slug, "consent:overview")

    assert (found["counts"]["invitations"], found["more"]) == (99, set())


def test_says_99_and_more_beyond_that(as_owner, application, installation):
    invite(installation, 150)

    page = as_owner.get(f"/{application.slug}/tenants").content.decode()

    assert '<span class="rail-count num">99+</span>' in page

"""A receipt proves what one trip came to, on its own day; it belongs to one organization."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.test import Client

from consent.models import ConsentAttempt, Installation, Invitation, Snapshot
from consent.queries.outcome import receipt_number
from consent.services.patterns import intern
from tests import factories
from tests.consent.admin import main_of
from tests.factories import NOW, P1, P2, T1, grants

pytestmark = pytest.mark.django_db

RECEIPTS = "/organization/sentinel-connector/receipts"


@pytest.fixture
def northwind(story) -> Installation:
    tenant = factories.make_tenant("Northwind Traders", id=T1)
    return factories.make_installation(story, tenant, has=grants(P1, P2))


@pytest.fixture
def reader(northwind) -> Client:
    client = Client()
    client.force_login(factories.make_tenant_admin(northwind.tenant, "Security Reader"))
    return client


@pytest.fixture
def trip(northwind) -> ConsentAttempt:
    return make_trip(northwind)


def make_trip(installation: Installation, *, invitation=None, at=NOW, **overrides) -> ConsentAttempt:
    invitation = invitation or Invitation.objects.create(
        installation=installation, created_at=NOW, expires_at=NOW
    )
    values = {
        "state_hash": uuid.uuid4().hex, "session_hash": "s", "started_at": at - timedelta(minutes=5),
        "expires_at": at, "returned_at": at - timedelta(minutes=1), "settled_at": at, "outcome": "approved",
        "revision": installation.application.current_revision, "before": [P1.json()], **overrides,
    }  # fmt: skip
    return ConsentAttempt.objects.create(invitation=invitation, **values)


def test_shows_before_and_then_with_microsofts_request_id(reader, trip):
    page = main_of(reader.get(f"{RECEIPTS}/{trip.invitation_id}"))

    assert f"Receipt {receipt_number(trip)}" in page
    assert "Recorded 2 of 2 permissions" in page
    assert "SecurityAlert.Read.All application permission Missing Granted" in page
    assert "SecurityEvents.Read.All application permission Granted Granted" in page
    assert "5b2c2a52-0000-4000-8000-000000000001" in page


def test_as_data_is_a_download_with_the_same_facts(reader, trip):
    answer = reader.get(f"{RECEIPTS}/{trip.invitation_id}.json")

    assert answer.headers["Content-Disposition"] == (
        f'attachment; filename="receipt-{receipt_number(trip)}.json"'
    )
    receipt = answer.json()
    assert receipt["organization"] == {"name": "Northwind Traders", "id": str(T1)}
    assert receipt["before"] == [P1.json()]
    assert receipt["granted"] == sorted((P1.json(), P2.json()), key=lambda p: p["id"])
    assert receipt["proved_at"] == "2026-11-23T09:00:00Z"
    assert receipt["evidence"][0]["request_id"] == "5b2c2a52-0000-4000-8000-000000000001"


def test_stays_as_it_was_when_everything_is_withdrawn_later(reader, northwind, trip):
    Snapshot.objects.create(
        installation=northwind, sequence=2, observed_at=NOW + timedelta(days=3), pattern=intern(grants()),
        evidence=[],
    )  # fmt: skip
    northwind.pattern = intern(grants(withdrawn={P1, P2}))
    northwind.save()

    assert "Recorded 2 of 2 permissions" in main_of(reader.get(f"{RECEIPTS}/{trip.invitation_id}"))


def test_of_one_link_with_two_consents_are_told_apart_by_number(reader, northwind, trip):
    earlier = make_trip(
        northwind, invitation=trip.invitation, at=NOW - timedelta(days=1), outcome="partly", settled_at=None
    )
    address = f"{RECEIPTS}/{trip.invitation_id}"

    assert f"Receipt {receipt_number(trip)}" in main_of(reader.get(address))
    assert "Approved in part" in main_of(reader.get(f"{address}?number={receipt_number(earlier)}"))
    assert reader.get(f"{address}.json?number=0000-0000").status_code == 404


@pytest.mark.parametrize("outcome", ["started", "checking", "declined", "refused", "not-confirmed"])
def test_is_not_there_for_a_trip_that_proved_nothing(reader, northwind, outcome):
    trip = make_trip(northwind, outcome=outcome)

    assert reader.get(f"{RECEIPTS}/{trip.invitation_id}").status_code == 404
    assert reader.get(f"{RECEIPTS}/{trip.invitation_id}.json").status_code == 404


@pytest.mark.parametrize("tail", ["x", "1", f"{uuid.UUID(int=5)}/", "..%2f", f"{T1}.xml"])
def test_a_garbled_address_is_not_found(reader, trip, tail):
    assert reader.get(f"{RECEIPTS}/{tail}").status_code == 404


@pytest.mark.parametrize("number", ["", "\x00", "🎉" * 500, "' OR 1=1"])
def test_a_garbled_number_is_no_error(reader, trip, number):
    answer = reader.get(f"{RECEIPTS}/{trip.invitation_id}", {"number": number})

    assert answer.status_code == (200 if number == "" else 404)

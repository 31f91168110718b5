"""The OpenAPI description is served, tells the truth, and whatever is made from it never breaks the API."""

from __future__ import annotations

import logging

import pytest
import schemathesis
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from support.api.description import description
from support.services.keys import make_key
from tests.factories import make_application

KEYS: dict[str, str] = {}
schema = schemathesis.openapi.from_dict(description())
schema.app = WSGIHandler()
schema.config.output.sanitization.update(enabled=False)


def test_it_is_served_to_anyone(db):
    answer = Client().get("/api/v1/openapi.json")

    assert answer.status_code == 200
    assert answer.json() == description()
    assert answer.json()["openapi"] == "3.1.0"
    assert answer.json()["components"]["schemas"]["Report"]["required"] == ["occurred_at", "status"]


@pytest.fixture
def key(db):
    logging.disable(logging.WARNING)  # thousands of refusals, each one meant
    KEYS["text"] = make_key(application=make_application(), name="fuzz", person=None, now=timezone.now()).text
    # As the test client does: the connection is the test's own.
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)
    logging.disable(logging.NOTSET)


@pytest.mark.slow
@schema.parametrize()
@settings(
    max_examples=12,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_whatever_follows_the_description_is_answered_as_it_says(key, case):
    case.call_and_validate(
        headers={"Authorization": f"Bearer {KEYS['text']}"},
        checks=[
            not_a_server_error,
            status_code_conformance,
            content_type_conformance,
            response_schema_conformance,
        ],
    )

"""Whatever is pasted into the box or written into its address: an answer, and nothing of it stays."""

from __future__ import annotations

import logging

import pytest
from django.apps import apps
from django.core import mail
from django.core.cache import cache
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.failing import make_failure, make_tenant_with_gap

ANSWERS = {200, 303, 422}
PIECES = (
    "AADSTS65001: ", "AADSTS99999999999999999", "Trace ID: ", "7d1c0a52-93f4-4f0b-8a3e-2f6f6c1f9b10",
    "HTTP/1.1 403 Forbidden\r\n", "request-id: ", '{"error":{"code":', "{{", "{0.__class__}", "%s", "\0",
    "https://login.microsoftonline.com/", "https://graph.microsoft.com/v1.0/security/alerts_v2", "Bearer ",
    "date: Thu, 01 Jan 9999 00:00:00 GMT", "0001-01-01T00:00:00Z", "\u202e", "</pre><script>",
)  # fmt: skip
texts = st.lists(
    st.one_of(st.sampled_from(PIECES), st.text(st.characters(codec="utf-8"), max_size=40)), max_size=12
).map("".join)
CANARY = (
    "eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiJ9.eyJjYW5hcnkiOiJ5ZWxsb3ctYmlyZCJ9.Q2FuYXJ5U2lnbmF0dXJlT2ZOb2JvZHk"
)
quick = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def desk(client, support, application):
    make_failure(application, make_tenant_with_gap(application))
    client.force_login(support)
    return client


@pytest.fixture
def box(application):
    return reverse("support:lookup", args=[application.slug])


@quick
@given(pasted=texts)
def test_the_box_answers_any_text(desk, box, pasted):
    assert desk.post(box, {"pasted": pasted}).status_code in ANSWERS


@quick
@given(
    q=texts, tenant=st.one_of(st.just("northwind.example"), texts), at=texts, call=texts,
    status=st.one_of(texts, st.integers().map(str)),
)  # fmt: skip
def test_so_does_its_address(desk, box, q, tenant, at, call, status):
    asked = {"q": q, "tenant": tenant, "at": at, "call": call, "status": status}

    assert desk.get(box, asked).status_code in ANSWERS


@quick
@given(days=texts, cause=texts, tenant=texts, call=texts, after=texts)
def test_and_the_lists(desk, application, days, cause, tenant, call, after):
    asked = {"days": days, "cause": cause, "tenant": tenant, "call": call, "after": after}
    installed = application.installations.get().tenant_id

    for name, of in (("failure_list", []), ("tenant_failures", [installed])):
        assert desk.get(reverse(f"support:{name}", args=[application.slug, *of]), asked).status_code == 200


def test_nothing_pasted_is_found_anywhere_afterwards(desk, box, caplog):
    caplog.set_level(logging.DEBUG)
    parts = [CANARY, *CANARY.split(".")[1:]]
    pasted = f"Authorization: Bearer {CANARY}\nclient_secret=Y2FuYXJ5\nAADSTS65001 for {CANARY.split('.')[2]}"

    shown = [desk.post(box, {"pasted": pasted}), desk.get(box)]

    rows = [repr(list(model._default_manager.values())) for model in apps.get_models()]
    kept = [
        *rows,
        caplog.text,
        repr(dict(desk.session)),
        repr(getattr(cache, "_cache", "")),
        repr(mail.outbox),
    ]
    kept += [answer.content.decode() for answer in shown]
    assert [part for part in parts for text in kept if part in text] == []
    assert "Y2FuYXJ5" not in "".join(kept)

"""`manage.py explain`: the same verdict as the page's, for scripts."""

from __future__ import annotations

import io

import pytest

from tenants.models import AuditEvent
from tests import factories
from tests.factories import NOW, P1, P2, grants
from tests.support.failing import CLIENT_REQUEST, make_failure, make_tenant_with_gap
from tests.terminal import refused, run

NOBODYS = "99999999-9999-4999-8999-999999999999"


@pytest.fixture
def denied(application):
    return make_failure(application, make_tenant_with_gap(application), client_request_id=CLIENT_REQUEST)


def test_it_prints_the_verdict_as_json_and_ends_with_2_when_a_consent_mends_it(denied):
    ran = run("explain", CLIENT_REQUEST, "--json")

    assert ran.code == 2
    assert set(ran.json) == {
        "verdict", "confidence", "who", "headline", "next_step", "checks", "installation",
    }  # fmt: skip
    assert (ran.json["verdict"], ran.json["confidence"]) == ("permission-missing", "certain")
    assert ran.json["who"] == "tenant-admin"
    assert {"check", "result", "evidence"} == set(ran.json["checks"][0])
    assert ran.json["installation"]["tenant"] == str(denied.tenant_id)
    assert ran.json["installation"]["missing"][0]["value"] == P2.value


def test_in_words_it_says_what_it_found_and_what_comes_next(denied):
    ran = run("explain", denied.request_id)

    assert "SecurityAlert.Read.All" in ran.out
    assert "Certain" in ran.out
    assert "Next: " in ran.out
    assert "fail" in ran.out


def test_what_no_consent_mends_ends_with_0(denied):
    denied.status, denied.code, denied.headers = 429, "TooManyRequests", {"retry_after": 17}
    denied.save()

    ran = run("explain", CLIENT_REQUEST, "--json")

    assert ran.code == 0
    assert ran.json["verdict"] == "throttled"


def test_an_unknown_id_cannot_be_told(application):
    ran = run("explain", NOBODYS, "--json")

    assert ran.code == 3
    assert ran.json["verdict"] == "not-enough-evidence"
    assert ran.json["installation"] is None


def test_a_whole_error_is_read_from_standard_input(application, monkeypatch):
    installation = factories.make_installation(application, has=grants(P1, P2))
    text = f"AADSTS7000222: The provided client secret keys are expired. tenant {installation.tenant_id}"
    monkeypatch.setattr("sys.stdin", io.StringIO(text))

    ran = run("explain", "-", "--json")

    assert ran.code == 0
    assert ran.json["verdict"] == "app-credential"


@pytest.mark.parametrize("text", ["hello", " "])
def test_a_text_with_nothing_in_it_is_refused(application, text):
    assert refused(run("explain", text))


def test_the_look_is_in_the_audit_log(denied):
    run("explain", CLIENT_REQUEST)

    event = AuditEvent.objects.get(action="looked-up")
    assert event.actor_kind == "command-line"
    assert event.tenant_id == denied.tenant_id
    assert event.at > NOW

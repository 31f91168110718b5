"""Watching an application and publishing what it requires, from a terminal."""

from __future__ import annotations

import json
import time

import pytest

from consent.models import Application, Revision
from sandbox.faults import Fault
from tests import factories
from tests.factories import CONNECTOR, HOME, P1, P2, USER_READ, grants
from tests.terminal import Ran, of_connector, refused, run, state

pytestmark = pytest.mark.django_db

REGISTRATION = {
    "--client-id": str(CONNECTOR),
    "--name": "Sentinel Connector",
    "--home-tenant": str(HOME),
    "--credential": "env:CONNECTOR_SECRET",
}
UNKNOWN = "99999999-9999-4999-8999-999999999999"


def register(**changed: str) -> Ran:
    words = {**REGISTRATION, **{f"--{key.replace('_', '-')}": value for key, value in changed.items()}}
    return run("register_application", *(word for pair in words.items() for word in pair))


@pytest.fixture
def manifest(tmp_path):
    def write(document: object) -> str:
        path = tmp_path / "manifest.json"
        path.write_text(document if isinstance(document, str) else json.dumps(document))
        return str(path)

    return write


def entry(*permissions) -> dict:
    access = [{"id": p.id, "type": "Role" if p.kind == "application" else "Scope"} for p in permissions]
    return {"resourceAppId": permissions[0].resource, "resourceAccess": access}


class TestRegisterApplication:
    def test_watches_an_application(self, microsoft):
        ran = register()

        assert (ran.code, ran.err) == (0, "")
        assert "Sentinel Connector" in ran.out
        application = Application.objects.get()
        assert (application.slug, application.home_tenant) == ("sentinel-connector", HOME)

    def test_prints_json_without_the_secret(self, microsoft):
        words = [word for pair in REGISTRATION.items() for word in pair]
        ran = run("register_application", *words, "--json")

        assert ran.json["client_id"] == str(CONNECTOR)
        assert ran.json["credential"] == "env:CONNECTOR_SECRET"
        assert "sandbox-connector-secret" not in ran.out + ran.err

    def test_says_on_standard_error_that_the_credential_is_untested(self, microsoft):
        microsoft.directory.faults.add(Fault.parse({"kind": "error503"}))

        ran = register()

        assert ran.code == 0
        assert "credential could not be tested" in ran.err
        assert "credential" not in ran.out
        assert Application.objects.exists()

    @pytest.mark.parametrize(
        ("changed", "part"),
        [
            ({"client_id": "not-a-guid"}, "GUID"),
            ({"client_id": UNKNOWN}, "700016"),
            ({"name": "  "}, "name"),
            ({"name": "x" * 121}, "120"),
            ({"home_tenant": "nonsense"}, "neither a tenant id"),
            ({"home_tenant": "nowhere.example"}, "nowhere.example"),
            ({"cloud": "mars"}, "mars"),
            ({"credential": "sandbox-connector-secret"}, "env:VARIABLE or file:PATH"),
            ({"credential": "env:NOBODY_SET_THIS"}, "NOBODY_SET_THIS"),
            ({"credential": "file:/nowhere/secret"}, "/nowhere/secret"),
            ({"credential": "env:WRONG_SECRET"}, "wrong"),
            ({"credential": "env:BROKEN_PEM"}, "certificate"),
        ],
    )
    def test_refuses(self, microsoft, monkeypatch, changed, part):
        monkeypatch.setenv("WRONG_SECRET", "a-wrong-secret")
        monkeypatch.setenv("BROKEN_PEM", "-----BEGIN PRIVATE KEY-----\nnonsense\n-----END PRIVATE KEY-----")

        ran = register(**changed)

        assert refused(ran, part)
        assert "a-wrong-secret" not in ran.err
        assert not Application.objects.exists()

    def test_refuses_an_expired_secret(self, microsoft):
        registration = microsoft.directory.application(str(CONNECTOR))
        registration.secrets[0].expires = time.time() - 1

        assert refused(register(), "expired")
        assert not Application.objects.exists()

    def test_refuses_an_application_that_is_watched_already(self, microsoft, application):
        assert refused(register(), "already registered")
        assert Application.objects.count() == 1


class TestPublishRevision:
    def test_publishes_permissions_with_reasons(self, application):
        ran = of_connector(
            "publish_revision",
            *("--permission", f"{P1.value}:application", "--permission", f"{USER_READ.value}:delegated"),
            *("--reason", f"{P1.value}=To show events = all of them", "--note", "Sorry to ask"),
        )

        assert (ran.code, ran.err) == (0, "")
        assert P1.value in ran.out
        revision = Revision.objects.get()
        assert (revision.number, revision.note) == (1, "Sorry to ask")
        assert revision.required == {P1, USER_READ}
        reasons = dict(revision.permissions.values_list("value", "reason"))
        assert reasons == {P1.value: "To show events = all of them", USER_READ.value: ""}

    @pytest.mark.parametrize("wrap", [lambda found: found, lambda found: {"requiredResourceAccess": found}])
    def test_reads_a_manifest_or_its_required_access(self, application, manifest, wrap):
        ran = of_connector("publish_revision", "--manifest", manifest(wrap([entry(P1, USER_READ)])), "--json")

        assert ran.code == 0
        assert ran.json["number"] == 1
        assert ran.json["required"] == [P1.json(), USER_READ.json()]
        assert ran.json == state()["revisions"][0]

    def test_takes_several_permissions_after_one_option(self, application):
        words = [f"{P1.value}:application", f"{P2.value}:application"]

        assert of_connector("publish_revision", "--permission", *words).code == 0
        assert Revision.objects.get().required == {P1, P2}

    def test_says_beforehand_what_it_would_do_and_changes_nothing(self, application):
        factories.make_revision(application, P1)
        factories.make_installation(application, has=grants(P1))
        factories.make_installation(application, factories.make_tenant("Fabrikam"), has=grants())
        before = state()
        words = ["--permission", f"{P2.value}:application", "--dry-run"]

        ran = of_connector("publish_revision", *words)
        printed = of_connector("publish_revision", *words, "--json").json

        assert ran.code == 0
        assert "1 tenant: go from In step to Re-consent needed" in ran.out
        assert "1 tenant: stay Never consented" in ran.out
        assert f"add {P2.value}" in ran.out
        assert f"remove {P1.value} (application), granted today in 1 tenant" in ran.out
        assert {"from": "in-step", "to": "re-consent-needed", "tenants": 1} in printed["moves"]
        assert (printed["revision"], printed["tenants"]) == (2, 2)
        assert printed["removed"] == [{**P1.json(), "granted_in": 1}]
        assert state() == before

    @pytest.mark.parametrize("dry_run", [[], ["--dry-run"]])
    @pytest.mark.parametrize(
        ("words", "part"),
        [
            (["--permission", "SecurityEvents.Read.Al:application"], "SecurityEvents.Read.All"),
            (["--permission", "SecurityEvents.Read.All"], "SecurityEvents.Read.All:application"),
            (["--permission", "SecurityEvents.Read.All:role"], "not a kind"),
            (["--permission", ":application"], "VALUE:KIND"),
            (["--permission", f"{P2.value}:application", f"{P2.value}:application"], "twice"),
            (["--permission", f"{P1.value}:application"], "revision 1"),
            (["--permission", f"{P2.value}:application", "--reason", "User.Read=Why"], "User.Read"),
            (["--permission", f"{P2.value}:application", "--reason", "because"], "VALUE=TEXT"),
            (["--permission", f"{P2.value}:application", "--reason", f"{P2.value}= "], "VALUE=TEXT"),
            (
                ["--permission", f"{P2.value}:application", "--reason", f"{P2.value}=a", f"{P2.value}=b"],
                "two reasons",
            ),
            (["--permission", f"{P2.value}:application", "--reason", f"{P2.value}={'x' * 501}"], "500"),
            (["--permission", f"{P2.value}:application", "--note", "x" * 2001], "2000"),
            (["--manifest", "/nowhere/manifest.json"], "/nowhere/manifest.json"),
            (["--manifest", "/"], "cannot be read"),
        ],
    )
    def test_refuses(self, application, words, part, dry_run):
        factories.make_revision(application, P1)
        before = state()

        assert refused(of_connector("publish_revision", *words, *dry_run), part)
        assert state() == before

    @pytest.mark.parametrize(
        ("document", "part"),
        [
            ([], "no permission"),
            ({"requiredResourceAccess": []}, "no permission"),
            ({"displayName": "Another file"}, "requiredResourceAccess"),
            ({"requiredResourceAccess": {"a": 1}}, "list"),
            ([1, 2], "requiredResourceAccess[0]"),
            ([{"resourceAppId": "x", "resourceAccess": []}], "GUID"),
            ([{"resourceAppId": P1.resource, "resourceAccess": [{"id": P1.id, "type": "Rolle"}]}], "type"),
            ([{"resourceAppId": P1.resource, "resourceAccess": [{"id": UNKNOWN, "type": "Role"}]}], UNKNOWN),
            ([entry(P1, P1)], "second time"),
            ("this is no JSON", "not JSON"),
            ("", "not JSON"),
            ("[" * 100_000, "not JSON"),
            ("[" + " " * 10_000_000 + "]", "larger than 2 MB"),
        ],
    )
    def test_refuses_a_manifest(self, application, manifest, document, part):
        assert refused(of_connector("publish_revision", "--manifest", manifest(document)), part)
        assert not Revision.objects.exists()

    def test_refuses_a_manifest_in_an_unknown_encoding(self, application, tmp_path):
        path = tmp_path / "manifest.json"
        path.write_bytes(b"\xff\xfe\xfa\x00\x01")

        assert refused(of_connector("publish_revision", "--manifest", str(path)), "not JSON")

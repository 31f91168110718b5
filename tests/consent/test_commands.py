"""What holds for every command, and for the process that it runs in."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys

import pytest
from django.conf import settings
from django.core.management import load_command_class

from consent.management.portal_command import label
from consent.models import Installation
from consent.rules.status import Status
from portal.wording import STATUSES
from sandbox.faults import Fault
from tests import factories
from tests.factories import CONNECTOR, HOME, P1, T1
from tests.stage import grant
from tests.terminal import Ran, refused, run, state

pytestmark = pytest.mark.django_db

UNKNOWN = "99999999-9999-4999-8999-999999999999"


@pytest.fixture
def northwind(application) -> Installation:
    factories.make_revision(application, P1)
    return factories.make_installation(application, factories.make_tenant(id=T1))


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("publish_revision", ["--permission", f"{P1.value}:application"]),
        ("add_tenant", [str(T1)]),
        ("invite", [str(T1)]),
        ("check_tenant", [str(T1)]),
        ("scan", []),
        ("scan", ["--wait"]),
    ],
)
class TestAClientId:
    def test_must_be_a_guid(self, name, words):
        assert refused(run(name, "--client-id", "Sentinel\nConnector", *words), "GUID")

    def test_must_be_of_a_watched_application(self, northwind, name, words):
        before = state()

        assert refused(run(name, "--client-id", UNKNOWN, *words), UNKNOWN, "register_application")
        assert state() == before


@pytest.mark.parametrize(
    "name",
    [
        *("register_application", "publish_revision", "add_tenant", "invite"),
        *("check_tenant", "scan", "export_state", "recount"),
    ],
)
def test_help_shows_an_example_and_the_exit_codes(name):
    command = load_command_class("consent", name)

    text = command.create_parser("manage.py", name).format_help()

    assert f"example:\n  manage.py {name}" in text
    assert "0 done, 1 error, 2 drift or consent needed, 3 cannot tell" in text
    assert "--json" in text
    for words in shlex.split(
        text.partition("example:\n")[2].partition("\n\nexit code")[0].replace("\\\n", "")
    ):
        assert not words.startswith("--") or words in text.partition("example:")[0]


def test_a_status_has_the_same_name_in_a_terminal_as_on_a_page():
    assert {status.value: label(status) for status in Status} == {
        slug: status.label for slug, status in STATUSES.items()
    }


@pytest.mark.slow
class TestTheProcess:
    """`manage.py` as a shell runs it: environment variables in, text and an exit code out."""

    @pytest.fixture
    def process(self, microsoft, tmp_path):
        environment = {
            "PATH": os.environ["PATH"],
            "DJANGO_SETTINGS_MODULE": "tests.settings",  # keeps doorbells out of the working directory
            "DATABASE_URL": f"sqlite:///{tmp_path / 'portal.sqlite3'}",
            "ENTRA_SANDBOX_URL": microsoft.url,
            "CONNECTOR_SECRET": "sandbox-connector-secret",
        }

        def start(*words: str, **changed: str) -> subprocess.Popen[str]:
            return subprocess.Popen(  # noqa: S603  (our own program)
                [sys.executable, "manage.py", *words],
                cwd=settings.BASE_DIR,
                env={**environment, **changed},
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )

        return start

    @pytest.fixture
    def manage(self, process):
        def run_to_its_end(*words: str, **changed: str) -> Ran:
            with process(*words, **changed) as running:
                out, err = running.communicate(timeout=60)
            return Ran(running.returncode, out, err)

        return run_to_its_end

    def test_ends_with_the_agreed_codes_and_says_errors_in_one_line(self, manage, microsoft):
        of = ("--client-id", str(CONNECTOR))
        assert refused(manage("recount"), "manage.py migrate")
        assert manage("migrate", "-v0").code == 0
        registered = manage(
            *("register_application", *of, "--name", "Sentinel Connector", "--home-tenant", str(HOME)),
            *("--credential", "env:CONNECTOR_SECRET", "--json"),
        )
        assert (registered.code, registered.err) == (0, "")
        assert registered.json["name"] == "Sentinel Connector"
        assert manage("publish_revision", *of, "--permission", f"{P1.value}:application").code == 0
        assert manage("add_tenant", *of, str(T1), "--name", "Northwind Traders").code == 0

        drifted = manage("check_tenant", *of, str(T1), "--json")
        assert (drifted.code, drifted.err, drifted.json["status"]) == (2, "", "never-consented")
        grant(microsoft.directory, T1, P1)
        assert manage("check_tenant", *of, str(T1)).code == 0
        assert manage("scan", *of, "--wait").code == 0
        microsoft.directory.faults.add(Fault.parse({"kind": "error503"}))
        assert manage("check_tenant", *of, str(T1)).code == 3

        assert refused(manage("check_tenant", *of, str(T1), CONNECTOR_SECRET=""), "CONNECTOR_SECRET")
        assert refused(manage("check_tenant", *of, "nonsense"), "neither a tenant id")
        exported = manage("export_state")
        assert (exported.code, exported.err) == (0, "")
        assert exported.json["installations"][0]["status"] == "in-step"

    @pytest.mark.parametrize(
        ("words", "part"),
        [
            (["invite"], "--client-id"),
            (["publish_revision", "--client-id", str(CONNECTOR)], "--manifest"),
            (["check_tenant", "--client-id", str(CONNECTOR), "one", "two"], "two"),
            (["scan", "--client-id"], "--client-id"),
            (["recount", "--mend"], "--mend"),
        ],
    )
    def test_says_in_one_line_which_option_is_wrong(self, manage, words, part):
        assert refused(manage(*words), part, f"manage.py {words[0]} --help")

    def test_ends_quietly_when_its_reader_has_enough(self, process, manage):
        manage("migrate", "-v0")

        with process("export_state") as running:
            running.stdout.close()
            err = running.stderr.read()

        assert (running.returncode, err) == (1, "")

    def test_says_in_one_line_that_the_portal_is_not_configured(self, manage):
        ran = manage("recount", DJANGO_SETTINGS_MODULE="portal.settings", SECRET_KEY="")

        assert (ran.code, ran.out) == (1, "")
        assert ran.err.startswith("ImproperlyConfigured: SECRET_KEY")
        assert ran.err.count("\n") == 1

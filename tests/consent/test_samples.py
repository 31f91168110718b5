"""Programs and checklists with an application's own values."""

from __future__ import annotations

import html
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from consent.queries.checklist import checklist_of
from consent.queries.samples import LANGUAGES, sample_for
from entra.manifest import parse_required_access
from tests import factories, stage
from tests.consent.admin import main_of
from tests.consent.trying import READER, RUI, give_role
from tests.factories import D1, P1, T1, USER_READ, make_installation, make_revision, make_tenant

# Sends what is meant for Microsoft to the sandbox instead, path and query unchanged.
FORWARDING = """
import os
from urllib.parse import urlsplit, urlunsplit
import requests
from requests.adapters import HTTPAdapter

class Forwarding(HTTPAdapter):
    def send(self, request, *args, **kwargs):
        there, meant = urlsplit(os.environ["SANDBOX"]), urlsplit(request.url)
        request.url = urlunsplit((there.scheme, there.netloc, meant.path, meant.query, ""))
        return super().send(request, *args, **kwargs)

made = requests.Session.__init__

def make(self, *args, **kwargs):
    made(self, *args, **kwargs)
    for host in ("login.microsoftonline.com", "graph.microsoft.com"):
        self.mount(f"https://{host}/", Forwarding())

requests.Session.__init__ = make
"""
SLUGS = [language.slug for language in LANGUAGES]


def code(application, language: str) -> str:
    return sample_for(application, language=language, tenant_id=T1).code


def without_texts(source: str) -> str:
    """The program without its comments and strings, whose brackets need no partner."""
    return re.sub(r'"(?:\\.|[^"\\\n])*"|`[^`]*`|//[^\n]*|^\s*#[^\n]*', "", source, flags=re.M)


@pytest.mark.parametrize("language", SLUGS)
class TestEveryProgram:
    def test_has_the_applications_values_and_no_place_left_to_fill(self, application, language):
        source = code(application, language)

        assert f'"{factories.CONNECTOR}"' in source
        assert f"https://login.microsoftonline.com/{T1}" in source
        assert '"http://localhost:8000/c/return"' in source
        assert '"https://graph.microsoft.com"' in source
        assert not re.search(r"\{\{|\{%|&quot;|&#|TODO|your[-_ ]", source, re.I)

    def test_closes_what_it_opens(self, application, language):
        waiting = []
        for sign in re.findall(r"[(){}\[\]]", without_texts(code(application, language))):
            if sign in "([{":
                waiting.append(sign)
            else:
                assert waiting
                assert waiting.pop() + sign in ("()", "[]", "{}")
        assert waiting == []

    def test_is_for_the_cloud_of_its_application(self, application, language):
        application.cloud = "china"
        source = code(application, language)

        assert f"https://login.partner.microsoftonline.cn/{T1}" in source
        assert "https://microsoftgraph.chinacloudapi.cn" in source
        assert "microsoftonline.com" not in source

    def test_takes_its_secret_from_the_environment(self, application, language):
        source = code(application, language)

        assert "CLIENT_SECRET" in source
        assert "CONNECTOR_SECRET" not in source
        assert "sandbox-connector-secret" not in source


def run_python(source: str, folder: Path, sandbox: str, user: str) -> str:
    """Run the program as somebody would who copied it; return what it printed."""
    (folder / "sitecustomize.py").write_text(FORWARDING)
    (folder / "try_it.py").write_text(source)
    environment = {
        **os.environ,
        "PYTHONPATH": str(folder),
        "SANDBOX": sandbox,
        "CLIENT_SECRET": "sandbox-connector-secret",
    }
    with subprocess.Popen(  # noqa: S603
        [sys.executable, str(folder / "try_it.py")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    ) as program:
        assert program.stdin
        assert program.stdout
        address = program.stdout.readline().removeprefix("Open: ").strip()
        there = address.replace("https://login.microsoftonline.com", sandbox)
        back = requests.post(there, data={"user": user}, allow_redirects=False, timeout=10)
        printed, _ = program.communicate(back.headers["Location"] + "\n", timeout=60)
    assert program.returncode == 0
    return printed


def test_the_python_program_does_what_the_page_does(microsoft, application, tmp_path):
    stage.grant(microsoft.directory, T1, P1, D1, USER_READ)
    give_role(microsoft, READER)

    printed = run_python(code(application, "python"), tmp_path, microsoft.url, RUI)

    person, _, own = printed.partition("The application's own token")
    assert re.search(r"Scopes that came back: .*SecurityEvents\.Read\.All", person)
    assert re.search(r"scp: .*User\.Read", person)
    assert "roles: SecurityEvents.Read.All" in own
    assert re.findall(r"secureScores: (\d+) request-id [0-9a-f-]{36}", printed) == ["200", "200"]


@pytest.mark.skipif(not shutil.which("node"), reason="node is not installed")
def test_the_javascript_program_is_javascript(application, tmp_path):
    program = tmp_path / "try-it.mjs"
    program.write_text(code(application, "javascript"))

    checked = subprocess.run(  # noqa: S603
        [str(shutil.which("node")), "--check", str(program)], capture_output=True, text=True, check=False
    )

    assert checked.returncode == 0, checked.stderr


@pytest.mark.skipif(not shutil.which("javac"), reason="javac is not installed")
def test_the_java_program_lacks_nothing_but_its_libraries(application, tmp_path):
    program = tmp_path / "TryIt.java"
    program.write_text(code(application, "java"))

    checked = subprocess.run(  # noqa: S603
        [str(shutil.which("javac")), "-d", str(tmp_path), str(program)],
        capture_output=True,
        text=True,
        check=False,
    )

    errors = re.findall(r"error: (.*)", checked.stderr)
    assert errors
    assert all(re.match(r"package com\.\S+ does not exist|cannot find symbol", error) for error in errors)


class TestThePages:
    @pytest.mark.parametrize("language", SLUGS)
    def test_show_one_language_at_a_time(self, client, viewer, application, language):
        client.force_login(viewer)

        response = client.get(f"/sentinel-connector/samples?lang={language}")

        shown = re.search(r'<pre id="code"[^>]*><code[^>]*>(.*?)</code>', response.content.decode(), re.S)
        assert shown
        expected = sample_for(application, language=language, tenant_id=factories.HOME).code
        assert html.unescape(shown.group(1)) == expected
        assert re.search(rf'lang={language}" aria-current="page"', response.content.decode())

    @pytest.mark.parametrize("language", ["", "cobol", "../python", "%00", "x" * 9000])
    def test_fall_back_to_the_first_language(self, client, viewer, application, language):
        client.force_login(viewer)

        response = client.get(f"/sentinel-connector/samples?lang={language}")

        assert response.status_code == 200
        assert "Python with msal" in main_of(response)

    def test_fill_in_the_organizations_own_tenant(self, client, application):
        northwind = make_tenant("Northwind Traders", id=T1)
        make_installation(application, northwind)
        client.force_login(factories.make_tenant_admin(northwind, "Global Reader"))

        response = client.get("/organization/sentinel-connector/samples?lang=java")

        assert f"https://login.microsoftonline.com/{T1}/" in response.content.decode()
        assert str(factories.HOME) not in response.content.decode()


class TestTheChecklist:
    def test_has_every_value_to_enter(self, client, viewer, application):
        make_revision(application, P1, USER_READ)
        client.force_login(viewer)

        response = client.get("/sentinel-connector/checklist")
        copied = re.findall(r'data-copy="([^"]*)"', response.content.decode())

        for value in (
            "http://localhost:8000/c/return",
            "http://localhost:8000/sign-in/return",
            "SecurityEvents.Read.All",
            "User.Read",
            "AzureADMultipleOrgs",
            *("Owner", "Support", "Viewer"),
            str(factories.CONNECTOR),
        ):
            assert value in copied

    def test_its_manifest_is_the_registration_that_is_required(self, application):
        make_revision(application, P1, D1, USER_READ)
        checklist = checklist_of(application)

        assert set(parse_required_access(json.loads(checklist.manifest))) == {P1, D1, USER_READ}

    def test_its_commands_are_commands_of_a_shell(self, application, tmp_path):
        make_revision(application, P1, D1)
        checklist = checklist_of(application)

        for command in (checklist.command, checklist.portal_command):
            # "az" here prints its words, one on each line.
            script = 'az() { printf "%s\\n" "$@"; }\n' + command
            ran = subprocess.run(  # noqa: S603
                ["/bin/sh", "-e", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True
            )
            words = ran.stdout.splitlines()
            assert words[:4] == ["ad", "app", "update", "--id"]
            assert ran.stderr == ""
        written = json.loads((tmp_path / "required.json").read_text())
        assert set(parse_required_access(written)) == {P1, D1}
        assert [role["value"] for role in json.loads((tmp_path / "roles.json").read_text())] == [
            *("Owner", "Support", "Viewer")
        ]

    def test_says_what_comes_first_when_nothing_is_required_yet(self, client, viewer, application):
        client.force_login(viewer)

        page = main_of(client.get("/sentinel-connector/checklist"))

        assert "publish a revision first" in page

    def test_is_reached_from_the_registration(self, as_owner, application):
        page = as_owner.get("/sentinel-connector/registration").content.decode()

        assert 'href="/sentinel-connector/checklist"' in page
        assert 'href="/sentinel-connector/samples"' in page

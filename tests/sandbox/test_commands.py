"""The server's command line and the controls from a terminal."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox import ctl
from sandbox.demo import CONNECTOR, FABRIKAM, HOME, NORTHWIND, demo
from tests.sandbox.conftest import Http


def run(http: Http, *arguments: str) -> int:
    return ctl.main(["--url", http.url, *arguments])


def test_the_story_can_be_walked_from_a_terminal(http: Http, capsys: pytest.CaptureFixture[str]) -> None:
    p1, p2 = "SecurityEvents.Read.All:application", "SecurityAlert.Read.All:application"
    assert run(http, "grant", "northwind.example", CONNECTOR) == 0
    assert run(http, "require", CONNECTOR, p1, p2) == 0
    assert run(http, "grant", "fabrikam.example", CONNECTOR) == 0
    assert run(http, "revoke", "northwind.example", CONNECTOR, p1) == 0
    assert run(http, "disable", "fabrikam.example", CONNECTOR) == 0
    assert run(http, "assign-role", "rui@northwind.example", "Security Reader") == 0
    assert run(http, "settings", "never_consented=700016", "decline=documented_v1") == 0
    capsys.readouterr()

    assert run(http, "show") == 0
    tenants = {tenant["id"]: tenant for tenant in json.loads(capsys.readouterr().out)["tenants"]}
    assert tenants[NORTHWIND]["apps"][0]["granted"] == []
    assert [grant["value"] for grant in tenants[FABRIKAM]["apps"][0]["granted"]] == [
        "SecurityAlert.Read.All",
        "SecurityEvents.Read.All",
    ]
    assert tenants[FABRIKAM]["apps"][0]["enabled"] is False
    assert http.control("GET", "settings")["never_consented"] == 700016


def test_faults_come_and_go_from_a_terminal(http: Http) -> None:
    assert run(http, "fault", "throttle", "seconds=9", "--endpoint", "token") == 0
    assert http.token(HOME).headers["Retry-After"] == "9"

    assert run(http, "fault", "clear") == 0
    assert http.token(HOME).status_code == 200


def test_a_mistake_on_the_terminal_is_one_line_and_exit_code_1(
    http: Http, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(http, "disable", "nobody.example", CONNECTOR) == 1
    assert capsys.readouterr().err == "no tenant nobody.example\n"
    assert ctl.main(["--url", "http://127.0.0.1:9", "show"]) == 1


def test_the_server_says_where_it_listens_and_takes_a_document(tmp_path: Path) -> None:
    seed = tmp_path / "seed.json"
    seed.write_text(json.dumps(demo()))
    process = subprocess.Popen(  # noqa: S603 - our own server
        [sys.executable, "-m", "sandbox", "--port", "0", "--seed", str(seed)],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        client = Http(line.split()[-1])
        assert line.startswith("Sandbox, not Microsoft: http://127.0.0.1:")
        assert client.token(HOME).status_code == 200
        client.session.close()
    finally:
        process.terminate()
        process.wait(timeout=10)
        assert process.stdout is not None
        process.stdout.close()


def test_a_document_that_cannot_be_read_ends_with_one_line(tmp_path: Path) -> None:
    seed = tmp_path / "seed.json"
    seed.write_text('{"tenants": [{"id": "x"}]}')
    ended = subprocess.run(  # noqa: S603 - our own server
        [sys.executable, "-m", "sandbox", "--port", "0", "--seed", str(seed)],
        capture_output=True,
        text=True,
        timeout=20,
    )

    assert ended.returncode == 1
    assert ended.stderr == "sandbox: 'id' must be a GUID, not 'x'\n"

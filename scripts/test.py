"""`make test`: the whole suite on SQLite, then all that touches a database on PostgreSQL with Redis.

Ends with what ran and one line of counts. Exits with 1 when a test failed, when a database's part could not
run, or when the coverage is below its gates. Arguments go to pytest, narrow it and
leave the gates out: `python -m scripts.test tests/portal`.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree  # reads only reports that pytest wrote a moment ago
from dataclasses import dataclass
from pathlib import Path

import psycopg
from redis import Redis

from scripts import services

ROOT = Path(__file__).resolve().parent.parent
BIN = ROOT / ".venv" / "bin"
REPORTS = ROOT / "var" / "test-reports"
# Gates on branch coverage: what decides must be covered nearly whole. A line or two differ from run to run,
# for some are met by generated examples alone.
WHOLE = "consent/rules/*,support/rules/*,entra/*"
OVERALL = 90


@dataclass
class Outcome:
    ran: str
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    seconds: float = 0.0
    broken: bool = False  # pytest itself did not come to an end

    @property
    def said(self) -> str:
        counts = f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped, {self.seconds:.0f} s"
        return f"{self.ran}: {counts}{' (DID NOT FINISH)' if self.broken else ''}"


def main(narrowed: list[str]) -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that servers started here are stopped
    REPORTS.mkdir(parents=True, exist_ok=True)
    chromium = services.find_chromium()
    outcomes = [on_sqlite(chromium, narrowed), on_postgresql(narrowed)]
    covered = bool(narrowed) or coverage_holds()
    print("\nWhat ran:")
    for outcome in outcomes:
        print(f"  {outcome.said}")
    print(f"  Browser: {version_of(chromium) if chromium else 'no Chromium found; its tests were skipped'}")
    gates = "not measured" if narrowed else "above its gates" if covered else "BELOW ITS GATES"
    print(f"  Coverage: {gates}")
    passed, failed = (sum(getattr(o, name) for o in outcomes) for name in ("passed", "failed"))
    broken = any(outcome.broken for outcome in outcomes)
    print(f"{passed} passed, {failed} failed", flush=True)
    return 1 if failed or broken or not covered or not passed else 0


def on_sqlite(chromium: str, narrowed: list[str]) -> Outcome:
    environment = {"DATABASE_URL": "", "REDIS_URL": "", "CHROMIUM": chromium}
    measured = [] if narrowed else ["--cov", "--cov-report="]
    return run_pytest("SQLite", environment, ["-n", "2", "--dist", "worksteal", *measured, *narrowed])


def on_postgresql(narrowed: list[str]) -> Outcome:
    try:
        with services.postgresql() as database, services.redis() as broker:
            name = f"{postgresql_version(database)} with {redis_version(broker)}"
            environment = {"DATABASE_URL": database, "REDIS_URL": broker, "CHROMIUM": ""}
            options = ["-n", "2", "--dist", "worksteal", "-p", "scripts.database_only", "-m", "not browser"]
            return run_pytest(name, environment, [*options, *narrowed])
    except services.UnavailableError as error:
        return Outcome(ran=f"PostgreSQL with Redis DID NOT RUN ({error})", broken=True)


def run_pytest(name: str, environment: dict[str, str], options: list[str]) -> Outcome:
    print(f"--- {name}", flush=True)
    report = REPORTS / f"{name.split()[0].lower()}.xml"
    report.unlink(missing_ok=True)
    started = time.monotonic()
    kept = {key: value for key, value in os.environ.items() if key not in environment}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", f"--junitxml={report}", *options],
        cwd=ROOT,
        env={**kept, **{key: value for key, value in environment.items() if value}},
        stdin=subprocess.DEVNULL,
        check=False,
    )
    outcome = read_report(name, report)
    outcome.seconds = time.monotonic() - started
    outcome.broken = outcome.broken or (done.returncode != 0 and not outcome.failed)
    return outcome


def read_report(name: str, report: Path) -> Outcome:
    """Count what pytest wrote down, so that nothing is taken from the text that people read."""
    if not report.exists():
        return Outcome(ran=name, broken=True)
    outcome = Outcome(ran=name)
    for suite in ElementTree.parse(report).iter("testsuite"):  # noqa: S314  (our own file)
        total, bad, skipped = (int(suite.get(key, 0)) for key in ("tests", "failures", "skipped"))
        bad += int(suite.get("errors", 0))
        outcome.failed += bad
        outcome.skipped += skipped
        outcome.passed += max(total - bad - skipped, 0)
    return outcome


def coverage_holds() -> bool:
    if not (ROOT / ".coverage").exists():
        return False
    gates = (["--fail-under=99", f"--include={WHOLE}"], [f"--fail-under={OVERALL}"])
    holds = True
    for gate in gates:
        quiet = ["--skip-covered", "--show-missing", "--precision=1"]
        done = subprocess.run(
            [BIN / "coverage", "report", *quiet, *gate], cwd=ROOT, capture_output=True, text=True, check=False
        )
        if done.returncode:
            holds = False
            print(f"\nCoverage below its gate ({' '.join(gate)}):\n{done.stdout}{done.stderr}")
    return holds


def postgresql_version(url: str) -> str:
    import environ

    where = environ.Env.db_url_config(url)
    with psycopg.connect(
        host=where["HOST"],
        port=where["PORT"] or None,
        user=where["USER"],
        password=where["PASSWORD"] or None,
        dbname=where["NAME"],
    ) as connection:
        row = connection.execute("SHOW server_version").fetchone()
    return f"PostgreSQL {row[0].split()[0]}" if row else "PostgreSQL"


def redis_version(url: str) -> str:
    info = Redis.from_url(url).info("server")
    if "valkey_version" in info:
        return f"Redis (Valkey {info['valkey_version']})"
    return f"Redis {info['redis_version']}"


def version_of(program: str) -> str:
    done = subprocess.run(
        [program, "--version"],
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
        stdin=subprocess.DEVNULL,
    )
    return done.stdout.strip() or program


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

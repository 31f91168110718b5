"""`make check`: everything that can be said about the code without running the whole suite.

mypy takes longest, so it runs beside the others. Each check is one line, with its output when it fails.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = ROOT / ".venv" / "bin"
# An environment as in production, so that `check --deploy` judges what will run. None of it is secret.
PRODUCTION = {
    "SECRET_KEY": "not-a-secret-and-long-enough-for-the-check-0123456789-abcdefghij",
    "DEBUG": "false",
    "ALLOWED_HOSTS": "portal.example",
    "PORTAL_URL": "https://portal.example",
    "BEHIND_PROXY": "true",
    "DATABASE_URL": "sqlite:///:memory:",
    "REDIS_URL": "redis://localhost:6379/0",
    "ENTRA_CLIENT_ID": "0c0ffee0-0000-4000-8000-0000000000a1",
    "ENTRA_CLIENT_SECRET": "never-used",
    "ENTRA_HOME_TENANT": "0c0ffee0-0000-4000-8000-000000000001",
    "ENTRA_SANDBOX_URL": "",
}
TYPED = ["portal", "support", "tenants", "consent", "entra", "sandbox", "tests", "bench", "scripts"]
FAST_TESTS = [
    "tests/test_architecture.py",
    "tests/test_templates.py",
    "tests/test_docs.py",
    "tests/test_compose.py",
    "tests/rules",
    "tests/consent/rules",
    "tests/support/rules",
]


@dataclass(frozen=True)
class Check:
    name: str
    command: list[str]
    environment: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Result:
    name: str
    passed: bool
    seconds: float
    output: str


def checks() -> list[Check]:
    manage = [str(BIN / "python"), "manage.py"]
    templates = [str(path.relative_to(ROOT)) for path in sorted((ROOT / "templates").rglob("*.html"))]
    compose = ["--builtin-schema", "vendor.compose-spec", "docker-compose.yml"]
    fast = [path for path in FAST_TESTS if (ROOT / path).exists()]
    return [
        Check("format", [str(BIN / "ruff"), "format", "--check", "."]),
        Check("lint", [str(BIN / "ruff"), "check", "."]),
        Check("templates", [str(BIN / "djade"), "--check", "--target-version", "5.2", *templates]),
        Check("contracts", [str(BIN / "lint-imports")]),
        Check("migrations", [*manage, "makemigrations", "--check", "--dry-run"], PRODUCTION),
        Check("deployment", [*manage, "check", "--deploy", "--fail-level", "WARNING"], PRODUCTION),
        Check("compose", [str(BIN / "check-jsonschema"), *compose]),
        Check("fast tests", [str(BIN / "pytest"), "-q", "-p", "no:cacheprovider", *fast]),
    ]


def main() -> int:
    types = Check("types", [str(BIN / "mypy"), *(name for name in TYPED if (ROOT / name).is_dir())])
    with ThreadPoolExecutor(max_workers=2) as pool:
        slow = pool.submit(run, types)
        pending: list[Future[Result]] = [pool.submit(run, check) for check in checks()]
        results = [report(future.result()) for future in [*pending, slow]]
    failed = [result.name for result in results if not result.passed]
    print("all checks passed" if not failed else f"failed: {', '.join(failed)}")
    return 1 if failed else 0


def run(check: Check) -> Result:
    started = time.monotonic()
    done = subprocess.run(
        check.command,
        cwd=ROOT,
        env={**os.environ, **check.environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return Result(check.name, done.returncode == 0, time.monotonic() - started, done.stdout)


def report(result: Result) -> Result:
    print(f"{'ok  ' if result.passed else 'FAIL'} {result.name:12} {result.seconds:5.1f} s", flush=True)
    if not result.passed:
        print(result.output, flush=True)
    return result


if __name__ == "__main__":
    sys.exit(main())

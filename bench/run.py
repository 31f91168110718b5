"""`make bench`: the figures on SQLite and on PostgreSQL, as JSON lines on standard output.

`make bench BENCH=quick` takes small fleets and a minute; progress goes to standard error.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from scripts import services

ROOT = Path(__file__).resolve().parent.parent


def main(mode: str) -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that servers started here are stopped
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        failed = measure(f"sqlite:///{folder}/bench.sqlite3", mode)
    with services.postgresql() as url:
        failed = measure(url, mode) or failed
    return failed


def measure(url: str, mode: str) -> int:
    environment = {**os.environ, "DATABASE_URL": url, "REDIS_URL": "", "LOG_LEVEL": "ERROR"}
    failed = 0
    for module in ("bench.measure", "bench.failures"):
        command = [sys.executable, "-m", module, mode]
        failed = subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode or failed
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "full"))

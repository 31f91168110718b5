"""`make guards`: take away each guard, one at a time, and see that a test notices.

What guards are is in scripts/guards.toml, and each view's decorators are guards too. Everything happens in
copies of the working tree; the checkout is never touched. Words narrow it: `make guards GUARDS="csrf state"`.
"""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue

ROOT = Path(__file__).resolve().parent.parent
LIST = ROOT / "scripts" / "guards.toml"
AT_ONCE = 2
LONGEST = 180  # seconds that one selection of tests may take
# Other plugins of pytest take a second each time to be imported, and no test that is named needs them.
PLUGINS = ["-p", "pytest_django.plugin", "-p", "xdist.plugin", "-p", "no:cacheprovider"]
PYTEST = [sys.executable, "-m", "pytest", "-q", "-x", *PLUGINS]
# Every test runs on SQLite, whatever the caller's environment names.
SET_ASIDE = {"DATABASE_URL", "REDIS_URL", "DJANGO_SETTINGS_MODULE", "CHROMIUM"}
FAILED = 1  # pytest's exit code when tests ran and some failed; any other says nothing about the guard


class StaleGuardError(Exception):
    """What a guard is made of is no longer in the source as it is written down."""


@dataclass(frozen=True)
class Guard:
    what: str
    file: str
    tests: tuple[str, ...]
    remove: Callable[[str], str]

    def source(self, root: Path = ROOT) -> str:
        try:
            return (root / self.file).read_text()
        except OSError:
            raise StaleGuardError(f"{self.file} is not there") from None

    def mutated(self, root: Path = ROOT) -> str:
        """Return the file without the guard. Raises StaleGuardError."""
        source = self.source(root)
        mutated = self.remove(source)
        try:
            ast.parse(mutated)
        except SyntaxError as error:
            raise StaleGuardError(f"{self.file} is no Python without it: {error}") from None
        if mutated == source:
            raise StaleGuardError(f"removing it changes nothing in {self.file}")
        return mutated


@dataclass(frozen=True)
class Verdict:
    guard: Guard
    killed: bool
    why: str
    seconds: float = 0.0

    def __str__(self) -> str:
        word = "killed  " if self.killed else "SURVIVED"
        return f"{word} {self.seconds:5.1f} s  {self.guard.what} ({self.guard.file}{self.why})"


def guards() -> list[Guard]:
    document = tomllib.loads(LIST.read_text())
    written = [
        Guard(g["what"], g["file"], tuple(g["tests"]), replacing(g["text"], g["instead"]))
        for g in document["guard"]
    ]
    return written + [guard for kind in document["decorator"] for guard in decorators(kind)]


def replacing(text: str, instead: str) -> Callable[[str], str]:
    def remove(source: str) -> str:
        if source.count(text) != 1:
            raise StaleGuardError(f"its text occurs {source.count(text)} times, not once: {text!r}")
        return source.replace(text, instead)

    return remove


def decorators(kind: dict[str, object]) -> Iterator[Guard]:
    """Yield a guard for each use of a decorator; `instead` may stand for its arguments only."""
    name, instead = str(kind["name"]), str(kind.get("instead", ""))
    tests = tuple(str(test) for test in kind["tests"])  # type: ignore[attr-defined]
    for path in sorted(p for pattern in kind["files"] for p in ROOT.glob(str(pattern))):  # type: ignore[attr-defined]
        for function, decorator in decorated(path.read_text(), name):
            written = ast.unparse(decorator)
            if written == instead:
                continue
            yield Guard(
                f"@{written} of {function}{f' made @{instead}' if instead else ''}",
                str(path.relative_to(ROOT)),
                tests,
                undecorating(function, written, instead),
            )


def decorated(source: str, name: str) -> Iterator[tuple[str, ast.expr]]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef):
            for decorator in node.decorator_list:
                called = decorator.func if isinstance(decorator, ast.Call) else decorator
                if isinstance(called, ast.Name) and called.id == name:
                    yield node.name, decorator


def undecorating(function: str, written: str, instead: str) -> Callable[[str], str]:
    def remove(source: str) -> str:
        tree = ast.parse(source)
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef) and node.name == function:
                for decorator in node.decorator_list:
                    if ast.unparse(decorator) == written:
                        lines = source.splitlines(keepends=True)
                        put = [f"@{instead}\n"] if instead else []
                        lines[decorator.lineno - 1 : decorator.end_lineno] = put
                        return "".join(lines)
        raise StaleGuardError(f"{function} has no decorator @{written}")

    return remove


class Copy:
    """A copy of the working tree, to break things in."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],  # noqa: S607
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        ).stdout.split("\0")
        for name in listed:
            if name and (ROOT / name).is_file():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, folder / name)
        self._moment = int(time.time())

    def without(self, guard: Guard) -> Verdict:
        started = time.monotonic()
        try:
            mutated = guard.mutated(self.folder)
        except StaleGuardError as error:
            return Verdict(guard, killed=False, why=f"; STALE: {error}")
        target = self.folder / guard.file
        kept = target.read_text()
        self._write(target, mutated)
        try:
            code, last = self.run(list(guard.tests))
        finally:
            self._write(target, kept)
        seconds = time.monotonic() - started
        if code in (0, FAILED):
            return Verdict(guard, killed=code == FAILED, why="", seconds=seconds)
        return Verdict(guard, killed=False, why=f"; its tests did not run: {last}", seconds=seconds)

    def run(self, arguments: list[str], longest: float = LONGEST) -> tuple[int, str]:
        """Run tests here. Return pytest's exit code and the last lines that it printed."""
        environment = {name: value for name, value in os.environ.items() if name not in SET_ASIDE}
        environment |= {
            "VAR_DIR": str(self.folder / "var"),
            "PYTHONPATH": str(self.folder),
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
            "CI": "1",  # Hypothesis then takes the same examples each time, and as long as it needs
        }
        try:
            done = subprocess.run(
                [*PYTEST, *arguments],
                cwd=self.folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                check=False,
                timeout=longest,
            )
        except subprocess.TimeoutExpired:
            return -1, f"not done after {longest:g} s"
        return done.returncode, " / ".join(done.stdout.strip().splitlines()[-5:])

    def _write(self, target: Path, text: str) -> None:
        """Write with a time of its own: byte code is known by seconds, and two writes may share one."""
        target.write_text(text)
        self._moment += 2
        os.utime(target, (self._moment, self._moment))


def main(words: list[str]) -> int:
    chosen = [
        g for g in guards() if not words or any(w.lower() in f"{g.what} {g.file}".lower() for w in words)
    ]
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="guards-") as folder:
        copies = [Copy(Path(folder) / str(number)) for number in range(AT_ONCE)]
        selected = sorted({test for guard in chosen for test in guard.tests})
        print(f"With every guard in place: {len(selected)} selections of tests", flush=True)
        code, last = copies[0].run(["-n", str(AT_ONCE), *outermost(selected)], longest=10 * LONGEST)
        if code:
            print(f"Not even that passes, so nothing can be told: {last}")
            return 1
        print(f"  pass in {time.monotonic() - started:.0f} s", flush=True)
        verdicts = run_all(chosen, copies)
    killed = sum(verdict.killed for verdict in verdicts)
    for verdict in verdicts:
        if not verdict.killed:
            print(verdict)
    print(f"{time.monotonic() - started:.0f} s")
    print(f"{killed} of {len(chosen)} guards killed", flush=True)
    return 0 if chosen and killed == len(chosen) else 1


def run_all(chosen: list[Guard], copies: list[Copy]) -> list[Verdict]:
    free: SimpleQueue[Copy] = SimpleQueue()
    for copy in copies:
        free.put(copy)

    def judge(guard: Guard) -> Verdict:
        copy = free.get()
        try:
            verdict = copy.without(guard)
        finally:
            free.put(copy)
        print(verdict, flush=True)
        return verdict

    with ThreadPoolExecutor(len(copies)) as pool:
        return list(pool.map(judge, chosen))


def outermost(selected: list[str]) -> list[str]:
    """Leave out what another selection contains: pytest would run it twice."""
    return [one for one in selected if not any(one.startswith(f"{other}::") for other in selected)]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

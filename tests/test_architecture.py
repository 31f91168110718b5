"""What linters do not say: size, names of modules, nothing tied to one machine, methods of views."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.urls import URLPattern, URLResolver, get_resolver

ROOT = Path(settings.BASE_DIR)
PACKAGES = (
    "portal",
    "support",
    "consent",
    "tenants",
    "entra",
    "sandbox",
    "scripts",
    "bench",
    "tests",
    "docker",
)
MOST_LINES = 300
MOST_LINES_OF_A_FUNCTION = 50
NAMELESS = {"utils", "util", "helpers", "helper", "common", "misc", "managers", "base_model"}
BINARY = {".png", ".woff2", ".ico", ".gz", ".jpg"}

# Hosts and paths of the place where something was written. Put together here, so as not to find themselves.
PLACES = re.compile(
    "|".join(
        [
            "py" + r"pi\.org",
            "python" + r"hosted\.org",
            "registry" + r"\.npmjs",
            "/ho" + r"me/\w",
            "/ro" + r"ot/\w",
            "/wo" + r"rk/\w",
            "/Us" + r"ers/\w",
            "extra-" + "index-url",
        ]
    )
)


def committed() -> list[Path]:
    """Return the files under version control; without git, those that lie in our folders."""
    try:
        listed = subprocess.run(
            ["git", "ls-files", "-z"],  # noqa: S607
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        ).stdout.split("\0")
    except (OSError, subprocess.CalledProcessError):
        listed = [str(p.relative_to(ROOT)) for folder in PACKAGES for p in (ROOT / folder).rglob("*.*")]
    return sorted(ROOT / name for name in listed if name and (ROOT / name).is_file())


FILES = committed()
TEXTS = [path for path in FILES if path.suffix not in BINARY]
SOURCES = [path for path in FILES if path.suffix == ".py" and "migrations" not in path.parts]


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def patterns(resolver: URLResolver | None = None) -> Iterator[URLPattern]:
    for item in (resolver or get_resolver()).url_patterns:
        if isinstance(item, URLResolver):
            yield from patterns(item)
        else:
            yield item


def restricts_methods(view: object) -> bool:
    """Whether one of Django's method decorators is around the view, at any depth."""
    layer: Any = view
    while layer is not None:
        if "request_method_list" in layer.__code__.co_freevars:
            return True
        layer = getattr(layer, "__wrapped__", None)
    return False


@pytest.mark.parametrize("path", SOURCES, ids=named)
def test_files_and_functions_stay_small(path):
    source = path.read_text()
    functions = [
        node
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]

    lines = source.count("\n")
    assert lines <= MOST_LINES
    assert [f.name for f in functions if (f.end_lineno or 0) - f.lineno >= MOST_LINES_OF_A_FUNCTION] == []


def test_every_module_is_named_for_a_subject():
    assert [named(p) for p in SOURCES if p.stem in NAMELESS or p.parent.name in NAMELESS] == []


@pytest.mark.parametrize("path", TEXTS, ids=named)
def test_nothing_names_a_registry_or_a_place_on_one_machine(path):
    assert PLACES.findall(path.read_text(errors="replace")) == []


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_locks_hold_hashes_and_no_address(name):
    lock = (ROOT / name).read_text()
    pinned = re.findall(r"^[a-z0-9][^\n]*==[^\n]*\\\n    --hash=sha256:", lock, flags=re.M | re.I)

    assert "://" not in lock
    assert len(pinned) == len(re.findall(r"^[a-z0-9]", lock, flags=re.M | re.I)) > 20


@pytest.mark.parametrize("pattern", list(patterns()), ids=lambda pattern: pattern.name)
def test_every_view_says_which_methods_it_takes(pattern):
    assert restricts_methods(pattern.callback)

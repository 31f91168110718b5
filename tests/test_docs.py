"""Documentation is tested: what it names exists, and what exists is named."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.core.management import get_commands

from portal.wording import STATUSES

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text()
DOCUMENTS = sorted(ROOT.glob("*.md"))


def settings_names() -> set[str]:
    source = (ROOT / "portal" / "settings.py").read_text()
    return set(re.findall(r'env\.\w+\(\s*"([A-Z_]+)"', source))


@pytest.mark.parametrize("name", sorted(settings_names()))
def test_every_setting_is_in_the_readme(name):
    assert f"| `{name}` |" in README


def test_the_readme_names_no_setting_that_does_not_exist():
    named = set(re.findall(r"^\| `([A-Z_]+)` \|", README, re.MULTILINE))

    assert named == settings_names()


def test_every_command_is_in_the_readme():
    ours = {
        name for name, app in get_commands().items() if app in {"support", "consent", "tenants", "portal"}
    }

    assert ours == set(re.findall(r"^\| `([a-z_]+)[ `]", README, re.MULTILINE)) & ours
    assert ours


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_between_documents_and_pictures_lead_somewhere(document):
    for target in re.findall(r"\]\(([^)#]+)\)", document.read_text()):
        if "://" not in target:
            assert (ROOT / target).exists(), target


def test_every_target_of_make_that_is_named_exists():
    makefile = (ROOT / "Makefile").read_text()
    for target in set(re.findall(r"`make ([a-z]+)`", README)):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


@pytest.mark.parametrize("folder", ["portal", "support", "consent", "tenants", "entra", "sandbox"])
def test_every_package_is_in_the_architecture(folder):
    assert folder in (ROOT / "ARCHITECTURE.md").read_text()


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_paths_of_our_files_in_documents_exist(document):
    folders = "portal|consent|tenants|entra|sandbox|tests|templates|static|scripts|bench"
    for path in re.findall(rf"`((?:{folders})/[\w./-]+)`", document.read_text()):
        assert (ROOT / path.rstrip("/")).exists(), path


def test_every_status_has_words():
    for status in STATUSES.values():
        assert status.label
        assert status.meaning

"""What every template and static file keeps to, whoever writes it."""

import gzip
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.template.loader import get_template

from portal.wording import CELLS, RAIL, STATUSES

ROOT = Path(settings.BASE_DIR)
FOLDER = ROOT / "templates"
TEMPLATES = sorted(path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*.html"))
SYMBOLS = set(re.findall(r'<symbol id="([^"]+)"', (ROOT / "static/icons.svg").read_text()))

FORBIDDEN = {
    "marks text as safe": r"\|\s*safe(seq)?\b|autoescape\s+off",
    "styles inline": r"\sstyle\s*=",
    "handles events inline": r"<[^>]*\son[a-z]+\s*=",
    "has an inline script": r"<script(?![^>]*\bsrc=)[^>]*>",
    "has an inline stylesheet": r"<style\b",
    "links to a javascript address": r"javascript:",
    "loads from another host": r"""<(script|link|img|iframe)\b[^>]*(src|href)=["'](https?:)?//""",
    "needs htmx to evaluate code": r"\bhx-on\b|\bhx-vars\b|js:\{|every \d+m?s\s*\[",
}


def source(name: str) -> str:
    """The template without its comments, which may name what the template must not do."""
    text = (FOLDER / name).read_text()
    return re.sub(r"\{% comment %\}.*?\{% endcomment %\}|\{#.*?#\}", "", text, flags=re.S)


@pytest.mark.parametrize("name", TEMPLATES)
class TestEveryTemplate:
    def test_compiles(self, name):
        get_template(name)

    @pytest.mark.parametrize("fault", FORBIDDEN)
    def test_has_none_of_the_forbidden(self, name, fault):
        text = source(name)
        markup = re.sub(r"\{\{.*?\}\}|\{%.*?%\}", "", text, flags=re.S)
        found = re.search(FORBIDDEN[fault], text, re.I) or re.search(FORBIDDEN[fault], markup, re.I)
        assert not found, f"{name} {fault}: {found.group()}"

    def test_protects_its_post_forms(self, name):
        for form in re.findall(r"<form\b.*?</form>", source(name), re.S | re.I):
            opening = form[: form.index(">")]
            if re.search(r"""method=["']?post""", opening, re.I):
                assert "{% csrf_token %}" in form, opening

    def test_sends_no_get_form_with_a_csrf_token(self, name):
        for form in re.findall(r"<form\b.*?</form>", source(name), re.S | re.I):
            if not re.search(r"""method=["']?post""", form[: form.index(">")], re.I):
                assert "csrf_token" not in form, "a GET form puts its token into the address"

    def test_opens_new_windows_without_an_opener(self, name):
        for link in re.findall(r"<a\b[^>]*target=[\"']?_blank[^>]*>", source(name)):
            assert "noopener" in link

    def test_uses_symbols_that_exist(self, name):
        text = source(name)
        used = re.findall(r"""\{%\s*icon\s+["']([^"']+)["'](?!\|)""", text) + re.findall(
            r"""icon_name=["']([^"']+)""", text
        )
        assert set(used) <= SYMBOLS

    def test_uses_static_files_that_exist(self, name):
        for path in re.findall(r"""\{%\s*static\s+["']([^"']+)""", source(name)):
            assert finders.find(path), path

    def test_gives_scroll_boxes_a_name_and_the_keyboard(self, name):
        for box in re.findall(r'<div class="table-wrap[^>]*>', source(name)):
            assert 'tabindex="0"' in box, box
            assert 'role="group"' in box, box
            assert "aria-label=" in box, box


@pytest.mark.parametrize("name", [name for name in TEMPLATES if name.startswith("components/")])
def test_every_component_says_what_it_takes(name):
    assert (FOLDER / name).read_text().startswith("{% comment %}")


def test_every_icon_of_the_vocabulary_is_drawn():
    icons = {status.icon for status in STATUSES.values()}
    icons |= {cell.icon for cell in CELLS.values() if cell.icon}
    icons |= {item.icon for item in RAIL}
    assert icons <= SYMBOLS


def test_every_tone_of_the_vocabulary_is_in_the_stylesheet():
    css = (ROOT / "static/css/app.css").read_text()
    for tone in {status.css for status in STATUSES.values()} | {cell.css for cell in CELLS.values()}:
        assert re.search(rf"\.{tone}[ ,{{]", css), tone


@pytest.mark.parametrize(
    ("path", "kilobytes"),
    [("css/app.css", 12), ("icons.svg", 8), ("js/app.js", 4), ("django_htmx/htmx-2.min.js", 18)],
)
def test_static_files_stay_within_their_budget(path, kilobytes):
    content = Path(str(finders.find(path))).read_bytes()
    assert len(gzip.compress(content, 9)) <= kilobytes * 1000


def test_every_symbol_is_credited_or_ours():
    credited = set(re.findall(r"^\| `([a-z-]+)` \|", (ROOT / "THIRD_PARTY.md").read_text(), re.M))
    assert credited | {"pc-extra", "pc-unknown"} == SYMBOLS


def test_the_stylesheet_loads_nothing_from_elsewhere():
    css = (ROOT / "static/css/app.css").read_text()
    assert re.findall(r"url\(([^)]*)\)", css) == ['"../fonts/inter-latin-wght-normal.woff2"']
    assert "@import" not in css


def test_the_script_evaluates_and_injects_nothing():
    script = (ROOT / "static/js/app.js").read_text()
    assert not re.search(
        r"\beval\b|new Function|innerHTML|insertAdjacentHTML|document\.write", script.split("\n", 1)[1]
    )

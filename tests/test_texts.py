"""Everything that a person reads is there in Dutch, complete, and says "u"."""

import re
import runpy
import shutil
from collections.abc import Iterator
from html.parser import HTMLParser
from importlib import import_module
from pathlib import Path
from typing import Any

import polib
import pytest
from django.utils.functional import Promise
from django.utils.translation import gettext, override

from hospes.kernel import journal
from hospes.kernel.datamap import mapped_tables

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "src" / "hospes"
CATALOGUES = sorted(PACKAGE.glob("*/locale/nl/LC_MESSAGES/*.po"))
TEMPLATES = sorted(p for kind in ("html", "txt", "mjml") for p in PACKAGE.glob(f"*/templates/**/*.{kind}"))
MESSAGES = runpy.run_path(str(ROOT / "scripts" / "messages.py"))

Key = tuple[str | None, str, str]


def _app(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0]


def _key(entry: polib.POEntry) -> Key:
    return entry.msgctxt, entry.msgid, entry.msgid_plural


def _texts(entry: polib.POEntry) -> list[str]:
    return list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]


every_catalogue = pytest.mark.parametrize("path", CATALOGUES, ids=_app)
every_template = pytest.mark.parametrize("path", TEMPLATES, ids=lambda p: str(p.relative_to(PACKAGE)))


# --- the catalogues -------------------------------------------------------------------------------------


@every_catalogue
def test_every_text_has_its_dutch(path: Path) -> None:
    texts = polib.pofile(str(path))
    assert [entry.msgid for entry in texts if not entry.translated() or entry.fuzzy] == []
    if any(entry.msgid_plural for entry in texts):
        assert texts.metadata["Plural-Forms"] == "nplurals=2; plural=(n != 1);"
    assert not texts.metadata_is_fuzzy


@every_catalogue
def test_the_compiled_catalogue_is_fresh(path: Path) -> None:
    compiled = {_key(entry): _texts(entry) for entry in polib.mofile(str(path.with_suffix(".mo")))}
    assert compiled == {_key(entry): _texts(entry) for entry in polib.pofile(str(path)) if not entry.obsolete}


@pytest.mark.skipif(shutil.which("xgettext") is None, reason="needs GNU gettext")
@pytest.mark.parametrize("app", [folder.name for folder in MESSAGES["apps"]()])
def test_no_text_of_the_code_is_missing_from_its_catalogue(app: str, tmp_path: Path) -> None:
    copy = tmp_path / app
    shutil.copytree(
        PACKAGE / app, copy, ignore=shutil.ignore_patterns("locale", "__pycache__", "static", "fonts")
    )
    MESSAGES["collect"](copy)
    collected = {_key(entry) for entry in polib.pofile(str(copy / "locale/nl/LC_MESSAGES/django.po"))}
    there = {_key(entry) for entry in polib.pofile(str(PACKAGE / app / "locale/nl/LC_MESSAGES/django.po"))}
    assert collected - there == set(), "run scripts/messages.py, then translate"


_NAMED = re.compile(r"%\((\w+)\)[sd]|\{(\w*)\}")


def _placeholders(text: str) -> set[str]:
    return {percent or "{" + brace for percent, brace in _NAMED.findall(text)}


@every_catalogue
def test_what_is_filled_in_is_the_same_in_both_languages(path: Path) -> None:
    wrong = []
    for entry in polib.pofile(str(path)):
        full = _placeholders(entry.msgid_plural or entry.msgid)
        *singular, plural = _texts(entry)
        # "one item" need not say its number, "1 item" may.
        if _placeholders(plural) != full or any(_placeholders(text) - full for text in singular):
            wrong.append((entry.msgid, _texts(entry)))
        if any(text.count("%%") != entry.msgid.count("%%") for text in _texts(entry)):
            wrong.append((entry.msgid, _texts(entry)))
    assert wrong == []


@every_catalogue
def test_dutch_says_u(path: Path) -> None:
    informal = re.compile(r"\b(je|jij|jou|jouw|jullie)\b", re.IGNORECASE)
    texts = [text for entry in polib.pofile(str(path)) for text in _texts(entry)]
    assert [text for text in texts if informal.search(text)] == []


@every_catalogue
def test_begins_and_ends_as_the_english_does(path: Path) -> None:
    """A sentence stays a sentence, a label a label, whatever a template puts around it."""
    wrong = [
        (entry.msgid, text)
        for entry in polib.pofile(str(path))
        for text in _texts(entry)
        if (entry.msgid[-1] in ".:?" and text[-1] not in ".:?!") or text != text.strip()
    ]
    assert wrong == []


def test_a_text_has_one_dutch() -> None:
    """Django puts the catalogues together: of two translations of one text one is never seen."""
    found: dict[Key, dict[str, list[str]]] = {}
    for path in CATALOGUES:
        if path.name == "django.po":
            for entry in polib.pofile(str(path)):
                found.setdefault(_key(entry), {}).setdefault(" | ".join(_texts(entry)), []).append(_app(path))
    assert {key[1]: dutch for key, dutch in found.items() if len(dutch) > 1} == {}


# --- labels that the privacy pages show -----------------------------------------------------------------


def _labels() -> Iterator[tuple[str, Any]]:
    for mapped in mapped_tables():
        if mapped.model is None or not mapped.entry.about_somebody:
            continue
        yield mapped.table, mapped.model._meta.verbose_name
        for name, column in mapped.entry.columns.items():
            if column.category is not None:
                yield (
                    f"{mapped.table}.{name}",
                    getattr(mapped.model._meta.get_field(name), "verbose_name", name),
                )


def test_what_is_held_about_people_has_names_that_can_be_translated() -> None:
    with override("nl"):
        assert [
            p for p, label in _labels() if not isinstance(label, Promise) and gettext(label) == label
        ] == []


def test_what_the_journal_says_can_be_translated() -> None:
    for path in sorted(PACKAGE.glob("*/*.py")):
        if "journal.register(" in path.read_text("utf-8") and path.parent.name != "kernel":
            import_module(f"hospes.{path.parent.name}.{path.stem}")
    with override("en"):
        english = {action: journal.label(action) for action in journal.actions()}
    with override("nl"):
        assert [a for a in journal.actions() if journal.label(a) in (a, english[a])] == []


# --- the templates --------------------------------------------------------------------------------------

#: What reads the same in both languages: names of languages in that language, units, formats.
ALIKE = {
    "NL",
    "EN",
    "Nederlands",
    "English",
    "GB",
    "MB",
    "PDF",
    "UBL",
    "JSON",
    "IBAN",
    "iDEAL",
    "PayPal",
    "Ctrl",
    "K",
}
#: Attributes whose value is read by a person: of HTML, and of our components.
READ = {
    "alt", "title", "placeholder", "aria-label", "label", "lead", "term", "note", "caption", "what", "when", "help",
    "back_label", "data-label",
}  # fmt: skip

_BLANKED = re.compile(
    r"\{%\s*block \w*(?:class|attrs)\s*%\}.*?\{%\s*endblock\s*%\}|"
    r"\{#.*?#\}|\{%\s*comment\b.*?endcomment\s*%\}|\{%\s*blocktrans(?:late)?\b.*?endblocktrans(?:late)?\s*%\}|\{%.*?%\}|\{\{.*?\}\}",
    re.DOTALL,
)
_WORD = re.compile(r"[^\W\d_]{2,}")


class _Reader(HTMLParser):
    """Gathers what a person would read: text, and the attributes that are shown or read aloud."""

    def __init__(self) -> None:
        super().__init__()
        self.read: list[str] = []
        self.silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.silent += tag in ("script", "style", "mj-style", "code")
        self.read += [value for name, value in attrs if name in READ and value and "://" not in value]

    def handle_endtag(self, tag: str) -> None:
        self.silent -= tag in ("script", "style", "mj-style", "code")

    def handle_data(self, data: str) -> None:
        if not self.silent:
            self.read.append(data)


def untranslated(source: str) -> list[str]:
    """The words in a template that are in no translate or blocktranslate."""
    reader = _Reader()
    reader.feed(_BLANKED.sub("", source))
    reader.close()
    return [word for text in reader.read for word in _WORD.findall(text) if word not in ALIKE]


@every_template
def test_a_template_has_no_text_of_its_own(path: Path) -> None:
    assert untranslated(path.read_text("utf-8")) == []


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("<p>{% translate 'Hello' %} {{ name }}</p>", []),
        ("{% blocktranslate trimmed %}You have {{ n }} items{% endblocktranslate %} 5 GB", []),
        ("<p>Hello <b>you</b></p>", ["Hello", "you"]),
        ('<c-card title="Contract" class="wide">', ["Contract"]),
        ("{% if late %}too late{% endif %}", ["too", "late"]),
        ("<style>p { color: red }</style>{# a remark #}", []),
    ],
)
def test_text_outside_of_a_translation_is_found(source: str, words: list[str]) -> None:
    assert untranslated(source) == words

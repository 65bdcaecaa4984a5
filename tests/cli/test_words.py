"""What the launcher prints: in the language of the terminal, and complete in Dutch."""

import ast
import gettext
import json
from pathlib import Path

import polib
import pytest
from rich.console import Console

from hospes.cli import words
from hospes.cli.ports import Ports
from hospes.cli.problems import Problem
from hospes.cli.stack import overview

CATALOGUE = words.LOCALE / "nl" / "LC_MESSAGES" / f"{words.DOMAIN}.po"


def messages() -> set[str]:
    """Return every text that the launcher's modules hand to its translation function."""
    found: set[str] = set()
    for path in Path(words.__file__).parent.rglob("*.py"):
        if "hospes.cli.words import _" not in (source := path.read_text()):
            continue
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "_":
                found.add(str(ast.literal_eval(node.args[0])))
    return found


def test_every_message_has_a_dutch_one_with_the_same_blanks() -> None:
    catalogue = {entry.msgid: entry.msgstr for entry in polib.pofile(str(CATALOGUE))}
    assert set(catalogue) == messages()
    for english, dutch in catalogue.items():
        assert dutch
        assert sorted(part for part in dutch.split("{")[1:]) or "{" not in english
        blanks = {part.split("}")[0] for part in english.split("{")[1:]}
        assert {part.split("}")[0] for part in dutch.split("{")[1:]} == blanks


def test_the_compiled_catalogue_is_that_of_the_text() -> None:
    with CATALOGUE.with_suffix(".mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)
    for entry in polib.pofile(str(CATALOGUE)):
        assert compiled.gettext(entry.msgid) == entry.msgstr


@pytest.mark.parametrize(
    ("value", "expected"), [("nl_NL.UTF-8", "gestopt"), ("C", "stopped"), ("fr_FR", "stopped")]
)
def test_the_terminal_decides_the_language(
    monkeypatch: pytest.MonkeyPatch, value: str, expected: str
) -> None:
    monkeypatch.setenv("LC_ALL", value)
    assert expected in words._("Everything has stopped.")


def test_the_table_shows_addresses_and_logins_as_they_are(tmp_path: Path) -> None:
    login = {
        "who": "Customer",
        "address": "http://localhost:8000/",
        "login": "a@example.org",
        "password": "[b]x",
    }
    (tmp_path / "demo.json").write_text(json.dumps({"logins": [login]}))
    console = Console(width=150, record=True, file=(tmp_path / "out").open("w"))
    console.print(overview(tmp_path / "demo.json", Ports(9000)))
    console.file.close()
    text = console.export_text()
    for part in ("http://localhost:9001/", "http://127.0.0.1:9012/", *login.values()):
        assert part in text


@pytest.mark.parametrize("base", ["80", "x", "65535"])
def test_a_port_base_that_cannot_be_is_refused(monkeypatch: pytest.MonkeyPatch, base: str) -> None:
    monkeypatch.setenv("HOSPES_PORT_BASE", base)
    with pytest.raises(Problem, match=f"^HOSPES_PORT_BASE={base}: say a number from 1024 to 65510"):
        Ports.from_environment()

"""The house is built as the design says: imports, sizes, shapes, and who reads the clock."""

import ast
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from django.apps import apps

from hospes.kernel import datamap

ROOT = Path(__file__).resolve().parents[1]
SOURCES = (ROOT / "src" / "hospes", ROOT / "simulators")
SUBJECTS = (
    "customers", "messaging", "accounts", "catalogue", "services", "billing", "sales", "payments", "hosting", "privacy",
)  # fmt: skip

LONGEST_FILE, LONGEST_FUNCTION = 500, 60

#: Modules of accounts that belong to requests, as allauth wants them there: they are a face in all but place.
_WEB = {
    "adapter",
    "confirming",
    "door",
    "familiar",
    "forms",
    "hooks",
    "gate",
    "middleware",
    "resets",
    "sessions",
    "stage",
    "validator",
    "views",
}


def _is_web(path: Path) -> bool:
    return path.stem in _WEB or path.parent.name == "views"


#: How the time can be read.
_HOUSE_CLOCK = {("clock", "now"), ("clock", "today")}
_MACHINE_CLOCK = {
    ("timezone", "now"),
    ("timezone", "localdate"),
    ("timezone", "localtime"),
    ("datetime", "now"),
    ("datetime", "utcnow"),
    ("datetime", "today"),
    ("date", "today"),
}


def _modules() -> list[Path]:
    return sorted(
        path for source in SOURCES for path in source.rglob("*.py") if "migrations" not in path.parts
    )


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"), str(path))


def _place(path: Path, node: ast.AST | None = None) -> str:
    line = f":{getattr(node, 'lineno', 0)}" if node else ""
    return f"{path.relative_to(ROOT)}{line}"


def _in_subjects() -> Iterator[tuple[str, Path]]:
    """Each module of a subject, with the subject's name."""
    for path in _modules():
        parts = path.relative_to(ROOT).parts
        if parts[:2] == ("src", "hospes") and parts[2] in SUBJECTS:
            yield parts[2], path


def _imported(path: Path) -> Iterator[tuple[str, ast.AST]]:
    """Full names that a module imports, also within functions."""
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from ((f"{node.module}.{alias.name}", node) for alias in node.names)


def _readings(path: Path, clocks: set[tuple[str, str]]) -> Iterator[str]:
    for of, name, node in _calls(path):
        # timezone.localtime(moment) only converts.
        if (of, name) in clocks and not (name.startswith("local") and node.args):
            yield f"{_place(path, node)} calls {of}.{name}()"


def _calls(path: Path) -> Iterator[tuple[str, str, ast.Call]]:
    """Calls of an attribute: what of, its name, and the node."""
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            of = node.func.value
            name = of.id if isinstance(of, ast.Name) else of.attr if isinstance(of, ast.Attribute) else ""
            yield name, node.func.attr, node


# --- imports ---


def test_the_import_contracts_are_kept() -> None:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    assert " 0 broken" in done.stdout


def test_every_subject_has_its_place_in_the_order_of_imports_and_is_installed() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    layers = next(contract["layers"] for contract in contracts if contract["type"] == "layers")
    for subject in SUBJECTS:
        assert f"hospes.{subject}" in layers
        assert apps.is_installed(f"hospes.{subject}")
    packages = {path.parent.name for path in (ROOT / "src" / "hospes").glob("*/__init__.py")}
    placed = {
        name.strip().removeprefix("hospes.")
        for layer in layers
        for name in layer.replace("|", ":").split(":")
    }
    assert packages == placed


def test_a_provider_is_known_to_its_own_subject_only() -> None:
    wrong = [
        f"{_place(path, node)} imports {name}"
        for subject, path in _in_subjects()
        for name, node in _imported(path)
        if ".providers" in name and name.startswith("hospes.") and not name.startswith(f"hospes.{subject}.")
    ]
    assert wrong == []


def test_rules_know_neither_models_nor_database_nor_clock() -> None:
    forbidden = (
        "django.db",
        "django.conf",
        "psycopg",
        "hospes.kernel.acting",
        "hospes.kernel.clock",
        "structlog",
    )
    wrong = [
        f"{_place(path, node)} imports {name}"
        for _, path in _in_subjects()
        if path.name == "rules.py"
        for name, node in _imported(path)
        if name.startswith(forbidden) or ".models" in name or name.endswith((".services", ".queries"))
    ]
    assert wrong == []


def test_no_signals_are_used_as_control_flow() -> None:
    """Accounts alone listen, since allauth says no other way what became of a login."""
    wrong = [
        f"{_place(path, node)} imports {name}"
        for subject, path in _in_subjects()
        if subject != "accounts"
        for name, node in _imported(path)
        if "signals" in name.split(".") or name.startswith("django.dispatch")
    ]
    assert wrong == []


# --- time ---


def test_nothing_below_faces_and_jobs_reads_the_clock() -> None:
    wrong = [
        reading
        for subject, path in _in_subjects()
        if path.name != "jobs.py" and not (subject == "accounts" and _is_web(path))
        for reading in _readings(path, _HOUSE_CLOCK | _MACHINE_CLOCK)
    ]
    assert wrong == []


def test_one_module_alone_reads_the_clock_of_the_machine() -> None:
    """Sessions end by it, as Django's own do."""
    wrong = [
        reading
        for path in _modules()
        if path.is_relative_to(SOURCES[0]) and path.stem not in ("clock", "sessions")
        for reading in _readings(path, _MACHINE_CLOCK)
    ]
    assert wrong == []


# --- sizes and shapes ---


def test_no_file_is_too_long() -> None:
    files = [path for root in (*SOURCES, ROOT / "tests", ROOT / "bench") for path in root.rglob("*.py")]
    lengths = {str(path.relative_to(ROOT)): len(path.read_text("utf-8").splitlines()) for path in files}
    assert {place: lines for place, lines in lengths.items() if lines > LONGEST_FILE} == {}


def test_no_function_is_too_long() -> None:
    wrong = [
        f"{_place(path, node)} {node.name}: {node.end_lineno - node.lineno + 1} lines"
        for path in _modules()
        for node in ast.walk(_tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.end_lineno is not None
        and node.end_lineno - node.lineno >= LONGEST_FUNCTION
    ]
    assert wrong == []


def test_every_module_says_what_it_is() -> None:
    silent = [_place(path) for path in _modules() if _tree(path).body and not ast.get_docstring(_tree(path))]
    assert silent == []


@pytest.mark.parametrize("subject", SUBJECTS)
def test_tables_stand_in_models_and_writes_do_not_stand_in_queries(subject: str) -> None:
    home = ROOT / "src" / "hospes" / subject
    for model in apps.get_app_config(subject).get_models():
        assert model.__module__.startswith(f"hospes.{subject}.models")
    writes = {
        "create",
        "save",
        "update",
        "delete",
        "bulk_create",
        "bulk_update",
        "get_or_create",
        "update_or_create",
    }
    wrong = [
        f"{_place(path, node)} calls .{name}()"
        for path in (home / "queries.py", home / "rules.py")
        if path.exists()
        for of, name, node in _calls(path)
        if name in writes and of not in ("digest", "found", "seen")
    ]
    assert wrong == []


def test_no_model_is_without_its_entry_on_the_map() -> None:
    assert datamap.gaps() == []
    on_the_map = {mapped.model for mapped in datamap.mapped_tables()}
    ours = {model for subject in (*SUBJECTS, "kernel") for model in apps.get_app_config(subject).get_models()}
    assert ours <= on_the_map
    assert len(ours) > 20

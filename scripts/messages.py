"""
Collect the texts of every app into its locale/nl/LC_MESSAGES/django.po, and compile them (needs GNU gettext's xgettext).

    python scripts/messages.py           collect and compile
    python scripts/messages.py --check   say what is not translated or not collected, and exit 1 when there is any
"""

import os
import subprocess
import sys
from pathlib import Path

import polib

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "src" / "hospes"


def apps() -> list[Path]:
    """The apps that have texts: every folder with a locale, or with a text in its code or templates."""
    found = []
    for folder in sorted(p for p in PACKAGE.iterdir() if p.is_dir() and p.name not in ("cli", "config")):
        files = [
            *folder.rglob("*.py"),
            *folder.rglob("*.html"),
            *folder.rglob("*.txt"),
            *folder.rglob("*.mjml"),
        ]
        if any("gettext" in (text := f.read_text("utf-8")) or "translate" in text for f in files):
            found.append(folder)
    return found


def collect(folder: Path) -> None:
    (folder / "locale").mkdir(exist_ok=True)
    command = [sys.executable, "-P", "-m", "django", "makemessages", "-l", "nl", "-e", "html,txt,py,mjml", "--no-obsolete",
               "--no-location", "--no-wrap", "-v", "0"]  # fmt: skip
    env = os.environ | {"PYTHONPATH": str(ROOT / "src")}
    subprocess.run(
        command, cwd=folder, check=True, env={k: v for k, v in env.items() if k != "DJANGO_SETTINGS_MODULE"}
    )


def catalogues() -> list[Path]:
    return sorted(PACKAGE.glob("*/locale/nl/LC_MESSAGES/django.po"))


def untranslated() -> list[str]:
    """Texts without a (sure) Dutch one."""
    return [
        f"{path.relative_to(ROOT)}: {entry.msgid!r}"
        for path in catalogues()
        for entry in polib.pofile(str(path))
        if not entry.obsolete and (not entry.translated() or entry.fuzzy)
    ]


def compile_all() -> None:
    for path in catalogues():
        polib.pofile(str(path)).save_as_mofile(str(path.with_suffix(".mo")))


if __name__ == "__main__":
    if "--check" not in sys.argv:
        for app in apps():
            collect(app)
        compile_all()
    for line in (missing := untranslated()):
        print(line)
    sys.exit(1 if missing else 0)

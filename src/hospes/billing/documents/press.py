"""
The typesetter: one typst compiler per process, kept, since making it costs more than a page.

Also runs as a program (standard input: JSON, standard output: PDF), which a forked process uses: see below.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import typst

_HERE = Path(__file__).resolve().parent
_STANDARDS: typst.PDFStandards = ["a-3a", "ua-1"]

_lock = threading.Lock()
_compiler: typst.Compiler | None = None
_inherited = False


class PressError(RuntimeError):
    """The typesetter refused the document: a mistake in the template or a damaged installation."""


def print_pdf(inputs: Mapping[str, str], *, created_at: datetime) -> bytes:
    """
    Return the invoice template filled with inputs as PDF/A-3a and PDF/UA-1.

    created_at (with a zone) is the date in the file: same inputs and same date, same bytes. Safe to call
    from several threads (one works at a time) and after a fork. Raises PressError.
    """
    if _inherited:
        return _print_elsewhere(inputs, created_at)
    try:
        return typeset(inputs, created_at=created_at)[0]
    except typst.TypstError as error:
        raise PressError(error.message) from error


def typeset(inputs: Mapping[str, str], *, created_at: datetime) -> tuple[bytes, list[str]]:
    """Return the PDF and the typesetter's warnings; there are none in a sound installation."""
    global _compiler
    with _lock:
        if _compiler is None:
            _compiler = _make_compiler()
        pdf, warnings = _compiler.compile_with_warnings(
            format="pdf", sys_inputs=dict(inputs), pdf_standards=_STANDARDS, timestamp=created_at
        )
    if not isinstance(pdf, bytes):
        raise PressError("the typesetter gave no document")
    return pdf, [warning.message for warning in warnings]


def _make_compiler() -> typst.Compiler:
    fonts = typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(_HERE / "fonts")]
    )
    return typst.Compiler(
        str(_HERE / "invoice.typ"), root=str(_HERE), font_paths=fonts, ignore_system_fonts=True
    )


def _print_elsewhere(inputs: Mapping[str, str], created_at: datetime) -> bytes:
    order = json.dumps({"inputs": dict(inputs), "created_at": created_at.isoformat()})
    # -P: the folder of this file must not become a place to import from
    command = [sys.executable, "-P", str(Path(__file__).resolve())]
    done = subprocess.run(command, input=order.encode(), capture_output=True, check=False)  # noqa: S603
    if done.returncode:
        raise PressError(done.stderr.decode(errors="replace").strip())
    return done.stdout


def _after_fork() -> None:
    """
    Note that the compiler came along in a fork, after which it would wait for ever.

    Its threads did not come along, and typst's pool of them is one per process and cannot be made again:
    from here on each document is made in a fresh process. A process that forks first and prints later, like
    a web server's workers, never pays for this.
    """
    global _lock, _inherited
    _lock = threading.Lock()  # a thread of the parent may have held the old one
    _inherited = _inherited or _compiler is not None


os.register_at_fork(after_in_child=_after_fork)


def _main() -> None:
    order: dict[str, Any] = json.load(sys.stdin.buffer)
    try:
        pdf, _ = typeset(order["inputs"], created_at=datetime.fromisoformat(order["created_at"]))
    except typst.TypstError as error:
        sys.exit(error.message)
    sys.stdout.buffer.write(pdf)


if __name__ == "__main__":
    _main()

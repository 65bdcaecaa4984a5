"""Where the files of a checkout are."""

import contextlib
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from hospes.cli.problems import Problem
from hospes.cli.words import _

ROOT = Path(__file__).resolve().parents[3]


def var_directory() -> Path:
    """Return the directory of all state of this installation: HOSPES_VAR, else var/ of the checkout."""
    return Path(os.environ.get("HOSPES_VAR") or ROOT / "var").absolute()


def secret(path: Path) -> str:
    """Return the 64 hexadecimal digits in this file; the first call makes them, for the owner's eyes only."""
    try:
        return path.read_text().strip()
    except FileNotFoundError:
        pass
    except PermissionError as error:
        raise Problem(_("{path} belongs to another user: run this as that user.", path=path)) from error
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, draft = tempfile.mkstemp(dir=path.parent)
    try:
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_hex(32))
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):  # another process was faster: its secret counts
            os.link(draft, path)
    finally:
        os.unlink(draft)
    return path.read_text().strip()


@contextlib.contextmanager
def scratch_directory() -> Iterator[Path]:
    """
    Make a temporary directory for the length of a block.

    Unlike those of tempfile and pytest, other users can pass through it, which root's database server must.
    """
    path = Path(tempfile.mkdtemp(prefix="hospes-"))
    path.chmod(0o711)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)

"""
What a log may keep of an exception: nothing that it says itself, since that may repeat what somebody typed.

PostgreSQL names the values that it refused, a mail server the address, a library the answer that it could not read. What is
kept instead holds no data: the class, where in our own code it was raised, the SQLSTATE and the constraint, a status code; and
which purpose, table and columns a refusal of ours is about.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Final

import psycopg

import hospes
from hospes.kernel.refusals import Refused

_PACKAGE: Final = Path(hospes.__file__).parent

#: So many exceptions of a chain or group are told, and so many of our frames of each: those nearest to where it was raised.
MOST_IN_A_CHAIN: Final = 10
MOST_FRAMES: Final = 20

#: Numbers that an exception may carry: the answer of a mail server or provider, an error of the system.
_CODES: Final = ("code", "smtp_code", "status_code", "errno")
_LARGEST_CODE: Final = 999

#: A state or a name as the database has them.
_NAME: Final = re.compile(r"[A-Za-z0-9_]{1,63}")


def told(error: BaseException) -> list[dict[str, Any]]:
    """An exception as a log keeps it, with what it came from: the one that was raised first, then its causes."""
    return [_one(each, how) for each, how in _chain(error)]


def class_of(error: BaseException | type[BaseException]) -> str:
    """The full name of an exception's class."""
    kind = error if isinstance(error, type) else type(error)
    return f"{kind.__module__}.{kind.__qualname__}".removeprefix("builtins.")


def _one(error: BaseException, how: str) -> dict[str, Any]:
    kept: dict[str, Any] = {"class": class_of(error)}
    if how:
        kept["how"] = how
    if isinstance(error, psycopg.Error):
        names = {"sqlstate": error.sqlstate, "constraint": error.diag.constraint_name}
        kept |= {name: value for name, value in names.items() if value and _NAME.fullmatch(value)}
    if isinstance(error, Refused):
        kept |= {"purpose": error.purpose, "table": error.table, "columns": error.columns}
    for name in _CODES:
        if isinstance(code := getattr(error, name, None), int) and 0 <= code <= _LARGEST_CODE:
            kept["code"] = int(code)
            break
    if frames := list(_own_frames(error.__traceback__))[-MOST_FRAMES:]:
        kept["at"] = frames
    return kept


def _own_frames(trace: TracebackType | None) -> Iterator[str]:
    """Where in our own code: file, line and function, the outermost first."""
    while trace is not None:
        code = trace.tb_frame.f_code
        if (place := own_place(code.co_filename)) is not None:
            yield f"{place}:{trace.tb_lineno}:{code.co_name}"
        trace = trace.tb_next


def own_place(filename: str) -> str | None:
    """The name of a file of ours from the package on; None for one that is not ours."""
    path = Path(filename)
    return str(path.relative_to(_PACKAGE.parent)) if path.is_relative_to(_PACKAGE) else None


def _chain(error: BaseException) -> Iterator[tuple[BaseException, str]]:
    """An exception, the parts of a group, and what each came from; how it did, as Python's own tracebacks tell it."""
    waiting: list[tuple[BaseException, str]] = [(error, "")]
    seen: set[int] = set()
    while waiting and len(seen) < MOST_IN_A_CHAIN:
        this, how = waiting.pop(0)
        if id(this) in seen:
            continue
        seen.add(id(this))
        yield this, how
        if isinstance(this, BaseExceptionGroup):
            waiting += [(part, "part") for part in this.exceptions]
        if this.__cause__ is not None:
            waiting.append((this.__cause__, "cause"))
        elif this.__context__ is not None and not this.__suppress_context__:
            waiting.append((this.__context__, "context"))

"""
What becomes of a log line before it is written (processors of structlog): fixed words, fields of the map, no exception's words.

A line's words are kept only if they stand in the code as they are, with the places for values still open: then no value is in
them. A library that puts them together first has its words left out, and the place where it spoke is kept.
"""

import logging
import re
import sys
from collections.abc import MutableMapping
from http import HTTPStatus
from types import FrameType
from typing import Any, Final

from hospes.kernel.failures import class_of, told
from hospes.kernel.outside import Holds, log_fields

LEFT_OUT: Final = "(left out)"

Event = MutableMapping[str, Any]

_MACHINERY: Final = ("logging", "structlog", __name__)
_NAME: Final = re.compile(r"[A-Za-z0-9_.:+/-]{0,100}")
_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,40}")


def fixed_words(logger: Any, method: str, event: Event) -> Event:
    """Keep the words of a line only if they stand in the code; needs the record that structlog passes on."""
    record: logging.LogRecord = event["_record"]
    if record.name == "django.request":  # the words have the path in them
        event["event"] = _phrase(getattr(record, "status_code", 0))
    elif not _stands_in_the_code(event.get("event")):
        event["event"] = LEFT_OUT
        event["place"] = f"{record.module}:{record.lineno}:{record.funcName}"
    if isinstance(record.msg, BaseException):
        event.setdefault("exc_info", record.msg)
    if record.name.startswith("procrastinate."):
        _about_a_job(record, event)
    return event


def _phrase(status: Any) -> str:
    try:
        return f"answered {int(status)} {HTTPStatus(int(status)).phrase}"
    except ValueError:
        return LEFT_OUT


def _stands_in_the_code(words: Any) -> bool:
    """Whether who logs has these very words as a constant; a text that was put together is none."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and frame.f_globals.get("__name__", "").startswith(_MACHINERY):
        frame = frame.f_back
    return frame is not None and any(
        words == each for each in frame.f_code.co_consts if isinstance(each, str)
    )


def _about_a_job(record: logging.LogRecord, event: Event) -> None:
    """The queue's library says in extra fields what it is about; its words have the job's arguments in them."""
    if isinstance(action := getattr(record, "action", None), str) and re.fullmatch(r"[a-z_]{1,60}", action):
        event["event"] = action
    if isinstance(job := getattr(record, "job", None), dict):
        event.update({"job": job.get("task_name"), "job_id": job.get("id"), "attempt": job.get("attempts")})


def only_mapped_fields(logger: Any, method: str, event: Event) -> dict[str, Any]:
    """Keep the fields that are on the map, each only with what it may hold; of an exception what has no data in it."""
    kept = {name: _held(name, value) for name, value in event.items() if name in log_fields}
    if (error := _error(event.get("exc_info"))) is not None:
        kept["exception"] = told(error)
    return kept


def _held(name: str, value: Any) -> Any:
    """The value, if it is of the kind that the field holds."""
    fits = {
        Holds.WORDS: isinstance(value, str),
        Holds.NAME: isinstance(value, str) and _NAME.fullmatch(value),
        Holds.NUMBER: value is None or isinstance(value, int | float),
        Holds.ID: value is None or (isinstance(value, int | str) and _ID.fullmatch(str(value))),
        Holds.CLASS: isinstance(value, BaseException)
        or (isinstance(value, type) and issubclass(value, BaseException)),
    }[log_fields[name].holds]
    if not fits:
        return LEFT_OUT
    return class_of(value) if log_fields[name].holds is Holds.CLASS else value


def _error(exc_info: Any) -> BaseException | None:
    """The exception that a line is about: given as itself, as a triple, or as True for the one that is being handled."""
    if exc_info is True:
        return sys.exc_info()[1]
    found = exc_info[1] if isinstance(exc_info, tuple) and len(exc_info) > 1 else exc_info
    return found if isinstance(found, BaseException) else None

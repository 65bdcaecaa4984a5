"""Logging: one JSON object a line, with the fields that are on the data map and no others, and no word of an exception."""

import logging
import sys
import threading
import warnings
from pathlib import Path
from typing import Any

import structlog

from hospes.kernel.failures import own_place
from hospes.kernel.logged import fixed_words, only_mapped_fields

_log = structlog.get_logger("hospes.logs")


def configure(_: dict[str, Any]) -> None:
    """Django's LOGGING_CONFIG hook."""
    shared: list[Any] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            use_get_message=False,  # the words as they stand in the code, without the values
            processors=[
                fixed_words,
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                only_mapped_fields,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.INFO)
    # Of these the words are left out, since they have addresses or texts of people in them; then the lines say nothing.
    for name in (
        "django.request",
        "httpx",
        "httpcore",
        "urllib3",
        "django.security.csrf",
        "procrastinate.blueprints",
    ):
        logging.getLogger(name).setLevel(logging.ERROR)


def catch_everything() -> None:
    """
    Have nothing written past the log: for a process of ours, once, after `configure`.

    What nobody handled and warnings are printed by Python itself, words and all; the web server has handlers of its own.
    """
    sys.excepthook = _unhandled
    threading.excepthook = lambda args: _unhandled(args.exc_type, args.exc_value, args.exc_traceback)
    sys.unraisablehook = lambda args: _unhandled(args.exc_type, args.exc_value, args.exc_traceback)
    warnings.showwarning = _warned
    for logger in list(logging.root.manager.loggerDict.values()):
        if isinstance(logger, logging.Logger):
            logger.handlers, logger.propagate = [], True


def _unhandled(kind: type[BaseException], error: BaseException | None, trace: Any) -> None:
    if not issubclass(kind, KeyboardInterrupt | SystemExit):
        _log.critical("nobody handled an exception", exc_info=(kind, error or kind(), trace))


def _warned(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: Any = None,
    line: Any = None,
) -> None:
    """A warning's words may have values in them too."""
    place = own_place(filename) or f".../{Path(filename).parent.name}/{Path(filename).name}"
    _log.warning("Python warns", error=category, place=f"{place}:{lineno}")

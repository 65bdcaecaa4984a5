"""Logging: one JSON object a line, with the fields that are on the data map and no others."""

import logging
import sys
from typing import Any

import structlog

from hospes.kernel.outside import only_mapped_fields


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
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                only_mapped_fields,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.INFO)
    # These write addresses or texts of people into their messages.
    for name in (
        "django.request",
        "httpx",
        "httpcore",
        "urllib3",
        "django.security.csrf",
        "procrastinate.blueprints",
    ):
        logging.getLogger(name).setLevel(logging.ERROR)

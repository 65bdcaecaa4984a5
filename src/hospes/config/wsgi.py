"""What granian serves."""

import os
import sys
from collections.abc import Callable, Iterable
from typing import Any

import structlog
from django.core.wsgi import get_wsgi_application

from hospes.config.logs import catch_everything

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hospes.config.settings")
# A page asks the database some dozens of times; after each answer it had to wait up to 5 ms for whoever is reckoning.
sys.setswitchinterval(0.0005)
_django = get_wsgi_application()
catch_everything()
_log = structlog.get_logger("hospes.requests")


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Django; what gets past it is logged here, since granian's own line is left out of the log, words and all."""
    try:
        return _django(environ, start_response)
    except Exception:
        _log.exception("a request broke the application")
        raise

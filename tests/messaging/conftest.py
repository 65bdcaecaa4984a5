"""A mail server that keeps what it gets."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from simulators import MailCatcher


@pytest.fixture
def catcher(settings: object) -> "Iterator[MailCatcher]":
    """The mail catcher; what Django sends goes there over SMTP."""
    from simulators import MailCatcher

    with MailCatcher() as sim:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"  # type: ignore[attr-defined]  # not locmem
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", sim.smtp_port  # type: ignore[attr-defined]
        settings.EMAIL_TIMEOUT = 2  # type: ignore[attr-defined]
        yield sim

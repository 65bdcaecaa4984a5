"""A mail server that keeps what it gets, and every SMS gateway in turn. Imports wait until Django is there."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from simulators import MailCatcher
    from tests.messaging.providers.worlds import RestWorld, World


@pytest.fixture
def catcher(settings: object) -> "Iterator[MailCatcher]":
    """The mail catcher; what Django sends goes there over SMTP."""
    from simulators import MailCatcher

    with MailCatcher() as sim:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"  # type: ignore[attr-defined]  # not locmem
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", sim.smtp_port  # type: ignore[attr-defined]
        settings.EMAIL_TIMEOUT = 2  # type: ignore[attr-defined]
        yield sim


@pytest.fixture
def rest_world() -> "Iterator[RestWorld]":
    from simulators import SmsGateway
    from tests.messaging.providers.worlds import TOKEN, RestWorld

    with SmsGateway(token=TOKEN) as sim:
        yield RestWorld(sim)


@pytest.fixture(params=["rest"])
def world(request: pytest.FixtureRequest) -> "World":
    """Every gateway in turn."""
    made: World = request.getfixturevalue(f"{request.param}_world")
    return made

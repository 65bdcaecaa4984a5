"""The office's face, and somebody in each role who is logged in to it."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client

#: Somebody of this role at work: a browser in which they are logged in.
AsRole = Callable[..., Client]


@pytest.fixture(autouse=True)
def _the_office(settings: Any) -> Iterator[None]:
    from django.urls import clear_url_caches

    settings.ROOT_URLCONF = "hospes.config.urls_office"
    settings.FACE = "office"
    settings.SESSION_COOKIE_NAME = "hospes_office"
    clear_url_caches()
    yield
    clear_url_caches()


@pytest.fixture
def as_role(db: None, _rights: None, settings: Any) -> AsRole:
    """Log in as somebody of a role who has a second step (the door itself is tested with accounts)."""
    from tests.accounts import people

    def log_in(*roles: str) -> Client:
        client = Client()
        colleague = people.colleague(*roles)
        people.let_in(client, colleague)
        return client

    return log_in

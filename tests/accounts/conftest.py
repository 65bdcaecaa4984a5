"""A portal and an office with nothing but their doors."""

from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client

if TYPE_CHECKING:
    from hospes.customers.models import Person


@pytest.fixture(autouse=True)
def _doors_only(settings: Any) -> None:
    settings.ROOT_URLCONF = "tests.accounts.urls"


@pytest.fixture
def portal(settings: Any) -> Client:
    """A browser at the portal."""
    settings.FACE = "portal"
    return Client()


@pytest.fixture
def office(settings: Any) -> Client:
    """A browser at the office."""
    settings.FACE = "office"
    settings.SESSION_COOKIE_NAME = "hospes_office"
    return Client()


@pytest.fixture
def person(db: None, _rights: None) -> "Person":
    """Somebody with a confirmed address and the password of `people`."""
    from tests.accounts import people

    return people.somebody()

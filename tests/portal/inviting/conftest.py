"""A customer with a holder, and who they invite."""

from typing import TYPE_CHECKING

import pytest
from django.test import Client

if TYPE_CHECKING:
    from hospes.customers.models import Customer, Person


@pytest.fixture
def customer() -> "Customer":
    from tests.portal.sharing import somebody
    from tests.support import make

    return make.customer(
        holder=somebody(given_name="Anna", family_name="Dronkel"), kind="business", name="Zaagtand bv"
    )


@pytest.fixture
def holder(customer: "Customer") -> Client:
    from tests.portal.visit import browser
    from tests.support import make

    return browser(make.holder_of(customer))


@pytest.fixture
def friend() -> "Person":
    from tests.portal.sharing import somebody

    return somebody(given_name="Bram", family_name="Vosmeer")


@pytest.fixture
def invited(holder: Client, customer: "Customer", friend: "Person") -> str:
    """The link that a friend with an account got."""
    from tests.portal.sharing import invite, link

    assert invite(holder, customer, friend.email)["Location"] == f"/k/{customer.number}/toegang/"
    return link()


@pytest.fixture
def unknown(holder: Client, customer: "Customer") -> str:
    """The link that somebody without an account got."""
    from tests.portal.sharing import invite, link

    invite(holder, customer, "wieke@example.com", role="technical")
    return link()

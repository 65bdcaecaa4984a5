"""Something for sale, and a customer whose holder orders it."""

from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client

if TYPE_CHECKING:
    from hospes.catalogue.models import Product


@pytest.fixture
def plus() -> "Product":
    from tests.support import make

    return make.product(name_nl="Ruim", name_en="Roomy", prices={1: 750, 12: 7500})


@pytest.fixture
def customer() -> Any:
    from tests.support import make

    return make.customer()


@pytest.fixture
def client(customer: Any) -> Client:
    """The holder's browser."""
    from tests.portal.visit import browser
    from tests.support import make

    return browser(make.holder_of(customer))

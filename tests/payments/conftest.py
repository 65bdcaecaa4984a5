"""The payment provider as it is in life: at the other end of a connection."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.payments.till import Till


@pytest.fixture
def till(settings: Any, db: None, _rights: None) -> "Iterator[Till]":
    """The provider's simulator, and everything that is done with it."""
    from simulators import PaymentProvider
    from tests.payments.providers.worlds import Clock
    from tests.payments.till import Till

    clock = Clock()
    with PaymentProvider(clock=clock) as sim:
        settings.HOSPES_MOLLIE = {"url": sim.url, "key": "test_till"}
        yield Till(sim, clock)

"""Every payment provider in turn. Imports wait until Django is there: pytest reads this file before that."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.payments.providers.worlds import MollieWorld, StripeWorld, World


@pytest.fixture
def mollie_world() -> "Iterator[MollieWorld]":
    from simulators import PaymentProvider
    from tests.payments.providers.worlds import Clock, MollieWorld

    clock = Clock()
    with PaymentProvider(clock=clock) as sim:
        yield MollieWorld(sim, clock)


@pytest.fixture
def stripe_world() -> "Iterator[StripeWorld]":
    from simulators import StripeProvider
    from tests.payments.providers.worlds import Clock, StripeWorld

    clock = Clock()
    with StripeProvider(clock=clock) as sim:
        yield StripeWorld(sim, clock)


@pytest.fixture(params=["mollie", "stripe"])
def world(request: pytest.FixtureRequest) -> "World":
    """Every provider in turn."""
    made: World = request.getfixturevalue(f"{request.param}_world")
    return made

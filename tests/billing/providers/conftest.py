"""Every access point in turn. Imports wait until Django is there."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.billing.providers.worlds import RestWorld, World


@pytest.fixture
def rest_world() -> "Iterator[RestWorld]":
    from simulators import PeppolAccessPoint
    from tests.billing.providers.worlds import TOKEN, RestWorld

    with PeppolAccessPoint(token=TOKEN) as sim:
        yield RestWorld(sim)


@pytest.fixture(params=["rest"])
def world(request: pytest.FixtureRequest) -> "World":
    """Every access point in turn."""
    made: World = request.getfixturevalue(f"{request.param}_world")
    return made

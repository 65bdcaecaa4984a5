"""Every hosting panel in turn. Imports wait until Django is there: pytest reads this file before that."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.hosting.panels import DirectAdminWorld, World


@pytest.fixture
def directadmin_world() -> "Iterator[DirectAdminWorld]":
    from simulators import HostingPanel
    from tests.hosting.panels import DirectAdminWorld

    with HostingPanel() as sim:
        yield DirectAdminWorld(sim)


@pytest.fixture(params=["directadmin"])
def world(request: pytest.FixtureRequest) -> "World":
    """Every panel in turn."""
    made: World = request.getfixturevalue(f"{request.param}_world")
    return made

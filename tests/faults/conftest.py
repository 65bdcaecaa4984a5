"""One installation for all tests of faults: real processes, a database of its own that may be killed."""

import os
import shutil
from collections.abc import Iterator

import pytest

from hospes.cli import ports
from hospes.cli.commands.prove import preparing
from hospes.cli.places import scratch_directory
from hospes.cli.supervisor import Stack
from hospes.proofs.stage import Account
from tests.faults.world import ROLE_PREFIX, World, together
from tests.support.installations import inherited


@pytest.fixture(scope="session")
def world() -> Iterator[World]:
    """The installation, up and empty but for its catalogue."""
    said: list[str] = []
    with scratch_directory() as var:
        # Not durable: a killed server loses nothing by that, only a power cut would.
        stack = Stack(
            var=var,
            port_base=ports.free_base(),
            preparing=preparing,
            durable=False,
            say=said.append,
            inherited=inherited(ROLE_PREFIX),
        )
        try:
            stack.start()
            stack.wait_ready()
            faces = ("owner", "portal", "worker")
            found = World(stack, {face: stack.environment(face) for face in faces})
            yield found
            found.close()
        finally:
            if keep := os.environ.get("HOSPES_KEEP_LOGS"):  # for whoever looks into a failure
                shutil.copytree(var / "log", keep, dirs_exist_ok=True)
            stack.remove()


@pytest.fixture(scope="session")
def people(world: World) -> Iterator[list[Account]]:
    """Some customers who are logged in; each test takes those that it needs, since orders do not get in each other's way."""
    found = together(5, lambda number: world.sign_up(business=number % 2 == 1))
    yield found
    for account in found:
        account.browser.http.close()


@pytest.fixture(autouse=True)
def _good_weather(world: World) -> Iterator[None]:
    world.calm()
    yield
    world.calm()

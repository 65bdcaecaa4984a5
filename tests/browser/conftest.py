"""One demo and one Chromium for all tests in this folder; both have gone when the next folder begins."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, sync_playwright

from hospes.cli import ports
from hospes.cli.places import scratch_directory
from hospes.cli.supervisor import Stack
from tests.browser.house import ROLE_PREFIX, House
from tests.browser.windows import Windows
from tests.support.installations import inherited

CHROMIUM = Path("/usr/bin/chromium")


@pytest.fixture(scope="package")
def house() -> Iterator[House]:
    """The installation, with the demo in it."""
    with scratch_directory() as var:
        stack = Stack(
            var=var,
            port_base=ports.free_base(),
            durable=False,
            inherited=inherited(ROLE_PREFIX),
            say=lambda line: None,
        )
        try:
            stack.start()
            stack.wait_ready()
            found = House(stack)
            yield found
            found.close()
        finally:
            stack.remove()


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium. It ends with this folder, since Django would not go near a database while it runs."""
    if not CHROMIUM.exists():
        pytest.skip("Chromium is not installed: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def windows(chromium: Browser, house: House) -> Windows:
    """Windows that go nowhere else than to the portal, the office and the simulated world."""
    base, last = house.stack.ports.base, house.stack.ports["smtp"]

    def is_ours(place: str) -> bool:
        host, _, port = place.partition(":")
        return host in ("127.0.0.1", "localhost") and base <= int(port or 80) <= last

    return Windows(chromium, is_ours)


@pytest.fixture
def strict_windows(chromium: Browser, house: House) -> Windows:
    """Windows that load from the portal and the office only."""
    return Windows(chromium, {urlsplit(house.portal).netloc, urlsplit(house.office).netloc}.__contains__)

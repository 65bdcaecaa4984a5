"""The pages in Chromium: accessible, a calm console, usable on a phone, the way back to the shop open."""

import os
import shutil
import smtplib
from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

from simulators import (
    HostingPanel,
    MailCatcher,
    PaymentProvider,
    PeppolAccessPoint,
    SmsGateway,
    VatNumberCheck,
)
from tests.simulators.merchant import Merchant, client_of
from tests.simulators.test_simulated_mail import rich_mail

CHROMIUM = os.environ.get("HOSPES_CHROMIUM") or shutil.which("chromium")
PICTURE = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489"
    "0000000d49444154789c626001000000ffff03000006000557bfabd40000000049454e44ae426082"
)
PHONE = {"width": 390, "height": 844}

pytestmark = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="no chromium here")]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def noise() -> list[str]:
    """What the console of the browser said."""
    return []


@pytest.fixture
def page(browser: Browser, noise: list[str]) -> Iterator[Page]:
    """A phone whose console must stay silent: nothing blocked, nothing missing."""
    context = browser.new_context(viewport=PHONE, locale="nl-NL")  # type: ignore[arg-type]
    page = context.new_page()
    page.on("console", lambda message: noise.append(message.text))
    page.on("pageerror", lambda error: noise.append(str(error)))
    yield page
    context.close()
    assert noise == []


def assert_good(page: Page, schemes: tuple[str, ...] = ("dark", "light")) -> None:
    """No axe violation in any colour scheme, no sideways scrolling of the page."""
    for scheme in schemes:
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        violations = Axe().run(page).response["violations"]
        assert [(each["id"], [node["html"] for node in each["nodes"]]) for each in violations] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_the_consumer_pays_and_goes_back_to_another_origin(
    page: Page, provider: PaymentProvider, merchant: Merchant, order: Any
):
    client = client_of(provider)
    payment = client.payments.create({**order, "locale": "nl_NL"})
    page.goto(payment.checkout_url)
    page.get_by_text("Hoe vervelend moet het worden?").click()
    page.get_by_label("Hoe vaak tegelijk").fill("2")
    page.get_by_label("Volgorde").select_option("webhook_first")
    assert_good(page)
    page.get_by_label("PayPal").check()
    page.get_by_role("button", name="Betaal", exact=True).click()
    page.wait_for_url(order["redirectUrl"])
    assert [request.path for request in merchant.received][:2] == ["/webhook", "/webhook"]
    paid = client.payments.get(payment.id)
    assert (paid.status, paid.method) == ("paid", "paypal")
    for address in ("/", f"/payments/{payment.id}", f"/checkout/{payment.id[3:]}"):
        page.goto(provider.url + address)
        assert_good(page, schemes=("light",))


def test_a_mail_shows_its_picture_and_runs_no_script(page: Page, noise: list[str]):
    with MailCatcher() as catcher:
        with smtplib.SMTP("127.0.0.1", catcher.smtp_port, timeout=10) as smtp:
            smtp.send_message(rich_mail(PICTURE))
        page.goto(catcher.url)
        page.get_by_role("link", name="Uw factuur").click()
        frame = page.frame_locator("iframe")
        assert frame.get_by_text("Hallo").is_visible()
        assert frame.locator("img").evaluate("image => image.naturalWidth") == 1
        assert [text for text in noise if "Blocked script execution" not in text] == []
        assert noise
        noise.clear()
        assert_good(page)
        noise.clear()


@pytest.mark.parametrize(
    "kind", [PaymentProvider, SmsGateway, MailCatcher, HostingPanel, PeppolAccessPoint, VatNumberCheck]
)
def test_empty_lists_say_so(page: Page, kind: Any):
    with kind() as simulator:
        page.goto(simulator.url)
        assert_good(page, schemes=("light",))
        assert page.get_by_text("nog").is_visible()

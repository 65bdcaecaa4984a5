"""Somebody new, from the shop to the ZIP with everything that is held about them: with scripts, and without."""

import json
import secrets
import zipfile
from decimal import Decimal
from io import BytesIO
from pathlib import Path

import pytest
from playwright.sync_api import expect
from pypdf import PdfReader

from tests.browser.house import House
from tests.browser.languages import say
from tests.browser.steps import (
    at_provider,
    fill_sign_up,
    follow,
    go_and_pay,
    log_in,
    number_in,
    order,
    press,
    put_in_cart,
    read_mail,
)  # fmt: skip
from tests.browser.windows import Window, Windows, faults
from tests.support import names

pytestmark = pytest.mark.browser


def _downloaded(window: Window, press_it: object, name: str) -> bytes:
    with window.page.expect_download() as coming:
        window.page.get_by_role("main").get_by_role(
            "link" if press_it == "link" else "button", name=name, exact=True
        ).click()
    return Path(coming.value.path()).read_bytes()


def _text_of(pdf: bytes) -> str:
    assert pdf.startswith(b"%PDF-")
    return " ".join("".join(page.extract_text() for page in PdfReader(BytesIO(pdf)).pages).split())


def test_a_newcomer_orders_pays_and_takes_everything_along(
    windows: Windows, house: House, tmp_path: Path
) -> None:
    mark = secrets.token_hex(4)
    email, label = f"nieuw-{mark}@mail.example", f"nieuw-{mark}.example"
    house.notices(delay=4.0)  # the customer is back before the provider's notice
    with windows.open("nl") as window:
        page = window.page
        put_in_cart(window, house, label)
        assert {cookie["name"] for cookie in page.context.cookies()} == {"hospes_csrf", "hospes_cart"}
        follow(window, "Continue to order")
        follow(window, "Make an account")
        fill_sign_up(page, email, given_name=f"Proef{mark}", phone="06 12345678")
        press(window, "Sign up")
        read_mail(window, house, email, "confirm-email")
        tab = windows.opened_by(window, page.get_by_role("link", name="/account/confirm-email/").click)
        press(tab, "Yes, confirm it")
        log_in(tab, house, email)
        tab.page.wait_for_url(house.portal + "/**")
        page.goto(house.address("shop:cart"))
        expect(page.get_by_role("cell", name=label, exact=True)).to_be_visible()
        assert "hospes_cart" not in {cookie["name"] for cookie in page.context.cookies()}, (
            "the cart is the person's now"
        )

        follow(window, "Continue to order")
        number = order(window)
        go_and_pay(window, house)
        at_provider(window, house, "paid", "iDEAL")
        expect(page.locator("#order")).to_contain_text(
            say("nl", "We are waiting for word of the payment provider.")
        )
        page.evaluate("window.isStillTheSamePage = true")
        expect(
            page.get_by_role("main").get_by_role("link", name=say("nl", "To your services"))
        ).to_be_visible(timeout=20_000)
        assert page.evaluate("window.isStillTheSamePage") is True, (
            "it showed that it was paid by loading the page anew"
        )

        follow(window, "To your services")
        page.get_by_role("row", name=label).get_by_role("link").first.click()
        expect(page.locator("#service .state")).to_have_text("actief", timeout=20_000)
        customer = house.numbers_of(email)[0]
        _check_invoice(window, house, number, customer, f"Proef{mark} Voorbeeld")
        held = {email, f"Proef{mark}", "Proefstraat 1", "5000 AB", label, number}
        _check_package(windows, window, house, customer, held, tmp_path)
    house.notices()


def _check_invoice(window: Window, house: House, number: str, customer: int, name: str) -> None:
    invoice = house.invoice_of(number)
    window.page.goto(house.address("portal:invoices", window.language, number=customer))
    window.page.get_by_role("main").get_by_role("link", name=invoice).click()
    text = _text_of(_downloaded(window, "link", say(window.language, "Download PDF")))
    assert invoice in text
    assert name in text
    cents = house.value("SELECT total_cents FROM billing_invoice WHERE number = %s", invoice)
    assert f"{Decimal(cents) / 100:.2f}".replace(".", "," if window.language == "nl" else ".") in text


def _check_package(
    windows: Windows, window: Window, house: House, customer: int, held: set[str], folder: Path
) -> None:
    window.page.goto(house.address("portal:data", window.language, number=customer))
    archive = zipfile.ZipFile(
        BytesIO(_downloaded(window, "button", say(window.language, "Download everything")))
    )
    data = archive.read("data.json").decode()
    json.loads(data)
    invoice = str(house.value(
        "SELECT i.number FROM billing_invoice i JOIN customers_customer c ON c.id = i.customer_id WHERE c.number = %s", customer
    ))  # fmt: skip
    assert {text for text in held | {invoice, str(customer)} if text not in data} == set()
    others = [email for (email,) in house.rows("SELECT email FROM customers_person") if email not in held]
    assert [email for email in others if email in data] == []
    to_read = archive.read("index.html").decode()
    assert {text for text in held | {invoice} if text not in to_read} == set()
    archive.extractall(folder)
    with windows.open(window.language) as reader:
        reader.go((folder / "index.html").as_uri())
        assert faults(reader, is_file=True) == []
    assert any(_text_of(archive.read(name)) for name in archive.namelist() if name.endswith(".pdf"))


def test_a_company_without_scripts_asks_a_quote_and_pays_at_the_second_try(
    windows: Windows, house: House, tmp_path: Path
) -> None:
    mark = secrets.token_hex(4)
    email, label = f"company-{mark}@mail.example", f"company-{mark}.example"
    with windows.open("en", script=False) as window:
        page = window.page
        put_in_cart(window, house, label, slug="plus", months=1)
        follow(window, "Continue to order")
        follow(window, "Make an account")
        page.check("[name=capacity][value=business]")
        details = {
            "trade_name": f"Company {mark}",
            "kvk_number": names.kvk_number(),
            "vat_number": names.vat_number(),
        }
        fill_sign_up(page, email, **details)
        press(window, "Sign up")
        page.goto(house.link(email, "confirm-email"))
        press(window, "Yes, confirm it")
        log_in(window, house, email)
        page.goto(house.address("shop:checkout", "en"))
        expect(page.get_by_role("main")).to_contain_text(f"Company {mark}")
        press(window, "Make a quote of it first")
        quote = number_in(window)

        assert "/offertes/" in page.url
        press(window, "Accept, with obligation to pay")
        assert "/offertes/" in page.url, "accepted without agreeing to the terms"
        page.check("[name=terms]")
        press(window, "Accept, with obligation to pay")
        page.wait_for_url("**/bestellingen/**")
        number = number_in(window)
        go_and_pay(window, house)
        at_provider(window, house, "failed", "PayPal")
        again = page.locator("form[action*='/betalen/'] button")
        expect(again).to_be_visible(timeout=20_000)
        assert (
            "The last attempt was not completed, and nothing was taken from you."
            in page.get_by_role("main").inner_text()
        )
        assert house.value("SELECT count(*) FROM payments_paidfrom f JOIN customers_customer c ON c.id = f.customer_id"
                           " WHERE c.number = %s", house.numbers_of(email)[0]) == 0  # fmt: skip
        go_and_pay(window, house)
        at_provider(window, house, "paid")
        expect(page.get_by_role("main").get_by_role("link", name="To your services")).to_be_visible(
            timeout=20_000
        )

        customer = house.numbers_of(email)[0]
        house.wait(
            "the service",
            lambda: house.value(
                "SELECT id FROM services_service WHERE label = %s AND state = 'active'", label
            ),
        )
        page.goto(house.address("portal:services", "en", number=customer))
        expect(page.get_by_role("row", name=label)).to_contain_text("active")
        _check_invoice(window, house, number, customer, f"Company {mark}")
        _check_package(
            windows,
            window,
            house,
            customer,
            {email, f"Company {mark}", label, number, quote, *details.values()},
            tmp_path,
        )

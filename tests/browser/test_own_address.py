"""Addresses in the browser: changing one's own, having it back from the old mailbox, and that for invoices."""

import secrets

import pytest
from playwright.sync_api import expect

from tests.browser.house import House
from tests.browser.steps import cookies_of, follow, press
from tests.browser.windows import Window, Windows, faults

pytestmark = [pytest.mark.browser, pytest.mark.promise("P09")]


def sound(window: Window) -> None:
    """Nothing is wrong with the page that is shown."""
    window.page.wait_for_load_state()
    assert faults(window) == []


@pytest.mark.parametrize("language", ["nl", "en"])
def test_an_address_is_changed_and_had_back(strict_windows: Windows, house: House, language: str) -> None:
    account, new = house.sign_up(), f"nieuw-{secrets.token_hex(4)}@mail.example"
    prefix = "" if language == "nl" else "/en"

    def there(link: str) -> str:
        return house.portal + prefix + link.removeprefix(house.portal)

    with (
        strict_windows.open(language, cookies=cookies_of(account, house)) as window,
        strict_windows.open(language) as owner,
    ):
        window.go(house.address("own_address", language))
        window.page.fill("[name=email]", new)
        press(window, "Send the link")
        expect(window.page.get_by_role("main")).to_contain_text(new)
        sound(window)
        window.go(there(house.link(new, "/account/email/bevestigen/")))
        sound(window)
        press(window, "Yes, use it")
        expect(window.page.locator("main h1")).to_be_visible()
        sound(window)
        owner.go(there(house.link(account.email, "/account/email/terugdraaien/")))
        sound(owner)
        press(owner, "Yes, undo the change")
        expect(owner.page.get_by_role("main")).to_contain_text(account.email)
        sound(owner)
        window.go(house.address("portal:overview", language, number=account.number))
        assert "/account/login/" in window.page.url  # who took it over is out


@pytest.mark.parametrize("language", ["nl", "en"])
def test_an_address_for_invoices_is_confirmed_by_its_mailbox(
    strict_windows: Windows, house: House, language: str
) -> None:
    account, books = house.sign_up(), f"boeken-{secrets.token_hex(4)}@mail.example"
    with (
        strict_windows.open(language, cookies=cookies_of(account, house)) as window,
        strict_windows.open(language) as mailbox,
    ):
        window.go(house.address("portal:access", language, number=account.number))
        follow(window, "Addresses for mail")
        window.page.check("[name=use][value=invoices]")
        window.page.fill("[name=email]", books)
        press(window, "Send the link")
        expect(window.page.get_by_role("table")).to_contain_text(books)
        sound(window)
        link = house.link(books, "/adres/")
        mailbox.go(link)
        sound(mailbox)
        press(mailbox, "Yes, send it here")
        expect(mailbox.page.get_by_role("main")).to_contain_text(books)
        sound(mailbox)
        assert mailbox.go(link).status == 404
        window.page.reload()
        sound(window)
        held = "SELECT invoice_email FROM customers_customer WHERE number = %s"
        assert house.value(held, account.number) == books

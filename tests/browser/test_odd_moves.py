"""What people do that no flow chart shows: back, twice, in two tabs at once."""

import re

import pytest
from playwright.sync_api import Page, expect

from hospes.proofs.stage import Account
from tests.browser.house import House
from tests.browser.languages import say
from tests.browser.steps import at_provider, cookies_of, go_and_pay, log_in, order, put_in_cart
from tests.browser.windows import Window, Windows

pytestmark = pytest.mark.browser

_OF_ORDER = "SELECT count(*) FROM {} x JOIN sales_order o ON {} WHERE o.number = %s"
PAYMENTS = _OF_ORDER.format("payments_payment", "x.order_id = o.id")
PAID = PAYMENTS + " AND x.state = 'paid'"
INVOICES = _OF_ORDER.format("billing_invoice", "x.origin = 'order:' || o.id")


def _orders(house: House, account: Account) -> int:
    return int(house.value("SELECT count(*) FROM sales_order o JOIN customers_customer c ON c.id = o.customer_id"
                           " WHERE c.number = %s", account.number))  # fmt: skip


def _settled(house: House, window: Window, number: str) -> None:
    """The order is paid, once, with one invoice, whatever was pressed."""
    expect(window.page.locator("#order")).to_contain_text(
        say(window.language, "To your services"), timeout=20_000
    )
    house.invoice_of(number)
    assert (house.value(PAID, number), house.value(INVOICES, number)) == (1, 1)


def test_the_back_button_after_paying_pays_nothing_twice(windows: Windows, house: House) -> None:
    account = house.sign_up()
    with windows.open("nl", cookies=cookies_of(account, house)) as window:
        page = window.page
        number = _ordered(window, house, account)
        go_and_pay(window, house)
        at_provider(window, house, "paid", "iDEAL")
        _settled(house, window, number)
        page.go_back()
        expect(page.locator("button[name=outcome]")).to_have_count(
            0
        )  # at the provider this payment has ended
        # Back to the page with the button to pay: as it was, or as it is now.
        page.go_back()
        page.goto(house.address("portal:order", number=account.number, order_number=number))
        expect(page.locator("form[action*='/betalen/']")).to_have_count(0)
        assert house.value(PAYMENTS, number) == 1


def test_a_page_from_before_the_payment_does_not_pay_again(windows: Windows, house: House) -> None:
    account = house.sign_up()
    with windows.open("nl", cookies=cookies_of(account, house)) as window:
        number = _ordered(window, house, account)
        old = windows.beside(window)
        old.page.goto(window.page.url)
        go_and_pay(window, house)
        at_provider(window, house, "paid", "iDEAL")
        _settled(house, window, number)
        old.page.locator("form[action*='/betalen/'] button").click()
        old.page.wait_for_load_state()
        assert old.page.url.startswith(house.portal), "who has paid is sent to the provider once more"
        _settled(house, old, number)
        assert house.value(PAYMENTS, number) == 1


@pytest.mark.parametrize("script", [True, False], ids=["with scripts", "without"])
def test_a_double_click_on_order_and_on_pay(windows: Windows, house: House, script: bool) -> None:
    account = house.sign_up()
    with windows.open("nl", script=script, cookies=cookies_of(account, house)) as window:
        page = window.page
        put_in_cart(window, house, f"dubbel-{account.number}.example")
        page.goto(house.address("portal:checkout", number=account.number))
        page.check("[name=terms]")
        _twice(page, "button[name=do][value=order]")
        title = page.get_by_role(
            "heading", level=1
        )  # the address is no help: Playwright may miss the second navigation
        expect(title).to_have_text(re.compile(r"B\d{4}-\d+$"))
        number = title.inner_text().split()[-1]
        assert _orders(house, account) == 1
        _twice(page, "form[action*='/betalen/'] button")
        # Asked again and again: waiting for one navigation fails when the second click ends that of the first.
        checkout = re.escape(f"{house.stack.ports.url('payments')}checkout/")
        expect(page).to_have_url(re.compile(checkout), timeout=20_000)
        at_provider(window, house, "paid", "iDEAL")
        _settled(house, window, number)


def test_two_tabs_show_two_customers(windows: Windows, house: House) -> None:
    private, company = house.numbers_of(house.customer.login)
    with windows.open("nl") as window:
        log_in(window, house, house.customer.login, house.customer.password)
        window.page.wait_for_url("**/k/**")
        other = windows.beside(window)
        for tab, number in ((window, private), (other, company)):
            tab.page.goto(house.address("portal:invoices", number=number))
        for tab, number in ((window, private), (other, company), (window, private)):
            tab.page.reload()
            shown = tab.page.get_by_role("main").get_by_role("rowheader").all_inner_texts()
            theirs = {text for (text,) in house.rows(
                "SELECT i.number FROM billing_invoice i JOIN customers_customer c ON c.id = i.customer_id WHERE c.number = %s", number
            )}  # fmt: skip
            assert shown
            assert set(shown) <= theirs
        put_in_cart(window, house, "twee-tabs.example")
        window.page.goto(house.address("portal:checkout", number=private))
        other.page.goto(house.address("portal:overview", number=company))  # looked at meanwhile
        number = order(window)
        whose = "SELECT c.number FROM sales_order o JOIN customers_customer c ON c.id = o.customer_id WHERE o.number = %s"
        assert house.value(whose, number) == private
        assert other.go(house.address("portal:order", number=company, order_number=number)).status == 404


def _ordered(window: Window, house: House, account: Account) -> str:
    put_in_cart(window, house, f"terug-{account.number}.example")
    window.page.goto(house.address("portal:checkout", number=account.number))
    return order(window)


def _twice(page: Page, button: str) -> None:
    """Two clicks so quickly that the page of the first is not there yet."""
    page.locator(button).click(click_count=2, delay=10, no_wait_after=True)

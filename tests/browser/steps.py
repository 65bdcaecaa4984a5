"""What people do in the browser. Buttons and links are found by the name that a screen reader says."""

import re
from typing import Any

from lxml import html
from playwright.sync_api import Page, expect

from hospes.proofs.stage import Account
from tests.browser.house import House, Login, fresh_code
from tests.browser.languages import say
from tests.browser.windows import Window

PASSWORD = "een lang wachtwoord voor de proef"


def press(window: Window, text: str) -> None:
    """Press the button that has this English text in the window's language."""
    window.page.get_by_role("main").get_by_role("button", name=say(window.language, text), exact=True).click()
    window.page.wait_for_load_state()


def follow(window: Window, text: str) -> None:
    """Follow the link that has this English text in the window's language."""
    window.page.get_by_role("main").get_by_role(
        "link", name=say(window.language, text), exact=True
    ).first.click()
    window.page.wait_for_load_state()


def put_in_cart(window: Window, house: House, label: str, *, slug: str = "start", months: int = 12) -> None:
    """From the shop to the cart with one package."""
    page = window.page
    page.goto(house.address("shop:catalogue", window.language))
    page.locator(f"main a[href$='/{slug}/']").first.click()
    page.check(f"[name=months][value='{months}']")
    page.fill("[name=label]", label)
    press(window, "Put in the cart")
    expect(page.get_by_role("cell", name=label, exact=True)).to_be_visible()


def fill_sign_up(page: Page, email: str, **details: str) -> None:
    """Fill in the form of somebody new; the details are names of fields."""
    values = {
        "email": email, "password1": PASSWORD, "given_name": "Proef", "family_name": "Voorbeeld", "street": "Proefstraat 1",
        "postcode": "5000 AB", "town": "Voorbeeldstad",
    }  # fmt: skip
    for name, value in (values | details).items():
        page.fill(f"[name={name}]", value)
    page.check("[name=terms]")


def read_mail(window: Window, house: House, to: str, text: str) -> None:
    """Open, on the mail catcher's page, the newest mail to an address whose text has this in it."""
    found = house.mail(to, text)
    window.page.goto(f"{house.stack.ports.url('mail')}?to={to}")
    window.page.locator(f"a[href='/messages/{found['id']}']").click()


def log_in(
    window: Window, house: House, email: str, password: str = PASSWORD, *, face: str = "portal"
) -> None:
    """Give address and password on the login page that is shown, or on the one that is opened for it."""
    page = window.page
    if "/account/login/" not in page.url:
        page.goto(house.address("account_login", window.language, face=face))
    page.fill("[name=login]", email)
    page.fill("[name=password]", password)
    before = {mail["id"] for mail in house.mails(email)}
    with page.expect_navigation():
        press(window, "Log in")
    if "/account/nieuwe-plek/" in page.url:
        page.fill("[name=code]", _mailed_code(house, email, before))
        press(window, "Go on")


def _mailed_code(house: House, to: str, before: set[Any]) -> str:
    """The code for logging in from somewhere new, from a mail that came after those."""
    return house.wait("the mail with a code", lambda: next((
        found[1] for mail in house.mails(to)
        if mail["id"] not in before and (found := re.search(r"^(\d{6})\s*$", mail["text"], re.MULTILINE))
    ), ""))  # fmt: skip


def log_in_staff(window: Window, house: House, who: Login) -> None:
    """Both steps of a colleague's login."""
    log_in(window, house, who.login, who.password, face="office")
    window.page.fill("[name=code]", fresh_code(who.totp))
    press(window, "Log in")
    expect(window.page.get_by_role("main")).to_be_visible()


def confirm(window: Window, password: str) -> None:
    """Say once more who one is, on the way to a page about one's login."""
    window.page.fill("[name=password]", password)
    press(window, "Confirm")


def log_out(window: Window, house: House) -> None:
    """Through the page that asks for it."""
    window.page.goto(house.address("account_logout", window.language))
    press(window, "Log out")


def order(window: Window) -> str:
    """Agree, order, and come to the page of the order; gives its number."""
    window.page.check("[name=terms]")
    press(window, "Order with obligation to pay")
    return number_in(window)


def number_in(window: Window) -> str:
    """The number of the order or quote whose page is shown."""
    window.page.wait_for_url(lambda url: "/bestellingen/" in url or "/offertes/" in url)
    return window.page.url.partition("?")[0].rstrip("/").split("/")[-1]


def go_and_pay(window: Window, house: House) -> None:
    """Press the button to pay, and come to the provider's page."""
    window.page.locator("form[action*='/betalen/'] button").click()
    window.page.wait_for_url(f"{house.stack.ports.url('payments')}checkout/**")


def at_provider(window: Window, house: House, outcome: str, method: str = "") -> None:
    """What the customer does at the provider; comes back to the order."""
    if method:
        window.page.get_by_label(method).check()
    window.page.locator(f"button[name=outcome][value={outcome}]").click()
    window.page.wait_for_url(f"{house.portal}/**")


def cookies_of(account: Account, house: House) -> list[Any]:
    """What a window needs to go on where somebody logged in over plain HTTP."""
    return [
        {"name": each.name, "value": each.value, "url": house.portal}
        for each in account.browser.http.cookies.jar
    ]


def second_step_for(account: Account) -> str:
    """Set up a second step over plain HTTP; gives its key."""
    page = account.browser.get("/account/2fa/totp/activate/").page
    key = str(html.fromstring(page.text).get_element_by_id("authenticator_secret").text)
    account.browser.submit({"code": fresh_code(key)}, has="code")
    return key

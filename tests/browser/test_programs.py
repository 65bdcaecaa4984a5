"""A token for a program in the browser: shown once, and to nobody who comes back to the page; seen among what was done."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.house import House
from tests.browser.languages import say
from tests.browser.steps import cookies_of, follow, press
from tests.browser.windows import Window, Windows, faults

pytestmark = [pytest.mark.browser, pytest.mark.promise("P11")]

TOKEN = re.compile(r"hospes_pat_[A-Za-z0-9_-]{43}")


def sound(window: Window) -> None:
    """Nothing is wrong with the page that is shown."""
    window.page.wait_for_load_state()
    assert faults(window) == []


def is_shown(window: Window, token: str) -> bool:
    window.page.wait_for_load_state()
    return token in window.page.content()


@pytest.mark.parametrize("language", ["nl", "en"])
@pytest.mark.parametrize("width", [1280, 390])
def test_a_new_token_is_shown_once(strict_windows: Windows, house: House, language: str, width: int) -> None:
    account = house.sign_up()
    with strict_windows.open(language, width=width, cookies=cookies_of(account, house)) as window:
        page = window.page
        window.go(house.address("account_tokens", language))
        sound(window)
        follow(window, "Make a token")
        page.fill("[name=name]", "Boekhouding")
        page.check("[name=scopes][value='invoices:read']")
        page.fill("[name=networks]", "192.0.2.0/24, 2001:db8::1")
        sound(window)
        press(window, "Make a token")
        shown = page.locator("#new_token").inner_text().strip()
        assert TOKEN.fullmatch(shown)
        sound(window)
        page.reload()
        assert not is_shown(window, shown)
        page.go_back()  # to the form, from which it was made
        assert not is_shown(window, shown)
        page.go_forward()
        assert not is_shown(window, shown)
        expect(page.get_by_role("main")).to_contain_text("Boekhouding")
        sound(window)
        page.get_by_role("link", name=f"{say(language, 'End it')} Boekhouding").click()
        sound(window)
        press(window, "End it")
        expect(page.get_by_role("main")).to_contain_text(say(language, "No program uses your account"))
        window.go(house.address("portal:logins", language, number=account.number))
        for what in ("Token for a program made", "Token for a program ended"):
            expect(page.locator("#events")).to_contain_text(say(language, what))
        sound(window)


def test_leaving_the_page_that_shows_it_and_coming_back_shows_it_not_again(
    strict_windows: Windows, house: House
) -> None:
    account = house.sign_up()
    with strict_windows.open("nl", cookies=cookies_of(account, house)) as window:
        window.go(house.address("account_new_token", "nl"))
        window.page.fill("[name=name]", "Back-up")
        window.page.check("[name=scopes][value='services:read']")
        press(window, "Make a token")
        shown = window.page.locator("#new_token").inner_text().strip()
        window.go(house.address("portal:overview", "nl", number=account.number))
        window.page.go_back()
        assert window.page.url.endswith("/account/programs/")
        assert not is_shown(window, shown)

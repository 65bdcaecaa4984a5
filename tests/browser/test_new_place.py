"""Logging in on a device that is new to us: the page that asks for the code from the mail."""

import os
import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from hospes.proofs.stage import Account
from tests.browser.house import House
from tests.browser.languages import say
from tests.browser.steps import press
from tests.browser.windows import Window, Windows, faults

pytestmark = [pytest.mark.browser, pytest.mark.promise("P12")]

_MANY = (
    "INSERT INTO accounts_logincode (person_id, key, asked_at, expires_at, tries, browser)"
    " SELECT p.id, md5(random()::text), now(), now() + interval '15 minutes', 0, '' FROM customers_person p,"
    " generate_series(1, 5) WHERE p.email = %s"
)


def sound(window: Window, name: str) -> None:
    """Nothing is wrong with the page that is shown, wide and narrow; its picture is kept where somebody wants to look."""
    window.page.wait_for_load_state()
    assert faults(window) == []
    if folder := os.environ.get("HOSPES_PICTURES"):
        for width in (1280, 390):
            window.page.set_viewport_size({"width": width, "height": 900})
            window.page.screenshot(
                path=Path(folder) / f"{name}-{window.language}-{width}.png", full_page=True
            )


def at_the_page(window: Window, house: House, account: Account) -> None:
    """Give the right password, on a device where the account was never used."""
    page = window.page
    window.go(house.address("account_login", window.language))
    page.fill("[name=login]", account.email)
    page.fill("[name=password]", account.password)
    press(window, "Log in")
    page.wait_for_url(lambda url: url == house.address("account_new_place", window.language))
    expect(page.get_by_role("heading", level=1)).to_have_text(say(window.language, "Is it you?"))


def mailed(house: House, account: Account) -> str:
    """The code from the mail."""
    return house.wait("the mail with a code", lambda: next((
        found[1] for mail in house.mails(account.email)
        if (found := re.search(r"^(\d{6})\s*$", mail["text"], re.MULTILINE))
    ), ""))  # fmt: skip


@pytest.mark.parametrize("language", ["nl", "en"])
def test_on_a_new_device_the_code_from_the_mail_is_asked_for_and_lets_in(
    strict_windows: Windows, house: House, language: str
) -> None:
    account = house.sign_up()
    overview = house.address("portal:overview", language, number=account.number)
    with strict_windows.open(language) as window:
        page = window.page
        at_the_page(window, house, account)
        expect(page.get_by_role("main")).to_contain_text(account.email)
        sound(window, "asked")
        code = mailed(house, account)
        page.fill("[name=code]", f"{(int(code) + 1) % 10**6:06d}")
        press(window, "Go on")
        expect(page.locator("[name=code][aria-invalid=true]")).to_be_visible()
        sound(window, "wrong")
        window.go(overview)
        assert "/account/" in page.url, "without the code something is shown"
        window.go(house.address("account_new_place", language))
        press(window, "Send a new code")  # within a minute: the first is on its way, and still works
        page.fill("[name=code]", code)
        press(window, "Go on")
        page.wait_for_url(overview)
        window.go(house.address("account_logout", language))
        press(window, "Log out")
        window.go(house.address("account_login", language))
        page.fill("[name=login]", account.email)
        page.fill("[name=password]", account.password)
        press(window, "Log in")
        page.wait_for_url(overview)  # this device is known now


@pytest.mark.parametrize("language", ["nl", "en"])
def test_who_had_many_codes_is_told_to_wait_and_can_turn_back(
    strict_windows: Windows, house: House, language: str
) -> None:
    account = house.sign_up()
    house.owner.execute(_MANY, (account.email,))
    with strict_windows.open(language, width=390) as window:
        at_the_page(window, house, account)
        wait = "You had several codes within an hour."
        said = say(
            language,
            f"{wait} Wait an hour before you ask for another one; the newest one still works for a quarter of an hour.",
        )
        expect(window.page.get_by_role("main")).to_contain_text(said)
        sound(window, "many")
        press(window, "Cancel")
        window.page.wait_for_url(house.address("account_login", language))


def test_without_scripts_it_works_as_well(strict_windows: Windows, house: House) -> None:
    account = house.sign_up()
    with strict_windows.open("nl", script=False) as window:
        at_the_page(window, house, account)
        window.page.fill("[name=code]", mailed(house, account))
        press(window, "Go on")
        window.page.wait_for_url(house.address("portal:overview", number=account.number))

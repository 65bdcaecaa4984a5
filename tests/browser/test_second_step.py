"""The second step in Chromium: passkeys with its virtual authenticator, codes by text message, recovery codes."""

import re
import secrets

import pytest
from playwright.sync_api import expect

from hospes.proofs.stage import Account
from tests.browser.authenticators import device
from tests.browser.house import House, fresh_code
from tests.browser.languages import say
from tests.browser.steps import cookies_of, follow, log_in, log_in_staff, log_out, press
from tests.browser.windows import Window, Windows, faults

pytestmark = pytest.mark.browser
LANGUAGES = ["nl", "en"]


def new_number() -> str:
    """A Dutch mobile number that no other test uses."""
    return f"+31612{secrets.randbelow(10**6):06d}"


def add_passkey(window: Window, house: House, name: str, *, face: str = "portal") -> None:
    window.page.goto(house.address("mfa_add_passkey", window.language, face=face))
    window.page.fill("[name=name]", name)
    press(window, "Make the passkey")
    window.page.wait_for_url(re.compile(r"/account/2fa/(recovery-codes/)?$"))


def turn_on_texts(window: Window, house: House, number: str) -> None:
    window.page.goto(house.address("mfa_phone", window.language))
    window.page.fill("[name=number]", number)
    press(window, "Send a code")
    window.page.fill("[name=code]", house.text_code(number))
    press(window, "Confirm")
    window.page.wait_for_url(re.compile(r"/account/2fa/(recovery-codes/)?$"))


def is_in(window: Window, account: Account) -> None:
    window.page.wait_for_url(f"**/k/{account.number}/")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_passkey_as_second_step_and_instead_of_the_password(
    windows: Windows, house: House, language: str
) -> None:
    account = house.sign_up()
    with windows.open(language, cookies=cookies_of(account, house)) as window, device(window) as phone:
        page = window.page
        add_passkey(window, house, "Proeftelefoon")
        assert len(page.locator(".codes li").all()) == 10
        assert faults(window) == []
        follow(window, "I have kept them, go on")
        expect(page.get_by_role("rowheader", name="Proeftelefoon")).to_be_visible()
        assert faults(window) == []
        assert [key["rpId"] for key in phone.passkeys()] == ["localhost"]
        log_out(window, house)

        log_in(window, house, account.email, account.password)
        page.wait_for_url("**/2fa/authenticate/**")
        assert faults(window) == []
        press(window, "Use your passkey")
        is_in(window, account)
        log_out(window, house)

        page.goto(house.address("account_login", language))
        press(window, "Log in with a passkey")
        is_in(window, account)

        page.goto(house.address("mfa_index", language))
        page.get_by_role("link", name=f"{say(language, 'Rename')} Proeftelefoon").click()
        assert faults(window) == []
        page.fill("[name=name]", "")
        press(window, "Save")
        assert faults(window) == []
        page.fill("[name=name]", "<b>Sleutel & zoon</b>")
        press(window, "Save")
        expect(page.get_by_role("rowheader", name="<b>Sleutel & zoon</b>", exact=True)).to_be_visible()


def test_several_passkeys_and_the_last_one_removed(windows: Windows, house: House) -> None:
    account = house.sign_up()
    with windows.open("nl", cookies=cookies_of(account, house)) as window:
        page = window.page
        with device(window) as first:
            add_passkey(window, house, "Eerste")
            page.goto(house.address("mfa_add_passkey"))
            page.fill("[name=name]", "Nog eens")
            press(window, "Make the passkey")
            expect(page.locator("[data-passkey-failed]")).to_be_visible()  # this device has one already
            assert len(first.passkeys()) == 1
        with device(window, transport="usb"):
            add_passkey(window, house, "Tweede")
            for name in ("Eerste", "Tweede"):
                page.goto(house.address("mfa_index"))
                page.get_by_role("link", name=f"{say('nl', 'Remove')} {name}").click()
                assert faults(window) == []
                press(window, "Remove")
                page.wait_for_url("**/account/2fa/")
            log_out(window, house)
            log_in(window, house, account.email, account.password)
            is_in(window, account)  # no second step any more
            log_out(window, house)
            page.goto(house.address("account_login"))
            press(window, "Log in with a passkey")
            expect(
                page.get_by_text(
                    say("nl", "That did not work with this passkey. Log in with your password, or try again.")
                )
            ).to_be_visible()


def test_without_a_check_of_who_holds_it_a_passkey_is_a_second_step_only(
    windows: Windows, house: House
) -> None:
    account = house.sign_up()
    with (
        windows.open("en", cookies=cookies_of(account, house)) as window,
        device(window, transport="usb", checks_holder=False),
    ):
        add_passkey(window, house, "Bare key")
        log_out(window, house)
        window.page.goto(house.address("account_login", "en"))
        press(window, "Log in with a passkey")
        expect(window.page.locator("[data-passkey-failed]")).to_be_visible()
        log_in(window, house, account.email, account.password)
        press(window, "Use your passkey")
        is_in(window, account)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_code_by_text_message(windows: Windows, house: House, language: str) -> None:
    account, number = house.sign_up(), new_number()
    with windows.open(language, cookies=cookies_of(account, house)) as window:
        page = window.page
        page.goto(house.address("mfa_phone", language))
        page.fill("[name=number]", "0900 1234567")
        press(window, "Send a code")
        expect(page.locator("[name=number][aria-invalid=true]")).to_be_visible()
        page.fill("[name=number]", f"0{number.removeprefix('+31')[:1]} {number.removeprefix('+31')[1:]}")
        press(window, "Send a code")
        assert faults(window) == []
        page.fill("[name=code]", "000000")
        press(window, "Confirm")
        assert faults(window) == []
        first = house.text_code(number)
        page.fill("[name=code]", f"{first[:3]} {first[3:]}")
        press(window, "Confirm")
        page.wait_for_url("**/recovery-codes/")
        page.goto(house.address("mfa_index", language))
        assert faults(window) == []
        log_out(window, house)

        log_in(window, house, account.email, account.password)
        second = house.text_code(number, count=2)  # sent by itself: there is no other way
        assert faults(window) == []
        page.fill("[name=code]", first)
        press(window, "Log in")
        expect(page.locator("[name=code][aria-invalid=true]")).to_be_visible()
        page.fill("[name=code]", second)
        press(window, "Log in")
        is_in(window, account)
        page.goto(house.address("mfa_remove_phone", language))
        assert faults(window) == []
        press(window, "Turn off")
        page.wait_for_url("**/account/2fa/")
    assert (
        house.value(
            "SELECT count(*) FROM accounts_phonecode WHERE (digest IS NOT NULL OR sealed IS NOT NULL) AND number = %s",
            number,
        )
        == 0
    )
    assert (
        house.value(
            "SELECT count(*) FROM messaging_textmessage WHERE number = %s AND state IN ('taken', 'delivered')",
            number,
        )
        == 2
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_all_ways_side_by_side_and_without_a_script_those_that_need_none(
    windows: Windows, house: House, language: str
) -> None:
    account, number = house.sign_up(), new_number()
    with windows.open(language, cookies=cookies_of(account, house)) as window, device(window):
        page = window.page
        add_passkey(window, house, "Proeftelefoon")
        recovery = page.locator(".codes").inner_text().split()[0]
        turn_on_texts(window, house, number)
        page.goto(house.address("mfa_activate_totp", language))
        key = page.locator("#authenticator_secret").inner_text()
        page.fill("[name=code]", fresh_code(key))
        press(window, "Turn on")
        page.wait_for_url("**/account/2fa/")
        assert faults(window) == []
    with windows.open(language, script=False) as window:
        page = window.page
        page.goto(house.address("account_login", language))
        expect(page.locator("[data-passkey-start]")).to_be_hidden()
        log_in(window, house, account.email, account.password)
        expect(page.locator("[data-passkey-start]")).to_be_hidden()
        page.locator("form:has([name=send]) button").click()
        expect(page.get_by_text(number[-2:])).not_to_have_count(0)
        page.fill("[name=code]", house.text_code(number, count=2))
        press(window, "Log in")
        is_in(window, account)
    for code in (recovery.upper(), fresh_code(key)):
        with windows.open(language, script=False) as window:
            log_in(window, house, account.email, account.password)
            window.page.fill("[name=code]", code)
            press(window, "Log in")
            is_in(window, account)


def test_a_colleague_gets_in_with_a_passkey_and_keeps_one_way(windows: Windows, house: House) -> None:
    who = house.staff["administrator"]
    with windows.open("nl") as window, device(window):
        page = window.page
        log_in_staff(window, house, who)
        page.goto(house.address("mfa_phone", face="office"))
        assert page.title().startswith(say("nl", "Page not found")) or (
            window.answer is not None and window.answer.status == 404
        )
        add_passkey(window, house, "Kantoor", face="office")
        page.goto(house.address("account_logout", face="office"))
        press(window, "Log out")
        page.goto(house.address("account_login", face="office"))
        press(window, "Log in with a passkey")
        expect(page.get_by_role("heading", level=1)).not_to_have_text(say("nl", "Log in"))
        page.goto(house.address("office:checks", face="office"))
        assert window.answer is not None
        assert window.answer.status == 200
        page.goto(house.address("mfa_index", face="office"))
        page.get_by_role("link", name=f"{say('nl', 'Remove')} Kantoor").click()
        press(window, "Remove")
        page.wait_for_url("**/account/2fa/")


def test_a_customers_passkey_is_no_way_into_the_office(windows: Windows, house: House) -> None:
    account = house.sign_up()
    with windows.open("nl", cookies=cookies_of(account, house)) as window, device(window):
        add_passkey(window, house, "Proeftelefoon")
        window.page.goto(house.address("account_login", face="office"))
        press(window, "Log in with a passkey")
        expect(
            window.page.get_by_text(
                say("nl", "That did not work with this passkey. Log in with your password, or try again.")
            )
        ).to_be_visible()

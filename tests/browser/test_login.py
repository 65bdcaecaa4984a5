"""Getting in: a new password through the mail, a second step, and what the back button shows after logging out."""

import pytest
from playwright.sync_api import expect

from tests.browser.house import House, fresh_code
from tests.browser.languages import say
from tests.browser.steps import PASSWORD, cookies_of, log_in, log_out, press, read_mail
from tests.browser.windows import Windows

pytestmark = pytest.mark.browser


def test_a_forgotten_password_is_replaced_through_the_mail(windows: Windows, house: House) -> None:
    account = house.sign_up()
    with windows.open("nl") as window, windows.open("nl", cookies=cookies_of(account, house)) as elsewhere:
        page = window.page
        page.goto(house.address("account_login"))
        page.get_by_role("link", name=say("nl", "Forgotten your password?")).click()
        page.fill("[name=email]", account.email)
        press(window, "Send the link")
        read_mail(window, house, account.email, "/password/reset/key/")
        tab = windows.opened_by(window, page.get_by_role("link", name="/password/reset/key/").click)
        tab.page.fill("[name=password1]", PASSWORD)
        tab.page.fill("[name=password2]", PASSWORD)
        press(tab, "Save the password")
        tab.page.wait_for_url("**/password/reset/key/done/")

        log_in(window, house, account.email, account.password)
        expect(page.get_by_role("alert")).to_be_visible()  # the old one is of no use any more
        log_in(window, house, account.email)
        page.wait_for_url(f"**/k/{account.number}/")
        elsewhere.page.goto(house.address("portal:overview", number=account.number))
        assert "/account/login/" in elsewhere.page.url, "who was logged in with the old password still is"
        page.goto(house.link(account.email, "/password/reset/key/"))
        expect(page.get_by_role("heading", level=1)).to_have_text(say("nl", "This link no longer works"))


def test_with_a_second_step_the_password_alone_is_not_enough(windows: Windows, house: House) -> None:
    account = house.sign_up()
    overview = house.address("portal:overview", "en", number=account.number)
    with windows.open("en", cookies=cookies_of(account, house)) as window:
        page = window.page
        page.goto(house.address("mfa_index", "en"))
        page.locator("a[href$='/totp/activate/']").click()
        key = page.locator("#authenticator_secret").inner_text()
        page.fill("[name=code]", "000000")
        press(window, "Turn on")
        expect(page.get_by_role("alert").first).to_be_visible()
        assert page.locator("#authenticator_secret").inner_text() == key
        page.fill("[name=code]", fresh_code(key))
        press(window, "Turn on")
        recovery = page.locator(".codes").inner_text().split()[0]
        log_out(window, house)

        log_in(window, house, account.email, account.password)
        page.wait_for_url("**/2fa/authenticate/**")
        page.goto(overview)
        assert "/account/" in page.url, "the password alone was enough"
        page.fill("[name=code]", "000000")
        press(window, "Log in")
        expect(page.locator("[name=code][aria-invalid=true]")).to_be_visible()
        page.fill("[name=code]", fresh_code(key))
        press(window, "Log in")
        page.wait_for_url(f"**/k/{account.number}/")
        log_out(window, house)

        log_in(window, house, account.email, account.password)
        page.fill("[name=code]", recovery)
        press(window, "Log in")
        page.wait_for_url(f"**/k/{account.number}/")


def test_after_logging_out_the_back_button_shows_nothing(windows: Windows, house: House) -> None:
    account = house.sign_up()
    with windows.open("nl", cookies=cookies_of(account, house)) as window:
        page = window.page
        page.goto(house.address("portal:access", number=account.number))
        page.goto(house.address("portal:overview", number=account.number))
        log_out(window, house)
        page.wait_for_load_state()
        for _ in range(3):
            page.go_back()
            page.wait_for_load_state()
            assert (
                f"/k/{account.number}/" not in page.url or page.get_by_text(str(account.number)).count() == 0
            )
            assert account.email not in page.content()

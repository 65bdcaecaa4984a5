"""The phone is lost, in Chromium: the waiting time, stopping it, using it; and a holder who asks a second step of everybody."""

import re

import pytest

from hospes.proofs.registry import Broken
from tests.browser.house import House, fresh_code
from tests.browser.steps import cookies_of, log_in, log_in_staff, press
from tests.browser.windows import Window, Windows, faults

pytestmark = pytest.mark.browser
LANGUAGES = ["nl", "en"]


def look(window: Window) -> None:
    """The page is sound: by axe, in its language, light and dark, at the width of a phone too."""
    assert faults(window) == []


def turn_on_app(window: Window, house: House) -> None:
    """An app as second step: unlike text messages there is no limit on how often that is done from one network."""
    window.page.goto(house.address("mfa_activate_totp", window.language))
    window.page.fill("[name=code]", fresh_code(window.page.locator("#authenticator_secret").inner_text()))
    press(window, "Turn on")
    window.page.wait_for_url("**/recovery-codes/")


def patient_mail(house: House, to: str, having: str) -> None:
    """Wait for a mail that a job sends which runs once a minute."""
    for _ in range(3):
        try:
            house.mail(to, having)
        except Broken:
            continue
        return
    raise Broken(f"no mail to {to} with {having}")


@pytest.mark.parametrize("language", LANGUAGES)
def test_asking_for_it_and_stopping_it(windows: Windows, house: House, language: str) -> None:
    account = house.sign_up()
    with windows.open(language, cookies=cookies_of(account, house)) as window:
        turn_on_app(window, house)
    with windows.open(language) as window:
        log_in(window, house, account.email, account.password)
        window.page.wait_for_url("**/2fa/authenticate/**")
        window.page.goto(house.address("mfa_lost", language))
        look(window)
        press(window, "Start the waiting time")
        window.page.wait_for_load_state()
        look(window)
    with windows.open(language) as window:
        link = house.link(account.email, "lost/stop")
        window.page.goto(link if language == "nl" else link.replace("/account/", "/en/account/"))
        look(window)
        window.page.get_by_role("main").get_by_role("button").click()
        window.page.wait_for_load_state()
        look(window)
    outcome = "SELECT outcome FROM accounts_release r JOIN customers_person p ON p.id = r.person_id WHERE p.email = %s"
    assert house.value(outcome, account.email) == "stopped"


def test_after_the_waiting_time_it_comes_off_with_the_link_and_the_password(
    windows: Windows, house: House
) -> None:
    account = house.sign_up()
    with windows.open("nl", cookies=cookies_of(account, house)) as window:
        turn_on_app(window, house)
    with windows.open("nl") as window:
        page = window.page
        log_in(window, house, account.email, account.password)
        page.wait_for_url("**/2fa/authenticate/**")
        page.goto(house.address("mfa_lost"))
        press(window, "Start the waiting time")
        page.wait_for_load_state()
        house.owner.execute(
            "UPDATE accounts_release SET asked_at = asked_at - interval '4 days', due_at = due_at - interval '4 days'"
            " WHERE person_id = (SELECT id FROM customers_person WHERE email = %s)", (account.email,),
        )  # fmt: skip
        patient_mail(house, account.email, "lost/use")
        page.goto(house.link(account.email, "lost/use"))
        look(window)
        page.fill("[name=password]", account.password)
        press(window, "Take it off")
        # The password was given already in this window; what is new to us is asked for by mail, as without a second step.
        page.wait_for_url(re.compile(rf"/k/{account.number}/|/account/nieuwe-plek/"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_holder_asks_it_of_everybody(windows: Windows, house: House, language: str) -> None:
    account = house.sign_up(business=True)
    with windows.open(language, cookies=cookies_of(account, house)) as window:
        page = window.page
        page.goto(house.address("portal:second_step", language, number=account.number))
        look(window)
        turn_on_app(window, house)
        look(window)
        page.goto(house.address("mfa_index", language))
        look(window)
        page.goto(house.address("portal:second_step", language, number=account.number))
        press(window, "Ask it of everybody")
        page.wait_for_load_state()
        look(window)
        press(window, "Ask for it no longer")
        page.wait_for_load_state()
        look(window)


def test_a_colleague_has_it_taken_off(windows: Windows, house: House) -> None:
    account = house.sign_up()
    with windows.open("nl", cookies=cookies_of(account, house)) as window:
        turn_on_app(window, house)
    person = house.value("SELECT id FROM customers_person WHERE email = %s", account.email)
    with windows.open("nl") as window:
        page = window.page
        log_in_staff(window, house, house.staff["administrator"])
        page.goto(house.address("office:second_step", face="office", person_id=person))
        look(window)
        page.fill("[name=reason]", "Belde van het bekende nummer en noemde de laatste factuur.")
        press(window, "Have the second step taken off")
        page.wait_for_load_state()
        look(window)
        press(window, "Stop it")
        page.wait_for_load_state()
        look(window)

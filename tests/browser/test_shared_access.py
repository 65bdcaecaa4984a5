"""Sharing access, as two people do it in two browsers: inviting, accepting, changing, handing over, leaving, taking away."""

import secrets
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from hospes.kernel import clock
from hospes.proofs.stage import Account
from tests.browser.house import House
from tests.browser.languages import say
from tests.browser.steps import PASSWORD, cookies_of, follow, log_in, press
from tests.browser.windows import Window, Windows, faults

pytestmark = [pytest.mark.browser, pytest.mark.promise("P09")]
LANGUAGES = ["nl", "en"]


def sound(window: Window) -> None:
    """Nothing is wrong with the page that is shown."""
    window.page.wait_for_load_state()
    assert faults(window) == []


def invite(window: Window, house: House, account: Account, email: str, role: str, last_day: str = "") -> str:
    """Invite an address by the form; gives the link in the mail that it gets."""
    window.page.goto(house.address("portal:access", window.language, number=account.number))
    follow(window, "Invite somebody")
    window.page.fill("[name=email]", email)
    window.page.check(f"[name=role][value={role}]")
    window.page.fill("[name=last_day]", last_day)
    sound(window)
    press(window, "Send the invitation")
    expect(window.page.get_by_role("main")).to_contain_text(email)
    link = house.link(email, "/uitnodiging/")  # in the language of who gets it
    path = link.removeprefix(house.portal).removeprefix("/en")
    return house.portal + ("/en" if window.language == "en" else "") + path


@pytest.mark.parametrize("language", LANGUAGES)
def test_access_is_given_changed_and_taken_away(strict_windows: Windows, house: House, language: str) -> None:
    account, guest = house.sign_up(business=True), f"gast-{secrets.token_hex(4)}@mail.example"
    last = (clock.today() + timedelta(days=30)).isoformat()
    with strict_windows.open(language, cookies=cookies_of(account, house)) as window:
        link = invite(window, house, account, guest, "read_only", last)
        sound(window)
        with strict_windows.open(language) as theirs:
            _newcomer(theirs, link)
            window.page.reload()
            window.page.locator("main td.num a").click()
            sound(window)
            window.page.check("[name=role][value=billing]")
            press(window, "Save")
            sound(window)
            theirs.go(house.address("portal:orders", language, number=account.number))
            sound(theirs)
            window.page.locator("main td.num a").click()
            window.page.locator("main form[action*='/weg/'] button").click()
            sound(window)
            expect(window.page.get_by_role("main")).not_to_contain_text(guest)
            answer = theirs.go(house.address("portal:overview", language, number=account.number))
            assert answer.status == 404  # at once, in the session that was open


def _newcomer(theirs: Window, link: str) -> None:
    """Look at the invitation, make an account by it, and be in."""
    theirs.go(link)
    sound(theirs)
    follow(theirs, "Make an account and accept")
    press(theirs, "Make the account and accept")  # most of it empty
    sound(theirs)
    for name, value in (("given_name", "Proef"), ("family_name", "Gast"), ("password", PASSWORD)):
        theirs.page.fill(f"[name={name}]", value)
    press(theirs, "Make the account and accept")
    theirs.page.wait_for_url("**/k/**")
    sound(theirs)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_holder_hands_over_and_leaves_in_one_step(
    strict_windows: Windows, house: House, language: str
) -> None:
    account, other = house.sign_up(), house.sign_up(business=True)
    with (
        strict_windows.open(language, cookies=cookies_of(account, house)) as window,
        strict_windows.open(language, cookies=cookies_of(other, house)) as theirs,
    ):
        link = invite(window, house, account, other.email, "administration")
        theirs.go(link)
        sound(theirs)
        press(theirs, "Accept")
        theirs.page.wait_for_url(f"**/k/{account.number}/")
        menu = theirs.page.locator(f"a.pop-item[href*='/k/{other.number}/']")  # and back to one's own
        assert menu.count() > 0
        window.page.goto(house.address("portal:access_hand_over", language, number=account.number))
        window.page.locator("[name=to]").first.check()
        window.page.check("[name=own_role][value=leave]")
        sound(window)
        press(window, "Hand over now")
        window.page.wait_for_load_state()
        assert window.go(house.address("portal:overview", language, number=account.number)).status == 404
        theirs.page.goto(house.address("portal:access", language, number=account.number))
        expect(theirs.page.get_by_role("main")).to_contain_text(say(language, "holder"))
        sound(theirs)


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_invitation_is_for_one_address_and_can_be_declined_or_withdrawn(
    strict_windows: Windows, house: House, language: str
) -> None:
    account, other = house.sign_up(), house.sign_up()
    guest = f"gast-{secrets.token_hex(4)}@mail.example"
    with strict_windows.open(language, cookies=cookies_of(account, house)) as window:
        link = invite(window, house, account, guest, "technical")
        with strict_windows.open(language, cookies=cookies_of(other, house)) as wrong:
            wrong.go(link)
            sound(wrong)
            assert (
                wrong.page.get_by_role("main").get_by_text(guest).count() == 0
            )  # nobody else learns the address
        with strict_windows.open(language) as theirs:
            theirs.go(link)
            press(theirs, "Decline")
            sound(theirs)
            assert theirs.go(link).status == 404
        again = invite(window, house, account, guest, "technical")
        assert again != link
        window.page.locator("main form[action*='/intrekken/'] button").click()
        sound(window)
        with strict_windows.open(language) as theirs:
            assert theirs.go(again).status == 404
            sound(theirs)


def test_leaving_closes_the_door_behind_one(strict_windows: Windows, house: House) -> None:
    account, other = house.sign_up(), house.sign_up()
    with (
        strict_windows.open("nl", cookies=cookies_of(account, house)) as window,
        strict_windows.open("nl") as theirs,
    ):
        link = invite(window, house, account, other.email, "billing")
        theirs.go(link)
        follow(theirs, "Log in to accept")
        log_in(theirs, house, other.email, other.password)
        theirs.page.wait_for_url("**/uitnodiging/**")
        press(theirs, "Accept")
        theirs.page.wait_for_url(f"**/k/{account.number}/")
        theirs.go(house.address("portal:access_leave", "nl", number=account.number))
        sound(theirs)
        theirs.page.locator("main form button").first.click()
        theirs.page.wait_for_url(f"**/k/{other.number}/")
        assert theirs.go(house.address("portal:overview", "nl", number=account.number)).status == 404

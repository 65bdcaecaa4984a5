"""A colleague sees a customer's pages as the customer sees them, and the customer reads that afterwards."""

import os
from pathlib import Path

import pytest
from django.urls import reverse
from django.utils import translation

from hospes.accounts.viewing.middleware import URLCONF
from tests.browser.house import House
from tests.browser.languages import say
from tests.browser.steps import follow, log_in_staff, press
from tests.browser.windows import Window, Windows, faults

pytestmark = [pytest.mark.browser, pytest.mark.promise("P30")]

REASON = "Belde over een factuur die er niet is"
#: What the roles that may are shown, and what not (their answer is 403, and says why).
SHOWN = {
    "support_agent": ["overview", "services", "orders", "access", "addresses"],
    "administrator": ["overview", "logins", "sessions", "limits"],
}
NOT_SHOWN = {"support_agent": ["invoices", "second_step"], "administrator": ["data"]}


def _show(window: Window, house: House, route: str, number: int) -> None:
    with translation.override(window.language):
        window.go(house.office + reverse(f"portal:{route}", URLCONF, kwargs={"number": number}))


def _kept(window: Window, name: str) -> None:
    """A picture of the page, for who wants to look at it."""
    if folder := os.environ.get("HOSPES_PICTURES"):
        for width in (1280, 390):
            window.page.set_viewport_size({"width": width, "height": 900})
            window.page.screenshot(path=Path(folder) / f"{name}-{window.language}-{width}.png")


@pytest.mark.parametrize("role", list(SHOWN))
@pytest.mark.parametrize("language", ["nl", "en"])
def test_looking_along_and_what_the_customer_reads_of_it(
    strict_windows: Windows, house: House, language: str, role: str
) -> None:
    account = house.sign_up()
    house.paid_order(account)
    with strict_windows.open(language) as window:
        log_in_staff(window, house, house.staff[role])
        window.go(house.address("office:customer", language, face="office", number=account.number))
        follow(window, "See as the customer sees")
        assert faults(window) == []
        _kept(window, "form")
        window.page.fill("[name=reason]", REASON)
        press(window, "See the pages")
        window.page.wait_for_url(f"**/zien/k/{account.number}/")
        wrong = []
        for route in SHOWN[role] + NOT_SHOWN[role]:
            _show(window, house, route, account.number)
            assert window.answer is not None
            assert window.answer.status == (200 if route in SHOWN[role] else 403), route
            said = [each for each in [*faults(window), *window.wrong] if "403" not in each]
            window.wrong.clear()
            wrong += [f"{route}: {each}" for each in said]
            _kept(window, route)
            assert REASON in (window.page.locator(".viewing").text_content() or "")
            assert window.page.locator("main form button:enabled").count() == 0, route
        assert wrong == []
        window.page.locator(".viewing").get_by_role("button", name=say(language, "Stop"), exact=True).click()
        window.page.wait_for_url(f"**/klanten/{account.number}/")
    account.browser.get(account.page("toegang/geschiedenis/"))
    assert REASON in account.browser.text
    assert house.staff[role].who not in account.browser.text
    if folder := os.environ.get("HOSPES_PICTURES"):
        (Path(folder) / f"told-{role}-{language}.txt").write_text(account.browser.text)

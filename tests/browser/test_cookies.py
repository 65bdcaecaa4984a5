"""Cookies: those of the data map and no other, none for who only looks, out of reach of scripts; and pages that are kept by nobody."""

import pytest

from hospes.kernel import outside
from hospes.proofs.stage import Account
from tests.browser.house import House
from tests.browser.steps import cookies_of, log_in, log_in_staff, put_in_cart
from tests.browser.windows import Window, Windows

pytestmark = [pytest.mark.browser, pytest.mark.promise("P21", "P30")]


def _names(window: Window) -> set[str]:
    """The cookies that a window has; each must be on the map, last no longer than it says, and be out of reach of scripts."""
    now = float(window.page.evaluate("Date.now()")) / 1000
    held = window.page.context.cookies()
    for cookie in held:
        declared = outside.cookies[cookie["name"]]
        assert cookie["httpOnly"], cookie
        assert cookie["sameSite"] == "Lax", cookie
        assert cookie["domain"] == "localhost", cookie
        assert cookie["expires"] == -1 or cookie["expires"] <= now + declared.days * 86400 + 60, cookie
    assert window.page.evaluate("document.cookie") == ""
    assert window.page.evaluate("localStorage.length + sessionStorage.length") == 0
    return {cookie["name"] for cookie in held}


def test_who_only_looks_around_the_shop_gets_no_cookie(strict_windows: Windows, house: House) -> None:
    with strict_windows.open("nl") as window:
        for route in ("shop:catalogue", "shop:cart", "shop:checkout", "terms", "processing_terms"):
            window.go(house.address(route))
            assert _names(window) == set(), route
        window.go(house.address("shop:product", slug="start"))
        assert _names(window) == {
            "hospes_csrf"
        }  # there is a form on that page: it has to come from this site
        put_in_cart(window, house, "koekjes.example")
        assert _names(window) == {"hospes_csrf", "hospes_cart"}
        window.page.get_by_role("main").locator("form[action$='/weg/'] button").click()
        window.page.wait_for_load_state()
        assert _names(window) <= {"hospes_csrf", "hospes_cart"}


def test_who_logs_in_gets_two_more(strict_windows: Windows, house: House) -> None:
    account = house.sign_up()
    with strict_windows.open("nl") as window:
        put_in_cart(window, house, "koekjes-2.example")
        log_in(window, house, account.email, account.password)
        window.page.wait_for_url("**/k/**")
        window.go(house.address("shop:cart"))
        assert _names(window) == {"hospes_csrf", "hospes_portal", "hospes_device"}


def test_the_office_has_one_of_its_own(strict_windows: Windows, house: House) -> None:
    with strict_windows.open("nl") as window:
        log_in_staff(window, house, house.staff["support_agent"])
        assert _names(window) == {"hospes_office_csrf", "hospes_office", "hospes_device"}
        held = {cookie["name"]: cookie for cookie in window.page.context.cookies()}
        assert held["hospes_office"]["expires"] == -1  # until the browser closes


@pytest.fixture(scope="module")
def account(house: House) -> Account:
    return house.sign_up()


def test_no_cache_keeps_a_page_about_somebody(house: House, account: Account) -> None:
    order = house.paid_order(account)
    pages = [
        "",
        "diensten/",
        f"bestellingen/{order}/",
        "gegevens/",
        f"facturen/{house.invoice_of(order)}/pdf/",
    ]
    for path in pages:
        said = account.browser.http.get(account.page(path)).headers.get("cache-control", "")
        assert {"no-store", "private"} <= {word.strip() for word in said.split(",")}, f"{path}: {said}"
    account.browser.get("/operator.css")  # but what is the same for everybody may be kept
    assert "no-store" not in account.browser.page.headers["cache-control"]


def test_a_form_that_does_not_come_from_here_is_refused(
    windows: Windows, house: House, account: Account
) -> None:
    with windows.open("nl", cookies=cookies_of(account, house)) as window:
        page = window.page
        page.goto(house.stack.ports.url("mail"))  # another origin of the same machine
        answer = page.request.post(
            house.address("portal:download", number=account.number),
            headers={"origin": house.stack.ports.url("mail").rstrip("/")},
        )
        assert answer.status == 403
        assert "application/zip" not in answer.headers["content-type"]

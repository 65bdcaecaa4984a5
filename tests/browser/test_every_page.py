"""No page of the portal is forgotten, and each is sound: in both languages, light and dark, wide and on a phone."""

import pytest

from hospes.proofs.stage import Account
from tests.browser import sights
from tests.browser.house import PORTAL, House, fresh_code, routes
from tests.browser.sights import look_at
from tests.browser.steps import cookies_of, log_in, number_in, order, press, put_in_cart, second_step_for
from tests.browser.windows import Windows, faults

pytestmark = pytest.mark.browser
LANGUAGES = ["nl", "en"]
#: Something that another customer wants to hand over to this one.
_OFFER = """
WITH held AS (SELECT * FROM services_service ORDER BY id LIMIT 1), asked AS (
  INSERT INTO services_move (service_id, customer_id, label, to_number, to_email, "when", "by", note, asked_at, key, state, refusal,
    addition_ids)
  SELECT id, customer_id, label, 1, 'a@mail.example', 'now', 'customer', '', now(), 'browser' || %s, 'declined', '', '{}' FROM held
  RETURNING id)
INSERT INTO services_moveoffer (move_id, customer_id, from_name, label, product_id, quantity, months, price_cents, renews_on,
  "when", made_at, state, additions, additions_cents, terms_version, terms_sha256, processing_version, processing_sha256)
SELECT asked.id, c.id, 'Kraakhof', held.label, held.product_id, 1, held.months, held.price_cents, held.renews_on, 'now', now(),
  'open', '', 0, '', '', '', '' FROM asked, held, customers_customer c WHERE c.number = %s
"""


@pytest.mark.parametrize("language", LANGUAGES)
def test_pages_of_a_visitor(strict_windows: Windows, house: House, language: str) -> None:
    with strict_windows.open(language) as window:
        look_at(window, house, sights.of_a_visitor(house))


@pytest.mark.parametrize("language", LANGUAGES)
def test_pages_of_a_customer(strict_windows: Windows, house: House, language: str) -> None:
    private, company = house.numbers_of(house.customer.login)
    with strict_windows.open(language) as window:
        log_in(window, house, house.customer.login, house.customer.password)
        window.page.wait_for_url("**/k/**")
        put_in_cart(window, house, f"page-{language}.example")
        house.owner.execute(_OFFER, [language, private])
        look_at(window, house, sights.of_a_customer(house, private, company))


@pytest.fixture(scope="module")
def careful(house: House) -> tuple[Account, str]:
    """Somebody with a second step, and the key of it; they have not ordered anything."""
    account = house.sign_up()
    return account, second_step_for(account)


@pytest.mark.parametrize("language", LANGUAGES)
def test_pages_of_somebody_with_a_second_step(
    strict_windows: Windows, house: House, careful: tuple[Account, str], language: str
) -> None:
    account, key = careful
    with strict_windows.open(language) as window:
        log_in(window, house, account.email, account.password)
        window.page.wait_for_url("**/2fa/authenticate/**")
        assert faults(window) == []
        press(window, "Log in")
        window.page.get_by_role("alert").wait_for()
        assert faults(window) == []
        window.page.fill("[name=code]", fresh_code(key))
        press(window, "Log in")
        window.page.wait_for_url("**/k/**")
        look_at(window, house, sights.of_somebody_careful(account.number))


@pytest.mark.parametrize("language", LANGUAGES)
def test_pages_between_the_cart_and_the_payment(windows: Windows, house: House, language: str) -> None:
    account = house.sign_up()
    with windows.open(language, cookies=cookies_of(account, house)) as window:
        page = window.page
        page.route(
            "**/checkout/*", lambda route: route.fulfill(status=204)
        )  # nothing to see there: the page before it stays
        put_in_cart(window, house, f"quote-{language}.example")
        page.goto(house.address("portal:checkout", language, number=account.number))
        press(window, "Make a quote of it first")
        quote = number_in(window)
        assert faults(window) == []
        press(window, "Decline")
        page.wait_for_load_state()
        assert faults(window) == []
        put_in_cart(window, house, f"order-{language}.example")
        page.goto(house.address("portal:checkout", language, number=account.number))
        number = order(window)
        assert faults(window) == []
        page.locator("form[action*='/betalen/'] button").click()
        page.wait_for_url("**/betalen/")
        assert faults(window) == []
        page.goto(
            house.address("portal:order", language, number=account.number, order_number=number) + "?terug=1"
        )
        assert faults(window) == []
        assert house.value("SELECT state FROM sales_quote WHERE number = %s", quote) == "declined"


def test_no_page_is_forgotten(house: House) -> None:
    private, company = house.numbers_of(house.customer.login)
    seen = {sight.route for sight in (
        *sights.of_a_visitor(house), *sights.of_a_customer(house, private, company), *sights.of_somebody_careful(0),
    )}  # fmt: skip
    assert set(routes(PORTAL)) - seen - set(sights.NO_PAGES) == sights.OF_THE_SECOND_STEP | {
        "account_new_place",
        "portal:access_member",
        "portal:access_invitation_page",
    }  # which have tests of their own
    assert seen & set(sights.NO_PAGES) == set()


def test_what_is_no_page_answers_with_none(house: House, careful: tuple[Account, str]) -> None:
    paid = house.sign_up()
    number = house.paid_order(paid)
    invoice = house.invoice_of(number)
    arguments = {
        "number": paid.number, "line_id": 1, "invitation_id": 1, "membership_id": 1, "kind": "step",
        "key": "x", "token": "x", "order_number": number, "invoice_number": invoice,
        "quote_number": house.value("SELECT q.number FROM sales_quote q JOIN sales_order o ON o.quote_id = q.id WHERE o.number = %s", number),
        "service_id": house.value("SELECT s.id FROM services_service s JOIN customers_customer c ON c.id = s.customer_id WHERE c.number = %s", paid.number),
    }  # fmt: skip
    found = {}
    for name, expected in sights.NO_PAGES.items():
        visitor = careful[0] if name.startswith("mfa_") else paid
        named = routes(PORTAL)[name]
        address = house.address(name, **{key: value for key, value in arguments.items() if key in named})
        answer = visitor.browser.http.get(address, follow_redirects=False)
        found[name] = (
            str(answer.status_code)
            if answer.status_code != 200
            else answer.headers["content-type"].partition(";")[0]
        )
    assert found == sights.NO_PAGES

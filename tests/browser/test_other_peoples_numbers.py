"""Every address of the portal with the numbers of somebody else: it does not exist, and shows and changes nothing of theirs."""

from collections.abc import Iterator
from itertools import product
from typing import Any

import httpx
import pytest

from hospes.proofs.browser import Browser
from hospes.proofs.stage import Account
from tests.browser.house import OFFICE, PORTAL, House, routes

pytestmark = [pytest.mark.browser, pytest.mark.promise("P03", "P20", "P30")]

#: What the forms of the portal send; a page of somebody else must not get so far as to read it.
SENT = {"terms": "on", "do": "order", "version": "x", "label": "x.example", "months": "1"}

#: Everything that can stand in an address, as it is at a customer.
_IDS = """
SELECT c.number, s.id AS service_id, i.number AS invoice_number, o.number AS order_number, q.number AS quote_number,
       (SELECT m.id FROM customers_membership m WHERE m.customer_id = c.id LIMIT 1) AS membership_id,
       coalesce((SELECT max(v.id) FROM accounts_invitation v WHERE v.customer_id = c.id), 1) AS invitation_id,
       coalesce((SELECT max(v.id) FROM services_moveoffer v WHERE v.customer_id = c.id), 1) AS offer_id,
       coalesce((SELECT max(v.id) FROM debits_mandate v WHERE v.customer_id = c.id), 1) AS mandate_id
  FROM customers_customer c JOIN services_service s ON s.customer_id = c.id JOIN sales_order o ON o.customer_id = c.id
  JOIN sales_quote q ON q.id = o.quote_id JOIN billing_invoice i ON i.origin = 'order:' || o.id
 WHERE c.number = %s LIMIT 1
"""
#: What would betray somebody: names, addresses, what they ordered.
_TELLING = """
SELECT unnest(ARRAY[c.name, c.invoice_email, c.street, s.label]) FROM customers_customer c
  JOIN services_service s ON s.customer_id = c.id WHERE c.number = %s
"""
_STATE = """
SELECT (SELECT array_agg((number, state)) FROM sales_order), (SELECT array_agg((number, state)) FROM sales_quote),
       (SELECT count(*) FROM payments_payment), (SELECT array_agg((id, state)) FROM services_service),
       (SELECT count(*) FROM kernel_journalentry WHERE action = 'rights.package')
"""


@pytest.fixture(scope="module")
def victim(house: House) -> dict[str, Any]:
    """The numbers of a customer who has one of everything."""
    number = house.numbers_of(house.customer.login)[0]
    names = (
        "number", "service_id", "invoice_number", "order_number", "quote_number", "membership_id", "invitation_id",
        "offer_id", "mandate_id",
    )  # fmt: skip
    return dict(zip(names, house.rows(_IDS, number)[0], strict=True))


@pytest.fixture(scope="module")
def stranger(house: House) -> Account:
    """Another customer, logged in, with a cart that could be ordered."""
    account = house.sign_up()
    account.browser.get("/hosting/start/").submit({"months": "1", "label": "vreemd.example"}, has="label")
    return account


def _addresses(house: House, victim: dict[str, Any], own: int) -> Iterator[tuple[str, str]]:
    """Each address with the victim's numbers; and where more than the customer's number stands in it, with one's own beside them."""
    for (name, named), language in product(routes(PORTAL).items(), ("nl", "en")):
        held = {key: value for key, value in victim.items() if key in named}
        if "number" in held:
            yield name, house.address(name, language, **held)
        if set(held) - {"number"}:
            yield name, house.address(name, language, **held | ({"number": own} if "number" in held else {}))


def _knock(browser: Browser, method: str, address: str) -> httpx.Response:
    """Ask for an address, by way of redirects, with a form that is all right."""
    data = SENT | {"csrfmiddlewaretoken": browser.token} if method == "POST" else None
    return browser.http.request(method, address, data=data, headers={"referer": address})


def _telling(house: House, victim: dict[str, Any]) -> set[str]:
    return {text for (text,) in house.rows(_TELLING, victim["number"])} | {house.customer.login}


def test_another_customers_numbers_lead_nowhere(
    house: House, victim: dict[str, Any], stranger: Account
) -> None:
    telling, before = _telling(house, victim), house.rows(_STATE)
    stranger.browser.get("/hosting/start/")
    wrong, hidden = [], set()
    for (name, address), method in product(_addresses(house, victim, stranger.number), ("GET", "POST")):
        answer = _knock(stranger.browser, method, address)
        hidden |= {name} if answer.status_code == 404 else set()
        if answer.status_code not in (404, 405) or any(text in answer.text for text in telling):
            wrong.append(f"{method} {address} answers {answer.status_code}")
    assert wrong == []
    with_numbers = {name for name, named in routes(PORTAL).items() if named & set(victim)}
    assert with_numbers - hidden == set(), "refused for the method only, not for whose it is"
    assert house.rows(_STATE) == before


def test_who_is_not_logged_in_is_asked_to_log_in(house: House, victim: dict[str, Any]) -> None:
    telling, before = _telling(house, victim), house.rows(_STATE)
    visitor = Browser(house.portal)
    visitor.get("/hosting/start/")
    wrong = []
    for (_, address), method in product(_addresses(house, victim, victim["number"]), ("GET", "POST")):
        answer = _knock(visitor, method, address)
        at_the_door = "/account/login/" in answer.url.path or answer.url.path.endswith("/hosting/bestellen/")
        if not (at_the_door or answer.status_code == 405) or any(text in answer.text for text in telling):
            wrong.append(f"{method} {address} answers {answer.status_code} at {answer.url.path}")
    visitor.http.close()
    assert wrong == []
    assert house.rows(_STATE) == before


def test_the_line_of_another_cart_stays_in_it(house: House, stranger: Account) -> None:
    other = Browser(house.portal)
    other.get("/hosting/plus/").submit({"months": "1", "label": "andermans.example"}, has="label")
    line = house.value("SELECT id FROM sales_cartline WHERE label = 'andermans.example'")
    token = stranger.browser.get("/hosting/winkelwagen/").token
    other.http.close()
    answer = stranger.browser.http.post(
        house.address("shop:cart_remove", line_id=line), data={"csrfmiddlewaretoken": token}
    )
    assert "andermans.example" not in answer.text
    assert house.value("SELECT count(*) FROM sales_cartline WHERE id = %s", line) == 1


def test_a_customers_login_opens_nothing_of_the_office(
    house: House, victim: dict[str, Any], stranger: Account
) -> None:
    cookies = {each.name: each.value for each in stranger.browser.http.cookies.jar}
    visitor = Browser(house.office)
    visitor.http.cookies.update(cookies | {"hospes_office": cookies["hospes_portal"]})
    texts = {"token": "x", "key": "verlopen-facturen", "slug": "omzet", "form": "csv"}
    arguments = dict.fromkeys(set().union(*routes(OFFICE).values()), 1) | victim | texts
    wrong = []
    for name, named in routes(OFFICE).items():
        if not name.startswith("office:") or name == "office:join":  # that one is for who has no login yet
            continue
        values = {key: value for key, value in arguments.items() if key in named}
        if name in ("office:invoice", "office:invoice_pdf", "office:resend"):
            values["number"] = victim["invoice_number"]
        answer = visitor.http.get(house.address(name, face="office", **values), follow_redirects=False)
        if answer.status_code != 302 or "/account/login/" not in answer.headers["location"]:
            wrong.append(f"{name} answers {answer.status_code}")
    visitor.http.close()
    assert wrong == []

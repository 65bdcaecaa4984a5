"""The same button, pressed many times at the same moment."""

import re

import pytest

from hospes.proofs.stage import Account
from tests.faults.world import World, a_name, press

pytestmark = [pytest.mark.faults, pytest.mark.xdist_group("faults")]


def test_twenty_payments_of_one_order_are_one(world: World, people: list[Account]) -> None:
    account = people[0]
    order = world.order(account)
    account.browser.get(account.page(f"bestellingen/{order}/"))
    answers = press(account, 20, {}, action="betalen")
    assert {answer.status_code for answer in answers} == {200}
    pages = {match[1] for answer in answers if (match := re.search(r'url=(http[^"]+)', answer.text))}
    assert len(pages) == 1, f"different pages to pay at: {pages}"
    [(reference, state)] = world.payments(order)
    assert state == "open"
    assert [p["id"] for p in world.provider.of_order(order)] == [reference]


def test_the_order_button_pressed_twenty_times_is_one_order(world: World, people: list[Account]) -> None:
    account, name = people[1], a_name()
    account.browser.get("/hosting/plus/").submit({"months": "12", "label": name}, has="label")
    account.browser.get(account.page("afrekenen/"))
    answers = press(account, 20, {"terms": "on", "do": "order"}, has="terms")
    places = {answer.headers.get("location", str(answer.status_code)) for answer in answers}
    assert len(places) == 1, f"not all came to the same order: {places}"
    assert "/bestellingen/B" in places.pop()
    lines = world.rows("SELECT q.number, o.number FROM sales_quoteline l JOIN sales_quote q ON q.id = l.quote_id"
                       " LEFT JOIN sales_order o ON o.quote_id = q.id WHERE l.label = %s", name)  # fmt: skip
    assert len(lines) == 1, f"one click, {lines}"


def test_accepting_a_quote_twenty_times_is_one_order(world: World, people: list[Account]) -> None:
    account, name = people[2], a_name()
    account.browser.get("/hosting/start/").submit({"months": "1", "label": name}, has="label")
    account.browser.get(account.page("afrekenen/")).submit({"do": "quote"}, has="terms")
    answers = press(account, 20, {"terms": "on", "do": "accept"}, has="terms")
    assert len({answer.headers.get("location") for answer in answers}) == 1
    assert (
        world.value(
            "SELECT count(*) FROM sales_order o JOIN sales_quoteline l USING (quote_id) WHERE l.label = %s",
            name,
        )
        == 1
    )

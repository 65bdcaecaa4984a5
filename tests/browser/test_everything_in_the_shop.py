"""Ordering everything at once: a name that was looked for, a package with options and an addition, and hours of work."""

import os
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.house import House
from tests.browser.steps import cookies_of, press
from tests.browser.windows import Windows, faults

pytestmark = pytest.mark.browser
SHOTS = os.environ.get("HOSPES_SHOTS", "")


def shot(window: Any, name: str) -> None:
    """Keep a picture, where somebody wants to look."""
    if SHOTS:
        Path(SHOTS).mkdir(parents=True, exist_ok=True)
        for width in (1280, 390):
            window.page.set_viewport_size({"width": width, "height": 900})
            window.page.screenshot(path=f"{SHOTS}/{name}-{width}.png", full_page=True)
        window.page.set_viewport_size({"width": 1280, "height": 900})


@pytest.mark.parametrize("language", ["nl", "en"])
@pytest.mark.promise("P42")
def test_everything_is_found_chosen_and_ordered(windows: Windows, house: House, language: str) -> None:
    account, name = house.sign_up(), f"helemaal-{language}"
    with windows.open(language, cookies=cookies_of(account, house)) as window:
        page = window.page
        window.go(f"{house.address('shop:domains', language)}?naam={name}")
        assert page.get_by_role("checkbox").count() >= 5
        shot(window, f"domains-{language}")
        page.check("input[name=extensie][value='.nl']")
        press(window, "Put in the cart")
        page.wait_for_url("**/winkelwagen/**")
        window.go(house.address("shop:product", language, slug="plus"))
        page.fill("[name=label]", f"{name}.nl")
        before = page.inner_text("#now")
        page.fill("[name='option-ruimte']", "2")
        page.check("[name='option-kopie']")
        page.check("[name='add-onderhoud']")
        expect(page.locator("#now")).not_to_have_text(before)
        assert faults(window) == []
        shot(window, f"product-{language}")
        press(window, "Put in the cart")
        page.wait_for_url("**/winkelwagen/**")
        window.go(house.address("shop:product", language, slug="werk-per-uur"))
        page.fill("[name=quantity]", "2")
        shot(window, f"work-{language}")
        press(window, "Put in the cart")
        page.wait_for_url("**/winkelwagen/**")
        assert faults(window) == []
        shot(window, f"cart-{language}")
        window.go(house.address("portal:checkout", language, number=account.number))
        assert "SIDN" in page.inner_text("main")
        assert faults(window) == []
        shot(window, f"checkout-{language}")
        page.check("[name=terms]")
        press(window, "Order with obligation to pay")
        page.get_by_role("alert").first.wait_for()  # not without knowing what the registry gets
        page.check("[name=terms]")
        page.check("[name=registries]")
        press(window, "Order with obligation to pay")
        page.wait_for_url("**/bestellingen/**")
        assert faults(window) == []
        shot(window, f"order-{language}")
    told = house.rows(
        "SELECT n.version, k.language FROM sales_registryknown k JOIN catalogue_registrynotice n ON n.id = k.notice_id"
        " JOIN customers_customer c ON c.id = k.customer_id WHERE c.number = %s", account.number,
    )  # fmt: skip
    assert told == [("2026-11", language)]
    lines = house.rows(
        "SELECT l.quantity, cardinality(l.choice_ids), l.parent_id IS NOT NULL FROM sales_quoteline l"
        " JOIN customers_customer c ON c.id = l.customer_id WHERE c.number = %s ORDER BY l.position", account.number,
    )  # fmt: skip
    assert lines == [(1, 0, False), (1, 2, False), (1, 0, True), (2, 0, False)]

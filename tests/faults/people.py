"""People who order while everything breaks: they look, click, reload, and click again."""

import re
import threading
import time
from random import Random
from typing import Any, cast

import httpx
from lxml import html

from hospes.proofs.stage import Account
from tests.faults.outside import Provider
from tests.faults.world import another_window


class TroubleError(Exception):
    """The page is not what was hoped for; somebody who wants it tries again."""


class Shopper:
    """
    Somebody who orders one thing after another and pays for it, by what the pages show and nothing else.

    `rng` says how impatient they are, and how often a payment fails at first.
    """

    def __init__(self, account: Account, provider: Provider, names: list[str], rng: Random) -> None:
        self.account, self.provider, self.names, self.rng = account, provider, names, rng
        self.http = another_window(account.browser)
        self.http.follow_redirects = True
        self.orders: dict[str, str] = {}  # by domain name, the address of its page
        self.troubles: list[str] = []
        self._others: set[str] = set()
        self._nap = threading.Event()  # never set: napping is waiting for it

    def shop(self, deadline: float) -> None:
        """Order and pay for everything; AssertionError when that takes too long."""
        try:
            for name in self.names:
                while not self._try(name):
                    assert time.monotonic() < deadline, (
                        f"{name} could not be ordered and paid for: {self.troubles[-5:]}"
                    )
                    self._nap.wait(self.rng.uniform(0.05, 0.5))
        finally:
            self.http.close()

    def _try(self, name: str) -> bool:
        try:
            if name not in self.orders:
                self.orders[name] = self._ordered(name) or self._order(name)
            return self._paid(self.orders[name])
        except (TroubleError, httpx.HTTPError) as trouble:
            self.troubles.append(f"{type(trouble).__name__}: {trouble}")
            return False

    # --- ordering -----------------------------------------------------------------------------------------------------

    def _ordered(self, name: str) -> str | None:
        """Look among my orders whether it is there already, as one does when the screen went blank after a click."""
        listed = self._get(self.account.page("bestellingen/"))
        for link in dict.fromkeys(re.findall(r'href="(/k/\d+/bestellingen/[^"/]+/)"', listed.text)):
            if link not in self._others:
                if name in self._get(link).text:
                    return str(link)
                self._others.add(link)
        return None

    def _order(self, name: str) -> str:
        self._send(self._get("/hosting/start/"), {"months": "1", "label": name}, has="label")
        checkout = self._get(self.account.page("afrekenen/"))
        if name not in checkout.text:
            raise TroubleError(f"{name} is not in the cart")
        page = self._send(checkout, {"terms": "on", "do": "order"}, has="terms")
        if "/bestellingen/" not in page.url.path:
            raise TroubleError(f"ordering led to {page.url.path}")
        return page.url.path

    # --- paying -------------------------------------------------------------------------------------------------------

    def _paid(self, order: str) -> bool:
        page = self._get(order)
        if 'action="' + order + "betalen/" not in page.text:
            return True
        ways = re.search(r'url=(http[^"]+)', self._send(page, {}, action="betalen").text)
        if ways is None:
            raise TroubleError("there was no way to the payment page")
        reference = "tr_" + ways[1].rstrip("/").split("/")[-1]
        self.provider.settle(
            reference, "failed" if self.rng.random() < 0.15 else "paid", self.rng.choice(["ideal", "paypal"])
        )
        self._get(f"{order}?terug=1")
        raise TroubleError("not yet told how the payment ended")

    # --- pages --------------------------------------------------------------------------------------------------------

    def _get(self, path: str) -> httpx.Response:
        return self._good(self.http.get(path))

    def _send(
        self, page: httpx.Response, fields: dict[str, str], *, has: str = "", action: str = ""
    ) -> httpx.Response:
        for form in cast(Any, html.fromstring(page.text)).forms:
            names = {element.get("name") for element in form.iter("input", "button", "select")}
            if (has and has in names) or (action and action in (form.get("action") or "")):
                target = str(page.url.join(form.get("action") or str(page.url)))
                filled = {name: value for name, value in form.form_values() if value is not None} | fields
                return self._good(self.http.post(target, data=filled, headers={"referer": str(page.url)}))
        raise TroubleError(f"{page.url.path} has no form with {has or action}")

    def _good(self, answer: httpx.Response) -> httpx.Response:
        assert "/account/login/" not in answer.url.path, "a killed process has cost somebody their login"
        if answer.status_code != 200:
            raise TroubleError(f"{answer.request.method} {answer.url.path}: {answer.status_code}")
        return answer

"""The installation that the browsers visit: a whole demo of its own, what is in it, and who can log in."""

import json
import re
import time
from dataclasses import dataclass
from typing import Any

from django.urls import URLResolver, get_resolver, reverse
from django.utils import translation

from hospes.cli.supervisor import Stack
from hospes.cli.totp import code
from hospes.proofs.stage import Account, Stage

ROLE_PREFIX = "hospes_browser"
PORTAL, OFFICE = "hospes.config.urls_portal", "hospes.config.urls_office"
STEP = 30  # seconds that a code of the second step lasts


@dataclass(frozen=True)
class Login:
    """Somebody of the demo who can log in."""

    who: str
    login: str
    password: str
    role: str = ""
    totp: str = ""


class House(Stage):
    """A stage with the demo's customers and staff."""

    def __init__(self, stack: Stack) -> None:
        super().__init__(stack, role_prefix=ROLE_PREFIX)
        self._accounts: list[Account] = []
        told = json.loads((stack.var / "demo.json").read_text())["logins"]
        fields = Login.__dataclass_fields__
        logins = [Login(**{name: value for name, value in entry.items() if name in fields}) for entry in told]
        self.customer = next(login for login in logins if not login.role)
        self.staff = {login.role: login for login in logins if login.role}

    def sign_up(self, *, business: bool = False) -> Account:
        """Somebody new who is logged in; see Stage."""
        self._accounts.append(super().sign_up(business=business))
        return self._accounts[-1]

    def close(self) -> None:
        super().close()
        for account in self._accounts:
            account.browser.http.close()

    def address(self, route: str, language: str = "nl", /, face: str = "portal", **arguments: Any) -> str:
        """The whole address of a route of a face."""
        base, urls = (self.portal, PORTAL) if face == "portal" else (self.office, OFFICE)
        with translation.override(language):
            return base + reverse(route, urlconf=urls, kwargs=arguments)

    def rows(self, sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """What a query gives to the owner, past all policies."""
        return self.owner.execute(sql, parameters or None).fetchall()  # type: ignore[arg-type]  # psycopg wants literals

    def numbers_of(self, email: str) -> list[int]:
        """The numbers of the customers that somebody may act for, the oldest first."""
        return [number for (number,) in self.rows(
            "SELECT c.number FROM customers_customer c JOIN customers_membership m ON m.customer_id = c.id"
            " JOIN customers_person p ON p.id = m.person_id WHERE p.email = %s ORDER BY c.id", email,
        )]  # fmt: skip

    def invoice_of(self, order: str) -> str:
        """The number of the invoice of an order, once its document is there."""
        return str(self.wait("the invoice with its PDF", lambda: self.value(
            "SELECT i.number FROM billing_invoice i JOIN sales_order o ON i.origin = 'order:' || o.id"
            " JOIN billing_document d ON d.invoice_id = i.id WHERE o.number = %s", order,
        )))  # fmt: skip

    def link(self, to: str, path: str) -> str:
        """The link with this path in it, from the newest mail to an address that has one."""
        text = self.mail(to, path)["text"]
        found = re.search(rf"http://\S*{re.escape(path)}\S*", text)
        assert found, text
        return found.group(0)

    def notices(self, **plan: Any) -> None:
        """Say how the payment provider's notices arrive from now on; without words: once and at once."""
        import httpx

        httpx.post(
            f"{self.stack.ports.url('payments')}control/plan", json=plan, timeout=10
        ).raise_for_status()


_used: dict[str, str] = {}


def fresh_code(secret: str) -> str:
    """A code of the second step that is good for some seconds yet, and that was not used before: each works once."""
    while time.time() % STEP > STEP - 3 or code(secret, time.time()) == _used.get(secret):
        time.sleep(0.2)
    _used[secret] = code(secret, time.time())
    return _used[secret]


def routes(urls: str) -> dict[str, set[str]]:
    """All routes of a face: name (or the pattern, where it has none) and what stands in its address."""
    found: dict[str, set[str]] = {}

    def walk(resolver: URLResolver, space: str, above: set[str]) -> None:
        for entry in resolver.url_patterns:
            named = (
                above | set(entry.pattern.converters) | set(getattr(entry.pattern.regex, "groupindex", ()))
            )
            if isinstance(entry, URLResolver):
                walk(entry, f"{space}{entry.namespace}:" if entry.namespace else space, named)
            else:
                found[f"{space}{entry.name or entry.pattern}"] = named

    walk(get_resolver(urls), "", set())
    return found

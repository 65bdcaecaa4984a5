"""A scratch installation on which promises are proved: real processes, a real database, the outside world simulated."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Callable
from typing import Any, TypeVar

import httpx
import psycopg

from hospes.cli.supervisor import Stack
from hospes.kernel.secrets import derived_password
from hospes.proofs.browser import Browser
from hospes.proofs.registry import Broken, must

T = TypeVar("T")

PATIENCE = 30.0  # seconds; what goes through the worker usually takes less than two


class Account:
    """Somebody who signed up on the stage."""

    def __init__(self, browser: Browser, email: str, number: int, password: str) -> None:
        self.browser, self.email, self.number, self.password = browser, email, number, password

    def page(self, path: str = "") -> str:
        """The address of a page of this customer."""
        return f"/k/{self.number}/{path}"


class Stage:
    """What a proof works with."""

    def __init__(self, stack: Stack, *, role_prefix: str = "hospes") -> None:
        self.stack, self.prefix = stack, role_prefix
        self.portal, self.office = (
            stack.ports.url("portal").rstrip("/"),
            stack.ports.url("office").rstrip("/"),
        )
        if stack.dsn is None:
            raise RuntimeError("the installation was not started")
        self.owner = psycopg.connect(stack.dsn.url(), autocommit=True)
        self._browsers: list[Browser] = []
        self._key = (stack.var / "secrets" / "key").read_text().strip().encode()

    def close(self) -> None:
        for browser in self._browsers:
            browser.http.close()
        self.owner.close()

    def browser(self, *, face: str = "portal") -> Browser:
        """A new visitor of the portal, or of the office."""
        self._browsers.append(Browser(self.office if face == "office" else self.portal))
        return self._browsers[-1]

    # --- the database ---------------------------------------------------------------------------------------------------

    def login(self, name: str) -> psycopg.Connection[tuple[Any, ...]]:
        """A database connection just as the face of that name has it."""
        dsn, role = self.stack.dsn, f"{self.prefix}_login_{name}"
        if dsn is None:
            raise RuntimeError("the installation was not started")
        password = derived_password(role, master=self._key)
        return psycopg.connect(host=dsn.host, port=dsn.port, dbname=dsn.name, user=role, password=password)

    def seen_as(
        self,
        login: str,
        purpose: str,
        sql: str,
        parameters: tuple[Any, ...] = (),
        *,
        actor: tuple[str, int] | None = None,
        **scope: int,
    ) -> list[tuple[Any, ...]]:
        """What a purpose of that login's gets for a statement, which is undone; raises psycopg's refusal. `actor`: kind and id."""
        with self.login(login) as connection, connection.transaction(force_rollback=True):
            role = f"{self.prefix}_{purpose}{'_own' if scope else ''}"
            settings = {"role": role, "hospes.purpose": purpose} | {
                f"hospes.{key}": value for key, value in scope.items()
            }
            if actor is not None:
                settings |= {"hospes.actor_kind": actor[0], "hospes.actor": actor[1]}
            for name, value in settings.items():
                connection.execute("SELECT set_config(%s, %s, true)", [name, str(value)])
            return connection.execute(sql, parameters).fetchall()

    def denied(
        self, login: str, purpose: str, sql: str, parameters: tuple[Any, ...] = (), **more: Any
    ) -> str:
        """What PostgreSQL says when a purpose has no right to do this; Broken when it is refused for anything else, or not."""
        said = self.refused_to(login, purpose, sql, parameters, **more)
        must("permission denied" in said, f"{login} as {purpose} may do this: {sql[:70]} ({said})")
        return said

    def held_by(self, constraint: str, sql: str, parameters: tuple[Any, ...] = ()) -> str:
        """What PostgreSQL says when a constraint refuses this even to the owner; Broken when something else does, or nothing."""
        try:
            with self.owner.transaction(force_rollback=True):
                self.owner.execute(sql, parameters)
        except psycopg.IntegrityError as refusal:
            said = str(refusal).splitlines()[0]
            must(
                refusal.diag.constraint_name == constraint,
                f"{constraint} did not refuse it, but something else: {said}",
            )
            return said
        raise Broken(f"{constraint} did not refuse it: {sql[:70]}")

    def no_second(self, table: str, column: str, row_id: int, *, by: str = "", **changed: str) -> str:
        """
        What PostgreSQL says to a copy of a row that has the same value in this column; `changed` are expressions for others.

        `by` is the constraint that has to refuse it, where it is not that of the column alone.
        """
        held = [name for (name,) in self.owner.execute(
            "SELECT column_name FROM information_schema.columns WHERE table_schema = 'public' AND table_name = %s"
            " AND is_identity = 'NO' AND is_generated = 'NEVER'", (table,),
        )]  # fmt: skip
        copied = ", ".join(changed.get(name, name) for name in held)
        copy = f"INSERT INTO {table} ({', '.join(held)}) SELECT {copied} FROM {table} WHERE id = %s"  # our own names
        return self.held_by(by or f"{table}_{column}_key", copy, (row_id,))

    def refused_to(
        self, login: str, purpose: str, sql: str, parameters: tuple[Any, ...] = (), **more: Any
    ) -> str:
        """What PostgreSQL says when it refuses; Broken when it does not."""
        try:
            got = self.seen_as(login, purpose, sql, parameters, **more)
        except psycopg.Error as refusal:
            return str(refusal).splitlines()[0]
        raise Broken(f"{login} as {purpose} was not refused: {sql[:70]} gave {len(got)} rows")

    def value(self, sql: str, *parameters: Any) -> Any:
        """One value, looked up as the owner, past all policies."""
        row = self.owner.execute(sql, parameters).fetchone()
        return None if row is None else row[0]

    def wait(self, what: str, look: Callable[[], T | None]) -> T:
        """Look until there is something, or raise Broken after half a minute."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            if found := look():
                return found
            time.sleep(0.1)
        raise Broken(f"{what}: not within {PATIENCE:.0f} seconds")

    def notice_path(self, reference: str) -> str:
        """Where the provider sends notices about a payment."""
        key = self.value("SELECT idempotency_key FROM payments_payment WHERE reference = %s", reference)
        return f"/betaling/melding/{key}/{derived_password(f'payment notice {key}', master=self._key)}/"

    # --- the outside world ----------------------------------------------------------------------------------------------

    def mails(self, to: str) -> list[dict[str, Any]]:
        """The mails that were delivered to an address, whole, the newest first."""
        url = self.stack.ports.url("mail")
        listed = httpx.get(f"{url}messages.json", params={"to": to}, timeout=10).json()
        return [httpx.get(f"{url}messages/{m['id']}.json", timeout=10).json() for m in listed]

    def mail(self, to: str, having: str) -> dict[str, Any]:
        """The newest mail to an address that has this in it, once it is there."""
        return self.wait(
            f"a mail to {to} with {having}",
            lambda: next((m for m in self.mails(to) if having in str(m)), None),
        )

    def texts(self, number: str) -> list[str]:
        """The text messages that were delivered to a number, the newest first."""
        url = self.stack.ports.url("sms")
        return [
            sms["body"]
            for sms in httpx.get(f"{url}messages.json", params={"recipient": number}, timeout=10).json()
        ]

    def text_code(self, number: str, *, count: int = 1) -> str:
        """The code in the newest text message to a number, once so many have arrived."""
        [newest] = self.wait(
            f"a text message to {number}",
            lambda: self.texts(number)[:1] if len(self.texts(number)) >= count else None,
        )
        code = re.match(r"\d{6}\b", newest)
        if code is None:
            raise Broken(f"the text message has no code: {newest}")
        return code.group()

    # --- people ---------------------------------------------------------------------------------------------------------

    def sign_up(self, *, business: bool = False) -> Account:
        """Somebody new signs up, confirms the address by the link in the mail, and logs in."""
        mark = secrets.token_hex(4)
        email, password = f"proef-{mark}@mail.example", secrets.token_urlsafe(12)
        browser = self.browser()
        fields = {
            "email": email, "password1": password, "given_name": f"Proef{mark}", "family_name": "Voorbeeld", "phone": "",
            "capacity": "business" if business else "private", "trade_name": f"Bedrijf {mark}" if business else "",
            "kvk_number": "90001234" if business else "", "vat_number": "", "street": "Proefstraat 1", "postcode": "5000 AB",
            "town": "Voorbeeldstad", "country": "NL", "terms": "on",
        }  # fmt: skip
        browser.get("/account/signup/").submit(fields, has="password1")
        link = re.search(r"http://\S+/account/confirm-email/\S+", self.mail(email, "confirm-email")["text"])
        if link is None:
            raise Broken("the mail to confirm the address has no link")
        browser.get(link.group(0)).submit({}, action="confirm-email")
        browser.get("/account/login/").submit({"login": email, "password": password}, has="login")
        number = self.value(
            "SELECT c.number FROM customers_customer c JOIN customers_membership m ON m.customer_id = c.id"
            " JOIN customers_person p ON p.id = m.person_id WHERE p.email = %s", email,
        )  # fmt: skip
        must(number, f"{email} signed up, but there is no customer")
        return Account(browser, email, int(number), password)

    def log_in(self, browser: Browser, email: str, password: str) -> None:
        """Log in from a browser that may be new to us: with the code that is mailed then."""
        before = {mail["id"] for mail in self.mails(email)}
        browser.get("/account/login/").submit({"login": email, "password": password}, has="login")
        if browser.path != "/account/nieuwe-plek/":
            return
        code = self.wait(f"a mail to {email} with a code", lambda: next((
            found[1] for mail in self.mails(email)
            if mail["id"] not in before and (found := re.search(r"^(\d{6})\s*$", mail["text"], re.MULTILINE))
        ), ""))  # fmt: skip
        browser.submit({"code": code}, has="code")

    def order(self, account: Account, *, slug: str = "plus", months: int = 12) -> str:
        """The account orders a hosting package through the shop, and gets the number of the order."""
        browser = account.browser
        browser.get(f"/hosting/{slug}/").submit(
            {"months": str(months), "label": f"p{secrets.token_hex(5)}.example"}, has="label"
        )
        browser.get(f"/k/{account.number}/afrekenen/").submit({"terms": "on", "do": "order"}, has="terms")
        must("/bestellingen/" in browser.path, f"after ordering the customer is at {browser.path}")
        return browser.path.rstrip("/").split("/")[-1]

    def begin_paying(self, account: Account, order: str) -> str:
        """The customer goes to the payment provider; returns the reference of the payment there."""
        account.browser.get(account.page(f"bestellingen/{order}/")).submit({}, action="betalen")
        reference = self.value(
            "SELECT p.reference FROM payments_payment p JOIN sales_order o ON o.id = p.order_id WHERE o.number = %s"
            " ORDER BY p.id DESC LIMIT 1", order,
        )  # fmt: skip
        must(reference, f"no payment was made at the provider for {order}")
        return str(reference)

    def at_provider(self, reference: str, outcome: str, method: str = "ideal") -> None:
        """What the customer does at the provider: paid, failed, canceled, expired."""
        url = self.stack.ports.url("payments")
        answer = httpx.post(
            f"{url}control/settle",
            json={"payment": reference, "outcome": outcome, "method": method},
            timeout=10,
        )
        must(answer.is_success, f"the simulated provider refused {outcome}: {answer.text[:200]}")

    def paid_order(self, account: Account) -> str:
        """An order that was ordered, paid and invoiced, whose service is active."""
        order = self.order(account)
        self.at_provider(self.begin_paying(account, order), "paid")
        self.wait(f"the service of {order}", lambda: self.value(
            "SELECT count(*) FROM services_service s JOIN sales_quoteline l ON s.origin = 'quote_line:' || l.id"
            " JOIN sales_order o ON o.quote_id = l.quote_id WHERE o.number = %s AND s.state = 'active'", order,
        ))  # fmt: skip
        return order

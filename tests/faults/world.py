"""The installation that is ill-treated, and the people who order at it."""

import json
import secrets
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, TypeVar

import httpx
import psycopg

from hospes.cli.places import ROOT
from hospes.cli.supervisor import Stack
from hospes.proofs.browser import Browser
from hospes.proofs.stage import Account, Stage
from tests.faults.outside import Panel, Post, Provider

T = TypeVar("T")

ROLE_PREFIX = "hospes_faults"
PATIENCE = 60.0  # seconds in which everything has to be right again, whatever was killed


class World(Stage):
    """A stage whose processes may be killed; what is looked up in its database waits until that is back."""

    def __init__(self, stack: Stack, environments: dict[str, dict[str, str]]) -> None:
        super().__init__(stack, role_prefix=ROLE_PREFIX)
        self.environments = environments
        self.provider = Provider(stack.ports.url("payments"))
        self.panel = Panel(stack.ports.url("panel"))
        self.post = Post(stack.ports.url("mail"))
        self._url = stack.dsn.url() if stack.dsn else ""
        self._looking = threading.RLock()

    def close(self) -> None:
        super().close()
        for simulator in (self.provider, self.panel, self.post):
            simulator.http.close()

    def calm(self) -> None:
        """Good weather everywhere; notices go out once and at once."""
        for simulator in (self.provider, self.panel, self.post):
            simulator.calm()
        self.provider.control("plan")

    # --- looking ------------------------------------------------------------------------------------------------------

    def rows(self, sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """What a query gives to the owner; tried again while the database is away."""
        deadline = time.monotonic() + PATIENCE
        with self._looking:
            while True:
                try:
                    return self.owner.execute(sql.encode(), parameters or None).fetchall()
                except psycopg.OperationalError:
                    if time.monotonic() > deadline:
                        raise
                    self._reconnect()

    def value(self, sql: str, *parameters: Any) -> Any:
        """One value, looked up as the owner, past all policies."""
        found = self.rows(sql, *parameters)
        return found[0][0] if found else None

    def _reconnect(self) -> None:
        self.owner.close()
        time.sleep(0.1)
        try:
            self.owner = psycopg.connect(self._url, autocommit=True)
        except psycopg.OperationalError:
            return  # the next look tries again

    def until(self, what: str, look: Callable[[], T | None], *, seconds: float = PATIENCE) -> T:
        """Look until there is something to see; the time that it took is no sleep but a wait for a condition."""
        deadline = time.monotonic() + seconds
        while not (found := look()):
            assert time.monotonic() < deadline, f"{what}: not within {seconds:.0f} seconds"
            assert not self.stack.failure, self.stack.failure
            time.sleep(0.1)
        return found

    # --- what becomes of an order -------------------------------------------------------------------------------------

    def payments(self, order: str) -> list[tuple[Any, ...]]:
        """Reference and state of the payments of an order, the first one first."""
        return self.rows(
            "SELECT p.reference, p.state FROM payments_payment p JOIN sales_order o ON o.id = p.order_id"
            " WHERE o.number = %s ORDER BY p.id", order,
        )  # fmt: skip

    def state(self, order: str) -> str:
        """How an order stands."""
        return str(self.value("SELECT state FROM sales_order WHERE number = %s", order))

    def active(self, order: str) -> bool:
        """Whether all services of an order work."""
        return bool(self.value(
            "SELECT bool_and(coalesce(s.state = 'active', false)) FROM sales_order o JOIN sales_quoteline l USING (quote_id)"
            " LEFT JOIN services_service s ON s.origin = 'quote_line:' || l.id WHERE o.number = %s", order,
        ))  # fmt: skip

    def label(self, order: str) -> str:
        """The domain name that was ordered."""
        return str(self.value(
            "SELECT l.label FROM sales_order o JOIN sales_quoteline l USING (quote_id) WHERE o.number = %s", order
        ))  # fmt: skip

    def order_and_pay(self, account: Account) -> str:
        """An order that was paid at the provider; what comes of it is still to come."""
        order = self.order(account)
        self.provider.settle(self.begin_paying(account, order))
        return order

    @contextmanager
    def held(self, order: str) -> Iterator[None]:
        """Somebody else holds an order: whoever wants to book on it waits."""
        with psycopg.connect(self._url) as other:
            other.execute("SELECT 1 FROM sales_order WHERE number = %s FOR NO KEY UPDATE", [order])
            yield
            other.rollback()

    def waiting_for_a_lock(self) -> list[int]:
        """The server processes that do something for a worker, and wait for somebody."""
        return [pid for (pid,) in self.rows(
            "SELECT pid FROM pg_stat_activity WHERE application_name = 'hospes worker' AND wait_event_type = 'Lock'"
        )]  # fmt: skip

    # --- processes ----------------------------------------------------------------------------------------------------

    def as_worker(self, code: str, *, ahead: float = 0, ends: int = 0) -> Any:
        """
        Run some lines as a process with the worker's rights, its clock so many seconds ahead.

        They put what they found into `said`, which must be fit for JSON; or the process ends as is said (-9: killed).
        """
        program = f"import django, json; django.setup()\nsaid = None\n{code}\nprint(json.dumps(said))"
        environment = {**self.environments["worker"], "HOSPES_CLOCK_OFFSET": str(ahead)}
        done = subprocess.run(
            [sys.executable, "-c", program],
            env=environment,
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == ends, done.stderr
        return None if ends else json.loads(done.stdout.splitlines()[-1])

    @contextmanager
    def a_second_worker(self) -> Iterator["subprocess.Popen[bytes]"]:
        """A worker beside the one that the supervisor looks after; however the block ends, it does too."""
        living = (
            "SELECT count(*) FROM procrastinate_workers WHERE last_heartbeat > now() - interval '5 seconds'"
        )
        before = self.value(living)
        command = [sys.executable, "-m", "hospes", "worker"]
        with (self.stack.var / "log" / "worker-2.log").open("ab") as log:
            worker = subprocess.Popen(
                command, env=self.environments["worker"], cwd=ROOT, stdout=log, stderr=log
            )
        try:
            self.until("the second worker works", lambda: self.value(living) > before)
            yield worker
        finally:
            if worker.poll() is None:
                worker.terminate()
            worker.wait(30)

    def hospes(self, *words: str) -> "subprocess.CompletedProcess[str]":
        """Run a hospes command as the owner."""
        return subprocess.run(
            [sys.executable, "-m", "hospes", *words], env=self.environments["owner"], cwd=ROOT, capture_output=True,
            text=True, timeout=120,
        )  # fmt: skip


def together(times: int, act: Callable[[int], T]) -> list[T]:
    """Do something so many times at the same moment; what any of them raises is raised."""
    ready = threading.Barrier(times)

    def one(number: int) -> T:
        ready.wait(30)
        return act(number)

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(one, range(times)))


def another_window(browser: Browser) -> httpx.Client:
    """The same visitor in another window: same cookies, own connection; it does not follow redirects."""
    return httpx.Client(
        base_url=browser.http.base_url,
        cookies=dict(browser.http.cookies),
        timeout=30,
        headers=browser.http.headers,
    )


def press(
    account: Account, times: int, fields: dict[str, str], *, has: str = "", action: str = ""
) -> list[httpx.Response]:
    """Send a form of the page that the account has before it so many times at once, each from a window of its own."""
    browser = account.browser
    form = browser._form(has, action)
    filled = {name: value for name, value in form.form_values() if value is not None} | fields
    page = browser.page.url
    target = str(page.join(form.get("action") or str(page)))

    def one(_: int) -> httpx.Response:
        with another_window(browser) as window:
            return window.post(target, data=filled, headers={"referer": str(page)})

    return together(times, one)


def a_name() -> str:
    """A domain name that nobody else orders."""
    return f"p{secrets.token_hex(6)}.example"

"""Paying at the simulated provider, over the wire, and how the books stand afterwards."""

import importlib
import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection

from hospes.billing.models import Invoice
from hospes.kernel import clock
from hospes.kernel.acting import JOB, Actor, acting
from hospes.kernel.jobs import Job
from hospes.kernel.models import JournalEntry
from hospes.kernel.purposes import Purpose
from hospes.payments import services, sweeps
from hospes.payments.models import Notice, PaidFrom, Payment
from hospes.payments.providers import Charge, ProviderUnavailable, provider
from hospes.payments.services import Addresses
from hospes.sales.models import Order
from simulators import PaymentProvider
from simulators.payments.ledger import Payment as Simulated
from tests.payments.providers.worlds import Clock
from tests.support.make import NOW
from tests.support.rights import as_owner

ADDRESSES = Addresses(
    "http://127.0.0.1:9/terug", lambda key: f"http://127.0.0.1:9/melding/{key}"
)  # nobody listens there
IP = "192.0.2.7"


class Till:
    """The provider, the customer at its page, and our side of it; `now` is the provider's clock as well as ours."""

    def __init__(self, sim: PaymentProvider, ahead: Clock) -> None:
        self.sim, self._clock = sim, ahead
        self.sim.control.plan(0)  # notices come when the test says so

    @property
    def now(self) -> datetime:
        return datetime.fromtimestamp(self._clock(), UTC)

    @property
    def ahead(self) -> float:
        """How many seconds that clock runs ahead."""
        return self._clock.ahead.total_seconds()

    def later(self, by: timedelta) -> None:
        self._clock.ahead += by

    # --- the customer ---

    def begin(self, order: Order, language: str = "nl", instead_of: int | None = None) -> str:
        """Press "pay", or "pay in another way" instead of a payment; returns the address of the provider's page."""
        return services.begin(
            provider=provider(), order_id=order.pk, customer_id=order.customer_id, addresses=ADDRESSES, language=language,
            actor=Actor.person(order.person_id, ip=IP), now=self.now, instead_of=instead_of,
        )  # fmt: skip

    def begin_invoice(self, invoice: Invoice, instead_of: int | None = None) -> str:
        """Press "pay" on an open invoice; returns the address of the provider's page."""
        return services.begin(
            provider=provider(), invoice_id=invoice.pk, customer_id=invoice.customer_id, addresses=ADDRESSES, language="nl",
            actor=JOB, now=self.now, instead_of=instead_of,
        )  # fmt: skip

    def settle(self, payment: str, outcome: str, method: str = "ideal") -> None:
        """Say how a payment ends at the provider."""
        self.sim.control.settle(payment, outcome, method)

    # --- the provider ---

    def charges(self) -> list[Simulated]:
        """What the provider has, the oldest first."""
        return list(self.sim.ledger.page(newest=None, limit=10_000)[0])[::-1]

    # --- our side ---

    def book(self, charge: Charge, now: datetime | None = None) -> str:
        """Book what the provider once said."""
        with acting(Purpose.BILLING, actor=JOB):
            return services.book(charge, now=now or self.now)

    def note(self, reference: str) -> int | None:
        """Have a notice of the provider come in."""
        return services.note(reference=reference, now=self.now)

    def sweep(self, page_size: int = 500) -> dict[str, int]:
        """Look for what no notice told."""
        return dict(sweeps.check_open(now=self.now, page_size=page_size))

    def work(self) -> list[str]:
        """Do the waiting jobs about payments, each of which may fail and is then tried again next time; say which."""
        done = []
        for pk, name, arguments in jobs():
            if not name.startswith("payments."):
                continue
            module, _, function = name.rpartition(".")
            job: Job = getattr(importlib.import_module(f"hospes.{module}"), function)
            with suppress(ProviderUnavailable), clock.moved_to(self.now):
                job.run(**arguments)
                done.append(name)
                with as_owner(), connection.cursor() as cursor:
                    cursor.execute("DELETE FROM procrastinate_jobs WHERE id = %s", [pk])
        return done


def jobs() -> list[tuple[int, str, dict[str, Any]]]:
    """What waits to be done: id, task and arguments."""
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("SELECT id, task_name, args FROM procrastinate_jobs ORDER BY id")
        return [(pk, name, json.loads(arguments)) for pk, name, arguments in cursor.fetchall()]


def charge(payment: Payment, state: str = "paid", **words: Any) -> Charge:
    """What the provider says of a payment, without asking it."""
    usual: dict[str, Any] = {
        "reference": payment.reference, "state": state, "cents": payment.cents, "method": "ideal", "checkout_url": None,
        "paid_at": NOW if state == "paid" else None, "holder": "B. Dronkel" if state == "paid" else None,
        "account": "NL17SIMU0123456789" if state == "paid" else None, "order_key": payment.idempotency_key,
    }  # fmt: skip
    return Charge(**(usual | words))


def states(order: Order) -> list[str]:
    """The states of an order's payments, the first one first."""
    with as_owner():
        return list(Payment.objects.filter(order=order).order_by("pk").values_list("state", flat=True))


def state_of(order: Order) -> str:
    """How an order stands."""
    with as_owner():
        return str(Order.objects.values_list("state", flat=True).get(pk=order.pk))


def invoices(order: Order) -> list[Invoice]:
    """The invoices of an order."""
    with as_owner():
        return list(Invoice.objects.filter(origin=f"order:{order.pk}"))


def paid_from() -> list[tuple[int, str, str]]:
    """The accounts that were stored: payment, holder, account."""
    with as_owner():
        return list(PaidFrom.objects.order_by("pk").values_list("payment_id", "holder", "account"))


def notices() -> list[tuple[str, bool]]:
    """The notices that were stored: about which payment, and whether they were looked into."""
    with as_owner():
        return [(n.reference, n.applied_at is not None) for n in Notice.objects.order_by("pk")]


def entries() -> list[str]:
    """What the journal says of payments and orders."""
    with as_owner():
        found = JournalEntry.objects.filter(action__regex=r"^(payment|order)\.").order_by("pk")
        return list(found.values_list("action", flat=True))

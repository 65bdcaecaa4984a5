"""What stories over years share: going on in time, what a customer asks, what happens by the day, and what is in the books."""

import importlib
import uuid
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise

from django.db import connection

from hospes.billing import sweeps as billing_sweeps
from hospes.billing.ledger import checks
from hospes.billing.ledger import sweeps as ledger_sweeps
from hospes.billing.ledger.reports import balances, taxes
from hospes.billing.ledger.reports.table import Period
from hospes.billing.models import Invoice, InvoiceTax
from hospes.billing.run import services as runs
from hospes.catalogue import queries as catalogue
from hospes.catalogue.models import Product
from hospes.customers.models import Customer
from hospes.kernel import clock
from hospes.kernel.acting import JOB, acting
from hospes.kernel.jobs import Job
from hospes.kernel.purposes import Purpose
from hospes.payments import sweeps as payment_sweeps
from hospes.sales import jobs as sales_jobs
from hospes.sales import services as sales
from hospes.sales.models import Order, Quote
from hospes.sales.services import Wanted
from hospes.services import changes, endings, requests
from hospes.services import sweeps as service_sweeps
from hospes.services.models import By, Service, ServiceChange
from hospes.services.queries import entitled_at
from hospes.services.services import Asked
from tests.payments.till import Till, jobs
from tests.sales.shop import accepted, all_of, quoted
from tests.support import make
from tests.support.rights import as_owner

DAY = timedelta(days=1)
_WORKED = (
    "payments.",
    "sales.jobs.deliver",
    "sales.jobs.take_in",
    "billing.jobs.settle_charges",
    "services.jobs.carry_out",
)


@dataclass
class Years:
    """A customer over the years, with what the worker does in between."""

    till: Till
    customer_id: int = 0

    @property
    def today(self) -> date:
        return clock.day_of(self.till.now)

    def orders_on_account(self, months: int, cents: int) -> Service:
        """A new customer orders something today that is invoiced afterwards, as a quote of ours can say; it is delivered."""
        customer = make.customer()
        self.customer_id = customer.pk
        wanted = line(make.product(prices={months: cents}), months, {}, on=self.today)
        quote = quoted(customer, wanted, today=self.today, now=self.till.now)
        order = accepted(quote, today=self.today, now=self.till.now)
        with as_owner():
            Quote.objects.filter(pk=quote.pk).update(on_account=True)
        with acting(Purpose.BILLING, actor=JOB):
            sales.put_on_account(order_id=order.pk, now=self.till.now)
        sales_jobs.deliver.run(order_id=order.pk)
        [service] = all_of(Service)
        return service

    def on(self, day: date) -> None:
        """Go on to noon of a day."""
        noon = datetime.combine(day, datetime.min.time(), tzinfo=self.till.now.tzinfo) + timedelta(hours=11)
        self.till.later(noon - self.till.now)

    def work(self) -> None:
        """What the worker does until nothing is left of it; no files, mails and panels."""
        for _ in range(3):
            billing_sweeps.find_charges()
            payment_sweeps.see_to_refunds(now=self.till.now)
            for pk, name, arguments in jobs():
                if name.startswith(_WORKED):
                    module, _dot, function = name.rpartition(".")
                    job: Job = getattr(importlib.import_module(f"hospes.{module}"), function)
                    with as_owner(), connection.cursor() as cursor:
                        cursor.execute("DELETE FROM procrastinate_jobs WHERE id = %s", [pk])
                    with clock.moved_to(self.till.now):
                        job.run(**arguments)

    def run(self, day: date) -> int:
        """The billing run of a day; returns how many services it renewed."""
        self.on(day)
        return runs.run(day, today=day, now=self.till.now, actor=JOB).services

    def night(self, day: date) -> None:
        """What happens by the day alone: what was planned begins, what was cancelled ends, the ledger keeps up."""
        self.on(day)
        assert service_sweeps.begin_what_was_planned(today=day, now=self.till.now)["failed"] == 0
        assert service_sweeps.end_what_is_due(today=day, now=self.till.now)["failed"] == 0
        ledger_sweeps.keep_up(now=self.till.now)
        self.work()

    def pay(self) -> None:
        """Pay every invoice that is open, in the portal."""
        with as_owner():
            held = [x for x in Invoice.objects.filter(kind="invoice").order_by("pk") if x.open_cents > 0]
        for invoice in held:
            self.till.begin_invoice(invoice)
            self.till.settle(self.till.charges()[-1].id, "paid")
            self.till.note(self.till.charges()[-1].id)
            self.till.work()

    # --- what the customer asks, as their page shows it ---

    def change(self, service: Service, *, at_once: bool, **words: int) -> int:
        """Another package or number; returns what it comes to at once, in cents without VAT."""
        with acting(Purpose.CONTRACT, actor=JOB):
            held = Service.objects.select_related("product").get(pk=service.pk)
            usual = {"product_id": held.product_id, "quantity": held.quantity, "months": held.months}
            want = changes.wanted(held, today=self.today, **(usual | words))
            proposal = changes.propose(held, want, at_once=at_once, today=self.today)
        assert self._ask(held, requests.change_words(proposal)) == "done"
        return proposal.cents

    def cancel(self, service: Service, *, when: str) -> date:
        """Cancel it; returns the first day without it."""
        with acting(Purpose.CONTRACT, actor=JOB):
            held = Service.objects.select_related("product").get(pk=service.pk)
            ways = endings.ways_to_end(held, today=self.today)
            on = {"soonest": ways.soonest, "term_end": ways.at_term_end}[when]
            back = endings.given_back(held, on)
        assert self._ask(held, {"kind": "cancel", "when": when, "on": on, "cents": -back}) == "done"
        return on

    def ways(self, service: Service) -> tuple[date, date]:
        """On which days it can end, cancelled today: at the soonest, and at the end of the term."""
        with acting(Purpose.CONTRACT, actor=JOB):
            found = endings.ways_to_end(Service.objects.get(pk=service.pk), today=self.today)
        return found.soonest, found.at_term_end

    def _ask(self, service: Service, words: dict[str, object]) -> str:
        with acting(Purpose.CONTRACT, actor=JOB):
            made = requests.ask(
                service,
                words,
                asked=Asked(By.STAFF, note="as agreed"),
                key=str(uuid.uuid4()),
                now=self.till.now,
            )
        self.work()
        with as_owner():
            made.refresh_from_db()
        return made.state

    # --- what there is ---

    def documents(self) -> list[tuple[str, date, int, int]]:
        """Kind, day, cents without and with VAT of everything that was issued, the first first."""
        with as_owner():
            rows = Invoice.objects.filter(customer_id=self.customer_id).order_by("pk")
            return [(x.kind, x.issued_on, x.net_cents, x.total_cents) for x in rows]

    def entitled(self, day: date) -> list[tuple[int, int, str]]:
        """Product, number and state of what the customer was entitled to at noon of a day, the first that began first."""
        noon = datetime.combine(day, datetime.min.time(), tzinfo=self.till.now.tzinfo) + timedelta(hours=12)
        with acting(Purpose.CONTRACT, actor=JOB, customer=self.customer_id):
            found = entitled_at(self.customer_id, moment=noon, day=day)
        return [(x.product.pk, x.quantity, x.state.value) for x in reversed(found)]


def service(pk: int) -> Service:
    with as_owner():
        return Service.objects.select_related("product").get(pk=pk)


def books_are_right() -> None:
    with as_owner():
        assert checks.findings(connection) == []


def quarters(first: int, last: int) -> list[Period]:
    """The quarters of some years."""
    begins = [date(year, month, 1) for year in range(first, last + 1) for month in (1, 4, 7, 10)] + [
        date(last + 1, 1, 1)
    ]
    return [Period(one, two - DAY) for one, two in pairwise(begins)]


def box_1a(period: Period) -> tuple[int, int]:
    """Turnover and VAT of box 1a of the return of a period."""
    with acting(Purpose.BILLING, actor=JOB):
        [found] = [(row[2], row[3]) for row in taxes.vat_return(period, period.last).rows if row[0] == "1a"]
    return found


def invoiced_taxes(period: Period) -> tuple[int, int]:
    """What the documents of a period say, credit notes taken off: turnover and VAT."""
    with as_owner():
        rows = InvoiceTax.objects.select_related("invoice").filter(
            invoice__issued_on__gte=period.first, invoice__issued_on__lte=period.last
        )
        signed = [(1 if x.invoice.kind == "invoice" else -1, x) for x in rows]
    return sum(s * x.net_cents for s, x in signed), sum(s * x.vat_cents for s, x in signed)


def year(number: int) -> Period:
    return Period(date(number, 1, 1), date(number, 12, 31))


def closing(period: Period) -> int:
    """What all accounts together stand on at the end of a period: nothing, when the ledger balances."""
    with acting(Purpose.BILLING, actor=JOB):
        return sum(row[5] for row in balances.trial_balance(period, period.last).rows)


def earned(period: Period) -> int:
    with acting(Purpose.BILLING, actor=JOB):
        return sum(row[1] for row in balances.revenue(period, period.last).rows)


def deferred(day: date) -> int:
    """What stands on the account of revenue invoiced in advance."""
    with acting(Purpose.BILLING, actor=JOB):
        table = balances.deferred(Period(day.replace(day=1), day), day)
    assert table.notes == []
    return sum(row[1] for row in table.rows)


# --- ordering ---


def line(product: Product, months: int, counts: dict[int, int], *, on: date, **words: object) -> Wanted:
    """A line as the shop asks for it."""
    found = catalogue.offer(slug=product.slug, months=months, today=on)
    assert found is not None
    chosen = found.chosen(counts)
    assert chosen is not None
    costs = found.quotation(chosen=chosen, quantity=int(str(words.get("quantity", 1))))
    return Wanted(
        product.pk, product.name_nl, "voorbeeld.test", months, net_cents=costs.now_cents, setup_cents=costs.setup_cents,
        steps=costs.steps, choices=tuple((each.choice.pk, n) for each, n in chosen),
        details=catalogue.choice_words((each.choice, n) for each, n in chosen), **words,  # type: ignore[arg-type]
    )  # fmt: skip


def bought(story: Years, customer: Customer, *lines: Wanted, start_asked: bool = False) -> list[Service]:
    """Ordered and paid in the portal, and delivered."""
    story.customer_id = customer.pk
    order = accepted(
        quoted(customer, *lines, today=story.today, now=story.till.now), today=story.today, now=story.till.now
    )
    if start_asked:
        with as_owner():
            Order.objects.filter(pk=order.pk).update(start_asked_at=story.till.now)
    story.till.begin(order)
    story.till.settle(story.till.charges()[-1].id, "paid")
    story.till.note(story.till.charges()[-1].id)
    story.work()
    with as_owner():
        Service.objects.filter(customer=customer).update(state="active")
        for each in Service.objects.filter(customer=customer):
            ServiceChange.objects.create(service=each, customer=customer, was="pending", became="active", reason="made",
                                         at=story.till.now)  # fmt: skip
    return all_of(Service)


def with_vat(net: int) -> int:
    return net + (net * 21 + 50) // 100

"""Our books, the provider and the bank as the tests of reconciling play them, over the wire, a day at a time."""

from collections import Counter
from datetime import date, timedelta
from typing import Any

from hospes.billing.models import Invoice
from hospes.kernel import clock
from hospes.payments.bank.reading import Line
from hospes.payments.reconciling import sweeps
from hospes.payments.reconciling.models import Difference
from tests.billing.books import again as now_as
from tests.billing.books import draft, issue
from tests.payments.bank.paper import statement, take_in
from tests.payments.till import Till
from tests.support.rights import as_owner

#: From where the provider transfers.
THEIRS = "NL44RABO0123456789"


class Three:
    """One world: `till` is the provider and our side of it; the bank is what its statements say."""

    def __init__(self, till: Till) -> None:
        self.till, self._balance, self._made = till, 100_000, 0
        self.begin = self.today

    @property
    def today(self) -> date:
        return clock.day_of(self.till.now)

    def days_later(self, days: int = 1) -> None:
        self.till.later(timedelta(days=days))

    # --- what customers do ---

    def paid(self, customer: Any = None) -> str:
        """An invoice is made and paid at the provider; returns the reference of the payment."""
        return self.pay(self.invoice(customer))

    def invoice(self, customer: Any = None) -> Invoice:
        self._made += 1
        made = draft(customer, origin=f"order:{self._made}", due_on=self.today + timedelta(days=14))
        return issue(made, today=self.today, now=self.till.now)

    def pay(self, invoice: Invoice) -> str:
        self.till.begin_invoice(now_as(invoice))
        reference = self.till.charges()[-1].id
        self.till.settle(reference, "paid")
        self.hear(reference)
        return reference

    def hear(self, reference: str) -> None:
        """The notice of the provider comes in."""
        self.till.note(reference)
        self.till.work()

    def charge_back(self, reference: str) -> str:
        made = self.till.sim.control.charge_back(reference)
        self.hear(reference)
        return str(made["id"])

    # --- what the provider and the bank do ---

    def pay_out(self, status: str = "paidout") -> dict[str, Any]:
        return self.till.sim.control.pay_out(status)

    def arrives(self, payout: dict[str, Any], **words: Any) -> None:
        """A statement of today brings a payout, with its number."""
        self.statement(self.line(payout["cents"], payout["reference"], **words))

    def line(self, cents: int, text: str, **words: Any) -> Line:
        usual: dict[str, Any] = {
            "booked_on": self.today,
            "name": "Stichting Mollie Payments",
            "account": THEIRS,
        }
        return Line(cents=cents, remittance=text, **(usual | words))

    def statement(self, *lines: Line) -> None:
        take_in(statement(*lines, opening=self._balance, on=self.today), now=self.till.now)
        self._balance += sum(each.cents for each in lines)

    # --- comparing ---

    def reconcile(self, day: date | None = None) -> Counter[str]:
        """What the job does: yesterday, or another day."""
        return sweeps.reconcile(day or self.today - timedelta(days=1), now=self.till.now)

    def next_morning(self) -> Counter[str]:
        self.days_later()
        return self.reconcile()


def differences(*, closed: bool = False) -> list[Difference]:
    """Those that are open, or closed, the first found first."""
    with as_owner():
        return list(Difference.objects.filter(closed_at__isnull=not closed).order_by("pk"))


def kinds() -> list[tuple[str, str, str]]:
    """What is open: between what, what it is, about what."""
    return [(each.side, each.kind, each.about) for each in differences()]

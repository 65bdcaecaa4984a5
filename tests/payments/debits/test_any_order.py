"""
Whatever customer, clerk, clock and bank do, in whatever order: the books say what a plain model says, and the ledger agrees.
"""

from collections import Counter
from contextlib import suppress
from datetime import timedelta

import pytest
from django.db import transaction
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from hospes.billing import payments as billing
from hospes.billing import services as invoicing
from hospes.billing.ledger import services as ledger
from hospes.billing.models import Invoice
from hospes.kernel.acting import JOB, acting
from hospes.kernel.purposes import Purpose
from hospes.payments import refunds, sweeps
from hospes.payments.balances import setting_off
from hospes.payments.debits import services
from hospes.payments.debits.models import LIVE, Debit, Mandate
from hospes.payments.models import Refund
from tests.billing.books import again
from tests.payments.debits import desk
from tests.payments.debits.desk import at, balance, debits
from tests.support import make, names
from tests.support.rights import as_owner

pytestmark = [pytest.mark.django_db, pytest.mark.login("worker")]

_CODES = st.sampled_from(["AM04", "MD06", "MD01", "AC04", "MS03"])


class Collecting(RuleBasedStateMachine):
    """
    One customer. The model is what was invoiced, credited and paid otherwise, and which collections took money and kept it: sums,
    and nothing of how the code goes about it.
    """

    def __init__(self) -> None:
        super().__init__()
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        names.begin()
        self.today = make.TODAY
        self.customer = desk.paying_customer()
        self.invoices: list[Invoice] = []
        self.sums: Counter[str] = Counter()
        self.took: dict[str, int] = {}  # what the bank took and did not give back, by reference
        self.mandated = False

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.atomic.__exit__(None, None, None)

    # --- the customer ---

    @precondition(lambda self: not self.mandated)
    @rule()
    def sign(self) -> None:
        desk.sign(self.customer, now=at(self.today))
        self.mandated = True

    @precondition(lambda self: self.mandated)
    @rule()
    def withdraw(self) -> None:
        desk.withdraw(self.customer, now=at(self.today))
        self.mandated = False

    @precondition(lambda self: len(self.invoices) < 4)
    @rule(net=st.integers(1, 50_000), days=st.integers(0, 20))
    def invoiced(self, net: int, days: int) -> None:
        made = desk.invoice(self.customer, len(self.invoices) + 1, net_cents=net, on=self.today, days=days)
        self.invoices.append(made)
        self.sums["invoiced"] += made.total_cents

    @precondition(lambda self: self.invoices)
    @rule(data=st.data(), part=st.integers(1, 100))
    def pay_otherwise(self, data: st.DataObject, part: int) -> None:
        invoice = again(data.draw(st.sampled_from(self.invoices)))
        cents = invoice.open_cents * part // 100
        if not cents:
            return
        with acting(Purpose.BILLING, actor=JOB):
            number = self.sums["payments"] = self.sums["payments"] + 1
            billing.take_payment(
                invoice_id=invoice.pk,
                cents=cents,
                paid_at=at(self.today),
                paid_with="ideal",
                now=at(self.today),
            )
            ledger.post([ledger.receipt(origin=f"other:{number}", customer_id=self.customer.pk, cents=cents, on=self.today, document="x",
                                        is_surplus=False)], now=at(self.today))  # fmt: skip
        self.sums["paid"] += cents

    @precondition(lambda self: self.invoices)
    @rule(data=st.data(), cents=st.integers(1, 30_000))
    def credit(self, data: st.DataObject, cents: int) -> None:
        invoice = data.draw(st.sampled_from(self.invoices))
        with as_owner():
            [line] = invoice.lines.all()
        part = min(cents, line.creditable_cents)
        if not part:
            return
        with acting(Purpose.BILLING, actor=JOB):
            self.sums["notes"] += 1
            note = invoicing.credit(invoice_id=invoice.pk, reason="x", key=f"{self.sums['notes']}", today=self.today, now=at(self.today),
                                    lines={line.pk: part})  # fmt: skip
        self.sums["credited"] += note.total_cents

    # --- the clock ---

    @rule(days=st.sampled_from([1, 1, 2, 5, 14]))
    def later(self, days: int) -> None:
        for _ in range(days):
            self.today += timedelta(days=1)
            self.see_what_is_collected()
            desk.day(self.today)

    def see_what_is_collected(self) -> None:
        """The bank takes on its day what it was handed."""
        for each in debits():
            if each.state == "submitted" and each.collect_on < self.today:
                self.took[each.end_to_end_id] = each.cents

    # --- the clerk ---

    @rule()
    def submit(self) -> None:
        for batch in desk.batches():
            with suppress(services.BatchRefused):
                desk.download(batch, self.today)
                desk.submit(batch, self.today)

    @rule()
    def take_back(self) -> None:
        for batch in desk.batches():
            with suppress(services.BatchRefused), acting(Purpose.BILLING, actor=JOB):
                services.cancel(batch_id=batch.pk, now=at(self.today))

    @rule()
    def plan_refunds(self) -> None:
        sweeps.see_to_refunds(now=at(self.today), look_up=False)

    @rule()
    def pay_back_by_hand(self) -> None:
        with as_owner():
            waiting = list(Refund.objects.filter(state="failed"))
        for each in waiting:
            with acting(Purpose.BILLING, actor=JOB):
                refunds.paid_by_hand(refund_id=each.pk, on=self.today, now=at(self.today))
            self.sums["paid back"] += each.cents

    @rule()
    def put_right(self) -> None:
        for each in debits():
            with suppress(services.NotPutRight), acting(Purpose.BILLING, actor=JOB):
                before = balance("suspense")
                services.put_right(debit_id=each.pk, on=self.today, now=at(self.today))
                self.sums["paid back"] += before - balance("suspense")

    # --- the bank ---

    @precondition(lambda self: debits())
    @rule(data=st.data(), code=_CODES, again_too=st.booleans())
    def give_back(self, data: st.DataObject, code: str, again_too: bool) -> None:
        each = data.draw(st.sampled_from(debits()))
        said = desk.returned(each, code, self.today)
        took = each.state in ("batched", "submitted", "collected")
        assert (said == "returned") is took
        self.took.pop(each.end_to_end_id, None)
        if again_too:
            assert desk.returned(each, code, self.today) in ("same", "unknown")
        self.see_mandate()

    @precondition(lambda self: debits())
    @rule(data=st.data(), code=_CODES)
    def reject(self, data: st.DataObject, code: str) -> None:
        each = data.draw(st.sampled_from(debits()))
        desk.rejected(each, code, self.today)
        self.took.pop(each.end_to_end_id, None)
        self.see_mandate()

    def see_mandate(self) -> None:
        with as_owner():
            self.mandated = Mandate.objects.filter(state="active").exists()

    # --- what always holds ---

    @invariant()
    def the_ledger_says_what_the_documents_say(self) -> None:
        assert balance("debtors") == desk.open_items()
        assert -balance("surplus") == desk.has_with_us(self.customer)

    @rule()
    def set_off(self) -> None:
        with acting(Purpose.BILLING, actor=JOB):
            setting_off.set_off(customer_id=self.customer.pk, now=at(self.today))

    @invariant()
    def the_books_say_what_happened(self) -> None:
        assert balance("debits") == sum(self.took.values())
        booked = {each.end_to_end_id: each.cents for each in debits() if each.state == "collected"}
        assert booked == self.took
        owes = (
            self.sums["invoiced"]
            - self.sums["credited"]
            - self.sums["paid"]
            - sum(self.took.values())
            + self.sums["paid back"]
        )
        assert balance("debtors") + balance("surplus") == owes

    @invariant()
    def nothing_is_collected_twice_or_without_a_mandate(self) -> None:
        live = Counter(each.invoice_id for each in debits() if each.state in LIVE)
        assert set(live.values()) <= {1}
        with as_owner():
            stray = Debit.objects.filter(state="batched", batch=None).count()
            made = Debit.objects.filter(batch__state="cancelled").count()
        assert (stray, made) == (0, 0)

    @invariant()
    def nothing_is_over_announced(self) -> None:
        for batch in desk.batches():
            if batch.state == "submitted":
                inside = [each for each in debits() if each.batch_id == batch.pk]
                assert sum(each.cents for each in inside) == batch.total_cents


def test_whatever_happens_in_whatever_order_the_books_agree() -> None:
    run_state_machine_as_test(
        Collecting, settings=settings(max_examples=15, stateful_step_count=20, deadline=None)
    )

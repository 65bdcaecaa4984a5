"""
Payments, refunds, chargebacks, credit notes, balances, write-offs, bank statements and direct debits in any order, against a
plain model.

The model is what the customer was invoiced and credited, what was written off, how the money stands at the provider, and what came
in at the bank. After every step the ledger says the same as the open items and balances; and once everything was heard, what the
customer owes or has with us is what was invoiced less what came in.
"""

from contextlib import suppress
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from django.db import transaction
from django.utils import translation
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from hospes.billing import services as billing
from hospes.billing.ledger.models import LedgerLine
from hospes.billing.models import Invoice
from hospes.billing.services import CreditRefused
from hospes.kernel import clock
from hospes.kernel.acting import JOB, Actor, acting
from hospes.kernel.purposes import Purpose
from hospes.payments import services, sweeps
from hospes.payments.approvals import services as approvals
from hospes.payments.balances import jobs as balances
from hospes.payments.balances import payouts
from hospes.payments.balances.models import ON_ITS_WAY, Balance, Payout
from hospes.payments.bank import allocating
from hospes.payments.bank.models import BankAllocation, BankLine
from hospes.payments.chargebacks import jobs as chargebacks
from hospes.payments.chargebacks.models import Chargeback
from hospes.payments.debits import sweeps as debits
from hospes.payments.debits.models import Debit
from hospes.payments.debits.services import BatchRefused, MandateRefused
from hospes.payments.models import Payment
from hospes.payments.providers import ProviderUnavailable, provider
from hospes.payments.services import PaymentRefused
from simulators.base import ControlError
from tests.billing.books import draft, issue, line
from tests.payments.agreement import assert_agreement, open_items
from tests.payments.bank.paper import line as bank_line
from tests.payments.bank.paper import statement, take_in
from tests.payments.debits import desk
from tests.payments.till import ADDRESSES, Till
from tests.support import make, names
from tests.support.rights import as_owner

pytestmark = [pytest.mark.django_db, pytest.mark.login("worker"), pytest.mark.promise("P14")]

#: The provider keeps what was before, so each run has invoices of its own.
_ORIGINS = count(1)
_PART = st.integers(1, 9_000)


class Money(RuleBasedStateMachine):
    """One customer with a few invoices."""

    till: Till

    invoices = Bundle("invoices")
    lines = Bundle("lines")
    charges = Bundle("charges")

    def __init__(self) -> None:
        super().__init__()
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        # Invoices have the numbers of the run before, which the provider would know.
        self.till.sim.control.reset()
        self.till.sim.control.plan(0)
        names.begin()
        self.customer = make.customer(holder=make.person())
        self.person = make.holder_of(self.customer)
        self.before = {c.id for c in self.till.charges()}
        self.written_off, self.closing = 0, 0

    def teardown(self) -> None:
        try:
            self.everything_comes_to_light()
        finally:
            transaction.set_rollback(True)
            self.atomic.__exit__(None, None, None)

    # --- what is invoiced, and what of it is given up ---

    @rule(target=invoices, cents=st.integers(100, 9_000))
    def invoice(self, cents: int) -> int:
        today = clock.day_of(self.till.now)
        made = issue(
            draft(self.customer, origin=f"machine:{next(_ORIGINS)}", due_on=today + timedelta(days=14), lines=[line(cents)]),
            today=today, now=self.till.now,
        )  # fmt: skip
        return made.pk

    @rule(invoice=invoices, cents=_PART)
    def credit(self, invoice: int, cents: int) -> None:
        with as_owner():
            row = Invoice.objects.get(pk=invoice).lines.get()
        with suppress(CreditRefused), acting(Purpose.BILLING, actor=JOB):
            billing.credit(
                invoice_id=invoice, reason="x", key=f"machine:{next(_ORIGINS)}", today=clock.day_of(self.till.now),
                now=self.till.now, lines={row.pk: cents},
            )  # fmt: skip

    @rule(invoice=invoices, cents=_PART)
    def write_off(self, invoice: int, cents: int) -> None:
        with suppress(approvals.NotDecided), acting(Purpose.BILLING, actor=JOB):
            approvals.write_off(
                invoice_id=invoice, cents=cents, reason="x", by=self.person.pk, now=self.till.now
            )
            self.written_off += cents

    # --- what the customer does ---

    @rule(target=charges, invoice=invoices)
    def pay(self, invoice: int) -> Any:
        with as_owner():
            found = Invoice.objects.get(pk=invoice)
        with suppress(PaymentRefused):
            self.till.begin_invoice(found)
        return self.new_charges()

    @rule(target=charges)
    def pay_all(self) -> Any:
        with as_owner():
            numbers = list(
                Invoice.objects.filter(customer=self.customer, kind="invoice").values_list(
                    "number", flat=True
                )
            )
        with suppress(PaymentRefused):
            services.begin_together(
                provider=provider(), customer_id=self.customer.pk, numbers=numbers, addresses=ADDRESSES, language="nl",
                actor=Actor.person(self.person.pk), now=self.till.now,
            )  # fmt: skip
        return self.new_charges()

    @rule()
    def ask_for_the_balance(self) -> None:
        with (
            suppress(payouts.NothingToPayOut),
            acting(Purpose.BILLING, actor=Actor.person(self.person.pk), customer=self.customer.pk),
        ):
            payouts.ask(customer_id=self.customer.pk, person_id=self.person.pk, now=self.till.now)

    # --- what the provider and banks do ---

    @rule(charge=charges, end=st.sampled_from(["paid", "paid", "paid", "pending", "failed"]))
    def settle(self, charge: str, end: str) -> None:
        with suppress(ControlError):
            self.till.settle(charge, end)

    @rule(charge=charges, cents=_PART)
    def take_back(self, charge: str, cents: int) -> None:
        with suppress(ControlError):
            self.till.sim.control.charge_back(charge, cents)

    @rule(charge=charges)
    def give_back(self, charge: str) -> None:
        for each in self.till.sim.control.chargebacks_of(charge):
            if each["reversed"] is None:
                self.till.sim.control.reverse_chargeback(each["id"])
                return

    # --- what comes in at the bank ---

    @rule(target=lines, cents=st.integers(1, 12_000))
    def transfer(self, cents: int) -> int:
        today = clock.day_of(self.till.now)
        came = bank_line(cents, f"vooruit {next(_ORIGINS)}", booked_on=today, account="")
        take_in(statement(came, on=today, opening=self.closing), now=self.till.now)
        self.closing += cents
        with as_owner():
            return int(BankLine.objects.latest("pk").pk)

    @rule(line=lines, invoice=invoices)
    def is_for(self, line: int, invoice: int) -> None:
        with as_owner():
            number = Invoice.objects.values_list("number", flat=True).get(pk=invoice)
        with suppress(allocating.Refused), acting(Purpose.BILLING, actor=JOB):
            allocating.pay_invoices(line_id=line, shares=[(number, None)], now=self.till.now)

    @rule(line=lines)
    def is_held(self, line: int) -> None:
        with suppress(allocating.Refused), acting(Purpose.BILLING, actor=JOB):
            allocating.hold_as_balance(line_id=line, number=self.customer.number, now=self.till.now)

    @rule(line=lines)
    def was_something_else(self, line: int) -> None:
        with as_owner():
            said = BankAllocation.objects.filter(line_id=line, undone_at=None).order_by("-pk").first()
        if said is not None:
            with suppress(allocating.Refused), acting(Purpose.BILLING, actor=JOB):
                allocating.undo(allocation_id=said.pk, now=self.till.now)

    # --- direct debit by our own bank ---

    @rule()
    def sign(self) -> None:
        with suppress(MandateRefused):
            desk.sign(self.customer, now=self.till.now)

    @rule(days=st.sampled_from([1, 3, 14]))
    def later(self, days: int) -> None:
        for _ in range(days):
            self.till.later(timedelta(days=1))
            debits.day_begins(now=self.till.now)
            for batch in desk.batches():
                with suppress(BatchRefused):
                    desk.submit(batch, clock.day_of(self.till.now))

    @rule(data=st.data())
    def bank_gives_back(self, data: st.DataObject) -> None:
        with as_owner():
            mine = list(Debit.objects.filter(customer=self.customer, state__in=["submitted", "collected"]))
        if mine:
            desk.returned(data.draw(st.sampled_from(mine)), "MD06", clock.day_of(self.till.now))

    def at_the_bank(self) -> int:
        """What came in by transfer and by direct debit, and is this customer's."""
        with as_owner():
            said = BankAllocation.objects.filter(customer=self.customer, undone_at=None)
            took = Debit.objects.filter(customer=self.customer, state="collected")
            return sum(said.values_list("cents", flat=True)) + sum(took.values_list("cents", flat=True))

    # --- what we do ---

    @rule(charge=charges)
    def hear(self, charge: str) -> None:
        self.till.note(charge)
        self.till.work()

    @rule(is_away=st.booleans())
    def work(self, is_away: bool) -> None:
        if is_away:
            self.till.sim.control.outage(-1)
        sweeps.see_to_refunds(now=self.till.now)
        with clock.moved_to(self.till.now):
            balances.sweep.run(timestamp=0)
        self.till.work()
        self.till.sim.control.calm()

    @rule()
    def look_for_what_no_notice_told(self) -> None:
        with suppress(ProviderUnavailable), clock.moved_to(self.till.now):
            chargebacks.sweep.run(timestamp=0)
        self.till.work()

    def new_charges(self) -> Any:
        new = [c.id for c in self.till.charges() if c.id not in self.before]
        self.before |= set(new)
        return multiple(*new)

    def lost(self) -> int:
        """What was written off and not undone by a credit note: never more than was written off."""
        with as_owner():
            lines = LedgerLine.objects.filter(customer=self.customer, account__use="written_off")
            lost = sum(each.debit_cents - each.credit_cents for each in lines)
        assert 0 <= lost <= self.written_off
        return lost

    # --- what holds ---

    @invariant()
    def books_agree(self) -> None:
        assert_agreement()

    def mine(self) -> list[str]:
        with as_owner():
            found = Payment.objects.filter(customer=self.customer).exclude(reference=None)
            return [str(reference) for reference in found.values_list("reference", flat=True)]

    def everything_comes_to_light(self) -> None:
        self.till.sim.control.calm()
        for _ in range(3):
            for charge in self.mine():
                self.till.note(charge)
            self.work(False)
            self.till.work()
        assert_agreement()
        control, at_provider = self.till.sim.control, 0
        for charge in self.till.charges():
            if charge.id in self.mine() and charge.status == "paid":
                back = sum(x["cents"] for x in control.refunds_of(charge.id) if x["status"] == "refunded")
                taken = sum(x["cents"] for x in control.chargebacks_of(charge.id) if x["reversed"] is None)
                at_provider += self.till.sim.refunds.paid(charge) - back - taken
        with as_owner():
            documents = list(Invoice.objects.filter(customer=self.customer))
            lines = LedgerLine.objects.filter(customer=self.customer, account__use="clearing")
            assert sum(each.debit_cents - each.credit_cents for each in lines) == at_provider
            held = sum(Balance.objects.filter(customer=self.customer).values_list("cents", flat=True))
            going = Payout.objects.filter(customer=self.customer, state__in=ON_ITS_WAY)
            held += sum(going.values_list("cents", flat=True))
            owed = open_items().get(self.customer.pk, 0) - held
            assert Chargeback.objects.values("reference").distinct().count() == Chargeback.objects.count()
        came = at_provider + self.at_the_bank()
        assert owed == sum(each.signed_cents for each in documents) - self.lost() - came


def test_money_in_any_order(till: Till) -> None:
    """See above."""
    Money.till = till
    with translation.override("en"):
        run_state_machine_as_test(
            Money, settings=settings(max_examples=40, stateful_step_count=24, deadline=None, derandomize=True)
        )

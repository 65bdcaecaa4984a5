"""
Payments, refunds, chargebacks, credit notes, balances and write-offs in any order, against a plain model.

The model is what the customer was invoiced and credited, what was written off, and how the money stands at the provider. After
every step the ledger says the same as the open items and balances; and once everything was heard, what the customer owes or has
with us is what was invoiced less what came in.
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
from hospes.payments.chargebacks import jobs as chargebacks
from hospes.payments.chargebacks.models import Chargeback
from hospes.payments.models import Payment
from hospes.payments.providers import ProviderUnavailable, provider
from hospes.payments.services import PaymentRefused
from simulators.base import ControlError
from tests.billing.books import draft, issue, line
from tests.payments.agreement import assert_agreement, open_items
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
        self.written_off = 0

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
        assert owed == sum(each.signed_cents for each in documents) - self.lost() - at_provider


def test_money_in_any_order(till: Till) -> None:
    """See above."""
    Money.till = till
    with translation.override("en"):
        run_state_machine_as_test(
            Money, settings=settings(max_examples=30, stateful_step_count=18, deadline=None, derandomize=True)
        )

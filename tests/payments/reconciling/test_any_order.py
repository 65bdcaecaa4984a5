"""
Whatever happens in whatever order: once everything has arrived no difference is left, and what the books say that the provider has
of ours is nothing. Then each fault that is planted gives one difference, and none is left once it is put right.
"""

from contextlib import suppress
from itertools import count
from typing import Any

import pytest
from django.db import transaction
from django.utils import translation
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, multiple, rule, run_state_machine_as_test

from hospes.billing import services as billing
from hospes.billing.ledger.models import LedgerLine
from hospes.billing.models import Invoice
from hospes.billing.services import CreditRefused
from hospes.kernel.acting import JOB, acting
from hospes.kernel.purposes import Purpose
from hospes.payments import sweeps as payments
from hospes.payments.models import Payment
from hospes.payments.reconciling.models import Settlement
from simulators.base import ControlError
from tests.payments.reconciling.three import Three, kinds
from tests.support import make, names
from tests.support.rights import as_owner

pytestmark = [pytest.mark.django_db, pytest.mark.login("worker"), pytest.mark.promise("P14")]

_KEYS, _FAULTS = count(1), count()
_PART = st.integers(1, 9_000)
#: What each is called once it is found.
FAULTS = {
    "hide": "not_there", "double": "twice", "amount": "amount", "unknown": "not_booked", "no_arrival": "not_arrived",
    "other_arrival": "other_arrived", "no_sum": "sum", "stray": "unknown_payout",
}  # fmt: skip


class Days(RuleBasedStateMachine):
    """One customer with a few invoices, some days long."""

    three: Three

    charges = Bundle("charges")
    payouts = Bundle("payouts")

    def __init__(self) -> None:
        super().__init__()
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        self.three = Three(type(self).three.till)
        self.control = self.three.till.sim.control
        self.control.reset()
        self.control.plan(0)
        names.begin()
        self.customer = make.customer()
        self.three.statement()
        self.three.days_later()
        self.three.reconcile()
        self.brought: set[str] = set()
        self.paid: list[str] = []

    def teardown(self) -> None:
        try:
            self.everything_arrives()
            self.each_fault_is_one_difference()
        finally:
            transaction.set_rollback(True)
            self.atomic.__exit__(None, None, None)

    # --- what happens ---

    @rule(target=charges, is_heard=st.booleans())
    def pay(self, is_heard: bool) -> Any:
        invoice = self.three.invoice(self.customer)
        self.three.till.begin_invoice(invoice)
        reference = self.three.till.charges()[-1].id
        self.three.till.settle(reference, "paid")
        if is_heard:
            self.three.hear(reference)
        self.paid.append(reference)
        return reference

    @rule(charge=charges)
    def hear(self, charge: str) -> None:
        self.three.hear(charge)

    @rule(charge=charges, cents=_PART)
    def credit(self, charge: str, cents: int) -> None:
        with as_owner():
            found = Payment.objects.filter(reference=charge).first()
            row = Invoice.objects.get(pk=found.invoice_id).lines.get() if found and found.invoice_id else None
        if row is not None:
            with suppress(CreditRefused), acting(Purpose.BILLING, actor=JOB):
                billing.credit(
                    invoice_id=row.invoice_id, reason="x", key=f"days:{next(_KEYS)}", today=self.three.today,
                    now=self.three.till.now, lines={row.pk: cents},
                )  # fmt: skip

    @rule()
    def work(self) -> None:
        payments.see_to_refunds(now=self.three.till.now)
        self.three.till.work()

    @rule(charge=charges, cents=_PART)
    def take_back(self, charge: str, cents: int) -> None:
        with suppress(ControlError):
            self.control.charge_back(charge, cents)

    @rule(charge=charges)
    def give_back(self, charge: str) -> None:
        for each in self.control.chargebacks_of(charge):
            if each["reversed"] is None:
                self.control.reverse_chargeback(each["id"])
                return

    @rule(target=payouts, status=st.sampled_from(["paidout", "paidout", "pending"]))
    def pay_out(self, status: str) -> Any:
        made = self.control.pay_out(status)
        return made["id"] if made else multiple()

    @rule(payout=payouts)
    def bring(self, payout: str) -> None:
        """Also before the provider says that it transferred it."""
        self._bring(payout)

    @rule(days=st.integers(1, 3), is_away=st.booleans())
    def days_go_by(self, days: int, is_away: bool) -> None:
        self.three.days_later(days)
        if is_away:
            self.control.outage(-1)
        self.three.reconcile()
        self.control.calm()

    # --- what holds ---

    def _bring(self, payout: str) -> None:
        held = self.three.till.sim.balance.settlement(payout)
        if payout not in self.brought and held.cents:
            self.brought.add(payout)
            self.three.arrives({"cents": held.cents, "reference": held.reference})

    def _all(self) -> list[Any]:
        return list(self.three.till.sim.balance.settlements(None, 1000)[0])

    def everything_arrives(self) -> None:
        for _ in range(3):
            for charge in self.paid:
                self.three.hear(charge)
            self.work()
        self.control.pay_out()
        for each in self._all():
            if each.status == "pending":
                self.control.settle_payout(each.id, "paidout")
            self._bring(each.id)
        self.three.statement()
        self.three.next_morning()
        assert kinds() == []
        with as_owner():
            lines = LedgerLine.objects.filter(account__use="clearing")
            assert sum(each.debit_cents - each.credit_cents for each in lines) == 0
            assert Settlement.objects.filter(line=None).exclude(cents=0).count() == 0

    def each_fault_is_one_difference(self) -> None:
        """Some of them; the next run has others."""
        for _ in range(2):
            fault, kind = list(FAULTS.items())[next(_FAULTS) % len(FAULTS)]
            getattr(self, f"_plant_{fault}", self._plant_at_the_provider)(fault)
            for _ in range(6):
                self.three.days_later()
                self.three.statement()
            self.three.reconcile()
            assert [found for _side, found, _about in kinds()] == [kind], fault
            getattr(self, f"_mend_{fault}", self._mend_at_the_provider)(fault)
            self.three.next_morning()
            assert kinds() == [], fault

    def _a_payment(self) -> str:
        reference = self.three.pay(self.three.invoice(self.customer))
        self.fresh = reference
        return reference

    def _plant_at_the_provider(self, fault: str) -> None:
        self._a_payment()
        payout = self.control.pay_out()
        if fault == "no_sum":
            self.control.tell_line(self.fresh, "hide")
        else:
            self.control.tell_movement(self.fresh, fault, 1)
        self._bring(payout["id"])

    def _mend_at_the_provider(self, fault: str) -> None:
        self.control.tell_movement(self.fresh, "none")
        self.control.tell_line(self.fresh, "none")

    def _plant_unknown(self, fault: str) -> None:
        self.three.till.begin_invoice(self.three.invoice(self.customer))
        self.fresh = self.three.till.charges()[-1].id
        self.three.till.settle(self.fresh, "paid")
        self._bring(self.control.pay_out()["id"])

    def _mend_unknown(self, fault: str) -> None:
        self.three.hear(self.fresh)

    def _plant_no_arrival(self, fault: str) -> None:
        self._a_payment()
        self.late = self.control.pay_out()["id"]

    def _mend_no_arrival(self, fault: str) -> None:
        self._bring(self.late)

    def _plant_other_arrival(self, fault: str) -> None:
        self._a_payment()
        held = self.control.pay_out()
        self.brought.add(held["id"])
        self.late = held["id"]
        self.three.arrives({"cents": held["cents"] - 1, "reference": held["reference"]})

    def _mend_other_arrival(self, fault: str) -> None:
        """The provider says that it really transferred a cent less, and shows it among its lines."""
        held = self.three.till.sim.balance.settlement(self.late)
        self.control.tell_payout(self.late, held.cents - 1)
        self.control.tell_line(self.fresh, "amount", self._amount() - 1)

    def _amount(self) -> int:
        payment = self.three.till.sim.ledger.get(self.fresh)
        return int(self.three.till.sim.refunds.paid(payment))

    def _plant_stray(self, fault: str) -> None:
        self.three.statement(self.three.line(777, "onbekend"))

    def _mend_stray(self, fault: str) -> None:
        from hospes.payments.bank import allocating
        from hospes.payments.bank.models import BankAllocation

        with as_owner():
            held = BankAllocation.objects.get(kind="payout", undone_at=None, cents=777)
        with acting(Purpose.BILLING, actor=JOB):
            allocating.undo(allocation_id=held.pk, now=self.three.till.now)
            allocating.set_aside(line_id=held.line_id, note="van iemand anders", now=self.three.till.now)


def test_everything_in_any_order(three: Three) -> None:
    """See above."""
    Days.three = three
    with translation.override("en"):
        run_state_machine_as_test(
            Days, settings=settings(max_examples=12, stateful_step_count=14, deadline=None, derandomize=True)
        )

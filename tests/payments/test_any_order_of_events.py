"""Whatever the customer, the provider and the connection do, in whatever order: paid once, invoiced once, to the cent."""

from contextlib import suppress
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from django.db import transaction
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

from hospes.payments.models import Payment
from hospes.payments.providers import Charge, ProviderUnavailable, provider
from hospes.payments.services import PaymentRefused
from tests.payments.till import Till, invoices, paid_from, state_of
from tests.support import make, names
from tests.support.rights import as_owner

pytestmark = pytest.mark.django_db

_ENDS = st.sampled_from(["pending", "paid", "failed", "canceled", "expired"])
#: The provider keeps what was before, so each run has an order of its own.
_NUMBERS = count(1)
_OVER = {"paid", "failed", "canceled", "expired"}


class Paying(RuleBasedStateMachine):
    """
    One order. The model is what happened at the provider: the state of each of its charges for this order.
    """

    till: Till

    charges = Bundle("charges")
    answers = Bundle("answers")

    def __init__(self) -> None:
        super().__init__()
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        self.till.sim.control.calm()
        names.begin()
        self.order = make.order(number=f"B2026-{next(_NUMBERS):05d}")
        self.happened: dict[str, str] = {}

    def teardown(self) -> None:
        try:
            self.everything_comes_to_light()
        finally:
            transaction.set_rollback(True)
            self.atomic.__exit__(None, None, None)

    # --- what the customer and the provider do ---

    @rule(target=charges, breaks=st.sampled_from(["", "", "before", "after"]), anew=st.booleans())
    def begin(self, breaks: str, anew: bool) -> Any:
        """Press a button; `anew`: that for another way than the one that was begun last."""
        was_paid = self.booked("paid")
        self.till.sim.control.calm()
        if breaks:
            self.till.sim.control.drop(1, breaks == "before")
        mine = self.booked("open", "pending")
        try:
            page = self.till.begin(self.order, instead_of=mine[-1].pk if mine and anew else None)
            assert not was_paid
            assert page.startswith(self.till.sim.url)
        except ProviderUnavailable:
            assert breaks
        except PaymentRefused:
            assert was_paid or set(self.happened.values()) & {*_OVER, "pending"}
        self.till.sim.control.calm()
        new = [
            c.id
            for c in self.till.charges()
            if c.asked["description"] == self.order.number and c.id not in self.happened
        ]
        self.happened |= dict.fromkeys(new, "open")
        self.see()
        return multiple(*new)

    @rule(charge=charges, end=_ENDS, method=st.sampled_from(["ideal", "paypal", "creditcard"]))
    def settle(self, charge: str, end: str, method: str) -> None:
        self.see()
        if self.happened[charge] in _OVER or self.happened[charge] == end:
            return
        held = next(c.method for c in self.till.charges() if c.id == charge)
        self.till.settle(charge, end, held or method)
        self.happened[charge] = end

    @rule(
        by=st.sampled_from(
            [timedelta(minutes=3), timedelta(minutes=40), timedelta(hours=4), timedelta(days=2)]
        )
    )
    def later(self, by: timedelta) -> None:
        self.till.later(by)
        self.see()

    def see(self) -> None:
        """What expired or was cancelled meanwhile."""
        for charge in self.till.charges():
            if charge.id in self.happened:
                self.happened[charge.id] = charge.status

    # --- how we come to know ---

    @rule(charge=charges, outage=st.integers(0, 2))
    def notice(self, charge: str, outage: int) -> None:
        self.till.note(charge)
        self.till.sim.control.outage(outage)

    @rule()
    def notice_of_a_stranger(self) -> None:
        self.till.note("tr_nobodys")

    @rule()
    def work(self) -> None:
        self.till.work()

    @rule()
    def sweep(self) -> None:
        self.till.sweep(page_size=1)

    @rule(target=answers, charge=charges)
    def ask(self, charge: str) -> Any:
        """An answer of the provider, on its way to us for longer than what is asked afterwards."""
        with suppress(ProviderUnavailable):
            return provider().fetch(charge)
        return multiple()

    @rule(answer=answers)
    def hear(self, answer: Charge) -> None:
        self.till.book(answer)

    # --- what always holds ---

    def booked(self, *states: str) -> list[Payment]:
        with as_owner():
            return list(Payment.objects.filter(order=self.order, state__in=states))

    @invariant()
    def it_is_paid_once_and_invoiced_just_then_to_the_cent(self) -> None:
        paid = self.booked("paid")
        assert len(paid) <= 1
        assert (state_of(self.order) == "paid") == bool(paid)
        found = invoices(self.order)
        assert [(i.total_cents, i.paid_cents) for i in found] == [(self.order.total_cents,) * 2] * len(paid)
        assert [p.cents for p in paid] == [self.order.total_cents] * len(paid)
        assert [pk for pk, _, _ in paid_from()] == [p.pk for p in paid]

    @invariant()
    def we_never_say_what_did_not_happen(self) -> None:
        self.see()
        for payment in self.booked("paid", "failed", "canceled", "expired"):
            assert payment.reference is not None
            assert self.happened[payment.reference] == payment.state
        assert self.booked("surplus") == []  # there is never a second one to pay

    @invariant()
    def nobody_can_pay_twice(self) -> None:
        self.see()
        alive = [charge for charge, state in self.happened.items() if state in ("open", "pending", "paid")]
        assert len(alive) <= 1

    def everything_comes_to_light(self) -> None:
        """Without a single notice more: some sweeps, and our books say what happened."""
        self.till.sim.control.calm()
        self.till.later(timedelta(days=1))
        for _ in range(2):
            self.till.sweep()
            self.till.work()
        self.see()
        with as_owner():
            held = dict(
                Payment.objects.filter(order=self.order)
                .exclude(reference=None)
                .values_list("reference", "state")
            )
        assert held == self.happened
        self.it_is_paid_once_and_invoiced_just_then_to_the_cent()
        self.we_never_say_what_did_not_happen()


def test_whatever_happens_in_whatever_order_it_is_paid_once_and_invoiced_once(till: Till) -> None:
    Paying.till = till
    run_state_machine_as_test(
        Paying, settings=settings(max_examples=15, stateful_step_count=12, deadline=None)
    )

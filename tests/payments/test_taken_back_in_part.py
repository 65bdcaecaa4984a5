"""A bank takes back less than what waits to go back of the same payment: so much less goes back, and nobody gets money twice."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from hospes.billing import services as billing
from hospes.billing.models import Invoice
from hospes.customers.models import Customer
from hospes.kernel import clock
from hospes.kernel.acting import JOB, acting
from hospes.kernel.purposes import Purpose
from hospes.payments import refunds, sweeps
from hospes.payments.balances import payouts
from hospes.payments.balances.models import Balance, PayoutWish
from hospes.payments.chargebacks import services
from hospes.payments.chargebacks.models import Chargeback
from hospes.payments.models import Payment, Refund
from hospes.payments.providers import Dispute, Repayment
from tests.billing.books import again
from tests.payments.agreement import assert_agreement
from tests.payments.test_balances import ask, balance, invoiced, paid_out
from tests.payments.test_chargebacks import hear, paid
from tests.payments.till import Till
from tests.support import make
from tests.support.rights import as_owner

pytestmark = [pytest.mark.django_db, pytest.mark.login("worker"), pytest.mark.promise("P14")]


def rows() -> list[tuple[int, str, str]]:
    with as_owner():
        return [(x.cents, x.state, x.reason) for x in Refund.objects.order_by("pk")]


def rests() -> list[int]:
    with as_owner():
        return list(Chargeback.objects.order_by("pk").values_list("rest_cents", flat=True))


def waiting(till: Till) -> tuple[Invoice, Invoice, str]:
    """An invoice of 90.75 that was paid and credited; the provider would not pay it back, so a colleague is to."""
    invoice, reference = paid(till)
    till.sim.control.refunds(3600)
    with acting(Purpose.BILLING, actor=JOB):
        note = billing.credit(
            invoice_id=invoice.pk, reason="Ended", key="1", today=clock.day_of(till.now), now=till.now
        )
    sweeps.see_to_refunds(now=till.now, look_up=False)
    with as_owner():
        Refund.objects.update(state="failed", reason="refused")
    return invoice, note, reference


def take_back(till: Till, reference: str, cents: int) -> Any:
    made = till.sim.control.charge_back(reference, cents)
    hear(till, reference)
    return made


@pytest.mark.parametrize(
    ("cents", "left"),
    [
        (1, [(9074, "failed", "refused"), (1, "done", "taken_back")]),
        (9074, [(1, "failed", "refused"), (9074, "done", "taken_back")]),
        (9075, [(9075, "done", "taken_back")]),
    ],
)
def test_so_much_less_is_to_be_paid(till: Till, cents: int, left: list[tuple[int, str, str]]) -> None:
    _invoice, note, reference = waiting(till)
    take_back(till, reference, cents)
    assert (rows(), rests(), again(note).open_cents) == (left, [0], 9075 - cents)
    assert_agreement()


def test_several_that_each_take_a_part(till: Till) -> None:
    _invoice, note, reference = waiting(till)
    first = take_back(till, reference, 4000)
    take_back(till, reference, 3000)
    assert rows() == [(2075, "failed", "refused"), (4000, "done", "taken_back"), (3000, "done", "taken_back")]
    assert (rests(), again(note).open_cents) == ([0, 0], 2075)
    with acting(Purpose.BILLING, actor=JOB):
        [row] = Refund.objects.filter(state="failed")
        refunds.paid_by_hand(refund_id=row.pk, on=clock.day_of(till.now), now=till.now)
    assert again(note).open_cents == 0
    assert_agreement()
    till.sim.control.reverse_chargeback(first["id"])
    hear(till, reference)
    with as_owner():
        assert Balance.objects.get().cents == 4000  # the money is here again, and the customer's
    assert_agreement()


def test_refused_by_the_provider_since_a_bank_was_first_only_the_rest_waits(till: Till) -> None:
    invoice, reference = paid(till)
    with acting(Purpose.BILLING, actor=JOB):
        note = billing.credit(
            invoice_id=invoice.pk, reason="Ended", key="1", today=clock.day_of(till.now), now=till.now
        )
        refunds.plan(credit_note_id=note.pk, now=till.now)
    till.sim.control.charge_back(reference, 6000)
    till.work()  # it is asked for all of it, and 30.75 is left
    hear(till, reference)
    assert (rows(), rests()) == ([(3075, "failed", "refused"), (6000, "done", "taken_back")], [0])
    assert again(note).open_cents == 3075
    assert_agreement()


def paid_twice(till: Till) -> tuple[Customer, str]:
    """A customer who paid 90.75 twice and asked to have it back; and the reference of the payment that was too much."""
    customer = make.customer(holder=make.person())
    invoice = invoiced(till, customer, "x:1")
    till.begin_invoice(invoice)
    first = till.charges()[-1].id
    till.settle(first, "pending")
    with as_owner():
        Payment.objects.update(replaced_at=till.now)
    till.begin_invoice(invoice)
    for reference in (till.charges()[-1].id, first):
        till.settle(reference, "paid")
        hear(till, reference)
    ask(till, customer)
    return customer, first


@pytest.mark.parametrize("cents", [1, 6000, 9075])
def test_a_balance_that_the_provider_refuses_after_a_bank_took_it_back_is_paid_by_nobody(
    till: Till, cents: int
) -> None:
    customer, reference = paid_twice(till)
    with acting(Purpose.BILLING, actor=JOB):
        [planned] = payouts.plan(wish_id=PayoutWish.objects.get().pk, now=till.now)
        said = [Dispute("chb_1aa", reference, cents, "MD06", till.now)]
        services.apply(reference=reference, said=said, now=till.now)
    assert (rests(), balance(customer)) == ([cents], 0)
    assert_agreement()
    with acting(Purpose.BILLING, actor=JOB):
        assert payouts.apply(payout_id=planned.pk, said=None, now=till.now) == "failed"
        assert payouts.apply(payout_id=planned.pk, said=None, now=till.now) == "same"
    with as_owner():
        held = Chargeback.objects.get()
    assert (held.rest_cents, held.from_balance_cents) == (0, cents)
    assert (paid_out(), balance(customer)) == ([(9075, "withdrawn")], 9075 - cents)
    assert_agreement()
    back = Dispute("chb_1aa", reference, cents, "MD06", till.now, reversed_at=till.now)
    with acting(Purpose.BILLING, actor=JOB):
        services.apply(reference=reference, said=[back], now=till.now)
    assert balance(customer) == 9075
    assert_agreement()


def test_the_database_takes_no_more_to_be_paid_nor_another_amount_of_what_was_asked(till: Till) -> None:
    _invoice, _note, reference = waiting(till)
    for values in ({"cents": 9076}, {"cents": 9000, "state": "requested"}):
        with (
            pytest.raises(IntegrityError, match=r"gets less while|credit note gives back"),
            transaction.atomic(),
            as_owner(),
        ):
            Refund.objects.update(**values)
    take_back(till, reference, 1000)
    with as_owner():
        piece = Refund.objects.get(reason="taken_back")
    with pytest.raises(IntegrityError, match="gets less while"), transaction.atomic(), as_owner():
        Refund.objects.filter(pk=piece.pk).update(cents=999)


def test_told_again_it_is_not_taken_off_twice(till: Till) -> None:
    _invoice, note, reference = waiting(till)
    take_back(till, reference, 4000)
    for _ in range(2):
        till.later(timedelta(minutes=1))
        hear(till, reference)
    assert (len(rows()), again(note).open_cents) == (2, 5075)


@pytest.mark.parametrize("reference", ["", "re_1"])
@pytest.mark.parametrize(
    ("cents", "left"),
    [
        (9075, [(9075, "done", "taken_back")]),
        (4000, [(5075, "failed", "bounced"), (4000, "done", "taken_back")]),
    ],
)
def test_a_transfer_that_bounces_after_a_bank_took_it_back_is_paid_by_nobody(
    till: Till, reference: str, cents: int, left: list[tuple[int, str, str]]
) -> None:
    _invoice, note, paid_with = waiting(till)
    with as_owner():
        Refund.objects.update(
            reference=reference
        )  # where there is one, the provider paid it before, and it bounced
    today = clock.day_of(till.now)
    with acting(Purpose.BILLING, actor=JOB):
        [row] = Refund.objects.all()
        refunds.paid_by_hand(refund_id=row.pk, on=today, now=till.now)
    take_back(till, paid_with, cents)
    assert (rows(), rests()) == ([(9075, "done", "refused")], [cents])
    with acting(Purpose.BILLING, actor=JOB):
        refunds.came_back_by_hand(refund_id=row.pk, on=today, now=till.now)
    assert (rows(), rests(), again(note).open_cents) == (left, [0], 9075 - cents)
    assert_agreement()
    assert sweeps.ask_again(now=till.now)["refunds"] == 0
    with acting(Purpose.BILLING, actor=JOB):
        said = Repayment(reference or "re_2", "failed", 9075, row.idempotency_key)
        assert refunds.apply(refund_id=row.pk, said=said, now=till.now) == "same" or not reference
    assert (rows(), again(note).open_cents) == (left, 9075 - cents)
    assert_agreement()

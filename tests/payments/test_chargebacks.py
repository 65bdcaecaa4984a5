"""What a bank takes back opens the invoice again, once; what it gives back after all pays it again, in any order."""

import itertools
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import translation

from hospes.billing import services as billing
from hospes.billing.models import Invoice
from hospes.kernel import clock
from hospes.kernel.acting import JOB, acting
from hospes.kernel.purposes import Purpose
from hospes.messaging.models import Message
from hospes.payments import sweeps
from hospes.payments.balances import payouts
from hospes.payments.balances import services as balances
from hospes.payments.balances.models import Balance, Payout, PayoutWish
from hospes.payments.chargebacks import jobs, services
from hospes.payments.chargebacks.models import Chargeback
from hospes.payments.models import Payment, Refund
from hospes.payments.providers import Dispute
from tests.billing.books import again, draft, issue, lines_of
from tests.payments.agreement import assert_agreement
from tests.payments.till import Till
from tests.support import make
from tests.support.rights import as_owner

pytestmark = [pytest.mark.django_db, pytest.mark.login("worker"), pytest.mark.promise("P14")]


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with translation.override("en"):
        yield


def paid(till: Till, origin: str = "order:1", customer: Any = None) -> tuple[Invoice, str]:
    """An invoice that was paid at the provider, and the reference of the payment."""
    today = clock.day_of(till.now)
    invoice = issue(
        draft(customer, origin=origin, due_on=today + timedelta(days=14)), today=today, now=till.now
    )
    return invoice, pay(invoice, till)


def pay(invoice: Invoice, till: Till) -> str:
    till.begin_invoice(again(invoice))
    reference = till.charges()[-1].id
    till.settle(reference, "paid")
    hear(till, reference)
    return reference


def hear(till: Till, reference: str) -> None:
    till.note(reference)
    till.work()


def stands(invoice: Invoice) -> tuple[int, int]:
    held = again(invoice)
    return held.paid_cents, held.open_cents


def mails() -> list[str]:
    with as_owner():
        return sorted(Message.objects.filter(kind__startswith="payments.").values_list("kind", flat=True))


def test_the_invoice_is_open_again_and_both_are_told(till: Till) -> None:
    invoice, reference = paid(till)
    till.sim.control.charge_back(reference, reason="AM04")
    for _ in range(3):  # told three times
        hear(till, reference)
    assert stands(invoice) == (0, 9075)
    assert again(invoice).paid_at is None
    with as_owner():
        held = Chargeback.objects.get()
    assert (held.cents, held.rest_cents, held.from_balance_cents, held.reason) == (9075, 0, 0, "AM04")
    assert mails() == ["payments.charged_back"]
    assert_agreement()
    pay(invoice, till)
    assert stands(invoice) == (9075, 0)
    assert_agreement()


def test_a_part_is_taken_back_and_then_the_rest(till: Till) -> None:
    invoice, reference = paid(till)
    for cents, open_ in ((2500, 2500), (0, 9075)):
        till.sim.control.charge_back(reference, cents)
        hear(till, reference)
        assert stands(invoice) == (9075 - open_, open_)
        assert_agreement()


def test_given_back_after_all_it_is_paid_again(till: Till) -> None:
    invoice, reference = paid(till)
    made = till.sim.control.charge_back(reference)
    hear(till, reference)
    till.sim.control.reverse_chargeback(made["id"])
    for _ in range(2):
        hear(till, reference)
    assert stands(invoice) == (9075, 0)
    assert mails() == ["payments.charged_back", "payments.returned"]
    assert_agreement()


def test_paid_again_meanwhile_what_is_given_back_is_the_customers_balance(till: Till) -> None:
    invoice, reference = paid(till)
    made = till.sim.control.charge_back(reference)
    hear(till, reference)
    pay(invoice, till)
    till.sim.control.reverse_chargeback(made["id"])
    hear(till, reference)
    assert stands(invoice) == (9075, 0)
    with as_owner():
        assert Balance.objects.get().cents == 9075
    assert_agreement()


def test_what_was_paid_too_much_is_taken_from_the_balance_first(till: Till) -> None:
    today = clock.day_of(till.now)
    invoice = issue(draft(due_on=today + timedelta(days=14)), today=today, now=till.now)
    till.begin_invoice(invoice)
    first = till.charges()[-1].id
    till.settle(first, "pending")
    with as_owner():
        Payment.objects.update(replaced_at=till.now)
    pay(invoice, till)
    till.settle(first, "paid")
    hear(till, first)  # the second window: it was paid twice
    with as_owner():
        assert Balance.objects.get().cents == 9075
    assert_agreement()
    till.sim.control.charge_back(first, 5000)
    hear(till, first)
    with as_owner():
        held = Chargeback.objects.get()
        assert (Balance.objects.get().cents, held.from_balance_cents, held.rest_cents) == (4075, 5000, 0)
    assert stands(invoice) == (9075, 0)
    assert_agreement()
    till.sim.control.reverse_chargeback(held.reference)
    hear(till, first)
    with as_owner():
        assert Balance.objects.get().cents == 9075
    assert_agreement()


def test_what_was_paid_back_before_is_to_be_collected_by_hand(till: Till) -> None:
    invoice, reference = paid(till)
    [row] = lines_of(invoice)
    with acting(Purpose.BILLING, actor=JOB):
        billing.credit(invoice_id=invoice.pk, reason="Ended", key="1", today=clock.day_of(till.now), now=till.now,
                       lines={row.pk: 2500})  # fmt: skip
    for _ in range(2):
        sweeps.see_to_refunds(now=till.now)
        till.work()
    assert_agreement()
    till.sim.control.charge_back(reference)
    hear(till, reference)
    with as_owner():
        held = Chargeback.objects.get()
        assert Refund.objects.get().state == "done"
    assert (stands(invoice), held.rest_cents) == ((0, 6050), 3025)
    assert_agreement()
    with pytest.raises(services.NotOpen), acting(Purpose.BILLING, actor=JOB):
        services.settled_by_hand(
            chargeback_id=held.pk, on=clock.day_of(till.now) - timedelta(days=1), now=till.now
        )
    for _ in range(2):
        with suppress(services.NotOpen), acting(Purpose.BILLING, actor=JOB):
            services.settled_by_hand(chargeback_id=held.pk, on=clock.day_of(till.now), now=till.now)
    assert_agreement()
    till.sim.control.reverse_chargeback(held.reference)
    hear(till, reference)
    with as_owner():
        assert Balance.objects.get().cents == 3025  # transferred, and given back besides
    assert_agreement()


@pytest.mark.parametrize("when", ["credited", "planned", "waiting"])
def test_what_waited_to_go_back_went_back_by_that_and_nobody_pays_it_by_hand(till: Till, when: str) -> None:
    invoice, reference = paid(till)
    if when == "waiting":
        till.sim.control.refunds(3600)
    with acting(Purpose.BILLING, actor=JOB):
        note = billing.credit(
            invoice_id=invoice.pk, reason="Ended", key="1", today=clock.day_of(till.now), now=till.now
        )
    if when != "credited":
        sweeps.see_to_refunds(now=till.now, look_up=False)
    if when == "waiting":  # the provider would not, so a colleague was to
        with as_owner():
            Refund.objects.update(state="failed", reason="refused")
    till.sim.control.charge_back(reference)
    hear(till, reference)
    sweeps.see_to_refunds(now=till.now)
    for _ in range(3):
        till.work()
    with as_owner():
        [refund], held = Refund.objects.all(), Chargeback.objects.get()
    assert (refund.state, refund.reason) == ("done", "taken_back")
    assert (held.rest_cents, again(note).open_cents, stands(invoice)[1]) == (0, 0, 0)
    assert_agreement()
    till.sim.control.reverse_chargeback(held.reference)
    hear(till, reference)
    with as_owner():
        assert Balance.objects.get().cents == 9075  # the money is here again, and the customer's
    assert_agreement()


def test_a_balance_that_waits_to_be_paid_back_by_hand_is_taken_back_instead(till: Till) -> None:
    customer = make.customer(holder=make.person())
    _invoice, reference = paid(till, customer=customer)
    with as_owner():
        payment = Payment.objects.get()
    with acting(Purpose.BILLING, actor=JOB):  # it brought 30 more
        balances.change(
            balances.Kind.SURPLUS, customer_id=customer.pk, cents=3000, origin=f"x:{payment.pk}", now=till.now
        )
    with as_owner():
        Payment.objects.update(surplus_cents=3000, cents=payment.cents + 3000)
    with acting(Purpose.BILLING, actor=JOB):
        payouts.ask(customer_id=customer.pk, person_id=make.holder_of(customer).pk, now=till.now)
        [wish] = PayoutWish.objects.all()
        [planned] = payouts.plan(wish_id=wish.pk, now=till.now)
        payouts.apply(payout_id=planned.pk, said=None, now=till.now)  # the provider would not
    till.sim.control.charge_back(reference, 2000)
    hear(till, reference)
    with as_owner():
        held = Chargeback.objects.get()
        assert (held.from_balance_cents, held.rest_cents) == (2000, 0)
        assert (Payout.objects.get().state, Balance.objects.get().cents) == ("withdrawn", 1000)


def test_an_order_that_was_taken_back_has_an_open_invoice(till: Till) -> None:
    order = make.order()
    till.begin(order)
    reference = till.charges()[-1].id
    till.settle(reference, "paid")
    hear(till, reference)
    with as_owner():
        invoice = Invoice.objects.get(origin=f"order:{order.pk}")
    till.sim.control.charge_back(reference)
    hear(till, reference)
    assert stands(invoice) == (0, 9075)
    assert_agreement()


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_told_in_any_order_it_ends_the_same(till: Till, order: tuple[int, ...]) -> None:
    """What the provider said at three moments, heard in any order: a chargeback, a second one, the first one given back."""
    invoice, reference = paid(till)
    at = till.now
    first, second = (
        Dispute("chb_1aa", reference, 2500, "MD06", at),
        Dispute("chb_2bb", reference, 3000, "MD06", at),
    )
    back = Dispute("chb_1aa", reference, 2500, "MD06", at, reversed_at=at + timedelta(hours=1))
    said = [[first], [first, second], [back, second]]
    for moment in order:
        with acting(Purpose.BILLING, actor=JOB):
            services.apply(reference=reference, said=said[moment], now=till.now)
        assert_agreement()
    assert stands(invoice) == (6075, 3000)


def test_what_no_notice_told_is_found(till: Till) -> None:
    invoice, reference = paid(till)
    made = till.sim.control.charge_back(reference)
    till.later(timedelta(hours=4))
    run_sweep(till)
    assert stands(invoice) == (0, 9075)
    till.later(timedelta(days=30))
    till.sim.control.reverse_chargeback(made["id"])
    run_sweep(till)
    till.work()
    assert stands(invoice) == (9075, 0)
    assert_agreement()


def run_sweep(till: Till) -> None:
    with clock.moved_to(till.now):
        jobs.sweep.run(timestamp=0)


def test_of_a_payment_that_is_not_ours_nothing_is_booked(till: Till) -> None:
    said = [Dispute("chb_1aa", "tr_unknown", 2500, "MD06", till.now)]
    with acting(Purpose.BILLING, actor=JOB):
        assert not services.apply(reference="tr_unknown", said=said, now=till.now)


def test_the_database_takes_no_chargeback_of_what_was_not_paid(till: Till) -> None:
    payment = make.payment()
    with pytest.raises(IntegrityError, match="only what was paid"), transaction.atomic(), as_owner():
        Chargeback.objects.create(
            customer_id=payment.customer_id, payment=payment, reference="chb_x", cents=1, charged_at=till.now, booked_at=till.now
        )  # fmt: skip

"""What came in too much is the customer's: later invoices are paid from it, or it goes back to them; to the cent, and once."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import translation

from hospes.billing import services as billing
from hospes.billing.models import Invoice
from hospes.customers.models import Customer
from hospes.kernel import clock
from hospes.kernel.acting import JOB, Actor, acting
from hospes.kernel.purposes import Purpose
from hospes.messaging.models import Message
from hospes.payments import sweeps
from hospes.payments.balances import jobs, payouts
from hospes.payments.balances.models import Balance, BalanceEntry, Payout
from hospes.payments.models import Payment, Refund
from tests.billing.books import again, draft, issue
from tests.payments.agreement import assert_agreement
from tests.payments.till import Till, charge
from tests.support import make
from tests.support.rights import as_owner

pytestmark = [pytest.mark.django_db, pytest.mark.login("worker"), pytest.mark.promise("P14")]

DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with translation.override("en"):
        yield


def invoiced(till: Till, customer: Customer, origin: str, due: int = 14) -> Invoice:
    today = clock.day_of(till.now)
    return issue(draft(customer, origin=origin, due_on=today + due * DAY), today=today, now=till.now)


def overpaid(till: Till, more: int = 5000) -> Customer:
    """A customer who paid an invoice, and so much more; the provider knows of the payment as it was asked."""
    customer = make.customer(holder=make.person())
    invoice = invoiced(till, customer, "x:0")
    till.begin_invoice(invoice)
    reference = till.charges()[-1].id
    till.settle(reference, "paid")
    with as_owner():
        payment = Payment.objects.latest("pk")
    till.book(charge(payment, cents=9075 + more, paid_at=till.now))
    return customer


def sweep(till: Till, times: int = 1) -> None:
    for _ in range(times):
        with clock.moved_to(till.now):
            jobs.sweep.run(timestamp=0)
        till.work()


def balance(customer: Customer) -> int:
    with as_owner():
        return sum(Balance.objects.filter(customer=customer).values_list("cents", flat=True))


def ask(till: Till, customer: Customer) -> None:
    person = make.holder_of(customer)
    with acting(Purpose.BILLING, actor=Actor.person(person.pk), customer=customer.pk):
        payouts.ask(customer_id=customer.pk, person_id=person.pk, now=till.now)


def paid_out() -> list[tuple[int, str]]:
    with as_owner():
        return list(Payout.objects.order_by("pk").values_list("cents", "state"))


def mails(kind: str) -> int:
    with as_owner():
        return Message.objects.filter(kind=kind).count()


def test_what_was_paid_too_much_pays_the_next_invoices_the_first_due_first(till: Till) -> None:
    customer = overpaid(till, 10_000)
    later, sooner = invoiced(till, customer, "x:1", due=20), invoiced(till, customer, "x:2", due=5)
    other = invoiced(till, make.customer(), "x:3")
    sweep(till, 3)
    assert (again(sooner).open_cents, again(later).open_cents, again(other).open_cents) == (0, 8150, 9075)
    assert (balance(customer), again(later).paid_with, mails("payments.set_off")) == (0, "balance", 2)
    assert_agreement()


def test_an_invoice_that_somebody_pays_just_now_is_left_alone(till: Till) -> None:
    customer = overpaid(till)
    invoice = invoiced(till, customer, "x:1")
    till.begin_invoice(invoice)
    sweep(till)
    assert (balance(customer), again(invoice).open_cents) == (5000, 9075)
    till.settle(till.charges()[-1].id, "failed")
    till.note(till.charges()[-1].id)
    till.work()
    sweep(till)
    assert (balance(customer), again(invoice).open_cents) == (0, 4075)
    assert_agreement()


def test_paid_twice_it_goes_back_through_the_provider_once(till: Till) -> None:
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
        till.note(reference)
        till.work()
    assert balance(customer) == 9075
    ask(till, customer)
    with pytest.raises(payouts.NothingToPayOut):
        ask(till, customer)
    till.work()
    assert balance(customer) == 0
    assert_agreement()
    sweep(till, 3)
    assert (paid_out(), mails("payments.paid_out")) == ([(9075, "done")], 1)
    assert [(x["cents"], x["status"]) for x in till.sim.control.refunds_of(first)] == [(9075, "refunded")]
    assert_agreement()


def test_what_the_provider_cannot_pay_back_goes_by_hand(till: Till) -> None:
    customer = overpaid(till)  # the provider knows nothing of the 50 euros more
    till.sim.control.refunds(3600)
    ask(till, customer)
    till.work()
    with as_owner():
        payment = Payment.objects.get()
        entry = Payout.objects.get()
    assert (entry.payment_id, entry.cents) == (payment.pk, 5000)
    refund = till.sim.control.refunds_of(payment.reference or "")
    sweep(till)
    assert paid_out() == [(5000, "sent")]
    [refund] = till.sim.control.refunds_of(payment.reference or "")
    till.sim.control.settle_refund(refund["id"], "failed")
    sweep(till)
    assert paid_out() == [(5000, "failed")]
    assert_agreement()
    with acting(Purpose.BILLING, actor=JOB):
        payouts.paid_by_hand(payout_id=entry.pk, on=clock.day_of(till.now), now=till.now)
    with pytest.raises(payouts.NothingToPayOut), acting(Purpose.BILLING, actor=JOB):
        payouts.paid_by_hand(payout_id=entry.pk, on=clock.day_of(till.now), now=till.now)
    assert paid_out() == [(5000, "done")]
    assert_agreement()


def test_an_answer_that_was_lost_pays_nothing_twice(till: Till) -> None:
    customer = overpaid(till)
    ask(till, customer)
    till.work()
    till.sim.control.drop(1)
    sweep(till)
    till.later(timedelta(hours=2))
    sweep(till, 2)
    with as_owner():
        reference = Payment.objects.get().reference or ""
    assert [x["cents"] for x in till.sim.control.refunds_of(reference)] == [5000]
    assert paid_out() == [(5000, "done")]
    assert_agreement()


def test_what_a_balance_paid_is_a_balance_again_once_it_is_credited(till: Till) -> None:
    customer = overpaid(till)
    invoice = invoiced(till, customer, "x:1")
    sweep(till)
    assert (balance(customer), again(invoice).open_cents) == (0, 4075)
    with acting(Purpose.BILLING, actor=JOB):
        note = billing.credit(
            invoice_id=invoice.pk, reason="Ended", key="1", today=clock.day_of(till.now), now=till.now
        )
    assert note.set_off_cents == 4075
    for _ in range(2):
        sweeps.see_to_refunds(now=till.now)
    with as_owner():
        assert not Refund.objects.exists()
    assert balance(customer) == 5000
    assert_agreement()


def test_a_balance_is_never_below_zero_and_its_entries_stay(till: Till) -> None:
    words = {"customer": make.customer(), "at": till.now}
    with as_owner():
        BalanceEntry.objects.create(kind="surplus", cents=100, origin="x:1", **words)
    with pytest.raises(IntegrityError, match="never_below_zero"), transaction.atomic(), as_owner():
        BalanceEntry.objects.create(kind="set_off", cents=-101, origin="x:2", **words)
    with (
        pytest.raises(IntegrityError, match="what changed a balance stays"),
        transaction.atomic(),
        as_owner(),
    ):
        BalanceEntry.objects.update(cents=50)

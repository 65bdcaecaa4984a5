"""Several invoices are paid at once: each to the cent, in part, with more, or while one of them is paid by itself."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import translation

from hospes.billing import services as billing
from hospes.billing.models import Invoice
from hospes.customers.models import Customer
from hospes.kernel import clock
from hospes.kernel.acting import JOB, Actor, acting
from hospes.kernel.purposes import Purpose
from hospes.payments import services, sweeps
from hospes.payments.models import PaidFrom, Payment, Refund
from hospes.payments.providers import provider
from hospes.payments.together.models import PaymentShare
from tests.billing.books import again, draft, issue
from tests.payments.agreement import assert_agreement
from tests.payments.till import ADDRESSES, Till, charge
from tests.support import make
from tests.support.rights import as_owner

pytestmark = [pytest.mark.django_db, pytest.mark.login("worker"), pytest.mark.promise("P13", "P14")]

DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with translation.override("en"):
        yield


@pytest.fixture
def customer(till: Till) -> Customer:
    return make.customer(holder=make.person())


def three(till: Till, customer: Customer) -> list[Invoice]:
    today = clock.day_of(till.now)
    return [
        issue(draft(customer, origin=f"x:{n}", due_on=today + n * DAY), today=today, now=till.now)
        for n in (5, 7, 9)
    ]


def begin(till: Till, invoices: list[Invoice]) -> str:
    customer_id = invoices[0].customer_id
    with as_owner():
        person = make.holder_of(Customer.objects.get(pk=customer_id))
    return services.begin_together(
        provider=provider(), customer_id=customer_id, numbers=[each.number for each in invoices], addresses=ADDRESSES,
        language="en", actor=Actor.person(person.pk), now=till.now,
    )  # fmt: skip


def pay(till: Till, outcome: str = "paid") -> str:
    reference = till.charges()[-1].id
    till.settle(reference, outcome)
    till.note(reference)
    till.work()
    return reference


def open_of(invoices: list[Invoice]) -> list[int]:
    return [again(each).open_cents for each in invoices]


def test_all_are_paid_with_one_payment(till: Till, customer: Customer) -> None:
    invoices = three(till, customer)
    assert begin(till, invoices) == begin(till, invoices)
    assert [c.asked["amount"]["value"] for c in till.charges()] == ["272.25"]
    pay(till)
    assert open_of(invoices) == [0, 0, 0]
    with as_owner():
        assert PaidFrom.objects.count() == 1
    assert_agreement()


def test_another_choice_lets_go_of_the_first(till: Till, customer: Customer) -> None:
    invoices = three(till, customer)
    begin(till, invoices)
    begin(till, invoices[:2])
    till.work()
    assert [c.status for c in till.charges()] == ["canceled", "open"]
    till.begin_invoice(invoices[0])  # and then one of them by itself
    till.work()
    assert [c.status for c in till.charges()] == ["canceled", "canceled", "open"]
    pay(till)
    assert open_of(invoices) == [0, 9075, 9075]
    assert_agreement()


def test_with_a_part_the_first_due_are_paid_first(till: Till, customer: Customer) -> None:
    invoices = three(till, customer)
    begin(till, invoices)
    with as_owner():
        payment = Payment.objects.get()
    till.book(charge(payment, cents=10_000, paid_at=till.now))
    assert open_of(invoices) == [0, 8150, 9075]
    assert_agreement()


def test_what_was_paid_meanwhile_is_the_customers_balance(till: Till, customer: Customer) -> None:
    invoices = three(till, customer)
    begin(till, invoices)
    with as_owner():
        Payment.objects.update(replaced_at=till.now)
    till.begin_invoice(invoices[1])
    pay(till)
    first = till.charges()[0].id
    till.settle(first, "paid") if till.charges()[0].status == "open" else None
    with as_owner():
        payment = Payment.objects.order_by("pk")[0]
    till.book(charge(payment, paid_at=till.now))
    assert open_of(invoices) == [0, 0, 0]
    with as_owner():
        assert (
            Payment.objects.get(pk=payment.pk).surplus_cents,
            Payment.objects.get(pk=payment.pk).state,
        ) == (9075, "paid")
    assert_agreement()


def test_taken_back_the_last_due_are_open_again_first(till: Till, customer: Customer) -> None:
    invoices = three(till, customer)
    begin(till, invoices)
    reference = pay(till)
    till.sim.control.charge_back(reference, 10_000)
    till.note(reference)
    till.work()
    assert open_of(invoices) == [0, 925, 9075]
    assert_agreement()
    [made] = till.sim.control.chargebacks_of(reference)
    till.sim.control.reverse_chargeback(made["id"])
    till.note(reference)
    till.work()
    assert open_of(invoices) == [0, 0, 0]
    assert_agreement()


def test_what_one_is_credited_goes_back_with_the_payment_of_all(till: Till, customer: Customer) -> None:
    invoices = three(till, customer)
    begin(till, invoices)
    reference = pay(till)
    with acting(Purpose.BILLING, actor=JOB):
        billing.credit(
            invoice_id=invoices[1].pk, reason="Ended", key="1", today=clock.day_of(till.now), now=till.now
        )
    for _ in range(2):
        sweeps.see_to_refunds(now=till.now)
        till.work()
    assert [(x["cents"], x["status"]) for x in till.sim.control.refunds_of(reference)] == [(9075, "refunded")]
    with as_owner():
        assert Refund.objects.get().state == "done"
    assert_agreement()


def test_what_is_being_handled_is_waited_for_and_one_alone_is_not_several(
    till: Till, customer: Customer
) -> None:
    invoices = three(till, customer)
    with pytest.raises(services.PaymentRefused, match="at least two"):
        begin(till, invoices[:1])
    begin(till, invoices[:2])
    pay(till, "pending")
    with as_owner():
        Payment.objects.update(state="pending")
    with pytest.raises(services.AlreadyHandled):
        begin(till, invoices)
    with pytest.raises(services.AlreadyHandled):
        till.begin_invoice(invoices[0])


def test_of_somebody_elses_invoices_nothing_is_begun(till: Till, customer: Customer) -> None:
    mine, theirs = three(till, customer), make.customer()
    other = issue(
        draft(theirs, origin="y:1", due_on=clock.day_of(till.now)), today=clock.day_of(till.now), now=till.now
    )
    begin(till, [*mine[:2], other])
    with as_owner():
        assert PaymentShare.objects.filter(invoice=other).count() == 0
    assert again(other).open_cents == 9075


def test_the_shares_are_what_is_open_and_add_up(till: Till, customer: Customer) -> None:
    invoice, *_more = three(till, customer)

    def a_payment(cents: int, share: int) -> None:
        with transaction.atomic(), as_owner():
            payment = Payment.objects.create(
                cents=cents, idempotency_key=f"x{cents}", customer=customer, created_at=till.now
            )
            PaymentShare.objects.create(payment=payment, customer=customer, invoice=invoice, cents=share)
            with connection.cursor() as cursor:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")

    with pytest.raises(IntegrityError, match="what is open on an invoice"):
        a_payment(9074, 9074)
    for cents in (9074, 9076):
        with pytest.raises(IntegrityError, match="add up to it"):
            a_payment(cents, 9075)

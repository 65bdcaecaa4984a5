"""An open invoice is paid like an order: in part, late, twice, or while it is credited; no cent is lost."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from hospes.billing import services as billing
from hospes.billing.ledger import checks
from hospes.billing.ledger.models import LedgerLine
from hospes.billing.models import Invoice, LocationEvidence
from hospes.kernel import clock
from hospes.kernel.acting import JOB, acting
from hospes.kernel.purposes import Purpose
from hospes.payments.models import Payment
from hospes.payments.services import PaymentRefused
from tests.billing.books import again, draft, issue, lines_of
from tests.payments.till import Till, charge, paid_from
from tests.support import make
from tests.support.rights import as_owner

pytestmark = [pytest.mark.django_db, pytest.mark.login("worker")]


def an_invoice(till: Till) -> Invoice:
    today = clock.day_of(till.now)
    return issue(draft(due_on=today + timedelta(days=14)), today=today, now=till.now)


def pay(till: Till, method: str = "ideal") -> None:
    reference = till.charges()[-1].id
    till.settle(reference, "paid", method)
    till.note(reference)
    till.work()


def payments() -> list[tuple[int, str, int]]:
    with as_owner():
        return [(x.cents, x.state, x.surplus_cents) for x in Payment.objects.order_by("pk")]


def booked() -> list[tuple[str, int]]:
    with as_owner():
        found = (
            LedgerLine.objects.filter(entry__origin__startswith="payment:")
            .select_related("account")
            .order_by("pk")
        )
        return [(x.account.use, x.debit_cents - x.credit_cents) for x in found]


def partly_credited(invoice: Invoice, till: Till, cents: int) -> None:
    [row] = lines_of(invoice)
    with acting(Purpose.BILLING, actor=JOB):
        billing.credit(
            invoice_id=invoice.pk,
            reason="Korting",
            key="1",
            today=clock.day_of(till.now),
            now=till.now,
            lines={row.pk: cents},
        )


@pytest.mark.promise("P13", "P14")
def test_it_is_paid_once_and_the_account_is_kept(till: Till) -> None:
    invoice = an_invoice(till)
    assert till.begin_invoice(invoice) == till.begin_invoice(invoice)  # pressed twice
    pay(till)
    held = again(invoice)
    assert (held.paid_cents, held.open_cents, held.paid_with) == (9075, 0, "ideal")
    assert (payments(), len(paid_from())) == ([(9075, "paid", 0)], 1)
    assert booked() == [("clearing", 9075), ("debtors", -9075)]
    with pytest.raises(PaymentRefused):
        till.begin_invoice(invoice)
    with as_owner():
        assert checks.findings(connection) == []


def test_told_twice_it_is_booked_once(till: Till) -> None:
    invoice = an_invoice(till)
    till.begin_invoice(invoice)
    pay(till)
    till.note(till.charges()[-1].id)
    till.work()
    assert (again(invoice).paid_cents, booked()) == (9075, [("clearing", 9075), ("debtors", -9075)])


def test_paid_in_two_windows_the_second_is_to_be_paid_back(till: Till) -> None:
    invoice = an_invoice(till)
    till.begin_invoice(invoice)
    with as_owner():
        [first] = Payment.objects.all()
    till.settle(first.reference or "", "pending")
    with as_owner():
        Payment.objects.update(replaced_at=till.now)
    till.begin_invoice(invoice)
    pay(till)
    till.settle(first.reference or "", "paid")
    till.note(first.reference or "")
    till.work()
    assert payments() == [(9075, "surplus", 0), (9075, "paid", 0)]
    assert (again(invoice).paid_cents, sum(cents for use, cents in booked() if use == "surplus")) == (
        9075,
        -9075,
    )


def test_what_was_credited_while_it_was_paid_is_to_be_paid_back(till: Till) -> None:
    invoice = an_invoice(till)
    till.begin_invoice(invoice)
    partly_credited(invoice, till, 2500)
    pay(till)
    assert (again(invoice).paid_cents, again(invoice).open_cents) == (6050, 0)
    assert payments() == [(9075, "paid", 3025)]
    assert booked() == [("clearing", 9075), ("debtors", -6050), ("surplus", -3025)]
    with as_owner():
        assert checks.findings(connection) == []


def test_what_is_open_is_asked_anew_once_it_changed(till: Till) -> None:
    invoice = an_invoice(till)
    till.begin_invoice(invoice)
    partly_credited(invoice, till, 2500)
    till.begin_invoice(again(invoice))
    assert [c.asked["amount"]["value"] for c in till.charges()] == ["90.75", "60.50"]
    pay(till)
    assert (again(invoice).open_cents, [state for _, state, _ in payments()]) == (0, ["canceled", "paid"])


def test_a_part_is_booked_and_the_rest_stays_open(till: Till) -> None:
    invoice = an_invoice(till)
    till.begin_invoice(invoice)
    with as_owner():
        [payment] = Payment.objects.all()
    assert till.book(charge(payment, cents=5000, paid_at=till.now)) == "booked"
    assert (again(invoice).paid_cents, again(invoice).open_cents) == (5000, 4075)
    till.begin_invoice(again(invoice))
    pay(till)
    assert again(invoice).open_cents == 0


def test_nobody_makes_up_how_much_is_open(till: Till) -> None:
    invoice = an_invoice(till)
    for cents in (9074, 9076):
        with pytest.raises(IntegrityError, match="open on the invoice"), transaction.atomic(), as_owner():
            Payment.objects.create(customer_id=invoice.customer_id, invoice=invoice, cents=cents, created_at=till.now,
                                   idempotency_key=f"x{cents}")  # fmt: skip


def test_of_who_lives_abroad_the_country_of_card_and_account_are_kept(till: Till) -> None:
    customer = make.customer(country="DE")
    today = date(2027, 3, 1)
    for n, words in enumerate(
        ({"account": "1234", "country": "DE", "method": "creditcard"}, {"account": "DE02120300000000202051"})
    ):
        invoice = issue(draft(customer, origin=f"x:{n}", due_on=today), today=today, now=till.now)
        till.begin_invoice(invoice)
        with as_owner():
            payment = Payment.objects.latest("pk")
        till.book(charge(payment, paid_at=till.now, **words))
    with as_owner():
        found = LocationEvidence.objects.filter(customer=customer, kind__in=["bank", "card"]).order_by("pk")
        assert list(found.values_list("kind", "country")) == [("card", "DE"), ("bank", "DE")]

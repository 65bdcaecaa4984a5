"""What the bank refuses or gives back: booked by the opposite entry, once; and what follows from its reason."""

from datetime import date, timedelta

import pytest

from hospes.billing import payments as billing
from hospes.billing import services as invoicing
from hospes.kernel.acting import JOB, acting
from hospes.kernel.purposes import Purpose
from hospes.payments import refunds, sweeps
from hospes.payments.balances import services as balances
from hospes.payments.debits import services
from hospes.payments.debits.models import Mandate
from hospes.payments.models import Refund
from tests.billing.books import again
from tests.payments.debits import desk
from tests.payments.debits.desk import at, balance, batches, day, days, debits, states
from tests.support import make
from tests.support.rights import as_owner

pytestmark = [pytest.mark.django_db, pytest.mark.login("worker")]

D, DUE = date(2026, 3, 2), date(2026, 3, 16)
LATER = date(2026, 3, 20)


def under_way() -> "tuple[object, object]":
    """A customer and an invoice of which the collection is at the bank."""
    customer = desk.paying_customer()
    desk.sign(customer)
    invoice = desk.invoice(customer)
    days(D, date(2026, 3, 12))
    desk.submit(batches()[-1], date(2026, 3, 12))
    return customer, invoice


def agree() -> None:
    assert balance("debtors") == desk.open_items()


def test_what_is_given_back_opens_the_invoice_again_and_once() -> None:
    _customer, invoice = under_way()
    day(DUE + timedelta(days=1))
    [debit] = debits()
    assert desk.returned(debit, "MD06", LATER) == "returned"
    assert desk.returned(debit, "MD06", LATER) == "same"
    assert desk.rejected(debit, "MD06", LATER) == "same"
    now = again(invoice)
    assert (now.open_cents, now.paid_cents, now.paid_at, now.paid_with) == (9075, 0, None, "")
    assert (balance("debits"), balance("debtors"), states()) == (0, 9075, ["returned"])
    agree()
    assert days(LATER, LATER + timedelta(days=40)) == []  # the customer asked for it: it is not tried again
    assert desk.mails() == ["mandate_signed", "announced", "sent_back"]


def test_a_return_after_thirteen_months_is_booked_like_any_other() -> None:
    _customer, invoice = under_way()
    day(DUE + timedelta(days=1))
    assert desk.returned(debits()[0], "MD01", date(2027, 4, 10)) == "returned"
    assert again(invoice).open_cents == 9075
    agree()


def test_a_return_before_we_booked_it_leaves_both_entries() -> None:
    _customer, invoice = under_way()
    assert desk.returned(debits()[0], "AM04", DUE + timedelta(days=1)) == "returned"
    assert (again(invoice).open_cents, balance("debits"), states()) == (9075, 0, ["returned"])
    agree()


def test_a_refusal_before_the_day_books_nothing() -> None:
    _customer, invoice = under_way()
    assert desk.rejected(debits()[0], "AC01", date(2026, 3, 13)) == "rejected"
    assert (again(invoice).open_cents, balance("debits"), states()) == (9075, 0, ["rejected"])
    assert day(DUE + timedelta(days=1)) == {}


@pytest.mark.parametrize(
    ("code", "ends"),
    [("MD01", True), ("AC04", True), ("AC01", True), ("MD06", False), ("AM04", False), ("XX99", False)],
)
def test_the_mandate_ends_by_what_the_reason_says(code: str, ends: bool) -> None:
    under_way()
    day(DUE + timedelta(days=1))
    desk.returned(debits()[0], code, LATER)
    with as_owner():
        [mandate] = Mandate.objects.all()
    assert (mandate.state, mandate.ended_why, mandate.ended_code) == (
        ("ended", "bank", code) if ends else ("active", "", "")
    )


def test_a_lack_of_money_is_tried_once_more_and_announced_again() -> None:
    _customer, invoice = under_way()
    day(DUE + timedelta(days=1))
    desk.returned(debits()[0], "AM04", LATER)
    assert day(LATER) == {"announced": 1}
    second = debits()[1]
    assert (second.end_to_end_id, second.collect_on) == (
        f"{invoice.number}-2",
        date(2026, 4, 7),
    )  # after Easter
    assert days(LATER, date(2026, 4, 1)) == [(date(2026, 4, 1), {"filed": 1})]
    desk.submit(batches()[1], date(2026, 4, 1))
    day(date(2026, 4, 8))
    assert (again(invoice).open_cents, states()) == (0, ["returned", "collected"])
    desk.returned(debits()[1], "AM04", date(2026, 4, 9))
    assert days(date(2026, 4, 9), date(2026, 6, 1)) == []  # twice is enough
    agree()
    assert desk.mails().count("announced") == 2


def test_an_invoice_that_came_back_is_collected_with_a_new_mandate() -> None:
    customer, _invoice = under_way()
    day(DUE + timedelta(days=1))
    desk.returned(debits()[0], "AC04", LATER)
    assert day(LATER) == {}
    desk.sign(customer, iban=desk.OTHER_IBAN, now=at(LATER))
    assert day(LATER) == {"announced": 1}


def test_the_first_collection_that_worked_is_what_makes_the_next_one_recurring() -> None:
    customer, _invoice = under_way()
    first = desk.download(batches()[0], date(2026, 3, 12)).decode()
    day(DUE + timedelta(days=1))
    desk.invoice(customer, 2, on=date(2026, 3, 18))
    desk.invoice(customer, 3, on=date(2026, 3, 18))
    days(date(2026, 3, 18), date(2026, 3, 30))
    second = desk.download(batches()[1], date(2026, 3, 30)).decode()
    assert ("FRST" in first, "RCUR" in first, "FRST" in second, "RCUR" in second) == (
        True,
        False,
        False,
        True,
    )


def test_what_nobody_handed_in_or_nobody_knows_cannot_come_back() -> None:
    customer = desk.paying_customer()
    desk.sign(customer)
    desk.invoice(customer)
    day(D)
    assert desk.returned(debits()[0], "MD06", LATER) == "unknown"
    with acting(Purpose.BILLING, actor=JOB):
        assert services.returned(end_to_end_id="x", code="MD06", on=LATER, now=at(LATER)) == "unknown"
    assert states() == ["announced"]


def test_a_bank_that_speaks_of_a_file_has_it_whatever_the_clerk_said() -> None:
    customer = desk.paying_customer()
    desk.sign(customer)
    desk.invoice(customer)
    days(D, date(2026, 3, 12))
    assert desk.rejected(debits()[0], "AC04", date(2026, 3, 13)) == "rejected"
    assert batches()[0].state == "submitted"


# --- with credit notes ---


def credited(invoice: object, key: str = "1") -> None:
    with acting(Purpose.BILLING, actor=JOB):
        invoicing.credit(invoice_id=invoice.pk, reason="x", key=key, today=LATER, now=at(LATER))  # type: ignore[attr-defined]


@pytest.mark.parametrize("is_planned", [False, True])
def test_what_a_credit_note_gives_back_went_back_by_the_return(is_planned: bool) -> None:
    _customer, invoice = under_way()
    day(DUE + timedelta(days=1))
    credited(invoice)
    if is_planned:
        sweeps.see_to_refunds(now=at(LATER))
    desk.returned(debits()[0], "MD06", LATER)
    assert (desk.open_items(), balance("debtors"), balance("debits"), balance("surplus")) == (0, 0, 0, 0)
    sweeps.see_to_refunds(now=at(LATER))
    with as_owner():
        assert [each.state for each in Refund.objects.all()] == (["done"] if is_planned else [])
    assert debits()[0].claim_cents == 0


def test_what_was_paid_back_already_is_to_be_claimed() -> None:
    _customer, invoice = under_way()
    day(DUE + timedelta(days=1))
    credited(invoice)
    sweeps.see_to_refunds(now=at(LATER))
    with as_owner():
        refund = Refund.objects.get()
    with acting(Purpose.BILLING, actor=JOB):
        refunds.paid_by_hand(refund_id=refund.pk, on=LATER, now=at(LATER))
    desk.returned(debits()[0], "MD06", LATER)
    [debit] = debits()
    claimed = (debit.claim_cents, balance("surplus"), desk.open_items(), balance("debtors"))
    assert claimed == (9075, 0, 9075, 9075)
    for verb, left in ((services.put_right, 0), (services.not_put_right, 9075), (services.put_right, 0)):
        with acting(Purpose.BILLING, actor=JOB):
            verb(debit_id=debit.pk, on=LATER, now=at(LATER))
        assert (balance("debtors"), desk.open_items()) == (left, left)
    with pytest.raises(services.NotPutRight), acting(Purpose.BILLING, actor=JOB):
        services.put_right(debit_id=debit.pk, on=LATER, now=at(LATER))


def test_a_surplus_that_went_back_to_the_customer_and_is_taken_back_is_to_be_claimed() -> None:
    customer, invoice = under_way()
    with acting(Purpose.BILLING, actor=JOB):
        billing.take_payment(
            invoice_id=invoice.pk, cents=9000, paid_at=make.NOW, paid_with="ideal", now=make.NOW
        )  # type: ignore[attr-defined]
    day(DUE + timedelta(days=1))
    with acting(Purpose.BILLING, actor=JOB):  # all but 1000 of it was paid back
        balances.change(
            balances.Kind.PAID_BACK, customer_id=customer.pk, cents=-8000, origin="x", now=make.NOW
        )  # type: ignore[attr-defined]
    desk.returned(debits()[0], "MD06", LATER)
    assert (debits()[0].claim_cents, again(invoice).open_cents, desk.has_with_us(customer)) == (8000, 75, 0)  # type: ignore[arg-type]


def test_a_surplus_that_comes_back_is_no_surplus_any_more() -> None:
    _customer, invoice = under_way()
    with acting(Purpose.BILLING, actor=JOB):
        billing.take_payment(
            invoice_id=invoice.pk, cents=9000, paid_at=make.NOW, paid_with="ideal", now=make.NOW
        )  # type: ignore[attr-defined]
    day(DUE + timedelta(days=1))
    assert (debits()[0].surplus_cents, balance("surplus")) == (9000, -9000)
    desk.returned(debits()[0], "MD06", LATER)
    assert (balance("surplus"), balance("debits"), again(invoice).open_cents) == (0, 0, 75)  # type: ignore[arg-type]

"""What statements say of direct debits: what was collected empties its file, what came back opens its invoice; each once."""

from datetime import date, timedelta
from typing import Any

import pytest

from hospes.customers.models import Customer
from hospes.kernel.acting import JOB, acting
from hospes.kernel.purposes import Purpose
from hospes.payments import refunds, sweeps
from hospes.payments.bank import allocating
from hospes.payments.bank.allocating import Refused
from hospes.payments.bank.models import BankAllocation
from hospes.payments.models import Refund
from tests.billing.books import again
from tests.payments.agreement import assert_agreement
from tests.payments.bank.paper import act, held, line, said, statement, take_in, undo_all
from tests.payments.debits import desk
from tests.payments.debits.desk import at, balance, batches, day, days, debits, states
from tests.support.rights import as_owner

pytestmark = [pytest.mark.django_db, pytest.mark.login("worker"), pytest.mark.promise("P14")]

D, DUE = date(2026, 3, 2), date(2026, 3, 16)
LATER = date(2026, 3, 20)


def under_way(count: int = 2) -> list[Any]:
    """Invoices of so many customers whose collection is at the bank, in one file."""
    invoices = []
    for number in range(count):
        customer = desk.paying_customer()
        desk.sign(customer)
        invoices.append(desk.invoice(customer, number + 1))
    days(D, date(2026, 3, 12))
    desk.submit(batches()[0], date(2026, 3, 12))
    return invoices


def on_paper(*lines: Any, on: date = DUE, opening: int = 100_000) -> None:
    """A statement of a day, brought the day after."""
    several = [line(cents, text, booked_on=on, **words) for cents, text, words in lines]
    take_in(statement(*several, on=on, opening=opening), now=at(on + timedelta(days=1)))


@pytest.mark.parametrize("name", ["{}", "{}-1"])  # the file, or its one block
def test_a_file_that_came_in_as_one_amount_is_matched_to_it(name: str) -> None:
    under_way()
    [batch] = batches()
    on_paper((18_150, "incasso", {"batch": name.format(batch.reference)}))
    assert said() == [("collected", 18_150, None)]
    assert (balance("debits"), balance("suspense"), balance("bank")) == (-18_150, 0, 18_150)
    day(DUE + timedelta(days=1))
    assert (balance("debits"), states()) == (0, ["collected"] * 2)
    on_paper(
        (18_150, batch.reference, {}), on=DUE + timedelta(days=1), opening=118_150
    )  # once more: a riddle
    assert (len(said()), held()[1].left_cents) == (1, 18_150)
    undo_all(held()[0])
    assert (balance("debits"), balance("suspense")) == (18_150, -36_300)
    assert_agreement()


def test_collections_that_came_in_one_by_one_are_no_payments_of_their_invoices() -> None:
    invoices = under_way()
    one, two = debits()
    on_paper(*[(9075, "", {"end_to_end": each.end_to_end_id}) for each in (one, two)])
    assert said() == [("collected", 9075, None)] * 2
    assert [again(each).paid_cents for each in invoices] == [0, 0]  # that is the day of collection's to say
    day(DUE + timedelta(days=1))
    assert [again(each).paid_cents for each in invoices] == [9075, 9075]
    assert (balance("debits"), balance("suspense")) == (0, 0)
    assert_agreement()


def test_what_is_not_to_the_cent_is_asked_of_a_person() -> None:
    under_way()
    [batch] = batches()
    on_paper((18_150 - 9075, batch.reference, {}))  # the bank took off what it refused
    assert said() == []
    [row] = held()
    with acting(Purpose.BILLING, actor=JOB):
        from hospes.payments.bank import finding

        [proposal] = finding.proposals([row])[row.pk]
    act(allocating.accept, line_id=row.pk, key=allocating.key_of(proposal), now=at(DUE + timedelta(days=1)))
    assert (balance("debits"), balance("suspense")) == (-9075, 0)


def test_a_return_on_a_statement_opens_its_invoice_again_and_once() -> None:
    invoices = under_way()
    [batch] = batches()
    on_paper((18_150, "", {"batch": batch.reference}))
    day(DUE + timedelta(days=1))
    words = {"end_to_end": debits()[0].end_to_end_id, "reason": "MD06"}
    on_paper((-9075, "storno", words), on=LATER, opening=118_150)
    assert said(held()[1]) == [("returned", -9075, None)]
    assert (debits()[0].state, debits()[0].code, debits()[0].ended_on) == ("returned", "MD06", LATER)
    assert [again(each).open_cents for each in invoices] == [9075, 0]
    assert (balance("debits"), balance("suspense"), balance("bank")) == (0, 0, 9075)
    on_paper((-9075, "storno", words), on=LATER + timedelta(days=1), opening=109_075)
    assert held()[2].left_cents == -9075
    with pytest.raises(Refused):
        undo_all(held()[1])
    assert_agreement()


def test_a_return_that_a_clerk_booked_before_is_found_on_the_statement() -> None:
    [invoice] = under_way(1)
    day(DUE + timedelta(days=1))
    assert desk.returned(debits()[0], "AC04", DUE + timedelta(days=1)) == "returned"
    on_paper((-9075, "", {"end_to_end": debits()[0].end_to_end_id}), on=LATER)
    assert said() == [("returned", -9075, None)]
    assert (again(invoice).open_cents, debits()[0].code, balance("debits")) == (
        9075,
        "AC04",
        9075,
    )  # that it came in is still to be seen


def got_back_twice() -> Customer:
    """A customer whose invoice was credited and paid back, and who had the bank give it back as well."""
    [invoice] = under_way(1)
    day(DUE + timedelta(days=1))
    with acting(Purpose.BILLING, actor=JOB):
        from hospes.billing import services as invoicing

        invoicing.credit(invoice_id=invoice.pk, reason="x", key="1", today=LATER, now=at(LATER))
    sweeps.see_to_refunds(now=at(LATER))
    with as_owner():
        refund = Refund.objects.get()
    with acting(Purpose.BILLING, actor=JOB):
        refunds.paid_by_hand(refund_id=refund.pk, on=LATER, now=at(LATER))
    desk.returned(debits()[0], "MD06", LATER)
    with as_owner():
        return Customer.objects.get(pk=invoice.customer_id)


@pytest.mark.parametrize("is_said_first", [False, True])
def test_what_was_got_back_twice_is_found_when_it_comes_in(is_said_first: bool) -> None:
    got_back_twice()
    [debit] = debits()
    day_of_it = LATER + timedelta(days=3)
    if is_said_first:
        with acting(Purpose.BILLING, actor=JOB):
            desk.services.put_right(debit_id=debit.pk, on=day_of_it, now=at(day_of_it))
    on_paper((9075, f"dubbel {debit.end_to_end_id}", {}), on=day_of_it)
    assert said() == [("claim", 9075, None)]
    assert (debits()[0].claimed_on, balance("debtors")) == (day_of_it, 0)
    with as_owner():
        assert BankAllocation.objects.get().debit_id == debit.pk
    assert_agreement()
    undo_all(held()[0])
    assert (debits()[0].claimed_on, balance("debtors")) == (None, 9075)
    assert_agreement()

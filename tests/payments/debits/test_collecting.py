"""From an open invoice to money in the books: announced, put into a file, handed in, booked. Once, whatever is repeated."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction

from hospes.billing import payments as billing
from hospes.billing import services as invoicing
from hospes.kernel.acting import JOB, acting
from hospes.kernel.purposes import Purpose
from hospes.messaging.models import Message
from hospes.messaging.rendering import render
from hospes.payments.balances import services as balances
from hospes.payments.balances import setting_off
from hospes.payments.debits import files, services
from hospes.payments.debits.models import Batch, Debit
from tests.billing.books import again
from tests.payments.debits import desk
from tests.payments.debits.desk import at, balance, batches, day, days, debits, states
from tests.support import make
from tests.support.rights import as_owner

pytestmark = [pytest.mark.django_db, pytest.mark.login("worker")]

D = date(2026, 3, 2)  # a Monday
DUE = date(2026, 3, 16)  # a Monday too


def test_an_invoice_is_announced_filed_submitted_and_booked_once() -> None:
    customer = desk.paying_customer()
    mandate = desk.sign(customer)
    invoice = desk.invoice(customer)
    assert day(D) == {"announced": 1}
    [debit] = debits()
    assert (debit.cents, debit.collect_on, debit.state) == (9075, DUE, "announced")
    assert day(D) == {}
    assert days(D + timedelta(days=1), date(2026, 3, 11)) == []
    assert day(date(2026, 3, 12)) == {"filed": 1}  # a Thursday: two bank days before
    [batch] = batches()
    assert (batch.count, batch.total_cents, batch.collect_on, states()) == (1, 9075, DUE, ["batched"])
    assert day(date(2026, 3, 12)) == {}
    desk.submit(batch, date(2026, 3, 13))
    assert (states(), day(DUE)) == (["submitted"], {})
    assert (again(invoice).paid_cents, balance("debits")) == (0, 0)
    assert day(DUE + timedelta(days=1)) == {"collected": 1}
    assert day(DUE + timedelta(days=1)) == {}
    paid = again(invoice)
    assert (paid.open_cents, paid.paid_cents, paid.paid_with, states()) == (
        0,
        9075,
        "directdebit",
        ["collected"],
    )
    assert (balance("debits"), balance("debtors"), desk.open_items()) == (9075, 0, 0)
    with as_owner():
        mandate.refresh_from_db()
    assert mandate.last_used_on == DUE
    assert desk.mails() == ["mandate_signed", "announced"]


def test_the_file_holds_to_the_cent_and_stays_byte_for_byte(django_assert_num_queries: object) -> None:
    sums = [100, 7500, 123456, 1]
    for number, net in enumerate(sums):
        customer = desk.paying_customer()
        desk.sign(customer, iban=desk.OTHER_IBAN if number % 2 else desk.IBAN)
        desk.invoice(customer, net_cents=net)
    day(D)
    day(date(2026, 3, 12))
    [batch] = batches()
    first = desk.download(batch, date(2026, 3, 12))
    assert first == desk.download(batch, date(2026, 3, 13))
    from sepaxml.validation import try_valid_xml

    try_valid_xml(first, files.SCHEMA)
    assert files.amounts(first) == {each.end_to_end_id: each.cents for each in debits()}
    assert (
        sum(files.amounts(first).values())
        == batch.total_cents
        == sum(net + make.base.vat(net) for net in sums)
    )
    text = first.decode()
    assert f"<MsgId>{batch.reference}</MsgId>" in text
    assert text.count("<SeqTp>FRST</SeqTp>") == 1
    assert desk.IBAN in text
    assert desk.OTHER_IBAN in text
    assert b"NL02" not in bytes(batch.sealed_file)


def test_what_is_paid_meanwhile_is_called_off_and_what_is_credited_in_part_lessened() -> None:
    one, other = desk.paying_customer(), desk.paying_customer()
    desk.sign(one)
    desk.sign(other)
    paid, partly = desk.invoice(one), desk.invoice(other)
    day(D)
    with acting(Purpose.BILLING, actor=JOB):
        billing.take_payment(
            invoice_id=paid.pk, cents=9075, paid_at=make.NOW, paid_with="ideal", now=make.NOW
        )
        billing.take_payment(
            invoice_id=partly.pk, cents=75, paid_at=make.NOW, paid_with="ideal", now=make.NOW
        )
    assert day(date(2026, 3, 12)) == {"called_off": 1, "lessened": 1, "filed": 1}
    assert [(each.state, each.cents, each.why) for each in debits()] == [
        ("withdrawn", 9075, "paid"),
        ("batched", 9000, ""),
    ]
    assert sorted(desk.mails()[4:]) == ["called_off", "lessened"]
    with as_owner():
        letter = render(Message.objects.get(kind="debits.lessened"), now=at(date(2026, 3, 12)))
    assert "€ 90,00" in letter.text.replace("\xa0", " ")


def test_a_file_that_nobody_downloaded_is_taken_back_when_something_in_it_is_over() -> None:
    one, other = desk.paying_customer(), desk.paying_customer()
    desk.sign(one)
    desk.sign(other)
    desk.invoice(one)
    desk.invoice(other)
    day(D)
    thursday = date(2026, 3, 12)
    day(thursday)
    desk.withdraw(one, now=at(thursday))
    from hospes.payments.debits import sweeps

    assert dict(+sweeps.keep_up(now=at(thursday))) == {"taken_back": 1}
    assert states() == ["withdrawn", "announced"]
    assert day(thursday) == {"filed": 1}
    assert [(each.state, each.count) for each in batches()] == [("cancelled", 2), ("made", 1)]
    with pytest.raises(services.BatchRefused):
        desk.download(batches()[0], thursday)
    with pytest.raises(services.BatchRefused):
        desk.submit(batches()[0], thursday)


def test_from_the_withdrawal_on_nothing_is_collected() -> None:
    customer = desk.paying_customer()
    desk.sign(customer)
    desk.invoice(customer)
    day(D)
    assert desk.withdraw(customer, now=at(D)) is not None
    assert desk.withdraw(customer, now=at(D)) is None
    assert day(date(2026, 3, 12)) == {"called_off": 1}
    desk.invoice(customer, 2)
    assert days(date(2026, 3, 13), date(2026, 4, 20)) == []
    assert desk.mails() == ["mandate_signed", "announced", "mandate_ended", "called_off"]


def test_a_day_that_nobody_worked_on_moves_the_collection_and_the_customer_hears() -> None:
    customer = desk.paying_customer()
    desk.sign(customer)
    desk.invoice(customer)
    day(D)
    assert day(date(2026, 3, 20)) == {"filed": 1}  # a Friday, after the day that was announced
    assert [each.collect_on for each in debits()] == [date(2026, 3, 24)]
    assert desk.mails() == ["mandate_signed", "announced", "moved"]


def test_no_file_is_made_in_a_weekend_and_none_collects_on_one() -> None:
    customer = desk.paying_customer()
    desk.sign(customer)
    desk.invoice(customer, on=date(2026, 3, 20), days=14)  # due on Good Friday
    day(date(2026, 3, 20))
    assert [each.collect_on for each in debits()] == [date(2026, 4, 7)]  # Tuesday after Easter
    assert days(date(2026, 3, 28), date(2026, 3, 29)) == []
    assert days(date(2026, 3, 30), date(2026, 4, 6)) == [(date(2026, 4, 1), {"filed": 1})]


def test_a_file_is_not_submitted_too_late_or_beforehand() -> None:
    customer = desk.paying_customer()
    desk.sign(customer)
    desk.invoice(customer)
    day(D)
    day(date(2026, 3, 12))
    [batch] = batches()
    for wrong in (date(2026, 3, 11), date(2026, 3, 16)):
        with pytest.raises(services.BatchRefused):
            desk.submit(batch, wrong)
    desk.submit(batch, date(2026, 3, 13))
    desk.submit(batch, date(2026, 3, 13))
    with pytest.raises(services.BatchRefused), acting(Purpose.BILLING, actor=JOB):
        services.cancel(batch_id=batch.pk, now=at(DUE))


def test_a_file_that_is_taken_back_is_made_anew() -> None:
    customer = desk.paying_customer()
    desk.sign(customer)
    desk.invoice(customer)
    day(D)
    day(date(2026, 3, 12))
    desk.download(batches()[0], date(2026, 3, 12))
    with acting(Purpose.BILLING, actor=JOB):
        services.cancel(batch_id=batches()[0].pk, now=at(date(2026, 3, 12)))
    assert states() == ["announced"]
    assert day(date(2026, 3, 12)) == {"filed": 1}
    assert [(each.reference, each.state) for each in batches()] == [
        ("DD20260316-1", "cancelled"),
        ("DD20260316-2", "made"),
    ]


def test_money_that_came_twice_is_the_customers_and_pays_the_next_invoice() -> None:
    customer = desk.paying_customer()
    desk.sign(customer)
    invoice = desk.invoice(customer)
    day(D)
    day(date(2026, 3, 12))
    desk.submit(batches()[0], date(2026, 3, 12))
    with acting(Purpose.BILLING, actor=JOB):
        billing.take_payment(
            invoice_id=invoice.pk, cents=9075, paid_at=make.NOW, paid_with="ideal", now=make.NOW
        )
    day(DUE + timedelta(days=1))
    [debit] = debits()
    assert (debit.state, debit.surplus_cents, balance("surplus")) == ("collected", 9075, -9075)
    assert desk.has_with_us(customer) == 9075
    following = desk.invoice(customer, 2, on=DUE + timedelta(days=1))
    with acting(Purpose.BILLING, actor=JOB):
        setting_off.set_off(customer_id=customer.pk, now=at(DUE + timedelta(days=2)))
    assert (again(following).open_cents, desk.has_with_us(customer), balance("surplus")) == (0, 0, 0)
    assert days(DUE + timedelta(days=2), DUE + timedelta(days=20)) == []  # it is paid: nothing is collected
    with pytest.raises(services.NotPutRight), acting(Purpose.BILLING, actor=JOB):
        services.put_right(debit_id=debit.pk, on=DUE + timedelta(days=2), now=at(DUE + timedelta(days=2)))


def test_what_the_bank_has_in_hand_is_not_paid_from_a_balance_as_well() -> None:
    customer = desk.paying_customer()
    desk.sign(customer)
    invoice = desk.invoice(customer)
    days(D, date(2026, 3, 12))
    with acting(Purpose.BILLING, actor=JOB):
        balances.change(balances.Kind.SURPLUS, customer_id=customer.pk, cents=500, origin="x", now=make.NOW)
        assert setting_off.set_off(customer_id=customer.pk, now=at(date(2026, 3, 12))) == 0
    assert (again(invoice).open_cents, desk.has_with_us(customer)) == (9075, 500)


def test_a_colleague_calls_off_for_good() -> None:
    customer = desk.paying_customer()
    desk.sign(customer)
    desk.invoice(customer)
    day(D)
    with acting(Purpose.BILLING, actor=JOB):
        services.call_off(debit_id=debits()[0].pk, now=at(D))
    with pytest.raises(services.NotAnnounced), acting(Purpose.BILLING, actor=JOB):
        services.call_off(debit_id=debits()[0].pk, now=at(D))
    assert days(D, date(2026, 4, 1)) == []


def test_a_credit_note_and_what_was_never_due_are_not_collected() -> None:
    customer = desk.paying_customer()
    desk.sign(customer)
    invoice = desk.invoice(customer)
    with acting(Purpose.BILLING, actor=JOB):
        invoicing.credit(invoice_id=invoice.pk, reason="x", key="1", today=D, now=at(D))
    desk.invoice(customer, 2, days=15)
    assert day(D) == {}
    assert day(D + timedelta(days=1)) == {"announced": 1}


# --- held by the database -------------------------------------------------------------------------------------------------


def test_there_are_never_two_collections_of_an_invoice_under_way() -> None:
    customer = desk.paying_customer()
    mandate = desk.sign(customer)
    invoice = desk.invoice(customer)
    day(D)
    words = {
        "customer": customer,
        "mandate": mandate,
        "invoice": invoice,
        "cents": 9075,
        "collect_on": DUE,
        "announced_at": make.NOW,
    }
    with pytest.raises(IntegrityError, match="one_live_debit_per_invoice"), transaction.atomic(), as_owner():
        Debit.objects.create(end_to_end_id="x", **words)


@pytest.mark.parametrize("to", ["submitted", "collected", "returned", "rejected"])
def test_a_collection_skips_no_step(to: str) -> None:
    customer = desk.paying_customer()
    desk.sign(customer)
    desk.invoice(customer)
    day(D)
    with pytest.raises(IntegrityError), transaction.atomic(), as_owner():
        Debit.objects.update(state=to)


def test_nothing_gets_into_a_file_without_a_mandate_in_force() -> None:
    customer = desk.paying_customer()
    desk.sign(customer)
    desk.invoice(customer)
    day(D)
    desk.withdraw(customer, now=at(D))
    with as_owner():
        batch = Batch.objects.create(
            reference="x",
            collect_on=DUE,
            count=1,
            total_cents=1,
            sealed_file=b"",
            sha256="",
            made_at=make.NOW,
        )
    with (
        pytest.raises(IntegrityError, match="does not go from announced to batched"),
        transaction.atomic(),
        as_owner(),
    ):
        Debit.objects.update(state="batched", batch=batch)

"""What a credit note gives back goes to who paid it, once; by hand where the provider cannot (art. 6:230r Civil Code)."""

import threading
from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import translation

from hospes.billing import services as billing
from hospes.billing.ledger.models import LedgerLine
from hospes.billing.models import Invoice
from hospes.kernel import clock
from hospes.kernel.acting import JOB, acting
from hospes.kernel.purposes import Purpose
from hospes.messaging.models import Message
from hospes.payments import refunds, sweeps
from hospes.payments.models import Refund
from hospes.payments.providers import Repayment
from tests.billing.books import again, draft, issue, lines_of
from tests.payments.till import Till
from tests.support import make
from tests.support.rights import as_owner

pytestmark = [pytest.mark.django_db, pytest.mark.login("worker")]

DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with translation.override("en"):
        yield


def paid_order(till: Till, method: str = "ideal") -> Invoice:
    """An order that was paid at the provider, with its invoice."""
    order = make.order(customer=make.customer())
    till.begin(order)
    [charge] = till.charges()[-1:]
    till.settle(charge.id, "paid", method)
    assert till.note(charge.id)
    till.work()
    with as_owner():
        return Invoice.objects.get(origin=f"order:{order.pk}")


def credit(invoice: Invoice, till: Till, cents: int | None = None, key: str = "1") -> Invoice:
    [row] = lines_of(invoice)[:1]
    with acting(Purpose.BILLING, actor=JOB):
        return billing.credit(invoice_id=invoice.pk, reason="Ended", key=key, today=clock.day_of(till.now), now=till.now,
                              lines={row.pk: cents} if cents else None)  # fmt: skip


def see_to(till: Till) -> dict[str, int]:
    return dict(sweeps.see_to_refunds(now=till.now))


def rows() -> list[tuple[int, str, str]]:
    with as_owner():
        return [(x.cents, x.state, x.reason) for x in Refund.objects.order_by("pk")]


def at_the_provider(till: Till) -> list[tuple[int, str]]:
    return [
        (each["cents"], each["status"])
        for charge in till.charges()
        for each in till.sim.control.refunds_of(charge.id)
    ]


def booked() -> list[tuple[str, str, int]]:
    """What was booked of refunds: entry, account, and cents (debit above zero)."""
    with as_owner():
        found = (
            LedgerLine.objects.filter(entry__origin__startswith="refund:")
            .select_related("entry", "account")
            .order_by("pk")
        )
        return [
            (x.entry.origin.rpartition(":")[2], x.account.use, x.debit_cents - x.credit_cents) for x in found
        ]


def mails() -> list[str]:
    with as_owner():
        return list(
            Message.objects.filter(kind__startswith="payments.").order_by("pk").values_list("kind", flat=True)
        )


# --- through the provider ---


def test_what_was_paid_goes_back_the_same_way_and_once(till: Till) -> None:
    till.sim.control.refunds(seconds=3600)
    invoice = paid_order(till)
    note = credit(invoice, till)
    assert see_to(till) == {"planned": 1}
    assert rows() == [(9075, "requested", "")]
    till.work()
    assert (rows(), at_the_provider(till)) == ([(9075, "sent", "")], [(9075, "pending")])
    assert (mails(), booked(), again(note).paid_cents) == (["payments.refund_sent"], [], 0)
    till.later(timedelta(hours=2))
    assert see_to(till)["looked_up"] == 1
    till.work()
    assert (rows(), at_the_provider(till)) == ([(9075, "done", "")], [(9075, "refunded")])
    assert mails() == ["payments.refund_sent", "payments.refund_done"]
    assert booked() == [("provider", "debtors", 9075), ("provider", "clearing", -9075)]
    assert (again(note).paid_cents, again(note).open_cents, again(note).paid_with) == (9075, 0, "ideal")
    assert see_to(till) == {}
    till.work()
    assert len(at_the_provider(till)) == 1


def test_two_credit_notes_of_one_payment_never_give_back_more_than_was_paid(till: Till) -> None:
    invoice = paid_order(till)
    credit(invoice, till, 2500, key="1")
    see_to(till)
    till.work()
    credit(invoice, till, None, key="2")
    see_to(till)
    till.work()
    assert sorted(rows()) == [(3025, "done", ""), (6050, "done", "")]
    with (
        pytest.raises(IntegrityError, match=r"credit note gives back|was paid"),
        transaction.atomic(),
        as_owner(),
    ):
        Refund.objects.filter(cents=3025).update(cents=3026)


def test_a_request_that_broke_off_is_not_sent_twice(till: Till) -> None:
    invoice = paid_order(till)
    credit(invoice, till)
    see_to(till)
    till.sim.control.drop(1, False)  # the connection, after it was made
    till.work()
    till.later(timedelta(hours=2))  # its key has lapsed by now
    see_to(till)
    till.sim.control.drop(0, False)
    till.work()
    till.work()
    assert (rows(), len(at_the_provider(till))) == ([(9075, "done", "")], 1)


def test_an_outage_passes(till: Till) -> None:
    invoice = paid_order(till)
    credit(invoice, till)
    see_to(till)
    till.sim.control.outage(1)
    till.work()
    assert rows() == [(9075, "requested", "")]
    till.work()
    assert rows() == [(9075, "done", "")]


@pytest.mark.parametrize(("days", "state"), [(365, "done"), (366, "failed")])
def test_what_is_too_old_goes_back_by_hand(till: Till, days: int, state: str) -> None:
    invoice = paid_order(till)
    till.later(days * DAY - timedelta(minutes=1))
    credit(invoice, till)
    see_to(till)
    till.work()
    assert rows() == [(9075, state, "refused" if state == "failed" else "")]


def test_what_bounces_is_booked_back_and_goes_by_hand(till: Till) -> None:
    note = credit(paid_order(till), till)
    see_to(till)
    till.work()
    [made] = till.sim.control.refunds_of(till.charges()[0].id)
    till.sim.control.settle_refund(made["id"], "failed")
    till.note(till.charges()[0].id)
    till.work()
    till.work()
    assert (rows(), again(note).paid_cents, again(note).open_cents) == (
        [(9075, "failed", "bounced")],
        0,
        9075,
    )
    with as_owner():
        [row] = Refund.objects.all()
    by_hand(row, till)
    assert again(note).paid_cents == 9075
    assert booked() == [
        ("provider", "debtors", 9075), ("provider", "clearing", -9075), ("back", "debtors", -9075), ("back", "clearing", 9075),
        ("hand", "debtors", 9075), ("hand", "suspense", -9075),
    ]  # fmt: skip


# --- by hand ---


def by_hand(refund: Refund, till: Till, on: date | None = None) -> None:
    with acting(Purpose.BILLING, actor=JOB):
        refunds.paid_by_hand(refund_id=refund.pk, on=on or clock.day_of(till.now), now=till.now)


def test_what_was_paid_by_bank_goes_back_by_hand_with_its_day(till: Till) -> None:
    today = clock.day_of(till.now)
    paid = draft(due_on=today, paid_at=till.now, paid_with="banktransfer")
    invoice = issue(paid, today=today, now=till.now)
    note = credit(invoice, till)
    see_to(till)
    assert rows() == [(9075, "failed", "no_payment")]
    with as_owner():
        [row] = Refund.objects.all()
    assert row.due_on == note.issued_on + 14 * DAY
    for wrong in (note.issued_on - DAY, clock.day_of(till.now) + DAY):
        with pytest.raises(refunds.NotByHand):
            by_hand(row, till, wrong)
    by_hand(row, till)
    with pytest.raises(refunds.NotByHand):
        by_hand(row, till)
    assert (again(note).paid_cents, again(note).paid_with) == (9075, "banktransfer")
    assert booked() == [("hand", "debtors", 9075), ("hand", "suspense", -9075)]
    assert mails() == ["payments.refund_done"]


def test_what_is_set_off_is_not_paid_back(till: Till) -> None:
    today = clock.day_of(till.now)
    invoice = issue(draft(due_on=today), today=today, now=till.now)
    credit(invoice, till)
    assert (see_to(till), rows()) == ({}, [])


def test_whatever_the_provider_says_late_a_refund_that_is_done_stays_done(till: Till) -> None:
    credit(paid_order(till), till)
    see_to(till)
    till.work()
    with as_owner():
        [row] = Refund.objects.all()
    for said in (None, Repayment(row.reference, "sent", row.cents, row.idempotency_key)):
        with acting(Purpose.BILLING, actor=JOB):
            assert refunds.apply(refund_id=row.pk, said=said, now=till.now) == "same"
    assert rows() == [(9075, "done", "")]


@pytest.mark.django_db(transaction=True)
def test_two_at_once_plan_it_once(till: Till, committed_database: None) -> None:
    note = credit(paid_order(till), till)
    made: list[int] = []

    def work() -> None:
        with acting(Purpose.BILLING, actor=JOB):
            made.append(len(refunds.plan(credit_note_id=note.pk, now=till.now)))
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert (sorted(made), rows()) == ([0, 0, 0, 1], [(9075, "requested", "")])

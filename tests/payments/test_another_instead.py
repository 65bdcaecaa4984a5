"""Paying in another way: the first attempt is cancelled at the provider if it can be, and whatever is paid is not lost."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction

from hospes.kernel.acting import JOB, SYSTEM, acting
from hospes.kernel.models import JournalEntry
from hospes.kernel.purposes import Purpose
from hospes.kernel.refusals import Refused
from hospes.payments import jobs as payment_jobs
from hospes.payments.models import Payment
from hospes.payments.providers import ProviderUnavailable, provider
from hospes.payments.services import NotTaken, PaymentRefused
from hospes.payments.sweeps import PATIENCE
from hospes.sales.models import Order
from tests.payments.till import Till, charge, entries, invoices, state_of, states
from tests.support import make
from tests.support.make import NOW
from tests.support.rights import as_login, as_owner

pytestmark = [pytest.mark.django_db, pytest.mark.promise("P14")]

HOUR = timedelta(hours=1)


def payments() -> list[Payment]:
    with as_owner():
        return list(Payment.objects.order_by("pk"))


def statuses(till: Till) -> list[str]:
    return [each.status for each in till.charges()]


def look(till: Till) -> None:
    """What no notice told is looked up."""
    till.later(PATIENCE)
    till.sweep()
    till.work()


def begun(till: Till) -> Order:
    order = make.order()
    till.begin(order)
    return order


# --- cancelled at the provider ---


def test_the_first_is_cancelled_there_and_the_second_is_a_new_one(till: Till) -> None:
    order = make.order()
    first = till.begin(order)
    second = till.begin(order, instead_of=payments()[0].pk)
    assert second != first
    assert statuses(till) == ["canceled", "open"]
    assert [p.replaced_at is None for p in payments()] == [False, True]
    till.work()
    assert states(order) == ["canceled", "open"]
    assert entries() == ["payment.begun", "payment.replaced", "payment.begun", "payment.ended"]
    till.settle(till.charges()[1].id, "paid")
    look(till)
    assert (states(order), state_of(order), len(invoices(order))) == (["canceled", "paid"], "paid", 1)


def test_pressed_again_it_is_the_same_second_page(till: Till) -> None:
    order = begun(till)
    first = payments()[0].pk
    pages = {till.begin(order, instead_of=first) for _ in range(3)} | {till.begin(order)}
    assert (len(pages), statuses(till)) == (1, ["canceled", "open"])
    assert entries().count("payment.replaced") == 1


def test_without_the_wish_it_stays_the_same_payment(till: Till) -> None:
    order = begun(till)
    till.later(HOUR)
    till.begin(order)
    assert (statuses(till), [p.replaced_at for p in payments()]) == (["open"], [None])


@pytest.mark.parametrize("end", ["failed", "canceled", "expired"])
def test_one_that_ended_meanwhile_is_no_hindrance(till: Till, end: str) -> None:
    order = begun(till)
    till.settle(till.charges()[0].id, end)
    till.begin(order, instead_of=payments()[0].pk)
    assert statuses(till) == [end, "open"]
    till.work()
    assert states(order) == [end, "open"]


@pytest.mark.parametrize("before", [True, False], ids=["before it was made", "after it was made"])
def test_one_whose_making_broke_off_is_let_go_of_too(till: Till, before: bool) -> None:
    order = make.order()
    till.sim.control.drop(1, before)
    with pytest.raises(ProviderUnavailable):
        till.begin(order)
    till.begin(order, instead_of=payments()[0].pk)
    assert statuses(till) == ["open"] if before else ["canceled", "open"]
    look(till)
    assert states(order) == (["open", "open"] if before else ["canceled", "open"])
    assert [p.replaced_at is None for p in payments()] == [False, True]


def test_nobody_lets_go_of_the_payment_of_another_order(till: Till) -> None:
    mine, theirs = begun(till), begun(till)
    same_customer = make.order(customer=mine.customer)
    with as_owner():
        [first] = Payment.objects.filter(order=theirs)
        [own] = Payment.objects.filter(order=mine)
    till.begin(mine, instead_of=first.pk)
    till.begin(same_customer, instead_of=own.pk)
    till.begin(mine, instead_of=10**15)
    assert statuses(till) == ["open", "open", "open"]
    assert [p.replaced_at for p in payments()] == [None] * 3


# --- not to be cancelled any more ---


def chosen_a_bank(till: Till) -> None:
    """The customer chose a bank at the provider, and left its page: it is open, and cannot be cancelled any more."""
    till.sim.store.execute("UPDATE payment SET method = 'ideal'", ())


@pytest.mark.parametrize("first_too", [False, True])
def test_one_that_cannot_be_cancelled_may_be_paid_yet_and_nothing_is_lost(
    till: Till, first_too: bool
) -> None:
    order = begun(till)
    chosen_a_bank(till)
    till.begin(order, instead_of=payments()[0].pk)
    assert statuses(till) == ["open", "open"]
    till.settle(till.charges()[1].id, "paid", "paypal")
    look(till)
    if first_too:
        till.settle(till.charges()[0].id, "paid")
    look(till)
    assert states(order) == ["surplus" if first_too else "open", "paid"]
    assert len(invoices(order)) == 1
    till.later(4 * HOUR)
    look(till)
    assert states(order) == ["surplus" if first_too else "expired", "paid"]


def test_paid_with_the_first_after_all_the_second_is_cancelled_there(till: Till) -> None:
    order = begun(till)
    chosen_a_bank(till)
    till.begin(order, instead_of=payments()[0].pk)
    till.settle(till.charges()[0].id, "paid")
    look(till)
    assert (states(order), state_of(order), len(invoices(order))) == (["paid", "open"], "paid", 1)
    assert [p.replaced_at is None for p in payments()] == [True, False]
    till.work()  # the job that lets go of the second
    assert (states(order), statuses(till)) == (["paid", "canceled"], ["paid", "canceled"])
    with pytest.raises(PaymentRefused):
        till.begin(order)


def test_both_paid_at_the_same_moment_is_one_invoice_and_money_to_pay_back(till: Till) -> None:
    order = begun(till)
    chosen_a_bank(till)
    till.begin(order, instead_of=payments()[0].pk)
    for each in till.charges():
        till.settle(each.id, "paid", "ideal" if each.method else "paypal")
    look(till)
    assert (sorted(states(order)), len(invoices(order))) == (["paid", "surplus"], 1)


def test_one_that_the_bank_handles_is_waited_for(till: Till) -> None:
    order = begun(till)
    till.settle(till.charges()[0].id, "pending")
    with pytest.raises(PaymentRefused, match="nog verwerkt"):
        till.begin(order, instead_of=payments()[0].pk)
    assert (statuses(till), payments()[0].replaced_at) == (["pending"], None)
    till.work()
    assert states(order) == ["pending"]
    with pytest.raises(PaymentRefused, match="nog verwerkt"):
        till.begin(order)  # its page is no use any more


def test_one_that_was_paid_already_is_booked_and_no_second_is_made(till: Till) -> None:
    order = begun(till)
    till.settle(till.charges()[0].id, "paid")
    with pytest.raises(PaymentRefused, match="nog verwerkt"):
        till.begin(order, instead_of=payments()[0].pk)
    till.work()
    assert (states(order), state_of(order), statuses(till)) == (["paid"], "paid", ["paid"])


# --- what breaks off in between ---


def test_while_the_provider_is_away_nothing_is_let_go_of(till: Till) -> None:
    order = begun(till)
    till.sim.control.outage(1)
    with pytest.raises(ProviderUnavailable):
        till.begin(order, instead_of=payments()[0].pk)
    assert (states(order), payments()[0].replaced_at) == (["open"], None)
    till.begin(order, instead_of=payments()[0].pk)
    assert statuses(till) == ["canceled", "open"]


def test_cancelled_there_while_the_answer_was_lost_the_next_press_goes_on(till: Till) -> None:
    order = begun(till)
    till.sim.control.drop(1, False)
    with pytest.raises(ProviderUnavailable):
        till.begin(order, instead_of=payments()[0].pk)
    assert (statuses(till), states(order)) == (["canceled"], ["open"])
    till.begin(order, instead_of=payments()[0].pk)
    till.work()
    assert (statuses(till), states(order)) == (["canceled", "open"], ["canceled", "open"])


def test_letting_go_is_a_job_that_can_be_repeated_and_outlives_an_outage(till: Till) -> None:
    order = begun(till)
    [held] = payments()
    till.sim.control.outage(1)
    with as_login("worker"), pytest.raises(ProviderUnavailable):
        payment_jobs.let_go.run(payment_id=held.pk)
    for _ in range(2):
        with as_login("worker"):
            payment_jobs.let_go.run(payment_id=held.pk)
    assert (states(order), statuses(till), entries().count("payment.ended")) == (
        ["canceled"],
        ["canceled"],
        1,
    )


# --- what the provider does not take ---


def dear() -> Order:
    return make.order(quote=make.quote(net_cents=5_000_001))  # more than the provider takes at once


def test_one_that_is_refused_does_not_stay_open_and_says_why(till: Till) -> None:
    order = dear()
    with pytest.raises(NotTaken, match="neemt deze betaling niet aan"):
        till.begin(order)
    [refused] = payments()
    assert (refused.state, refused.reference, state_of(order)) == ("failed", None, "awaiting_payment")
    assert "maximum" in refused.refusal
    assert entries() == ["payment.begun", "payment.ended"]
    till.later(HOUR)
    assert till.sweep() == {"payments": 0}


def test_another_can_be_begun_afterwards(till: Till) -> None:
    order = dear()
    with pytest.raises(NotTaken):
        till.begin(order)
    with pytest.raises(NotTaken):
        till.begin(order, instead_of=payments()[0].pk)
    assert [(p.state, p.idempotency_key[-2:]) for p in payments()] == [("failed", "-1"), ("failed", "-2")]


def test_what_the_other_window_had_taken_under_the_same_key_is_not_refused(
    till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = begun(till)
    with as_owner():
        Payment.objects.update(reference=None, checkout_url="")  # its answer is still on its way
    looked: list[Any] = []
    panel = provider()

    def find(key: str, **words: Any) -> Any:
        looked.append(key)
        return panel.find(key, **words) if len(looked) > 1 else None

    other = provider()
    monkeypatch.setattr(other, "find", find)
    monkeypatch.setattr("tests.payments.till.provider", lambda: other)
    till.begin(order, "en")  # another body under the same key: refused
    assert (states(order), len(till.charges()), payments()[0].refusal) == (["open"], 1, "")


def test_if_it_was_paid_all_the_same_that_counts(till: Till) -> None:
    order = dear()
    with pytest.raises(NotTaken):
        till.begin(order)
    [refused] = payments()
    assert till.book(charge(refused, reference="tr_late")) == "booked"
    assert (states(order), payments()[0].refusal) == (["paid"], "")


# --- what a session of a customer may say ---


@pytest.mark.promise("P25")
@pytest.mark.parametrize(
    "words", [{"state": "pending"}, {"state": "paid", "paid_at": NOW}, {"reference": "tr_there"}]
)
def test_only_what_was_never_made_can_be_given_up(words: dict[str, Any]) -> None:
    payment = make.payment(**({"reference": None} | words))
    assert not give_up(payment, payment.customer_id)
    assert states(payment.order) == [payment.state]


@pytest.mark.promise("P25")
def test_and_only_ones_own() -> None:
    payment = make.payment(reference=None)
    assert not give_up(payment, make.customer().pk)
    assert give_up(payment, payment.customer_id)
    assert not give_up(payment, payment.customer_id)
    assert (states(payment.order), payments()[0].refusal) == (["failed"], "?")


def give_up(payment: Payment, customer_id: int) -> bool:
    with acting(Purpose.BILLING, actor=SYSTEM, customer=customer_id), connection.cursor() as cursor:
        cursor.execute("SELECT payments_give_up(%s, '')", [payment.pk])
        return bool(cursor.fetchone()[0])


@pytest.mark.parametrize("purpose", [p for p in Purpose if p != Purpose.BILLING])
def test_no_other_purpose_gives_up_payments(purpose: Purpose) -> None:
    payment = make.payment(reference=None)
    for scope in ({"customer": payment.customer_id}, {}):
        with acting(purpose, actor=JOB, **scope), pytest.raises(Refused), transaction.atomic():
            connection.cursor().execute("SELECT payments_give_up(%s, '')", [payment.pk])


def test_letting_go_stands_in_the_journal_with_who_did_it(till: Till) -> None:
    order = begun(till)
    till.begin(order, instead_of=payments()[0].pk)
    with as_owner():
        entry = JournalEntry.objects.get(action="payment.replaced")
    assert (entry.actor_id, entry.customer_id, entry.changed) == (
        order.person_id,
        order.customer_id,
        ["replaced_at"],
    )

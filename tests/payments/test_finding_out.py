"""A notice is a hint, stored once; what no notice tells is looked up by ourselves."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from hospes.kernel import clock
from hospes.payments import jobs as payment_jobs
from hospes.payments import undecided
from hospes.payments.models import Payment
from hospes.payments.providers import ProviderUnavailable
from hospes.payments.sweeps import LONGEST, PATIENCE
from tests.payments.till import Till, entries, invoices, jobs, notices, paid_from, state_of, states
from tests.support import make
from tests.support.rights import as_owner

pytestmark = pytest.mark.django_db

SECOND = timedelta(seconds=1)


def names() -> list[str]:
    return [name for _, name, _ in jobs() if name.startswith("payments.")]


# --- notices ---


def test_a_notice_is_stored_once_while_it_waits(till: Till) -> None:
    first = till.note("tr_7UhSN1zuXS")
    assert first is not None
    assert [till.note("tr_7UhSN1zuXS") for _ in range(3)] == [None] * 3
    assert notices() == [("tr_7UhSN1zuXS", False)]
    assert [(name, arguments) for _, name, arguments in jobs()] == [
        ("payments.jobs.apply_notice", {"notice_id": first})
    ]


def test_after_it_was_looked_into_the_next_one_is_a_new_one(till: Till) -> None:
    till.note("tr_7UhSN1zuXS")
    till.work()
    assert till.note("tr_7UhSN1zuXS") is not None
    assert notices() == [("tr_7UhSN1zuXS", True), ("tr_7UhSN1zuXS", False)]


def test_notices_about_two_payments_are_two(till: Till) -> None:
    assert till.note("tr_7UhSN1zuXS") != till.note("tr_8UhSN1zuXS")


@pytest.mark.promise("P14", "P15")
def test_a_notice_of_a_payment_that_was_made_pays_the_order(till: Till) -> None:
    order = make.order()
    till.begin(order)
    [charge] = till.charges()
    till.settle(charge.id, "paid", "paypal")
    till.note(charge.id)
    assert state_of(order) == "awaiting_payment"  # a notice by itself is believed nothing
    assert till.work() == ["payments.jobs.apply_notice"]
    assert (states(order), state_of(order)) == (["paid"], "paid")
    [invoice] = invoices(order)
    assert (invoice.total_cents, invoice.paid_with) == (order.total_cents, "paypal")
    assert len(paid_from()) == 1


@pytest.mark.promise("P25")
def test_a_notice_that_somebody_made_up_pays_nothing(till: Till) -> None:
    order = make.order()
    till.begin(order)
    for reference in (till.charges()[0].id, "tr_madeup"):
        till.note(reference)
    till.work()
    assert (states(order), state_of(order), invoices(order)) == (["open"], "awaiting_payment", [])
    assert [applied for _, applied in notices()] == [True, True]


def test_the_same_notice_many_times_books_once(till: Till) -> None:
    order = make.order()
    till.begin(order)
    [charge] = till.charges()
    till.settle(charge.id, "paid")
    for _ in range(3):
        till.note(charge.id)
        till.note(charge.id)
        till.work()
    assert len(invoices(order)) == len(paid_from()) == entries().count("payment.booked") == 1


def test_a_notice_outlives_an_outage_of_the_provider(till: Till) -> None:
    order = make.order()
    till.begin(order)
    [charge] = till.charges()
    till.settle(charge.id, "paid")
    till.note(charge.id)
    till.sim.control.outage(2)
    assert [till.work() for _ in range(3)] == [[], [], ["payments.jobs.apply_notice"]]
    assert state_of(order) == "paid"


def test_the_job_fails_while_the_provider_is_away_so_that_it_is_tried_again(till: Till) -> None:
    notice = till.note("tr_7UhSN1zuXS")
    till.sim.control.outage(1)
    with pytest.raises(ProviderUnavailable):
        payment_jobs.apply_notice.run(notice_id=notice)


# --- looking by ourselves ---


@pytest.mark.parametrize(
    ("age", "is_looked_up"),
    [
        (timedelta(0), False), (PATIENCE - SECOND, False), (PATIENCE, True), (PATIENCE + SECOND, True),
        (LONGEST - SECOND, True), (LONGEST, False), (LONGEST + SECOND, False),
    ],
)  # fmt: skip
def test_a_payment_is_looked_up_once_its_notice_should_have_come_and_not_for_ever(
    till: Till, age: timedelta, is_looked_up: bool
) -> None:
    now = till.now
    payment = make.payment(created_at=now - age)
    from hospes.payments.sweeps import check_open

    assert check_open(now=now)["payments"] == is_looked_up
    assert [arguments for _, _, arguments in jobs()] == [{"payment_id": payment.pk}] * is_looked_up


@pytest.mark.parametrize(
    ("age", "words", "is_found"),
    [
        (LONGEST - SECOND, {"state": "pending"}, False), (LONGEST, {"state": "pending"}, True),
        (LONGEST, {"state": "open"}, True), (LONGEST, {"state": "open", "reference": None}, False),
        (LONGEST, {"state": "expired"}, False),
    ],
)  # fmt: skip
def test_what_is_not_looked_up_any_more_and_not_decided_is_a_finding(
    till: Till, age: timedelta, words: dict[str, Any], is_found: bool
) -> None:
    made = make.payment(created_at=till.now - age, **words)
    with as_owner():
        found = undecided.findings(connection, now=till.now)
    assert len(found) == is_found
    assert all(f"payments of which the provider has not said for 100 days how they end: 1, the oldest since"
               f" {clock.day_of(till.now - age)}, for instance {made.idempotency_key};" in each for each in found)  # fmt: skip


@pytest.mark.parametrize(
    ("state", "is_looked_up"), [(s.value, s.value in ("open", "pending")) for s in Payment.State]
)
def test_only_what_is_not_decided_yet_is_looked_up(till: Till, state: str, is_looked_up: bool) -> None:
    make.payment(state=state, paid_at=till.now, created_at=till.now - PATIENCE)
    assert till.sweep().get("payments") == is_looked_up
    assert len(jobs()) == is_looked_up


def test_a_notice_that_was_left_lying_is_taken_up_again(till: Till) -> None:
    young = make.notice(reference="tr_young", received_at=till.now - PATIENCE + 5 * SECOND)
    old = make.notice(reference="tr_old", received_at=till.now - PATIENCE - SECOND)
    make.notice(reference="tr_done", received_at=till.now - PATIENCE - SECOND, applied_at=till.now)
    assert till.sweep() == {"payments": 0, "notices": 1}
    assert [arguments for _, _, arguments in jobs()] == [{"notice_id": old.pk}]
    assert young.pk != old.pk


@pytest.mark.parametrize("number", [0, 1, 2, 3, 4, 5])
def test_no_payment_is_missed_or_looked_up_twice_at_the_edge_of_a_page(till: Till, number: int) -> None:
    product = make.product()
    customer = make.customer()
    made = [
        make.payment(
            order=make.order(quote=make.quote(customer=customer, product=product)),
            created_at=till.now - PATIENCE,
        )
        for _ in range(number)
    ]
    assert till.sweep(page_size=2).get("payments", 0) == number
    assert [arguments["payment_id"] for _, _, arguments in jobs()] == [payment.pk for payment in made]


def test_swept_twice_a_payment_is_looked_up_once_while_that_waits(till: Till) -> None:
    make.payment(created_at=till.now - PATIENCE)
    make.notice(reference="tr_old", received_at=till.now - PATIENCE)
    till.sweep()
    till.sweep()
    assert names() == ["payments.jobs.check", "payments.jobs.apply_notice"]


def test_without_any_notice_the_order_is_paid_all_the_same(till: Till) -> None:
    order = make.order()
    till.begin(order)
    till.settle(till.charges()[0].id, "paid")
    till.later(PATIENCE - 5 * SECOND)
    till.sweep()
    till.work()
    assert state_of(order) == "awaiting_payment"
    till.later(10 * SECOND)
    assert till.sweep() == {"payments": 1}
    assert till.work() == ["payments.jobs.check"]
    assert (state_of(order), len(invoices(order))) == ("paid", 1)


def test_what_the_customer_left_open_expires_and_can_be_begun_anew(till: Till) -> None:
    order = make.order()
    till.begin(order)
    till.later(timedelta(days=1))
    till.sweep()
    till.work()
    assert states(order) == ["expired"]
    till.begin(order)
    assert states(order) == ["expired", "open"]


def test_a_payment_of_which_the_making_broke_off_is_found_by_its_key(till: Till) -> None:
    order = make.order()
    till.sim.control.drop(1, False)
    with pytest.raises(ProviderUnavailable):
        till.begin(order)
    [charge] = till.charges()
    till.settle(charge.id, "paid")
    till.later(PATIENCE)
    till.sweep()
    till.work()
    with as_owner():
        assert Payment.objects.get().reference == charge.id
    assert (states(order), state_of(order)) == (["paid"], "paid")


def test_one_that_never_got_to_the_provider_stays_open_and_can_still_be_paid(till: Till) -> None:
    order = make.order()
    till.sim.control.drop(1, True)
    with pytest.raises(ProviderUnavailable):
        till.begin(order)
    till.later(timedelta(days=1))
    till.sweep()
    till.work()
    assert (states(order), till.charges()) == (["open"], [])
    till.begin(order)
    assert len(till.charges()) == 1


def test_a_payment_that_the_provider_forgot_changes_nothing(till: Till) -> None:
    payment = make.payment(created_at=till.now - PATIENCE)
    till.sweep()
    assert till.work() == ["payments.jobs.check"]
    assert states(payment.order) == ["open"]

"""Our books follow what the provider says, in whatever order it is told; money is never lost and never counted twice."""

from datetime import UTC, date, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from hypothesis import example, given, settings
from hypothesis import strategies as st

from hospes.kernel.acting import JOB, SYSTEM, acting
from hospes.kernel.purposes import Purpose
from hospes.kernel.refusals import Refused
from hospes.payments import queries, services
from hospes.payments.models import PaidFrom, Payment
from hospes.payments.providers import Charge
from hospes.payments.queries import masked
from hospes.sales.models import Order
from tests.payments.till import charge, entries, invoices, jobs, paid_from, state_of, states
from tests.support import make
from tests.support.make import NOW
from tests.support.rights import as_owner

pytestmark = [pytest.mark.django_db, pytest.mark.login("worker")]

ENDS = ("failed", "canceled", "expired")
LATER = NOW + timedelta(hours=1)


def book(said: Charge, now: datetime = LATER) -> str:
    with acting(Purpose.BILLING, actor=JOB):
        return services.book(said, now=now)


def again(payment: Payment) -> Payment:
    with as_owner():
        return Payment.objects.get(pk=payment.pk)


# --- one payment ---


@pytest.mark.promise("P13", "P14", "P15")
@pytest.mark.parametrize("was", ["open", "pending"])
def test_a_payment_that_was_made_pays_its_order_and_there_is_one_invoice(was: str) -> None:
    payment = make.payment(state=was)
    assert book(charge(payment, paid_at=NOW - timedelta(minutes=5))) == "booked"
    now = again(payment)
    assert (now.state, now.paid_at, now.method) == ("paid", NOW - timedelta(minutes=5), "ideal")
    assert state_of(payment.order) == "paid"
    [invoice] = invoices(payment.order)
    assert invoice.total_cents == invoice.paid_cents == payment.cents == payment.order.total_cents
    assert (invoice.paid_at, invoice.paid_with, invoice.issued_on) == (now.paid_at, "ideal", date(2026, 3, 2))
    assert paid_from() == [(payment.pk, "B. Dronkel", "NL17SIMU0123456789")]
    assert entries() == ["payment.booked", "order.paid", "payment.account_stored"]
    assert [name for _, name, _ in jobs()] == ["billing.jobs.make_document", "sales.jobs.deliver"]


def test_booked_again_it_is_the_same() -> None:
    payment = make.payment()
    assert [book(charge(payment)) for _ in range(3)] == ["booked", "same", "same"]
    assert len(invoices(payment.order)) == len(paid_from()) == 1
    assert len(jobs()) == 2
    assert entries().count("payment.booked") == 1


def test_an_invoice_is_of_the_day_on_which_it_was_booked_in_amsterdam() -> None:
    payment = make.payment()
    book(charge(payment), now=datetime(2026, 12, 31, 23, 30, tzinfo=UTC))
    assert [i.issued_on for i in invoices(payment.order)] == [date(2027, 1, 1)]


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("was", ["open", "pending"])
def test_a_payment_that_was_not_made_leaves_the_order_waiting(was: str, end: str) -> None:
    payment = make.payment(state=was)
    assert [book(charge(payment, end)) for _ in range(2)] == ["ended", "same"]
    assert (states(payment.order), state_of(payment.order)) == ([end], "awaiting_payment")
    assert invoices(payment.order) == paid_from() == jobs() == []
    assert entries() == ["payment.ended"]


def test_a_payment_on_its_way_is_neither_paid_nor_over() -> None:
    payment = make.payment()
    assert [book(charge(payment, "pending")) for _ in range(2)] == ["same", "same"]
    assert (states(payment.order), entries(), jobs()) == (["pending"], [], [])
    assert book(charge(payment)) == "booked"


# --- in any order ---


@pytest.mark.parametrize("late", ["open", "pending", *ENDS])
def test_what_is_paid_stays_paid_whatever_is_told_late(late: str) -> None:
    payment = make.payment()
    book(charge(payment))
    before = again(payment)
    assert book(charge(payment, late)) == "same"
    assert vars(again(payment)) | {"_state": 0} == vars(before) | {"_state": 0}
    assert state_of(payment.order) == "paid"
    assert len(invoices(payment.order)) == 1


@pytest.mark.parametrize("end", ENDS)
def test_what_was_told_to_have_ended_and_is_paid_after_all_is_paid(end: str) -> None:
    payment = make.payment()
    book(charge(payment, end))
    assert book(charge(payment)) == "booked"
    assert (states(payment.order), state_of(payment.order), len(invoices(payment.order))) == (
        ["paid"],
        "paid",
        1,
    )


@pytest.mark.parametrize("late", ["open", "pending"])
@pytest.mark.parametrize("end", ENDS)
def test_what_has_ended_does_not_come_to_life_by_what_was_asked_before(end: str, late: str) -> None:
    payment = make.payment()
    book(charge(payment, end))
    assert book(charge(payment, late)) == "same"
    assert states(payment.order) == [end]


@pytest.mark.parametrize("order", list(permutations(["pending", "failed", "paid"])))
def test_in_whatever_order_it_is_told_a_paid_one_ends_paid(order: tuple[str, ...]) -> None:
    payment = make.payment()
    for state in order:
        book(charge(payment, state))
    assert (states(payment.order), len(invoices(payment.order)), len(paid_from())) == (["paid"], 1, 1)


# --- two payments of one order ---


def two() -> tuple[Payment, Payment]:
    first = make.payment(state="failed")
    return first, make.payment(order=first.order)


def test_of_two_that_were_paid_the_second_is_surplus_and_there_is_one_invoice() -> None:
    first, second = two()
    assert book(charge(first)) == "booked"
    # The other one is let go of: it is to be cancelled at the provider, and is what the provider says until then.
    assert (states(first.order), again(second).replaced_at) == (["paid", "open"], LATER)
    assert [arguments for _, name, arguments in jobs() if name == "payments.jobs.let_go"] == [
        {"payment_id": second.pk}
    ]
    assert book(charge(second, method="paypal", account="b@example.com")) == "surplus"
    assert states(first.order) == ["paid", "surplus"]
    assert (again(second).paid_at, again(second).method) == (NOW, "paypal")
    assert len(invoices(first.order)) == 1
    assert [pk for pk, _, _ in paid_from()] == [first.pk]
    assert entries() == ["payment.booked", "order.paid", "payment.account_stored", "payment.surplus"]


def test_also_when_the_second_was_booked_first() -> None:
    first, second = two()
    assert (book(charge(second)), book(charge(first))) == ("booked", "surplus")
    assert states(first.order) == ["surplus", "paid"]
    assert len(invoices(first.order)) == 1


@pytest.mark.parametrize("late", ["paid", "open", "pending", *ENDS])
def test_what_is_surplus_stays_so(late: str) -> None:
    first, second = two()
    book(charge(first))
    book(charge(second))
    assert book(charge(second, late)) == "same"
    assert states(first.order) == ["paid", "surplus"]


@pytest.mark.parametrize("by", [-1, 1, 10_000])
def test_another_sum_than_was_asked_pays_nothing_and_is_to_be_paid_back(by: int) -> None:
    payment = make.payment()
    assert book(charge(payment, cents=payment.cents + by)) == "surplus"
    assert (states(payment.order), state_of(payment.order)) == (["surplus"], "awaiting_payment")
    assert invoices(payment.order) == paid_from() == []
    assert [name for _, name, _ in jobs()] == (["messaging.jobs.deliver"] if by < 0 else [])
    right = make.payment(order=payment.order)  # the order can still be paid
    assert book(charge(right)) == "booked"
    assert states(payment.order) == ["surplus", "paid"]


def test_money_for_an_order_that_was_cancelled_is_to_be_paid_back() -> None:
    payment = make.payment()
    with as_owner():
        Order.objects.filter(pk=payment.order_id).update(
            state="cancelled", cancelled_at=NOW, cancelled_why="staff"
        )
    assert book(charge(payment)) == "surplus"
    assert (states(payment.order), state_of(payment.order)) == (["surplus"], "cancelled")
    assert invoices(payment.order) == paid_from() == []
    done = [name for _, name, _ in jobs()]
    assert done == ["payments.balances.jobs.pay_out", "messaging.jobs.deliver"], (
        "it goes back, and the customer is told"
    )


# --- which payment it is ---


def test_of_a_payment_that_is_not_ours_nothing_is_booked() -> None:
    payment = make.payment()
    for stranger in ({"reference": "tr_other"}, {"reference": "tr_other", "order_key": ""}):
        assert book(charge(payment, **stranger)) == "unknown"
    assert (states(payment.order), entries(), jobs()) == (["open"], [], [])


def test_a_reference_that_we_never_heard_is_learnt_from_the_key_that_we_gave() -> None:
    payment = make.payment(reference=None)
    assert book(charge(payment, reference="tr_learnt")) == "booked"
    assert (again(payment).reference, states(payment.order)) == ("tr_learnt", ["paid"])
    assert book(charge(payment, reference="tr_learnt", order_key="")) == "same"


@pytest.mark.parametrize("state", ["open", "failed"])
def test_it_is_learnt_whatever_the_state(state: str) -> None:
    payment = make.payment(reference=None)
    book(charge(payment, state, reference="tr_learnt"))
    assert (again(payment).reference, again(payment).state) == ("tr_learnt", state)


def test_a_reference_that_is_known_is_not_replaced() -> None:
    payment = make.payment()
    assert book(charge(payment, reference="tr_other")) == "unknown"
    assert again(payment).reference == payment.reference


def test_an_empty_key_is_nobodys() -> None:
    payment = make.payment(reference=None)
    assert book(charge(payment, reference="tr_other", order_key="")) == "unknown"


# --- the account that was paid from (P13) ---


@pytest.mark.promise("P13")
@pytest.mark.parametrize("state", ["open", "pending", *ENDS])
def test_an_account_is_not_kept_unless_the_payment_succeeded_whatever_the_provider_tells(state: str) -> None:
    payment = make.payment()
    book(charge(payment, state, holder="B. Dronkel", account="NL17SIMU0123456789"))
    assert paid_from() == []


@pytest.mark.promise("P13")
@pytest.mark.parametrize(
    ("holder", "account", "kept"),
    [(None, "NL17", [("", "NL17")]), ("B. Dronkel", None, []), (None, None, [])],
)
def test_of_who_paid_only_what_the_provider_says_is_kept(holder: Any, account: Any, kept: list[Any]) -> None:
    payment = make.payment()
    assert book(charge(payment, holder=holder, account=account)) == "booked"
    assert [(h, a) for _, h, a in paid_from()] == kept
    assert ("payment.account_stored" in entries()) == bool(kept)


_STATES = [state.value for state in Payment.State]


@pytest.mark.promise("P13")
@pytest.mark.parametrize("paid_order", [True, False])
@pytest.mark.parametrize("state", _STATES)
def test_the_database_takes_an_account_only_of_a_paid_payment_of_a_paid_order(
    state: str, paid_order: bool
) -> None:
    payment = make.payment(order=make.order(paid=paid_order), state=state, paid_at=NOW)
    if state == "paid" and paid_order:
        assert make.paid_from(payment=payment)
        return
    with pytest.raises(IntegrityError, match="only after the order was paid"), transaction.atomic():
        make.paid_from(payment=payment)
    assert paid_from() == []


@pytest.mark.promise("P13")
def test_nor_under_somebody_elses_customer_nor_moved_to_another_payment_later() -> None:
    payment = make.payment(order=make.order(paid=True), state="paid")
    other = make.payment()
    with pytest.raises(IntegrityError, match="only after"), transaction.atomic():
        make.paid_from(payment=payment, customer=other.customer)
    kept = make.paid_from(payment=payment)
    with as_owner(), pytest.raises(IntegrityError, match="only after"), transaction.atomic():
        PaidFrom.objects.filter(pk=kept.pk).update(payment=other)


@pytest.mark.promise("P13")
def test_there_is_one_account_a_payment() -> None:
    kept = make.paid_from()
    with pytest.raises(IntegrityError, match="payment_id"), transaction.atomic():
        make.paid_from(payment=kept.payment)


def test_of_an_account_only_the_end_is_shown() -> None:
    assert [masked(text) for text in ("NL17SIMU0123456789", "6787", "87", "", "12345")] == [
        "NL•• •••• •••• 6789", "6787", "87", "", "•2345",
    ]  # fmt: skip


def test_accounts_and_payments_come_the_last_first_and_of_nobody_else() -> None:
    first = make.payment(state="failed")
    second = make.payment(order=first.order)
    kept = [make.paid_from(payment=make.payment(order=make.order(customer=first.customer, paid=True), state="paid"),
                           stored_at=NOW + n * timedelta(days=1)) for n in range(2)]  # fmt: skip
    make.paid_from()
    with acting(Purpose.BILLING, actor=SYSTEM, customer=first.customer_id):
        assert queries.of_order(first.order_id) == [second, first]
        assert queries.accounts(first.customer_id) == kept[::-1]


# --- what must never be false ---


@pytest.mark.parametrize("state", ["open", "pending", "paid"])
def test_the_database_has_one_live_payment_an_order(state: str) -> None:
    payment = make.payment()
    with pytest.raises(IntegrityError, match="one_live_payment_per_order"), transaction.atomic():
        make.payment(order=payment.order, state=state)
    for over in (*ENDS, "surplus"):
        make.payment(order=payment.order, state=over)
    with as_owner():
        Payment.objects.filter(pk=payment.pk).update(replaced_at=NOW)
    live = make.payment(order=payment.order, state=state)
    with pytest.raises(IntegrityError, match="one_live_payment_per_order"), transaction.atomic():
        make.payment(order=payment.order, state=state)
    with (
        as_owner(),
        pytest.raises(IntegrityError, match="paid_payment_is_the_live_one"),
        transaction.atomic(),
    ):
        Payment.objects.filter(pk=live.pk).update(state="paid", paid_at=NOW, replaced_at=NOW)


def test_a_paid_payment_says_when() -> None:
    payment = make.payment()
    with as_owner(), pytest.raises(IntegrityError, match="paid_payment_says_when"), transaction.atomic():
        Payment.objects.filter(pk=payment.pk).update(state="paid")


@pytest.mark.promise("P25")
@pytest.mark.parametrize(
    "column",
    [
        "state",
        "paid_at",
        "method",
        "cents",
        "created_at",
        "order_id",
        "customer_id",
        "idempotency_key",
        "refusal",
    ],
)
def test_a_customer_cannot_say_that_something_was_paid(column: str) -> None:
    payment = make.payment()
    for purpose in Purpose:
        with (
            acting(purpose, actor=SYSTEM, customer=payment.customer_id),
            pytest.raises(Refused),
            transaction.atomic(),
        ):
            Payment.objects.filter(pk=payment.pk).update(**{column: getattr(payment, column)})


# --- whatever the provider says, in whatever order ---


_SAID = st.lists(
    st.tuples(
        st.integers(0, 2),
        st.sampled_from(["open", "pending", "paid", *ENDS]),
        st.sampled_from([0, 0, 0, 0, -1]),
    ),
    max_size=8,
)


@settings(max_examples=20, deadline=None)
@given(_SAID)
@example(
    [(1, "failed", 0), (1, "paid", 0), (0, "paid", 0), (0, "failed", 0), (2, "paid", -1), (2, "paid", 0)]
)
def test_at_most_one_is_paid_and_there_is_an_invoice_just_then(said: list[tuple[int, str, int]]) -> None:
    with transaction.atomic():
        last = make.payment()
        order = last.order
        payments = [
            make.payment(order=order, state="expired"),
            last,
            make.payment(order=order, state="failed"),
        ]
        model = {payment.pk: payment.state for payment in payments}
        for which, state, off in said:
            payment = payments[which]
            book(charge(payment, state, cents=payment.cents + off))
            _tell(model, payment.pk, state, right_sum=off == 0)
            with as_owner():
                assert dict(Payment.objects.filter(order=order).values_list("pk", "state")) == model
            is_paid = "paid" in model.values()
            assert list(model.values()).count("paid") == is_paid
            assert (state_of(order) == "paid") == is_paid
            assert [i.total_cents for i in invoices(order)] == [order.total_cents] * is_paid
            assert [pk for pk, _, _ in paid_from()] == [pk for pk, held in model.items() if held == "paid"]
        transaction.set_rollback(True)


def _tell(model: dict[int, str], pk: int, state: str, *, right_sum: bool) -> None:
    """
    The rules in a few words: paid and surplus stay, what has ended can only turn out to be paid, one paid one an order.

    Of the others nothing is said but what the provider says.
    """
    was = model[pk]
    if was in ("paid", "surplus"):
        return
    if state != "paid":
        model[pk] = state if was in ("open", "pending") else was
    elif not right_sum or "paid" in model.values():
        model[pk] = "surplus"
    else:
        model[pk] = "paid"

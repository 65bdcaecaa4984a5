"""A first payment gives leave, later invoices are announced and then collected: once, and never without leave."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import date, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import translation

from hospes.billing.models import Invoice
from hospes.customers.models import Customer
from hospes.kernel import clock
from hospes.kernel.acting import JOB, Actor, acting
from hospes.kernel.purposes import Purpose
from hospes.messaging.models import Message
from hospes.payments import services
from hospes.payments.collecting import jobs
from hospes.payments.collecting import services as collecting
from hospes.payments.collecting.models import Collection, CollectWish, Payer, ProviderMandate
from hospes.payments.models import Payment
from hospes.payments.providers import ProviderUnavailable, provider
from hospes.payments.services import Wish
from tests.billing.books import again, draft, issue
from tests.payments.agreement import assert_agreement
from tests.payments.till import ADDRESSES, Till
from tests.support import make
from tests.support.rights import as_owner

pytestmark = [pytest.mark.django_db, pytest.mark.login("worker"), pytest.mark.promise("P13", "P14")]

DAY = timedelta(days=1)
NOTICE = settings.HOSPES_OPERATOR.collect_notice_days


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with translation.override("en"):
        yield


def begin(till: Till, order: Any, wish: bool = True) -> str:
    """Press "pay" for an order; with a wish later invoices are to be collected."""
    return services.begin(
        provider=provider(), order_id=order.pk, customer_id=order.customer_id, addresses=ADDRESSES, language="en",
        actor=Actor.person(order.person_id), now=till.now, wish=Wish(order.person_id, "Collect") if wish else None,
    )  # fmt: skip


def with_leave(till: Till, method: str = "ideal") -> Customer:
    """A customer who gave leave with a first payment."""
    order = make.order()
    begin(till, order)
    reference = till.charges()[-1].id
    till.settle(reference, "paid", method)
    till.note(reference)
    till.work()
    with as_owner():
        return Customer.objects.get(pk=order.customer_id)


def invoiced(till: Till, customer: Customer, origin: str = "x:1") -> Invoice:
    today = clock.day_of(till.now)
    return issue(draft(customer, origin=origin, due_on=today + 14 * DAY), today=today, now=till.now)


def a_day(till: Till, days: int = 1) -> None:
    """So many days later, with what the worker does on the last of them."""
    till.later(days * DAY)
    work(till)


def work(till: Till) -> None:
    with clock.moved_to(till.now):
        jobs.sweep.run(timestamp=0)
    till.work()


def collected(till: Till) -> list[tuple[str, str]]:
    """What the provider was asked to collect: amount and state."""
    found = [c for c in till.charges() if c.asked.get("sequenceType") == "recurring"]
    return [(c.asked["amount"]["value"], c.status) for c in found]


def states() -> list[str]:
    with as_owner():
        return list(Collection.objects.order_by("pk").values_list("state", flat=True))


def mails(kind: str) -> int:
    with as_owner():
        return Message.objects.filter(kind=f"payments.{kind}").count()


def end_at_provider(till: Till, outcome: str) -> None:
    [charge] = [c for c in till.charges() if c.asked.get("sequenceType") == "recurring"][-1:]
    till.settle(charge.id, outcome, "")
    till.note(charge.id)
    till.work()


@pytest.mark.parametrize(
    ("method", "by"), [("ideal", "directdebit"), ("paypal", "paypal"), ("creditcard", "creditcard")]
)
def test_a_first_payment_gives_leave_and_the_provider_hears_no_name(till: Till, method: str, by: str) -> None:
    customer = with_leave(till, method)
    with as_owner():
        leave = ProviderMandate.objects.get()
        person = make.holder_of(customer)
    assert (leave.state, leave.method, leave.customer_id) == ("active", by, customer.pk)
    assert till.charges()[-1].asked["sequenceType"] == "first"
    assert mails("collecting_given") == 1
    [payer] = till.sim.mandates.customers()
    said = str(payer["asked"]) + str(till.charges()[-1].asked)
    assert [each for each in (customer.name, str(customer.number), person.email) if each in said] == []


def test_an_invoice_is_announced_then_collected_on_its_day_and_once(till: Till) -> None:
    customer = with_leave(till)
    invoice = invoiced(till, customer)
    a_day(till, 14 - NOTICE - 1)
    assert (states(), mails("collecting_announced")) == ([], 0)
    a_day(till)
    with as_owner():
        held = Collection.objects.get()
    assert (held.state, held.cents, held.collect_on) == ("announced", 9075, invoice.due_on)
    assert mails("collecting_announced") == 1
    a_day(till, NOTICE - 1)
    assert collected(till) == []
    a_day(till)
    for _ in range(3):
        work(till)
    assert (collected(till), states()) == ([("90.75", "pending")], ["begun"])
    end_at_provider(till, "paid")
    assert (again(invoice).open_cents, again(invoice).paid_with, states()) == (0, "directdebit", ["paid"])
    a_day(till, 20)
    assert len(collected(till)) == 1
    assert_agreement()


def test_who_is_late_is_still_told_beforehand(till: Till) -> None:
    customer = with_leave(till)
    invoice = invoiced(till, customer)
    till.later(30 * DAY)
    work(till)
    with as_owner():
        assert Collection.objects.get().collect_on == clock.day_of(till.now) + NOTICE * DAY
    assert again(invoice).open_cents == 9075


def test_what_cannot_be_collected_is_told_and_not_tried_again(till: Till) -> None:
    customer = with_leave(till)
    invoice = invoiced(till, customer)
    a_day(till, 14 - NOTICE)
    a_day(till, NOTICE)
    end_at_provider(till, "failed")
    assert (states(), mails("collecting_failed"), again(invoice).open_cents) == (["failed"], 1, 9075)
    a_day(till, 10)
    assert (len(collected(till)), states()) == (1, ["failed"])
    till.begin_invoice(again(invoice))  # the customer pays it
    till.settle(till.charges()[-1].id, "paid")
    till.note(till.charges()[-1].id)
    till.work()
    assert again(invoice).open_cents == 0
    assert_agreement()


def test_once_ended_nothing_is_collected_and_the_provider_knows(till: Till) -> None:
    customer = with_leave(till)
    invoice = invoiced(till, customer)
    a_day(till, 14 - NOTICE)
    with as_owner():
        leave = ProviderMandate.objects.get()
    with acting(Purpose.BILLING, actor=Actor.person(make.holder_of(customer).pk), customer=customer.pk):
        assert collecting.end(mandate_id=leave.pk, why="customer", now=till.now)
        assert not collecting.end(mandate_id=leave.pk, why="customer", now=till.now)
    a_day(till, NOTICE + 1)
    assert (collected(till), states(), again(invoice).open_cents) == ([], ["withdrawn"], 9075)
    [payer] = till.sim.mandates.customers()
    assert [mandate.status for mandate in till.sim.mandates.of(payer["id"])] == ["invalid"]


def test_leave_that_the_bank_ended_is_seen_and_ends(till: Till) -> None:
    customer = with_leave(till)
    invoiced(till, customer)
    a_day(till, 14 - NOTICE)
    [payer] = till.sim.mandates.customers()
    till.sim.control.end_mandate(till.sim.mandates.of(payer["id"])[0].id)
    a_day(till, NOTICE)
    till.work()
    with as_owner():
        leave = ProviderMandate.objects.get()
    assert (collected(till), states(), mails("collecting_failed")) == ([], ["failed"], 1)
    assert (leave.state, leave.ended_why) == ("ended", "provider")


@pytest.mark.parametrize("before", [True, False])
@pytest.mark.parametrize("hours", [0, 2])  # within the life of an idempotency key, and after it
def test_a_run_that_broke_off_collects_once(till: Till, before: bool, hours: int) -> None:
    customer = with_leave(till)
    invoiced(till, customer)
    a_day(till, 14 - NOTICE)
    till.later(NOTICE * DAY)
    till.sim.control.drop(1, before)
    work(till)
    assert states() == ["begun"]
    till.later(timedelta(hours=hours))
    for _ in range(2):
        work(till)
    assert collected(till) == [("90.75", "pending")]
    end_at_provider(till, "paid")
    assert states() == ["paid"]
    assert_agreement()


def test_killed_between_two_steps_it_is_taken_up_again(till: Till) -> None:
    customer = with_leave(till)
    invoiced(till, customer)
    a_day(till, 14 - NOTICE)
    till.later(NOTICE * DAY)
    with as_owner():
        pk = Collection.objects.get().pk
    with acting(Purpose.BILLING, actor=JOB):
        assert collecting.begin(collection_id=pk, now=till.now) is not None
    # the worker dies here, before it asked the provider
    work(till)
    assert (collected(till), states()) == ([("90.75", "pending")], ["begun"])


def test_an_outage_of_an_hour_delays_it_only(till: Till) -> None:
    customer = with_leave(till)
    invoiced(till, customer)
    a_day(till, 14 - NOTICE)
    till.later(NOTICE * DAY)
    till.sim.control.outage(-1)
    for _ in range(6):
        with suppress(ProviderUnavailable):
            work(till)
        till.later(timedelta(minutes=10))
    till.sim.control.calm()
    till.sim.control.rate_limit(2)
    for _ in range(4):
        work(till)
    assert collected(till) == [("90.75", "pending")]


def test_what_was_paid_meanwhile_is_not_collected(till: Till) -> None:
    customer = with_leave(till)
    invoice = invoiced(till, customer)
    a_day(till, 14 - NOTICE)
    till.begin_invoice(invoice)
    till.settle(till.charges()[-1].id, "paid")
    till.note(till.charges()[-1].id)
    till.work()
    a_day(till, NOTICE)
    assert (collected(till), states()) == ([], ["withdrawn"])


def test_who_is_at_the_till_just_now_is_left_alone_for_an_hour(till: Till) -> None:
    customer = with_leave(till)
    invoice = invoiced(till, customer)
    a_day(till, 14 - NOTICE)
    till.later(NOTICE * DAY)
    till.begin_invoice(invoice)
    work(till)
    assert collected(till) == []
    till.later(timedelta(hours=2))
    work(till)
    assert collected(till) == [("90.75", "pending")]
    till.work()
    assert [c.status for c in till.charges() if c.asked.get("sequenceType", "oneoff") == "oneoff"] in (
        ["canceled"], ["expired"],
    )  # fmt: skip


def test_never_more_than_was_announced(till: Till) -> None:
    customer = with_leave(till)
    invoice = invoiced(till, customer)
    with as_owner():
        Invoice.objects.filter(pk=invoice.pk).update(paid_cents=5000, paid_at=till.now)
    a_day(till, 14 - NOTICE)
    with as_owner():  # what was paid is taken back
        Invoice.objects.filter(pk=invoice.pk).update(paid_cents=0, paid_at=None)
    a_day(till, NOTICE)
    assert (collected(till), mails("collecting_announced")) == ([], 2)
    a_day(till, NOTICE)
    assert collected(till) == [("90.75", "pending")]


def test_what_is_collected_elsewhere_is_left_to_it(till: Till, monkeypatch: Any) -> None:
    monkeypatch.setattr(collecting, "_elsewhere", [])
    collecting.register_other_way(lambda invoice_id: True)
    customer = with_leave(till)
    invoiced(till, customer)
    a_day(till, 14)
    assert (states(), collected(till)) == ([], [])


def test_another_leave_takes_the_place_of_the_first(till: Till) -> None:
    customer = with_leave(till)
    order = make.order(customer=customer)
    begin(till, order)
    reference = till.charges()[-1].id
    till.settle(reference, "paid", "creditcard")
    till.note(reference)
    till.work()
    till.work()
    with as_owner():
        found = list(ProviderMandate.objects.order_by("pk").values_list("state", "method"))
        assert Payer.objects.count() == 1
    assert found == [("ended", "directdebit"), ("active", "creditcard")]


def test_who_changes_their_mind_before_paying_gives_leave_or_not_as_they_last_said(till: Till) -> None:
    order = make.order()
    first, second = begin(till, order, wish=False), begin(till, order)
    assert begin(till, order) == second != first
    assert begin(till, order, wish=False) not in (first, second)
    till.settle(till.charges()[-1].id, "paid")
    till.note(till.charges()[-1].id)
    till.work()
    with as_owner():
        assert not ProviderMandate.objects.exists()


# --- the database ---


def test_no_leave_is_kept_before_the_payment_was_made(till: Till) -> None:
    payment = make.payment(state="open")
    with as_owner():
        CollectWish.objects.create(
            payment=payment,
            customer_id=payment.customer_id,
            person=make.person(),
            words="x",
            asked_at=till.now,
        )
    with pytest.raises(IntegrityError, match="only after a payment"), transaction.atomic(), as_owner():
        ProviderMandate.objects.create(
            payment=payment, customer_id=payment.customer_id, reference="mdt_x", method="directdebit", given_at=till.now
        )  # fmt: skip


def test_nothing_is_begun_without_leave_nor_before_its_day_nor_twice(till: Till) -> None:
    customer = with_leave(till)
    invoice = invoiced(till, customer)
    with as_owner():
        leave = ProviderMandate.objects.get()
        payment = Payment.objects.create(
            customer=customer, invoice=invoice, cents=9075, created_at=till.now, idempotency_key="x"
        )
    words: dict[str, Any] = {
        "customer": customer, "invoice": invoice, "mandate": leave, "cents": 9075, "announced_at": till.now,
        "collect_on": date(2099, 1, 1),
    }  # fmt: skip
    early = {"state": "begun", "payment": payment, "begun_at": till.now}
    with pytest.raises(IntegrityError, match="nor before its day"), transaction.atomic(), as_owner():
        Collection.objects.create(**words, **early)
    less = {"collect_on": clock.day_of(till.now), "cents": 9074}
    with pytest.raises(IntegrityError, match="no more than was announced"), transaction.atomic(), as_owner():
        Collection.objects.create(**(words | less), **early)
    with as_owner():
        held = Collection.objects.create(**words)
    with pytest.raises(IntegrityError, match="one_live_collection"), transaction.atomic(), as_owner():
        Collection.objects.create(**words)
    with as_owner():
        ProviderMandate.objects.update(state="ended", ended_at=till.now, ended_why="customer")
    with pytest.raises(IntegrityError, match="without leave"), transaction.atomic(), as_owner():
        Collection.objects.filter(pk=held.pk).update(
            state="begun", payment=payment, begun_at=till.now, collect_on=clock.day_of(till.now)
        )
    with pytest.raises(IntegrityError, match="stays ended"), transaction.atomic(), as_owner():
        ProviderMandate.objects.update(state="active", ended_at=None, ended_why="")
    assert payment.pk

"""A consumer's way out: withdrawal from all that was ordered together, also after a change, and the law of Van Dam."""

import uuid
from datetime import date, timedelta

import pytest

from hospes.billing.models import Invoice, InvoiceLine
from hospes.customers.models import Customer
from hospes.kernel.acting import JOB, acting
from hospes.kernel.purposes import Purpose
from hospes.payments.models import Refund
from hospes.sales import withdrawals
from hospes.sales.models import Order, Withdrawal
from hospes.sales.models import Refund as Promised
from hospes.sales.withdrawals import Said
from hospes.services.models import Service, Task
from hospes.services.queries import entitlements
from tests.payments.till import Till
from tests.sales.shop import all_of
from tests.stories import years
from tests.stories.years import DAY, Years, bought, line, with_vat
from tests.support import make
from tests.support.rights import as_owner

pytestmark = [pytest.mark.django_db, pytest.mark.login("worker")]
#: A Monday; the fourteenth day after it is one as well.
ORDERED = date(2026, 9, 7)


def withdrawn(story: Years, day: date) -> str:
    """Withdraw from the order in the portal; returns what came of it."""
    story.on(day)
    [order] = all_of(Order)
    with acting(Purpose.CONTRACT, actor=JOB, customer=story.customer_id):
        withdrawals.receive(form_id=uuid.uuid4(), said=Said("Somebody", order.number, "a@mail.example"),
                            customer_id=story.customer_id, person_id=order.person_id, now=story.till.now)  # fmt: skip
    story.work()
    [made] = all_of(Withdrawal)
    return str(made.state)


def begun(story: Years, *, start_asked: bool = True) -> tuple[Service, Service]:
    """Hosting at an introductory price with an option and a set-up fee, and an addition: 85.00 and 12.00."""
    make.vat_rates()
    small = make.product(prices={})
    make.price(product=small, months=12, cents=12_000, intro_cents=6_000, intro_terms=1, setup_cents=1_500)
    [room] = make.option(product=small, kind="quantity", choices=[{12: 500}], most=5, slug="ruimte")
    extra = make.product(kind="addon", belongs_to=small, prices={12: 1_200})
    story.on(ORDERED)
    lines = (line(small, 12, {room.pk: 2}, on=ORDERED), line(extra, 12, {}, on=ORDERED, parent=0))
    main, beside = bought(story, make.customer(kind="private"), *lines, start_asked=start_asked)
    assert story.documents() == [("invoice", ORDERED, 9_700, 11_737)]
    return main, beside


def left(cents: int, days: int, of: int = 365) -> int:
    """What is left of an amount after so many days."""
    return cents - round(cents * days / of)


def gave_back(story: Years) -> int:
    """Cents with VAT: what credit notes say, was promised, was sent, and came on the account; all the same."""
    with as_owner():
        notes = sum(x.total_cents for x in Invoice.objects.filter(kind="credit_note"))
        promised = sum(x.cents for x in Promised.objects.all())
        sent = sum(x.cents for x in Refund.objects.filter(state="done"))
    came = sum(
        x["cents"] for charge in story.till.charges() for x in story.till.sim.control.refunds_of(charge.id)
    )
    assert {"promised": promised, "sent": sent, "came": came} == dict.fromkeys(
        ("promised", "sent", "came"), notes
    )
    return notes


@pytest.mark.parametrize("start_asked", [True, False])
def test_withdrawn_on_day_13_from_everything_that_was_ordered_together(till: Till, start_asked: bool) -> None:
    story = Years(till)
    main, beside = begun(story, start_asked=start_asked)
    assert withdrawn(story, ORDERED + 13 * DAY) == "done"
    assert [years.service(x.pk).state for x in (main, beside)] == ["terminated"] * 2
    net = left(8_500, 13) + left(1_200, 13) if start_asked else 9_700
    assert gave_back(story) == with_vat(net)
    years.books_are_right()


def test_on_day_15_it_is_too_late(till: Till) -> None:
    story = Years(till)
    main, beside = begun(story)
    assert withdrawn(story, ORDERED + 15 * DAY) == "late"
    assert [years.service(x.pk).state for x in (main, beside)] == ["active"] * 2
    assert gave_back(story) == 0


@pytest.mark.parametrize("start_asked", [True, False])
def test_withdrawn_after_a_change_what_was_paid_for_that_comes_back_too(
    till: Till, start_asked: bool
) -> None:
    story = Years(till)
    main, _beside = begun(story, start_asked=start_asked)
    large = make.product(prices={12: 24_000})
    story.on(ORDERED + 5 * DAY)
    more = story.change(main, at_once=True, product_id=large.pk)
    assert more == left(24_000, 5) - left(7_000, 5)
    story.pay()
    assert withdrawn(story, ORDERED + 13 * DAY) == "done"
    used_of_main = round(8_500 * 13 / 365) - round(7_000 * 13 / 365)  # of the set-up fee
    net = 1_500 - used_of_main + left(24_000, 13) + left(1_200, 13) if start_asked else 9_700 + more
    assert abs(gave_back(story) - with_vat(net)) <= 1  # VAT of two invoices, each rounded by itself
    assert all(x.settled_at for x in all_of(Promised))
    years.books_are_right()


# --- the next term was invoiced already ---


@pytest.mark.parametrize("start_asked", [True, False])
@pytest.mark.parametrize("next_is_paid", [True, False])
def test_withdrawn_when_the_next_month_is_invoiced_already_that_month_comes_back_too(
    till: Till, next_is_paid: bool, start_asked: bool
) -> None:
    make.vat_rates()
    small = make.product(prices={1: 395})
    story, first = Years(till), date(2026, 2, 1)  # a Sunday; the fourteenth day after it is one as well
    story.on(first)
    [service] = bought(
        story, make.customer(kind="private"), line(small, 1, {}, on=first), start_asked=start_asked
    )
    assert story.run(date(2026, 2, 15)) == 1
    if next_is_paid:
        story.pay()
    shown = preview(story)
    assert withdrawn(story, date(2026, 2, 16)) == "done"
    february = left(395, 15, 28) if start_asked else 395
    in_cash = with_vat(february) + (with_vat(395) if next_is_paid else 0)
    assert gave_back_in_cash(story) == in_cash
    assert (
        abs(shown - with_vat(left(395, 14, 28) if start_asked else 395) - (in_cash - with_vat(february))) <= 1
    )
    assert story.documents()[2:] == [
        ("credit_note", date(2026, 2, 16), 395, 478), ("credit_note", date(2026, 2, 16), february, with_vat(february)),
    ]  # fmt: skip
    assert [x.open_cents for x in all_of(Invoice)] == [0] * 4  # nothing is due, nor to be paid back
    assert all(x.settled_at for x in all_of(Promised))
    assert story.run(date(2026, 3, 15)) == 0
    assert years.service(service.pk).ended_on == date(2026, 2, 16)
    years.books_are_right()


def preview(story: Years) -> int:
    """What the portal says that one gets back, withdrawing today."""
    [order] = all_of(Order)
    with acting(Purpose.CONTRACT, actor=JOB, customer=story.customer_id):
        return withdrawals.refund_cents(order, withdrawals.backs(order, on=story.today))


def gave_back_in_cash(story: Years) -> int:
    """Cents with VAT that were promised, were sent, and came on the account; all the same."""
    with as_owner():
        promised = sum(x.cents for x in Promised.objects.all())
        sent = sum(x.cents for x in Refund.objects.filter(state="done"))
    came = sum(
        x["cents"] for charge in story.till.charges() for x in story.till.sim.control.refunds_of(charge.id)
    )
    assert promised == sent == came
    return promised


@pytest.mark.parametrize("cents", [7_302, 7_303, 7_304, 7_305, 7_306, 7_307])
def test_a_promise_after_a_change_is_kept_to_the_cent_and_not_open_for_ever(till: Till, cents: int) -> None:
    make.vat_rates()
    small = make.product(prices={12: cents})
    story = Years(till)
    story.on(ORDERED)
    [service] = bought(
        story, make.customer(kind="private"), line(small, 12, {}, on=ORDERED), start_asked=True
    )
    large = make.product(prices={12: 14_603})
    story.on(ORDERED + 5 * DAY)
    story.change(service, at_once=True, product_id=large.pk)
    story.pay()
    assert withdrawn(story, ORDERED + 13 * DAY) == "done"
    gave_back(story)
    assert [x.settled_at is not None for x in all_of(Promised)] == [True]
    assert [x.open_cents for x in all_of(Invoice)] == [0] * 4
    years.books_are_right()


# --- what is held back until one cannot withdraw any more ---


@pytest.mark.parametrize("start_asked", [True, False])
def test_the_paid_month_of_work_that_may_not_begin_yet_begins_when_it_may(
    till: Till, start_asked: bool
) -> None:
    make.vat_rates()
    hosting, upkeep = make.product(prices={1: 1_000}), make.product(kind="monitoring", prices={1: 1_950})
    story = Years(till)
    story.on(ORDERED)
    lines = [line(each, 1, {}, on=ORDERED) for each in (hosting, upkeep)]
    main, held_back = bought(story, make.customer(kind="private"), *lines, start_asked=start_asked)
    begins = ORDERED if start_asked else date(2026, 9, 22)  # the day after the last one to withdraw
    with as_owner():
        found = list(InvoiceLine.objects.order_by("position").values_list("period_from", "period_until"))
        work = Task.objects.get(service_id=held_back.pk)
    ends = date(2026, 10, 6) if start_asked else date(2026, 10, 21)
    assert found == [(ORDERED, date(2026, 10, 6)), (begins, ends)]
    assert (work.not_before or ORDERED) == begins
    assert (main.anchor_on, main.renews_on) == (ORDERED, date(2026, 10, 7))
    assert (held_back.started_on, held_back.anchor_on, held_back.renews_on) == (ORDERED, begins, ends + DAY)
    assert held_back.bound_until == ends + DAY
    # The next month is invoiced fourteen days before the first one is over, each.
    assert story.run(date(2026, 9, 23)) == (2 if start_asked else 1)
    if not start_asked:
        assert story.run(date(2026, 10, 7)) == 0
        assert story.run(date(2026, 10, 8)) == 1
    assert years.service(held_back.pk).renews_on == (date(2026, 11, 7) if start_asked else date(2026, 11, 22))
    years.books_are_right()


def test_what_was_held_back_and_withdrawn_from_is_given_back_as_a_whole(till: Till) -> None:
    make.vat_rates()
    upkeep = make.product(kind="monitoring", prices={1: 1_950})
    story = Years(till)
    story.on(ORDERED)
    customer = make.customer(kind="private")
    [held_back] = bought(story, customer, line(upkeep, 1, {}, on=ORDERED))
    with as_owner():
        Service.objects.update(state="pending")
    with acting(
        Purpose.CONTRACT, actor=JOB, customer=customer.pk
    ):  # on the customer's pages from the first day on
        assert [x.pk for x in entitlements(customer.pk, today=ORDERED)] == [held_back.pk]
    assert withdrawn(story, ORDERED + 14 * DAY) == "done"
    assert gave_back(story) == with_vat(1_950)
    assert years.service(held_back.pk).ended_on == ORDERED + 14 * DAY
    years.books_are_right()


def test_notice_on_31_january_after_a_silent_renewal_ends_it_on_28_february(till: Till) -> None:
    make.vat_rates()
    story, begin = Years(till), date(2025, 11, 30)
    small = make.product(prices={})
    make.price(product=small, months=12, cents=12_000, intro_cents=6_000, intro_terms=1)
    story.on(begin)
    customer: Customer = make.customer(kind="private")
    [service] = bought(story, customer, line(small, 12, {}, on=begin))
    # Bound to the year that was agreed upon; it is renewed silently, at the price after the introduction.
    story.on(date(2026, 1, 31))
    assert story.ways(service) == (date(2026, 11, 30), date(2026, 11, 30))
    assert story.run(date(2026, 11, 15)) == 0
    assert story.run(date(2026, 11, 16)) == 1
    story.pay()
    story.night(date(2026, 11, 30))
    story.on(date(2027, 1, 31))
    assert story.cancel(service, when="soonest") == date(2027, 2, 28)
    story.night(date(2027, 2, 27))
    assert years.service(service.pk).state == "cancelled"
    story.night(date(2027, 2, 28))
    assert years.service(service.pk).state == "terminated"
    # Ninety days of the second year were used; what is left of it comes back, of the invoice of that year.
    net = left(12_000, 90)
    assert (date(2027, 2, 28) - date(2026, 11, 30)) == timedelta(days=90)
    assert story.documents() == [
        ("invoice", begin, 6_000, 7_260), ("invoice", date(2026, 11, 16), 12_000, 14_520),
        ("credit_note", date(2027, 2, 28), net, with_vat(net)),
    ]  # fmt: skip
    first, second, note = all_of(Invoice)
    assert (note.credits_id, first.open_cents, second.open_cents, note.open_cents) == (second.pk, 0, 0, 0)
    came = [x["cents"] for charge in till.charges() for x in till.sim.control.refunds_of(charge.id)]
    assert came == [with_vat(net)]
    assert story.run(date(2027, 11, 16)) == 0
    story.night(date(2028, 1, 1))
    years.books_are_right()
    assert years.deferred(date(2028, 1, 1)) == 0
    assert sum(years.earned(years.year(y)) for y in range(2025, 2029)) == 18_000 - net

"""What was paid and is delivered weeks later: nobody pays for days in which there was nothing, and the books say so."""

from datetime import date

import pytest

from hospes.billing.models import Invoice, StuckCharge
from hospes.kernel.acting import JOB, acting
from hospes.kernel.purposes import Purpose
from hospes.services import endings, tasks
from hospes.services import services as life
from hospes.services.models import Charge, Service, Task
from tests.payments.till import Till
from tests.stories import years
from tests.stories.test_consumer import gave_back, left, withdrawn
from tests.stories.years import DAY, Years, bought, line
from tests.support import make
from tests.support.rights import as_owner

pytestmark = [pytest.mark.django_db, pytest.mark.login("worker")]
ORDERED, DELIVERED = date(2026, 9, 7), date(2026, 11, 20)


def refused(story: Years, months: int, *, kind: str = "business") -> Service:
    """A package at 31.00 or a year at 365.00, paid, that the server refused."""
    make.vat_rates()
    story.on(ORDERED)
    small = make.product(prices={1: 3_100, 12: 36_500})
    [held] = bought(
        story, make.customer(kind=kind), line(small, months, {}, on=ORDERED), start_asked=kind == "private"
    )
    with as_owner():
        Service.objects.filter(pk=held.pk).update(state="refused")
    return held


def delivered(story: Years, service: Service, day: date) -> Service:
    """A colleague has it set up again, and then it works."""
    story.on(day)
    with acting(Purpose.CONTRACT, actor=JOB):
        life.try_again(service_id=service.pk, reason="tried_again", now=story.till.now)
        life.activate(service_id=service.pk, reason="provisioned", now=story.till.now)
    return years.service(service.pk)


def nights(story: Years, first: date, last: date) -> int:
    """The run of each night of some days; returns how many terms were invoiced."""
    return sum(story.run(first + n * DAY) for n in range(0, (last - first).days + 1, 5))


def test_terms_in_which_it_was_not_there_are_never_invoiced_and_the_one_that_was_paid_begins_then(
    till: Till,
) -> None:
    story = Years(till)
    held = refused(story, 1)
    assert nights(story, ORDERED + 20 * DAY, DELIVERED - 10 * DAY) == 0
    held = delivered(story, held, DELIVERED)
    assert (held.anchor_on, held.renews_on, held.bound_until) == (
        DELIVERED,
        date(2026, 12, 20),
        date(2026, 12, 20),
    )
    assert (held.started_on, held.run_months) == (ORDERED, 1)
    story.night(DELIVERED)
    assert story.run(DELIVERED) == 0
    assert story.run(date(2026, 12, 18)) == 1
    with as_owner():
        days = [
            (x.lines.get().period_from, x.lines.get().period_until) for x in Invoice.objects.order_by("pk")
        ]
    assert days == [(ORDERED, date(2026, 10, 6)), (date(2026, 12, 20), date(2027, 1, 19))]
    story.pay()
    years.books_are_right()


def test_so_it_is_for_what_was_ordered_on_account(till: Till) -> None:
    make.vat_rates()
    story = Years(till)
    story.on(ORDERED)
    held = story.orders_on_account(1, 3_100)
    with as_owner():
        Service.objects.filter(pk=held.pk).update(state="refused")
    assert delivered(story, held, DELIVERED).renews_on == date(2026, 12, 20)
    assert story.run(DELIVERED + 14 * DAY) == 0
    assert [kind for kind, *_rest in story.documents()] == ["invoice"]


@pytest.mark.parametrize("after", [25, 300, 340])
def test_what_is_left_of_it_when_it_is_changed_is_of_the_days_that_it_was_there(
    till: Till, after: int
) -> None:
    """Also of days that are past those on the invoice: it is credited from the one that was paid."""
    story = Years(till)
    held = delivered(story, refused(story, 12), DELIVERED)
    large = make.product(prices={12: 73_000})
    story.on(DELIVERED + after * DAY)
    assert story.change(held, at_once=True, product_id=large.pk) == 36_500 - 100 * after
    story.work()
    with as_owner():
        assert not StuckCharge.objects.exists()
    story.night(DELIVERED + 364 * DAY)
    years.books_are_right()


@pytest.mark.parametrize("next_is_invoiced", [True, False])
def test_what_ends_after_the_days_on_the_invoice_gives_back_what_is_left(
    till: Till, next_is_invoiced: bool
) -> None:
    story = Years(till)
    held = delivered(story, refused(story, 1), DELIVERED)
    story.on(DELIVERED + 20 * DAY)
    if next_is_invoiced:
        assert story.run(story.today) == 1
        story.pay()
    with acting(Purpose.CONTRACT, actor=JOB):
        held = Service.objects.select_related("product").select_for_update(of=("self",)).get(pk=held.pk)
        endings.end(held, on=story.today, reason="agreed", kind=Charge.Kind.ENDED, now=story.till.now)
    story.work()
    with as_owner():
        assert not StuckCharge.objects.exists()
        notes = [x.net_cents for x in Invoice.objects.filter(kind="credit_note").order_by("pk")]
    assert sorted(notes) == ([1_033, 3_100] if next_is_invoiced else [1_033])  # ten of thirty days
    years.books_are_right()


@pytest.mark.parametrize("months", [1, 12])
def test_who_withdraws_pays_for_the_days_after_it_was_delivered_and_for_no_more(
    till: Till, months: int
) -> None:
    story = Years(till)
    held = refused(story, months, kind="private")
    delivered(story, held, ORDERED + 10 * DAY)
    assert withdrawn(story, ORDERED + 12 * DAY) == "done"
    story.work()
    net = left(3_100, 2, 30) if months == 1 else left(36_500, 2)
    assert gave_back(story) == years.with_vat(net)
    years.books_are_right()


def test_the_day_counts_on_which_a_colleague_did_it_but_not_before_they_may(till: Till) -> None:
    story = Years(till)
    make.vat_rates()
    story.on(ORDERED)
    watch = make.product(kind="monitoring", prices={1: 500})
    lines = [line(watch, 1, {}, on=ORDERED), line(watch, 1, {}, on=ORDERED)]
    bought(story, make.customer(kind="private"), *lines)
    with as_owner():
        Service.objects.update(state="pending")
        held = list(Task.objects.order_by("pk"))
    may = held[0].not_before
    assert may is not None
    for task, day in zip(held, (may, may + 9 * DAY), strict=True):
        story.on(day)
        with acting(Purpose.CONTRACT, actor=JOB):
            tasks.done(task_id=task.pk, note="", person_id=None, now=story.till.now)
    assert [years.service(x.service_id or 0).anchor_on for x in held] == [may, may + 9 * DAY]
    years.books_are_right()

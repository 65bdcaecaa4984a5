"""What comes back after a withdrawal when a part of it came back before: never more than was paid, never twice, and then it is over."""

from datetime import date

import pytest

from hospes.billing.models import InvoiceLine, StuckCharge
from hospes.billing.services import credit
from hospes.kernel.acting import JOB, acting
from hospes.kernel.purposes import Purpose
from hospes.sales import withdrawals
from hospes.sales.models import Order
from hospes.sales.models import Refund as Promised
from hospes.services import endings
from hospes.services.models import Charge, Service
from tests.payments.till import Till
from tests.sales.shop import all_of
from tests.stories import years
from tests.stories.test_consumer import gave_back, left, withdrawn
from tests.stories.test_dropping import came_back
from tests.stories.years import DAY, Years, bought, line, with_vat
from tests.support import make
from tests.support.rights import as_owner

pytestmark = [pytest.mark.django_db, pytest.mark.login("worker")]
ORDERED = date(2026, 9, 7)


def begun(story: Years, *, start_asked: bool = False) -> Service:
    """A year of hosting with a set-up fee, together 100.00, paid by a consumer."""
    make.vat_rates()
    small = make.product(prices={})
    make.price(product=small, months=12, cents=8_500, setup_cents=1_500)
    story.on(ORDERED)
    [held] = bought(
        story, make.customer(kind="private"), line(small, 12, {}, on=ORDERED), start_asked=start_asked
    )
    return held


def shown(story: Years) -> int:
    """What the page says that comes back, with VAT."""
    with acting(Purpose.CONTRACT, actor=JOB, customer=story.customer_id):
        [order] = Order.objects.all()
        return withdrawals.refund_cents(order, withdrawals.backs(order, on=story.today))


def test_what_a_clerk_credited_before_is_not_promised_again_and_the_promise_is_over_when_the_rest_is_paid(
    till: Till,
) -> None:
    story = Years(till)
    begun(story)
    with acting(Purpose.BILLING, actor=JOB):
        term = InvoiceLine.objects.get(kind="term")
        credit(invoice_id=term.invoice_id, reason="Coulance", key="clerk", today=ORDERED, now=story.till.now,
               lines={term.pk: 2_000})  # fmt: skip
    story.on(ORDERED + 3 * DAY)
    assert shown(story) == with_vat(8_000)
    assert withdrawn(story, ORDERED + 3 * DAY) == "done"
    story.work()
    assert came_back(story) == with_vat(10_000)
    assert [(x.cents, x.settled_at is not None) for x in all_of(Promised)] == [(with_vat(8_000), True)]
    assert all_of(StuckCharge) == []
    years.books_are_right()


@pytest.mark.parametrize("start_asked", [True, False])
def test_what_ended_before_comes_back_as_a_whole_to_who_did_not_ask_that_it_begins(
    till: Till, start_asked: bool
) -> None:
    story = Years(till)
    held = begun(story, start_asked=start_asked)
    story.on(ORDERED + 5 * DAY)
    with acting(Purpose.CONTRACT, actor=JOB):
        held = Service.objects.select_related("product").select_for_update(of=("self",)).get(pk=held.pk)
        endings.end(held, on=story.today, reason="agreed", kind=Charge.Kind.ENDED, now=story.till.now)
    story.work()
    ended = with_vat(left(8_500, 5))
    assert came_back(story) == ended
    story.on(ORDERED + 10 * DAY)
    assert abs(shown(story) - (0 if start_asked else with_vat(10_000) - ended)) <= 1
    assert withdrawn(story, ORDERED + 10 * DAY) == "done"
    story.work()
    assert came_back(story) == (ended if start_asked else with_vat(10_000))
    assert [x.settled_at is not None for x in all_of(Promised)] == ([] if start_asked else [True])
    assert all_of(StuckCharge) == []
    years.books_are_right()


def test_a_charge_of_which_too_little_is_left_keeps_no_promise_open(till: Till) -> None:
    """As it was left behind by what was credited at the very moment of the withdrawal."""
    story = Years(till)
    begun(story)
    assert withdrawn(story, ORDERED + 3 * DAY) == "done"
    story.work()
    assert gave_back(story) == with_vat(10_000)
    with as_owner():
        [charge] = Charge.objects.all()
        Charge.objects.update(settled_at=None)
        Promised.objects.update(settled_at=None)
        StuckCharge.objects.create(charge=charge, customer_id=charge.customer_id, cents=-1, reason="too_little",
                                   since=story.till.now)  # fmt: skip
    story.work()
    assert [x.settled_at is not None for x in all_of(Promised)] == [True]

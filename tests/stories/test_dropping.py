"""What could not be delivered, or waits, is dropped: everything that was invoiced for it comes back, once."""

from datetime import date

import pytest

from hospes.billing.models import Invoice, InvoiceLine
from hospes.billing.services import credit
from hospes.catalogue.models import PromotionUse
from hospes.kernel.acting import JOB, acting
from hospes.kernel.purposes import Purpose
from hospes.messaging.models import Message
from hospes.payments import refunds
from hospes.payments.models import Refund
from hospes.sales import dropping
from hospes.sales.models import Order, Quote
from hospes.services.models import By, Charge, Service, ServiceChange, Task
from hospes.services.services import Asked
from tests.payments.till import Till
from tests.sales.shop import all_of
from tests.stories import years
from tests.stories.test_consumer import withdrawn
from tests.stories.years import DAY, Years, bought, line, with_vat
from tests.support import make
from tests.support.rights import as_owner

pytestmark = [pytest.mark.django_db, pytest.mark.login("worker")]
ORDERED = date(2026, 9, 7)


def refused(story: Years, *, kind: str = "private", state: str = "refused") -> tuple[Service, Service]:
    """A package with a set-up fee (95.00) and an addition (12.00), paid; the package could not be set up, the addition waits."""
    make.vat_rates()
    small = make.product(prices={})
    make.price(product=small, months=12, cents=8_000, setup_cents=1_500)
    extra = make.product(kind="addon", belongs_to=small, prices={12: 1_200})
    story.on(ORDERED)
    lines = (line(small, 12, {}, on=ORDERED), line(extra, 12, {}, on=ORDERED, parent=0))
    main, beside = bought(story, make.customer(kind=kind), *lines, start_asked=True)
    with as_owner():
        Service.objects.filter(pk=main.pk).update(state=state)
        Service.objects.filter(pk=beside.pk).update(state="pending")
    return main, beside


def drop(story: Years, service: Service) -> bool:
    with acting(Purpose.CONTRACT, actor=JOB):
        done = dropping.drop(
            service_id=service.pk, asked=Asked(By.STAFF, None, "De naam is bezet"), now=story.till.now
        )
    story.work()
    return done


def came_back(story: Years) -> int:
    """Cents with VAT that were sent and came on the account; the same."""
    with as_owner():
        sent = sum(x.cents for x in Refund.objects.filter(state="done", paid_on=None))
    came = sum(
        x["cents"] for charge in story.till.charges() for x in story.till.sim.control.refunds_of(charge.id)
    )
    assert sent == came
    return sent


def by_hand(story: Years) -> int:
    """Pay back from the bank what the provider does not pay back after a year; cents with VAT."""
    held = [x for x in all_of(Refund) if x.state == "failed"]
    with acting(Purpose.BILLING, actor=JOB):
        for each in held:
            refunds.paid_by_hand(refund_id=each.pk, on=story.today, now=story.till.now)
    return sum(x.cents for x in all_of(Refund) if x.paid_on)


@pytest.mark.parametrize("state", ["refused", "pending"])
@pytest.mark.parametrize("days", [0, 40, 400])
def test_all_that_was_paid_comes_back_once_set_up_fee_and_addition_too(
    till: Till, state: str, days: int
) -> None:
    story = Years(till)
    main, beside = refused(story, state=state)
    story.on(ORDERED + days * DAY)
    assert drop(story, main)
    assert came_back(story) + by_hand(story) == with_vat(9_500 + 1_200)
    today = ORDERED + days * DAY
    with as_owner():
        held = Service.objects.filter(pk__in=[main.pk, beside.pk]).order_by("pk")
        assert [(x.state, x.ended_on) for x in held] == [("terminated", today)] * 2
        assert {x.state for x in Task.objects.all()} == {"dropped"}
        changes = ServiceChange.objects.filter(reason__in=["dropped", "dropped_with"]).order_by("service_id")
        assert [(x.reason, x.by, x.note) for x in changes] == [
            ("dropped", "staff", "De naam is bezet"), ("dropped_with", "staff", "De naam is bezet"),
        ]  # fmt: skip
        assert Message.objects.filter(kind="services.dropped").count() == 2
    assert not drop(story, main)
    assert not drop(story, beside)
    assert came_back(story) + by_hand(story) == with_vat(9_500 + 1_200)
    assert [x.open_cents for x in all_of(Invoice)] == [0] * 3
    assert all(x.settled_at for x in all_of(Charge))
    assert story.run(ORDERED + (days + 400) * DAY) == 0
    years.books_are_right()


def test_who_withdraws_after_that_gets_nothing_more(till: Till) -> None:
    story = Years(till)
    main, _beside = refused(story)
    story.on(ORDERED + 3 * DAY)
    assert drop(story, main)
    assert withdrawn(story, ORDERED + 5 * DAY) == "done"
    story.work()
    assert came_back(story) == with_vat(9_500 + 1_200)
    years.books_are_right()


def test_an_addition_alone_is_dropped_and_what_it_belongs_to_goes_on(till: Till) -> None:
    story = Years(till)
    main, beside = refused(story, state="active")
    assert not drop(story, main)
    assert drop(story, beside)
    assert came_back(story) == with_vat(1_200)
    assert [years.service(x.pk).state for x in (main, beside)] == ["active", "terminated"]
    years.books_are_right()


@pytest.mark.parametrize("state", ["refused", "active"])
def test_a_code_can_be_used_again_once_nothing_is_left_of_what_it_was_used_for(
    till: Till, state: str
) -> None:
    story = Years(till)
    main, beside = refused(story, state=state)
    [quote] = all_of(Quote)
    with as_owner():
        code = make.promotion(most_uses=1)
        make.promotion_use(
            customer=quote.customer, promotion=code, origin=f"quote:{quote.pk}", used_on=make.TODAY
        )
    assert drop(story, beside)
    assert [x.given_back_on for x in all_of(PromotionUse)] == [None]
    drop(story, main)
    assert [x.given_back_on for x in all_of(PromotionUse)] == [None if state == "active" else ORDERED]


def test_what_a_clerk_credited_before_does_not_come_back_again(till: Till) -> None:
    story = Years(till)
    main, _beside = refused(story)
    with acting(Purpose.BILLING, actor=JOB):
        fee = InvoiceLine.objects.get(kind="setup")
        credit(invoice_id=fee.invoice_id, reason="Coulance", key="clerk", today=ORDERED, now=story.till.now,
               lines={fee.pk: 1_000})  # fmt: skip
    assert drop(story, main)
    assert came_back(story) == with_vat(9_500 + 1_200)
    assert all(x.settled_at for x in all_of(Charge))
    years.books_are_right()


def test_what_was_invoiced_afterwards_and_not_paid_is_set_off(till: Till) -> None:
    make.vat_rates()
    story = Years(till)
    story.on(ORDERED)
    service = story.orders_on_account(12, 8_000)
    assert drop(story, service)
    assert [(x.kind, x.total_cents, x.open_cents) for x in all_of(Invoice)] == [
        ("invoice", 9_680, 0), ("credit_note", 9_680, 0),
    ]  # fmt: skip
    assert came_back(story) == 0
    with as_owner():
        assert Order.objects.get().state == "on_account"
    years.books_are_right()


@pytest.mark.parametrize("state", ["refused", "pending"])
def test_who_withdraws_from_what_was_never_delivered_pays_for_no_days(till: Till, state: str) -> None:
    story = Years(till)
    refused(story, state=state)
    assert withdrawn(story, ORDERED + 13 * DAY) == "done"
    assert came_back(story) == with_vat(9_500 + 1_200)
    years.books_are_right()
